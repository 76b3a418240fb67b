"""What the project promises about itself: public names, documentation, generated files, size."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

import autograd as ag
import nn
import viz
from autograd import REGISTRY, Tensor, generate
from autograd.op import Entry

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (ag, nn, viz)
FOLDERS = ("autograd", "nn", "viz", "tests", "benchmarks", "examples")
SOURCES = sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py"))
SUBMODULES = [
    module.name
    for package in PACKAGES
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not module.name.endswith("__main__")
]
MODULES = sorted(["autograd", "nn", "viz", *SUBMODULES])


# Public names


def namespaces():
    """Every module that lists its public names."""
    modules = [importlib.import_module(name) for name in MODULES]
    return [pytest.param(m, id=m.__name__) for m in modules if hasattr(m, "__all__")]


@pytest.mark.parametrize("module", namespaces())
def test_public_names_exist_and_are_listed_once(module):
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name), f"{module.__name__}.{name}"


def test_public_names_are_sorted():
    assert list(ag.__all__) == sorted(ag.__all__)


def documented(module, name):
    value = getattr(module, name)
    if inspect.ismodule(value) or callable(value):
        return (inspect.getdoc(value) or "").strip()
    return "a constant"


@pytest.mark.parametrize("module", namespaces())
def test_every_public_name_has_a_docstring_of_its_own(module):
    bare = [n for n in module.__all__ if not n.startswith("__") and not documented(module, n)]
    assert bare == []


def test_every_public_op_can_be_reached():
    for entry in REGISTRY.values():
        if entry.public:
            assert getattr(ag, entry.name).op is entry
            assert entry.name in ag.__all__


def test_nothing_public_is_left_out():
    """Whatever stands in the namespace without an underscore is promised, or a module."""
    own = {n for n, v in vars(ag).items() if not n.startswith("_") and not inspect.ismodule(v)}
    assert own <= set(ag.__all__)


@pytest.mark.parametrize("name", [n for n in vars(Tensor) if not n.startswith("_")])
def test_every_tensor_method_has_a_docstring(name):
    value = vars(Tensor)[name]
    if inspect.isfunction(value) or isinstance(value, property):
        assert (inspect.getdoc(value) or "").strip()


@pytest.mark.parametrize("name", sorted(n for n in ag.__all__ if callable(getattr(ag, n))))
def test_public_functions_have_readable_signatures(name):
    value = getattr(ag, name)
    if inspect.isfunction(value):
        assert "(*args, **options)" not in str(inspect.signature(value))
        assert value.__name__ != "<lambda>"


def test_every_op_sits_in_the_family_that_declares_it():
    for entry in REGISTRY.values():
        assert isinstance(entry, Entry)
        assert entry.family in (*ag.ops.FAMILIES, "algebra"), entry.name


# Documentation runs


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    module = importlib.import_module(name)
    public = {n: getattr(ag, n) for n in ag.__all__ if not n.startswith("__")}
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    problems = []
    for case in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        case.globs = {"np": np, "ag": ag, "nn": nn, "viz": viz, **public, **vars(module)}
        runner.run(case, out=problems.append)
    assert problems == [], "".join(problems)


# Generated files


@pytest.mark.parametrize("path", generate.outputs(ROOT), ids=lambda p: p.name)
def test_generated_files_are_up_to_date(path):
    assert path.read_text(encoding="utf-8") == generate.outputs(ROOT)[path], (
        "run python -m autograd ops --write"
    )


def test_the_stub_knows_every_method():
    tree = ast.parse((ROOT / "autograd" / "tensor.pyi").read_text(encoding="utf-8"))
    (cls,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Tensor"]
    stubbed = {n.name for n in cls.body if isinstance(n, ast.FunctionDef)}
    kinds = (FunctionType, property)
    methods = {n for n, v in vars(Tensor).items() if isinstance(v, kinds) and n[0] != "_"}
    assert methods <= stubbed
    assert {"__add__", "__radd__", "__matmul__", "__getitem__", "__setitem__", "__eq__"} <= stubbed


# Size and manner

sources = pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))


@sources
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@sources
def test_files_have_telling_names_and_a_docstring(path):
    assert path.stem not in ("utils", "util", "helpers", "misc", "common")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name != "_version.py":
        assert ast.get_docstring(tree)


@sources
def test_functions_are_short(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 80, f"{node.name} has {length} lines"


# Importing is light


def run(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout


HEAVY = ["numba", "scipy", "sklearn", "matplotlib", "torch", "pygraphviz", "tqdm", "hypothesis"]


def test_importing_loads_nothing_heavy():
    loaded = run(f"import sys, autograd, nn, viz; print([m for m in {HEAVY} if m in sys.modules])")
    assert loaded.strip() == "[]"


def test_the_engine_does_not_load_models_and_pictures():
    loaded = run("import sys, autograd; print([m for m in ('nn', 'viz') if m in sys.modules])")
    assert loaded.strip() == "[]"


def test_importing_is_silent_and_leaves_numpy_as_it_was():
    out = run(
        "import numpy as np, sys\n"
        "state = lambda: (np.geterr(), np.get_printoptions(), sys.getrecursionlimit())\n"
        "before = state()\n"
        "import autograd, nn, viz\n"
        "print(state() == before)"
    )
    assert out == "True\n"
