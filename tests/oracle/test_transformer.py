"""Attention of several heads and transformers against PyTorch: outputs, weights, gradients."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

CLOSE = {"rtol": 1e-8, "atol": 1e-8}
RNG = np.random.default_rng(0)
N, L, S, E, H = 2, 3, 5, 8, 2  # batch, queries, keys, features, heads


def pair(name, *args, **options):
    """The same module twice, with the same weights."""
    ours = getattr(nn, name)(*args, **options).double()
    theirs = getattr(torch.nn, name)(*args, **options).double()
    draw(theirs)
    state = {k: v.numpy() for k, v in theirs.state_dict().items()}
    assert [(k, v.shape) for k, v in ours.state_dict().items()] == [
        (k, v.shape) for k, v in state.items()
    ]
    ours.load_state_dict(state)
    return ours, theirs


def draw(module):
    """Random values everywhere: zeros and ones would hide mistakes."""
    for parameter in module.parameters():
        parameter.data = torch.tensor(RNG.normal(size=parameter.shape) / 2)


def leaves(*shapes):
    arrays = [RNG.normal(size=s) for s in shapes]
    return (
        [Tensor(a, requires_grad=True) for a in arrays],
        [torch.tensor(a, requires_grad=True) for a in arrays],
    )


def torched(options):
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


def check(ours, theirs, outputs, expected, inputs, their_inputs):
    """Values, and gradients of inputs and parameters, for one cotangent of all outputs."""
    loss, other = 0, 0
    for k, (out, want) in enumerate(zip(outputs, expected, strict=True)):
        assert (out is None) == (want is None)
        if want is not None:
            assert out.shape == tuple(want.shape)
            np.testing.assert_allclose(np.asarray(out), want.detach().numpy(), **CLOSE)
            g = np.random.default_rng(k).normal(size=out.shape)
            loss, other = loss + (out * g).sum(), other + (want * torch.tensor(g)).sum()
    loss.backward()
    other.backward()
    for a, b in zip(inputs, their_inputs, strict=True):
        np.testing.assert_allclose(np.asarray(a.grad), b.grad.numpy(), **CLOSE)
    for (a, p), (b, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert a == b
        np.testing.assert_allclose(np.asarray(p.grad), q.grad.numpy(), err_msg=a, **CLOSE)


# Settings of the attention, and of one call; where a row of a mask is all True, PyTorch has NaN

ATTENTIONS = [
    ("MultiheadAttention", {}),
    ("MultiheadAttention", {"bias": False}),
    ("MultiheadAttention", {"batch_first": True}),
    ("MultiheadAttention", {"kdim": 6, "vdim": 7}),
    ("MultiheadAttention", {"kdim": 6, "bias": False, "batch_first": True}),
    ("MultiheadAttention", {"add_bias_kv": True}),
    ("MultiheadAttention", {"add_zero_attn": True, "add_bias_kv": True, "batch_first": True}),
    ("MultiheadAttention", {"add_zero_attn": True, "vdim": 3}),
    ("MultiheadAttention", {"dropout": 0.3}),
]
UNSEEN = np.array([[False, True, False, True, False], [False] * 5, [True, True, True, True, False]])
PADDING = np.array([[False, False, False, True, False], [False, True, True, False, False]])
ADDED = RNG.normal(size=(L, S))
CALLS = {
    "plain": {},
    "no weights": {"need_weights": False},
    "each head": {"average_attn_weights": False},
    "bools": {"attn_mask": UNSEEN},
    "floats": {"attn_mask": ADDED, "need_weights": False},
    "for each head": {"attn_mask": RNG.normal(size=(N * H, L, S))},
    "bools for each head": {"attn_mask": RNG.random((N * H, L, S)) > 0.7},
    "padding": {"key_padding_mask": PADDING},
    "padding to add": {"key_padding_mask": np.where(PADDING, -np.inf, 0.3), "need_weights": False},
    "both": {"key_padding_mask": PADDING, "attn_mask": np.tri(L, S) == 0},
    "both to add": {"key_padding_mask": RNG.normal(size=(N, S)), "attn_mask": ADDED},
    "both, mixed": {"key_padding_mask": PADDING, "attn_mask": ADDED},
}


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask:UserWarning")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("case", ATTENTIONS, ids=lambda c: f"{c[0]} {c[1]}")
def test_attention(case, call, training):
    name, options = case
    if training:
        options = {**options, "dropout": 0.0}
    ours, theirs = pair(name, E, H, **options)
    ours.train(training)
    theirs.train(training)
    sizes = (L, S, S)
    widths = (E, ours.kdim, ours.vdim)
    first = ours.batch_first
    x, y = leaves(*[(N, n, w) if first else (n, N, w) for n, w in zip(sizes, widths, strict=True)])
    outputs, expected = ours(*x, **CALLS[call]), theirs(*y, **torched(CALLS[call]))
    check(ours, theirs, outputs, expected, x, y)


@pytest.mark.parametrize("case", ATTENTIONS[:3], ids=lambda c: f"{c[0]} {c[1]}")
@pytest.mark.parametrize("call", ["plain", "bools", "each head", "padding"])
def test_attention_without_a_batch(case, call):
    ours, theirs = pair(case[0], E, H, **case[1])
    options = {"key_padding_mask": PADDING[0]} if call == "padding" else CALLS[call]
    x, y = leaves((L, E), (S, E), (S, E))
    check(ours, theirs, ours(*x, **options), theirs(*y, **torched(options)), x, y)


def test_weights():
    x, y = leaves((N, L, E), (N, S, E), (L, S))
    scores = y[0] @ y[1].mT / E**0.5 + y[2]
    outputs = [
        ag.attention_weights(x[0], x[1], x[2]),
        ag.attention_weights(x[0], x[1], ~UNSEEN, scale=0.3),
    ]
    seen = (y[0] @ y[1].mT * 0.3).masked_fill(torch.tensor(UNSEEN), -torch.inf)
    empty = torch.nn.Identity()
    check(empty, empty, outputs, [scores.softmax(-1), seen.softmax(-1)], x, y)


@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_self_attention_and_causality(first, weights):
    ours, theirs = pair("MultiheadAttention", E, H, batch_first=first)
    (x,), (y,) = leaves((N, S, E))
    mask = torch.nn.Transformer.generate_square_subsequent_mask(
        S if first else N, dtype=torch.float64
    )
    expected = theirs(y, y, y, attn_mask=mask, is_causal=True, need_weights=weights)
    check(ours, theirs, ours(x, x, x, is_causal=True, need_weights=weights), expected, [x], [y])


# Transformers: class, arguments, options; dropout is 0, since theirs draws other numbers

SETTINGS = [
    {},
    {"activation": "gelu", "norm_first": True},
    {"batch_first": True, "bias": False, "layer_norm_eps": 0.1},
    {"batch_first": True, "norm_first": True, "activation": "relu"},
]
ENCODERS = [("TransformerEncoderLayer", s) for s in SETTINGS]
DECODERS = [("TransformerDecoderLayer", s) for s in SETTINGS]
SQUARE = np.triu(np.ones((S, S), bool), 1)
SQUARE[3, 1] = True


def shapes(first, *lengths):
    return [(N, n, E) if first else (n, N, E) for n in lengths]


def case_id(case):
    return f"{case[0]} {case[1]}"


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("masked", [True, False], ids=["masks", "no masks"])
@pytest.mark.parametrize("case", ENCODERS, ids=case_id)
def test_encoder_layers(case, masked, training):
    ours, theirs = pair(case[0], E, H, 6, 0.0, **case[1])
    ours.train(training)
    theirs.train(training)
    options = {"src_mask": SQUARE, "src_key_padding_mask": PADDING} if masked else {}
    x, y = leaves(*shapes(case[1].get("batch_first"), S))
    check(ours, theirs, [ours(*x, **options)], [theirs(*y, **torched(options))], x, y)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("masked", [True, False], ids=["masks", "no masks"])
@pytest.mark.parametrize("case", DECODERS, ids=case_id)
def test_decoder_layers(case, masked, training):
    ours, theirs = pair(case[0], E, H, 6, 0.0, **case[1])
    ours.train(training)
    theirs.train(training)
    options = {"tgt_mask": SQUARE[:L, :L], "memory_mask": UNSEEN} if masked else {}
    if masked:
        options |= {"memory_key_padding_mask": PADDING}
        options |= {"tgt_key_padding_mask": np.array([[False, False, True], [False, True, False]])}
    x, y = leaves(*shapes(case[1].get("batch_first"), L, S))
    check(ours, theirs, [ours(*x, **options)], [theirs(*y, **torched(options))], x, y)


STACKS = [
    ("TransformerEncoder", {}, True),
    ("TransformerEncoder", {"norm_first": True}, False),
    ("TransformerDecoder", {}, True),
    ("TransformerDecoder", {"norm_first": True, "batch_first": True}, False),
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")
@pytest.mark.parametrize("case", STACKS, ids=str)
def test_stacks(case):
    name, options, normed = case

    def build(package):
        layer = getattr(package, f"{name}Layer")(E, H, 6, 0.0, **options)
        return getattr(package, name)(layer, 2, package.LayerNorm(E) if normed else None).double()

    ours, theirs = build(nn), build(torch.nn)
    draw(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    decoding = name == "TransformerDecoder"
    x, y = leaves(*shapes(options.get("batch_first"), *((S, L) if decoding else (S,))))
    mask = {"tgt_mask" if decoding else "mask": SQUARE}
    check(ours, theirs, [ours(*x, **mask)], [theirs(*y, **torched(mask))], x, y)


TRANSFORMERS = [
    ("Transformer", {}),
    ("Transformer", {"batch_first": True, "norm_first": True, "activation": "gelu"}),
    ("Transformer", {"bias": False}),
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", TRANSFORMERS, ids=case_id)
def test_transformers(case, training):
    ours, theirs = pair(case[0], E, H, 2, 2, 6, 0.0, **case[1])
    ours.train(training)
    theirs.train(training)
    x, y = leaves(*shapes(case[1].get("batch_first"), S, L))
    causal = theirs.generate_square_subsequent_mask(L, dtype=torch.float64)
    np.testing.assert_array_equal(ours.generate_square_subsequent_mask(L), causal.numpy())
    options = {
        "src_mask": SQUARE, "tgt_mask": causal.numpy(), "memory_mask": UNSEEN[[1, 0, 1]],
        "src_key_padding_mask": np.where(PADDING, -1.0, 0.0),
    }  # fmt: skip
    options["src_mask"] = np.where(SQUARE, -np.inf, 0.0)
    check(ours, theirs, [ours(*x, **options)], [theirs(*y, **torched(options))], x, y)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")
def test_first_values_have_the_same_spread():
    args = (64, 4, 1, 1, 128)
    ours, theirs = nn.Transformer(*args, rng=0), torch.nn.Transformer(*args)
    for (a, p), (b, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert a == b
        values, others = np.asarray(p), q.detach().numpy()
        assert np.abs(values).max() == pytest.approx(np.abs(others).max(), rel=0.25)
        assert values.std() == pytest.approx(others.std(), rel=0.25)
