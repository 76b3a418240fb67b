"""What attention and transformers promise beside their values: masks, messages, positions."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.testing import check_grads
from nn import functional as F  # noqa: N812

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


def close(a, b, tolerance=1e-12):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance)


def finite(*tensors):
    return all(np.isfinite(np.asarray(t)).all() for t in tensors)


# Queries that may see nothing

BLIND = {
    "mask": {"attn_mask": np.array([[False, False], [True, True], [False, True]])},
    "mask to add": {"attn_mask": np.array([[0.0, 0.0], [-np.inf, -np.inf], [0.0, -np.inf]])},
    "padding": {"key_padding_mask": np.array([[False, True], [True, True]])},
}


@pytest.mark.parametrize("needed", [True, False])
@pytest.mark.parametrize("case", BLIND)
def test_a_query_that_sees_nothing_gets_nothing_and_teaches_nothing(case, needed):
    layer = nn.MultiheadAttention(4, 2, batch_first=True).double()
    layer.out_proj.bias.data = [1.0, 2.0, 3.0, 4.0]
    q, k, v = (Tensor(normal(2, n, 4), requires_grad=True) for n in (3, 2, 2))
    out, weights = layer(q, k, v, need_weights=needed, **BLIND[case])
    rows = np.asarray(out)[1] if case == "padding" else np.asarray(out)[:, 1]
    assert (rows == [1, 2, 3, 4]).all()
    if needed:
        seen = np.asarray(weights).sum(-1)
        assert set(seen.round(9).ravel()) == {0.0, 1.0}
    out.sum().backward()
    assert finite(q.grad, k.grad, v.grad, *(p.grad for p in layer.parameters()))
    unused = np.asarray(q.grad)[1] if case == "padding" else np.asarray(q.grad)[:, 1]
    assert (unused == 0).all()
    if case == "padding":
        assert (np.asarray(v.grad)[0, 1] == 0).all()
        assert (np.asarray(v.grad)[1] == 0).all()


def test_a_batch_may_hold_a_sequence_of_padding_alone():
    layer = nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True).double()
    x = Tensor(normal(2, 3, 4), requires_grad=True)
    padding = np.array([[False, False, True], [True, True, True]])
    out = layer(x, src_key_padding_mask=padding)
    alone = layer(x[:1], src_key_padding_mask=padding[:1])
    close(out[:1], alone)
    (out[0, :2] ** 2).sum().backward()
    assert finite(out, x.grad, *(p.grad for p in layer.parameters()))
    assert (np.asarray(x.grad)[1] == 0).all()
    assert (np.asarray(x.grad)[0, 2] == 0).all()


# What attention is


@pytest.mark.parametrize("options", [{}, {"add_bias_kv": True}, {"add_zero_attn": True}])
def test_weights_are_those_of_the_result(options):
    layer = nn.MultiheadAttention(4, 2, bias=False, batch_first=True, **options).double()
    q, k, v = normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 4)
    out, weights = layer(q, k, v, average_attn_weights=False)
    close(out, layer(q, k, v, need_weights=False)[0])
    close(weights.sum(axis=-1), np.ones((2, 2, 3)))
    close(weights.mean(axis=1), layer(q, k, v)[1])
    assert weights.shape == (2, 2, 3, 5 + len(options))


def test_separate_arrays_give_what_one_array_gives():
    layer = nn.MultiheadAttention(4, 2).double()
    x = normal(3, 2, 4)
    for a, b in zip(layer(x, x, x), layer(x, x.copy(), x.copy()), strict=True):
        close(a, b)


def test_the_past_does_not_depend_on_the_future():
    layers = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0), 2).double()
    x = normal(5, 1, 4)
    changed = x.copy()
    changed[3:] = normal(2, 1, 4)
    close(layers(x, is_causal=True)[:3], layers(changed, is_causal=True)[:3])
    assert not np.allclose(np.asarray(layers(x)[:3]), np.asarray(layers(changed)[:3]))


def test_without_positions_order_does_not_matter():
    layer = nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True).double()
    x, order = normal(2, 5, 4), RNG.permutation(5)
    close(layer(x[:, order]), np.asarray(layer(x))[:, order])
    place = nn.SinusoidalPositionalEncoding(4, 0.0, batch_first=True).double()
    assert not np.allclose(
        np.asarray(layer(place(x[:, order]))), np.asarray(layer(place(x)))[:, order]
    )


def test_dropout_is_for_training_alone():
    x = np.float32(normal(5, 2, 4))
    layer = nn.TransformerDecoderLayer(4, 2, 8, 0.5)
    assert not np.array_equal(np.asarray(layer(x, x)), np.asarray(layer(x, x)))
    layer.eval()
    assert np.array_equal(np.asarray(layer(x, x)), np.asarray(layer(x, x)))
    attention = nn.MultiheadAttention(4, 2, dropout=0.5)
    weights = np.asarray(attention(x, x, x, average_attn_weights=False)[1])
    assert (weights == 0).any()
    close(attention.eval()(x, x, x)[1].sum(axis=-1), np.ones((2, 5)), 1e-6)


def test_derivatives_of_second_order():
    attention = nn.MultiheadAttention(2, 1, batch_first=True).double()
    seen = np.array([[False, True], [True, True]])
    check_grads(lambda x: attention(x, x, x, attn_mask=seen)[0], normal(1, 2, 2), order=2)


def test_models_keep_float32_and_copies_are_independent():
    model = nn.Transformer(4, 2, 2, 2, 8)
    x = Tensor(np.float32(normal(5, 2, 4)), requires_grad=True)
    out = model(x, x)
    assert out.dtype == np.float32
    out.sum().backward()
    assert all(p.grad.dtype == np.float32 for p in model.parameters())
    stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2)
    first, second = (layer.linear1.weight for layer in stack.layers)
    assert np.array_equal(np.asarray(first), np.asarray(second))
    first.data[0] = 9
    assert (np.asarray(second)[0] != 9).all()
    assert len(list(stack.parameters())) == 2 * 12


def test_seeds_repeat_transformers():
    a, b = (nn.Transformer(4, 2, 1, 1, 8, rng=3).state_dict() for _ in range(2))
    assert all(np.array_equal(a[k], b[k]) for k in a)


# Positions


@pytest.mark.parametrize("features", [6, 5, 1])
def test_sines_and_cosines_of_the_position(features):
    table = F.sinusoidal_positions(20, features, np.float64)
    for position, row in enumerate(table.tolist()):
        for i, value in enumerate(row):
            angle = position / 10000 ** ((i - i % 2) / features)
            assert value == pytest.approx((math.cos if i % 2 else math.sin)(angle), abs=1e-12)


def test_likeness_of_positions_depends_on_their_distance_alone():
    table = F.sinusoidal_positions(50, 16, np.float64)
    likeness = table @ table.T
    close(likeness[:-7, :-7], likeness[7:, 7:])


@pytest.mark.parametrize("kind", [nn.SinusoidalPositionalEncoding, nn.LearnedPositionalEncoding])
def test_positions_are_added_along_time(kind):
    place = kind(4, dropout=0.0, max_len=6).double()
    table = np.asarray(place._table())
    x = normal(5, 2, 4)
    close(place(x), x + table[:5, None])
    close(place(x[:, 0]), x[:, 0] + table[:5])
    place.batch_first = True
    close(place(x.swapaxes(0, 1)), x.swapaxes(0, 1) + table[:5])


def test_positions_are_learnt_or_not_saved():
    assert not nn.SinusoidalPositionalEncoding(4).state_dict()
    place = nn.LearnedPositionalEncoding(200, max_len=300, rng=0)
    values = np.asarray(place.weight)
    assert abs(values.mean()) < 5 * 0.02 / math.sqrt(values.size)
    assert abs(values.var() / 0.02**2 - 1) < 5 * math.sqrt(2 / values.size)
    place(np.zeros((3, 200), np.float32)).sum().backward()
    assert (np.asarray(place.weight.grad)[3:] == 0).all()
    x = np.zeros((3, 200), np.float32)
    assert not np.array_equal(np.asarray(place(x)), np.asarray(place.eval()(x)))


# Messages


class Model(nn.Module):
    def __init__(self, part):
        super().__init__()
        self.encoder = part

    def forward(self, *args, **kwargs):
        return self.encoder(*args, **kwargs)


def test_a_misfit_deep_inside_is_told_with_its_path():
    model = Model(nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 4))
    model.encoder.layers[3].linear1 = nn.Linear(6, 16)
    with pytest.raises(ShapeError) as caught:
        model(np.ones((5, 2, 8)))
    expected = "encoder.layers.3.linear1 (Linear 6 -> 16): x has 8 features, expected 6"
    assert str(caught.value).startswith(expected)


X = np.ones((5, 2, 8))
MISFITS = {
    "query": ((X[..., :6], X, X), {}, "query has 6 features, expected 8"),
    "key": ((X, X[..., :6], X), {}, "key has 6 features, expected 8"),
    "axes": ((X, X[0], X), {}, "key has 2 axes, expected 3 for all"),
    "one axis": ((X[0, 0],) * 3, {}, "query has 1 axes"),
    "places": ((X, X, X[:3]), {}, r"key of shape \(5, 2, 8\) and value of \(3, 2, 8\)"),
    "batch": ((X, X[:, :1], X[:, :1]), {}, "do not go together with a query"),
    "mask": ((X, X, X), {"attn_mask": np.ones((5, 4), bool)}, r"\(5, 4\), expected \(5, 5\)"),
    "masks": ((X, X, X), {"attn_mask": np.ones((2, 5, 5), bool)}, r"or \(4, 5, 5\)"),
    "padding": ((X, X, X), {"key_padding_mask": np.ones((5, 2), bool)}, r"expected \(2, 5\)"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_misfits_name_the_attention_within_the_model(case):
    args, kwargs, match = MISFITS[case]
    with pytest.raises(ShapeError, match=match) as caught:
        Model(nn.MultiheadAttention(8, 2))(*args, **kwargs)
    assert str(caught.value).startswith("encoder (MultiheadAttention 8, 2 heads): ")


def test_misfits_of_other_parts_name_them():
    for part, args, match in [
        (nn.TransformerEncoderLayer(8, 2, 4), (X[..., :6],), "src has shape .* expected 8"),
        (nn.TransformerDecoderLayer(8, 2, 4), (X, X[..., :6]), "memory has shape"),
        (nn.SinusoidalPositionalEncoding(6), (X,), "6 features"),
        (nn.LearnedPositionalEncoding(8, max_len=4), (X,), "5 steps, but there are 4"),
    ]:
        with pytest.raises(ShapeError, match=match) as caught:
            Model(part)(*args)
        assert str(caught.value).startswith(f"encoder ({type(part).__name__}")


def test_masks_of_the_wrong_kind():
    with pytest.raises(DTypeError, match=r"attn_mask must be boolean .* not int64"):
        nn.MultiheadAttention(8, 2)(X, X, X, attn_mask=np.ones((5, 5), int))


BAD_OPTIONS = {
    "heads": (lambda: nn.MultiheadAttention(8, 3), "num_heads 3 must divide embed_dim 8"),
    "no heads": (lambda: nn.MultiheadAttention(8, 0), "num_heads 0"),
    "dropout": (lambda: nn.MultiheadAttention(8, 2, 1.5), "got 1.5"),
    "activation": (lambda: nn.TransformerEncoderLayer(8, 2, activation="swish"), "got 'swish'"),
    "layers": (
        lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 4), 0), "at least 1, got 0"),
    "positions": (lambda: nn.SinusoidalPositionalEncoding(0), "at least 1, got 0"),
    "positions' dropout": (lambda: nn.LearnedPositionalEncoding(2, 2), "got 2"),
    "table": (lambda: F.sinusoidal_positions(-1, 2), "got -1 and 2"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_make_no_sense_are_refused(case):
    action, match = BAD_OPTIONS[case]
    with pytest.raises(ArgumentError, match=match):
        action()


def test_functional_attention_is_the_op():
    q, k, v = normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 4)
    weights = np.exp(q @ k.swapaxes(1, 2) * 0.3)
    expected = weights / weights.sum(-1, keepdims=True) @ v
    close(F.scaled_dot_product_attention(q, k, v, scale=0.3), expected)
    dropped = F.scaled_dot_product_attention(q, k, v, dropout_p=0.5, rng=0)
    assert np.array_equal(dropped, F.scaled_dot_product_attention(q, k, v, dropout_p=0.5, rng=0))


@pytest.mark.parametrize("needed", [True, False])
@pytest.mark.parametrize(("batch", "queries", "keys"), [(0, 3, 2), (2, 0, 3), (2, 3, 0)])
def test_nothing_to_attend_to_or_nobody_to_attend(batch, queries, keys, needed):
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    q, k = (np.ones((batch, n, 4), np.float32) for n in (queries, keys))
    for mask in (None, np.zeros((queries, keys), bool)):
        out, weights = layer(q, k, k, attn_mask=mask, need_weights=needed)
        assert out.shape == (batch, queries, 4)
        assert (np.asarray(out) == 0).all() or keys
        assert weights is None or weights.shape == (batch, queries, keys)
