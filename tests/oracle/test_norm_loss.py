"""Normalisation, losses, cells, attention and embeddings against PyTorch: values and gradients."""

import numpy as np
import pytest

import autograd as ag

from .comparing import assert_same, compare, torch
from .inputs import RNG, between, normal

pytestmark = pytest.mark.oracle

F = torch.nn.functional
FIRST_ONLY = ("multi_margin_loss", "multilabel_margin_loss")  # PyTorch has no second derivative


def torched(value):
    return torch.tensor(value) if isinstance(value, (np.ndarray, np.floating)) else value


def case_id(case):
    name, arrays, *rest = case
    options = rest[-1] if rest and isinstance(rest[-1], dict) else {}
    return f"{name} {[a.shape for a in arrays]} {sorted(options)}"


def parts(case):
    """The name, the arrays to differentiate, the other arguments, and the options."""
    name, arrays, *rest = case
    options = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    return name, arrays, rest, options


def check(case, **more):
    """autograd.NAME and torch.nn.functional.NAME with the same arguments, then `more` options."""
    name, arrays, rest, options = parts(case)
    compare(
        lambda *x, **options: getattr(ag, name)(*x, *rest, **options),
        lambda *y, **options: getattr(F, name)(*y, *map(torched, rest), **options),
        *arrays, order=1 if name in FIRST_ONLY else 2, **options, **more,
    )  # fmt: skip


def table(cases):
    return pytest.mark.parametrize("case", cases, ids=case_id)


# Losses: name, arrays to differentiate, other arguments, options

SIGNS = np.where(RNG.random((6, 3)) > 0.5, 1.0, -1.0)
ONES = np.where(RNG.random(6) > 0.5, 1.0, -1.0)
CLASSES = np.array([0, 2, -100, 1, 2, 0])
GRID = RNG.integers(0, 3, (2, 4, 5))
WEIGHT = np.array([0.5, 1.0, 3.0])
LABELS = np.array([[3, 0, -1, 1, 2], [1, -1, 0, 0, 0], [-1, 2, 2, 2, 2]])
PAIR = [normal(6, 3), normal(6, 3)]
CHANCES = [between(0.05, 0.95, 6, 3), between(0, 1, 6, 3)]
SOFT = RNG.dirichlet(np.ones(3), 6)

LOSSES = [
    ("mse_loss", PAIR),
    ("mse_loss", PAIR, {"weight": CHANCES[1]}),
    ("l1_loss", PAIR),
    ("l1_loss", PAIR, {"weight": CHANCES[1]}),
    ("smooth_l1_loss", PAIR),
    ("smooth_l1_loss", PAIR, {"beta": 0.3}),
    ("smooth_l1_loss", PAIR, {"beta": 0}),
    ("huber_loss", PAIR),
    ("huber_loss", PAIR, {"delta": 0.4}),
    ("cross_entropy", [normal(6, 3)], CLASSES),
    ("cross_entropy", [normal(6, 3)], CLASSES, {"weight": WEIGHT}),
    ("cross_entropy", [normal(6, 3)], CLASSES, {"weight": WEIGHT, "label_smoothing": 0.2}),
    ("cross_entropy", [normal(6, 3)], CLASSES.clip(0), {"ignore_index": 2}),
    ("cross_entropy", [normal(2, 3, 4, 5)], GRID),
    ("cross_entropy", [normal(2, 3, 4, 5)], GRID, {"weight": WEIGHT, "label_smoothing": 0.1}),
    ("cross_entropy", [normal(3)], np.array(1)),
    ("cross_entropy", [normal(6, 3), SOFT]),
    ("cross_entropy", [normal(6, 3), SOFT], {"weight": WEIGHT, "label_smoothing": 0.3}),
    ("nll_loss", [normal(6, 3)], CLASSES),
    ("nll_loss", [normal(2, 3, 4, 5)], GRID, {"weight": WEIGHT, "ignore_index": 1}),
    ("binary_cross_entropy", [CHANCES[0]], CHANCES[1]),
    ("binary_cross_entropy", [CHANCES[0]], CHANCES[1], {"weight": WEIGHT}),
    ("binary_cross_entropy_with_logits", PAIR),
    ("binary_cross_entropy_with_logits", PAIR, {"weight": WEIGHT}),
    ("binary_cross_entropy_with_logits", PAIR, {"weight": WEIGHT, "pos_weight": WEIGHT}),
    ("kl_div", [normal(6, 3), between(0.1, 1, 6, 3)]),
    ("kl_div", PAIR, {"log_target": True}),
    ("poisson_nll_loss", [normal(6, 3)], between(0, 4, 6, 3)),
    ("poisson_nll_loss", [normal(6, 3)], between(0.1, 4, 6, 3), {"full": True}),
    ("poisson_nll_loss", [between(0.5, 2, 6, 3)], between(0, 4, 6, 3), {"log_input": False}),
    ("gaussian_nll_loss", [*PAIR, between(0.5, 2, 6, 3)]),
    ("gaussian_nll_loss", [*PAIR, between(0.5, 2, 6, 1)], {"full": True}),
    ("gaussian_nll_loss", [*PAIR, between(0.5, 2, 6)]),
    ("gaussian_nll_loss", [*PAIR, between(0.1, 2, 6, 3)], {"eps": 1.0}),
    ("hinge_embedding_loss", [normal(6, 3)], SIGNS),
    ("hinge_embedding_loss", [normal(6, 3)], SIGNS, {"margin": 0.3}),
    ("margin_ranking_loss", PAIR, SIGNS, {"margin": 0.4}),
    ("multi_margin_loss", [normal(6, 3)], CLASSES.clip(0)),
    ("multi_margin_loss", [normal(6, 3)], CLASSES.clip(0), {"p": 2, "margin": 0.5}),
    ("multi_margin_loss", [normal(6, 3)], CLASSES.clip(0), {"weight": WEIGHT}),
    ("multi_margin_loss", [normal(3)], np.array(2)),
    ("multilabel_margin_loss", [normal(3, 5)], LABELS),
    ("multilabel_margin_loss", [normal(5)], LABELS[0]),
    ("soft_margin_loss", [normal(6, 3)], SIGNS),
    ("multilabel_soft_margin_loss", [normal(6, 3)], (SIGNS > 0).astype(float)),
    ("multilabel_soft_margin_loss", [normal(6, 3)], CHANCES[1], {"weight": WEIGHT}),
    ("cosine_embedding_loss", PAIR, ONES, {"margin": 0.1}),
    ("cosine_embedding_loss", [normal(4), normal(4)], np.array(-1.0), {"margin": -0.5}),
    ("triplet_margin_loss", [*PAIR, normal(6, 3)]),
    ("triplet_margin_loss", [*PAIR, normal(6, 3)], {"margin": 0.5, "p": 3, "swap": True}),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@table(LOSSES)
def test_losses(case, reduction):
    check(case, reduction=reduction)


def test_kl_divergence_of_a_batch():
    check(("kl_div", [normal(6, 3), between(0.1, 1, 6, 3)]), reduction="batchmean")


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy_with_logits", "kl_div"])
def test_losses_of_scores_of_any_size(name):
    x = np.array([[1000.0, -1000.0, 0.0], [-800.0, -700.0, 500.0]])
    check((name, [x], SOFT[:2]), reduction="sum")


# Classification of sequences without a known timing. PyTorch returns the gradient as if the scores
# were normalised again behind log_probs, so the comparison goes through log_softmax.

TARGETS = np.array([[1, 2, 2], [3, 1, 0], [2, 0, 0]])
CTC = [
    (TARGETS, [8, 7, 5], [3, 2, 1], {}),
    (TARGETS, [8, 3, 1], [3, 2, 0], {}),
    (np.array([1, 2, 2, 3, 1, 2]), [8, 7, 5], [3, 2, 1], {}),
    (TARGETS % 3, [8, 8, 8], [3, 2, 1], {"blank": 3}),
    (TARGETS, [8, 2, 1], [3, 2, 1], {"zero_infinity": True}),
    (TARGETS, [8, 1, 3], [3, 2, 1], {"zero_infinity": True}),
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", CTC, ids=range(len(CTC)))
def test_ctc_loss(case, reduction):
    targets, times, sizes, options = case
    if options.get("blank") == 3:
        targets = np.where(targets == 3, 2, targets)
    lengths = [torch.tensor(v) for v in (targets, times, sizes)]
    compare(
        lambda x: ag.ctc_loss(
            ag.log_softmax(x), targets, times, sizes, reduction=reduction, **options
        ),
        lambda y: F.ctc_loss(y.log_softmax(-1), *lengths, reduction=reduction, **options),
        normal(8, 3, 4),
    )


# Similarities, normalisation: name, arrays to differentiate, other arguments, options

WEIGHTS = [between(0.5, 2, 3), normal(3)]
PLAIN = [
    ("cosine_similarity", [normal(4, 3), normal(4, 3)]),
    ("cosine_similarity", [normal(4, 3, 2), normal(1, 3, 2)], {"axis": -1, "eps": 1e-3}),
    ("pairwise_distance", PAIR),
    ("pairwise_distance", PAIR, {"p": 1, "keepdims": True}),
    ("pairwise_distance", PAIR, {"p": 3, "eps": 0.1}),
    ("layer_norm", [normal(5, 4)], (4,)),
    ("layer_norm", [normal(2, 3, 4)], (3, 4), {"eps": 0.1}),
    ("group_norm", [normal(2, 4, 3)], 2),
    ("group_norm", [normal(2, 4, 3, 2)], 4, {"eps": 0.1}),
    ("rms_norm", [normal(5, 4)], (4,)),
    ("rms_norm", [normal(2, 3, 4)], (3, 4), None, 0.1),
    ("local_response_norm", [normal(2, 5, 3)], 3, {"alpha": 0.5}),
    ("local_response_norm", [normal(2, 5, 2, 2)], 4, {"alpha": 0.5, "beta": 0.3, "k": 2.0}),
    ("normalize", [normal(4, 3)]),
    ("normalize", [normal(4, 3)], {"p": 3, "axis": 0, "eps": 2.0}),
    ("normalize", [normal(4, 3)], {"p": 1, "axis": -1}),
]  # fmt: skip


@table(PLAIN)
def test_similarities_and_normalisation(case):
    check(case)


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 2, 2), (1, 3, 2, 1, 2)], ids=str)
def test_batch_norm(shape):
    x, mean, var = normal(*shape), normal(3), between(0.5, 2, 3)
    compare(
        lambda x, w, b: ag.batch_norm(x, None, None, w, b, eps=0.1),
        lambda y, w, b: F.batch_norm(y, None, None, w, b, training=True, eps=0.1),
        x, *WEIGHTS,
    )  # fmt: skip
    compare(
        lambda x, w, b: ag.batch_norm(x, mean, var, w, b),
        lambda y, w, b: F.batch_norm(y, torch.tensor(mean), torch.tensor(var), w, b),
        x, *WEIGHTS,
    )  # fmt: skip
    _, m, v = ag.batch_norm(x, return_moments=True)
    running = [torch.zeros(3, dtype=torch.float64) for _ in range(2)]
    F.batch_norm(torch.tensor(x), *running, training=True, momentum=1.0)
    count = x.size // 3
    assert_same(m, running[0])
    assert_same(v * count / (count - 1), running[1])


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 2, 2)], ids=str)
def test_instance_norm(shape):
    x = normal(*shape)
    compare(
        lambda x, w, b: ag.instance_norm(x, weight=w, bias=b, eps=0.1),
        lambda y, w, b: F.instance_norm(y, weight=w, bias=b, eps=0.1),
        x, *WEIGHTS,
    )  # fmt: skip
    _, m, v = ag.instance_norm(x, return_moments=True)
    running = [torch.zeros(3, dtype=torch.float64) for _ in range(2)]
    F.instance_norm(torch.tensor(x), *running, momentum=1.0)
    assert_same(m, running[0])
    assert_same(v * 4 / 3, running[1])


def test_affine_parts_of_normalisation():
    x, w, b = normal(2, 3, 4), between(0.5, 2, 3, 4), normal(3, 4)
    shape = (3, 4)
    compare(
        lambda *a: ag.layer_norm(a[0], shape, a[1], a[2]),
        lambda *a: F.layer_norm(a[0], shape, a[1], a[2]),
        x, w, b,
    )  # fmt: skip
    compare(lambda x, w: ag.rms_norm(x, shape, w), lambda x, w: F.rms_norm(x, shape, w), x, w)
    compare(
        lambda x, w, b: ag.group_norm(x, 2, w, b),
        lambda x, w, b: F.group_norm(x, 2, w, b),
        normal(2, 4, 3), between(0.5, 2, 4), normal(4),
    )  # fmt: skip


# Recurrent cells: the same order of gates, the same layouts


def cell_weights(gates, bias):
    sizes = [(gates * 4, 3), (gates * 4, 4), *[(gates * 4,)] * (2 if bias else 0)]
    return [normal(*s) for s in sizes]


@pytest.mark.parametrize("bias", [True, False])
def test_cells(bias):
    x, h, c = normal(2, 3), normal(2, 4), normal(2, 4)
    theirs = torch._VF
    compare(ag.rnn_cell, theirs.rnn_tanh_cell, x, h, *cell_weights(1, bias))
    compare(
        lambda *a: ag.rnn_cell(*a, nonlinearity="relu"),
        theirs.rnn_relu_cell, x, h, *cell_weights(1, bias),
    )  # fmt: skip
    compare(ag.gru_cell, theirs.gru_cell, x, h, *cell_weights(3, bias))
    compare(
        lambda x, h, c, *w: ag.lstm_cell(x, (h, c), *w),
        lambda x, h, c, *w: tuple(theirs.lstm_cell(x, (h, c), *w)),
        x, h, c, *cell_weights(4, bias),
    )  # fmt: skip


def over_time(cell):
    """PyTorch's layer of one direction, with the states of a batch without the axis of layers."""
    options = (True, 1, 0.0, False, False, False)  # biases, layers, dropout, train, both, batch

    def layer(x, state, *weights):
        state = tuple(s[None] for s in state) if isinstance(state, tuple) else state[None]
        out, *last = cell(x, state, weights, *options)
        return out, *(s[0] for s in last)

    return layer


def test_recurrent_layers():
    x, h, c = normal(5, 2, 3), normal(2, 4), normal(2, 4)
    theirs = torch._VF
    compare(ag.rnn_layer, over_time(theirs.rnn_tanh), x, h, *cell_weights(1, True), order=2)
    compare(ag.gru_layer, over_time(theirs.gru), x, h, *cell_weights(3, True), order=2)
    compare(ag.lstm_layer, over_time(theirs.lstm), x, (h, c), *cell_weights(4, True), order=2)


# Attention and embeddings

SEEN = np.array([[True, False, True, True], [False] * 4, [True] * 4])
QKV = [normal(2, 3, 5), normal(2, 4, 5), normal(2, 4, 6)]
ATTENTION = [
    ("scaled_dot_product_attention", QKV),
    ("scaled_dot_product_attention", QKV, SEEN),
    ("scaled_dot_product_attention", [*QKV, normal(2, 3, 4)]),
    ("scaled_dot_product_attention", QKV, np.where(SEEN, 0.5, -np.inf)),
    ("scaled_dot_product_attention", QKV, {"is_causal": True}),
    ("scaled_dot_product_attention", [normal(2, 1, 3, 5), *QKV[1:]], {"scale": 0.7}),
]


@table(ATTENTION)
def test_attention(case):
    check(case)


IDS = np.array([[2, 0, 2], [1, 3, 3]])
STARTS = np.array([0, 0, 4])


@pytest.mark.parametrize("padding_idx", [None, 2, -1])
def test_embedding(padding_idx):
    compare(
        lambda w: ag.embedding(IDS, w, padding_idx),
        lambda w: F.embedding(torch.tensor(IDS), w, padding_idx),
        normal(4, 3),
    )


def test_embedding_of_many_rows():
    ids = RNG.integers(0, 50, 300)
    compare(
        lambda w: ag.embedding(ids, w, 7),
        lambda w: F.embedding(torch.tensor(ids), w, 7),
        normal(50, 32),
    )


BAGS = [
    (IDS, None, {}),
    (IDS, None, {"padding_idx": 3}),
    (IDS.ravel(), STARTS, {}),
    (IDS.ravel(), STARTS, {"padding_idx": 2}),
    (IDS.ravel(), np.array([0, 2, 6]), {"include_last_offset": True}),
]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("case", BAGS, ids=range(len(BAGS)))
def test_embedding_bag(case, mode):
    ids, offsets, options = case
    starts = None if offsets is None else torch.tensor(offsets)
    compare(
        lambda w: ag.embedding_bag(ids, w, offsets, mode, **options),
        lambda w: F.embedding_bag(torch.tensor(ids), w, starts, mode=mode, **options),
        normal(4, 3),
    )


def test_embedding_bag_with_weights():
    compare(
        lambda w, s: ag.embedding_bag(IDS, w, mode="sum", per_sample_weights=s),
        lambda w, s: F.embedding_bag(torch.tensor(IDS), w, mode="sum", per_sample_weights=s),
        normal(4, 3), normal(2, 3),
    )  # fmt: skip


# Alpha dropout keeps mean and variance; the forms of dropout zero the same share


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_alpha_dropout_takes_the_same_values(p):
    x = torch.ones(4000, dtype=torch.float64)
    theirs = sorted(set(F.alpha_dropout(x, p, training=True).tolist()))
    ours = sorted(set(ag.alpha_dropout(np.ones(4000), p, training=True, rng=0).tolist()))
    assert_same(ours, theirs)


@pytest.mark.filterwarnings("ignore:dropout2d. Received a 3D input:UserWarning")
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("dropout", (9,)),
        ("dropout1d", (2, 3, 4)),
        ("dropout2d", (2, 3, 2, 2)),
        ("dropout2d", (2, 3, 4)),
        ("dropout3d", (2, 3, 2, 2, 2)),
    ],
)
def test_dropout_drops_whole_blocks(name, shape):
    ours = getattr(ag, name)(np.ones(shape), 0.5, rng=3)
    theirs = getattr(F, name)(torch.ones(shape), 0.5).numpy()
    for out in (ours, theirs):
        assert set(out.ravel().tolist()) <= {0.0, 2.0}
        if name != "dropout":
            channels = out.reshape(6, -1)
            assert (channels == channels[:, :1]).all()
