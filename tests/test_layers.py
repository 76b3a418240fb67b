"""Imports point down: the order of the modules, and no import against it."""

import ast
from pathlib import Path

import pytest

from autograd.ops import FAMILIES

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("autograd", "nn", "viz")


def words(text):
    return text.split()


ENGINE = words("""
    _version _conflict _interrupt _malloc errors modes provenance graph hooks cuts dtypes views
    tensor generators creation random tree
    kernels._host kernels._code_files kernels._jit kernels._blas kernels._cblas
    kernels._pause kernels._workers kernels._threads kernels._simd
    kernels._simd_moves kernels._simd_rows kernels._channels kernels._math
    kernels.elements kernels.elements._special kernels.elements._curves kernels.elements.curves
    kernels.elements._steps kernels.elements.steps
    kernels.elements._dropout kernels.elements.dropout
    kernels.elements._choose kernels.elements.choose
    kernels.rows kernels.rows._columns kernels.rows.columns kernels.rows._norm kernels.rows.norm
    kernels.rows._stretch kernels.rows.stretch
    kernels.rows._softmax kernels.rows._softmax_columns kernels.rows.softmax
    kernels.products kernels.products._matmul kernels.products.matmul
    kernels.products._embedding kernels.products.embedding
    kernels.recurrence kernels.recurrence._cells kernels.recurrence._steps
    kernels.recurrence._units kernels.recurrence.fast kernels.recurrence.cell
    kernels.recurrence.sequence
    kernels.windows kernels.windows._windows kernels.windows.windows
    kernels.windows._groups kernels.windows.groups kernels.windows._pool_simd
    kernels.windows._pool_tiles kernels.windows.pool_fast kernels.windows.pool
    kernels.convolution kernels.convolution._frames kernels.convolution._tables
    kernels.convolution._filters kernels.convolution._tiles kernels.convolution._depthwise
    kernels.convolution._winograd kernels.convolution._winograd_loops kernels.convolution.layer
    kernels.convolution.depthwise kernels.convolution.winograd kernels.convolution.direct
    kernels.convolution.fast kernels.convolution.conv
    kernels.sampling kernels.sampling._blend
    kernels.sampling.resample kernels.sampling.reading kernels.sampling._points_simd
    kernels.sampling._points kernels.sampling.points_fast kernels.sampling.points
    kernels.warmup
    kernels.reference.windows kernels.reference.products kernels.reference.rows
    kernels.reference.points kernels.reference.softmax kernels.reference.elements
    kernels.reference.recurrent kernels.reference kernels
    messages arguments binding python_protocol record dispatch
    samples rule op algebra engine fused backward forward
    ops linalg
    trace transforms checkpoint debug
    testing.differences testing.check testing.registry testing
    numpy_protocol generate
""")

MODELS = words("""
    errors parameter tree scope hooks state
    storage.structure storage.replacing storage.npz storage.safetensors storage.files storage
    module misfit lazy settings
    functional.shapes functional.activation functional.piecewise functional.normalisation
    functional.conv functional.pool functional.resample functional.linear
    functional.dropout functional.padding
    functional.loss functional.embedding functional.attention
    functional
    init linear padding conv conv_transpose conv_local pool pool_adaptive resample
    activation piecewise
    normalisation layer_norm lazy_norm
    dropout shape container progress summary
    loss loss_classes loss_margin embedding
    packing cell recurrent seq2seq attention transformer positions
    optim.saving optim.optimizer optim.per_parameter optim.sgd optim.adam optim.adam_variants
    optim.adaptive optim.signs optim.averaged optim.adafactor
    optim.line_search optim.flat optim.lbfgs optim.conjugate
    optim.schedule optim.schedule_factor optim.schedule_function optim.schedule_cycle
    optim.schedule_plateau optim.schedule_compose optim.lr_scheduler optim.average optim
    regularise.clip regularise.penalty regularise.sparsity regularise
    metrics.metric metrics.classes metrics.ranking metrics.numbers metrics
""")

DATA = words("""
    data.errors data.collate data.dataset data.splits data.sampler
    data.task data.threads data.channel data.workers data.loader
    data.text data.transforms.transform data.transforms.geometry data.transforms.warp
    data.transforms.colour data.transforms data.folder data.download
    data.formats.source data.formats.text data.formats.idx data.formats.cifar data.formats.table
    data.formats.image data.formats
    data.datasets.points data.datasets.handwriting data.datasets.archive data.datasets.pictures
    data.datasets.mnist data.datasets.cifar data.datasets.table data.datasets.texts data.datasets
    data
""")

ARCHITECTURES = words("""
    models.weights models.images models.classifier models.writing
    models.dense models.convnet models.lenet
    models.alexnet models.vgg models.googlenet models.resnet models.resnet_small
    models.squeezenet models.densenet
    models.char_rnn models.captioning models.word2vec models.gan models.autoencoder
    models
""")

TRAINING = words("""
    training.history training.callbacks training.interrupt training.generators
    training.objective training.evaluation training.step training.position training.run
    training.trainer training search
""")

PICTURES = words("style graph listing dot render output picture plot")


def _order():
    """All modules, lowest first."""
    out = []
    for name in ENGINE:
        if name == "ops":
            out += [f"autograd.ops.{family}" for family in FAMILIES]
        out.append(f"autograd.{name}")
    out += ["autograd", *(f"nn.{n}" for n in [*MODELS, *DATA, *ARCHITECTURES, *TRAINING]), "nn"]
    out += [*(f"viz.{n}" for n in PICTURES), "viz"]
    return [*out, "autograd.demo", "autograd.command", "autograd.__main__"]


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(p): p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))
}
ORDER = _order()
RANK = {name: k for k, name in enumerate(ORDER)}


def _statements(tree):
    """Every import that runs: those for type checkers alone do not."""
    stack = list(ast.iter_child_nodes(tree))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        stack += ast.iter_child_nodes(node)


def imports(name):
    """The modules of ours that a module imports, with line numbers."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            parts = package.split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            found = [
                f"{source}.{alias.name}" if f"{source}.{alias.name}" in MODULES else source
                for alias in node.names
            ]
        for target in found:
            if target.partition(".")[0] in PACKAGES:
                yield target, node.lineno


def test_every_module_has_its_place():
    assert sorted(ORDER) == sorted(MODULES)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name):
    upward = [
        f"{name}:{line} imports {target}"
        for target, line in imports(name)
        if target != name and RANK.get(target, 0) >= RANK.get(name, 0)
    ]
    assert upward == []


@pytest.mark.parametrize("name", sorted(n for n in MODULES if n.startswith("autograd.kernels")))
def test_kernels_know_numpy_and_numba_only(name):
    assert all(target.startswith("autograd.kernels") for target, _ in imports(name))


@pytest.mark.parametrize(("package", "other"), [("nn", "viz"), ("viz", "nn")])
def test_models_and_pictures_do_not_know_each_other(package, other):
    for name in MODULES:
        if name.partition(".")[0] == package:
            assert [t for t, _ in imports(name) if t.partition(".")[0] == other] == []


def test_the_engine_does_not_know_models_and_pictures():
    for name in ORDER[: RANK["autograd"]]:
        if name in MODULES:
            assert [t for t, _ in imports(name) if not t.startswith("autograd")] == []
