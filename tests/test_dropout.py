"""Masks of dropout: fair to the last bit, and the same whoever computes them."""

import itertools
import math
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, kernels
from autograd.kernels import _host, _threads
from autograd.ops import regularise

SIZES = [5, 4095, 4096, 40_001]  # drawn as whole numbers, and by bytes
CHANCES = [0.1, 0.5, 0.75, 1 / 3, 1e-3, 0.999]
DTYPES = [np.float16, np.float32, np.float64]


@pytest.fixture(autouse=True)
def afterwards():
    yield
    kernels.set_simd(None)
    kernels.set_num_threads(0)


def mask(seed, shape, p):
    return np.asarray(ag.dropout(np.ones(shape), p, rng=seed)) != 0


# Fair


def by_bits(seed, count, p):
    """A uniform number for each element, as a fraction: 8 bits, and 32 more where they matter."""
    draw = np.random.default_rng(seed)
    words = draw.integers(0, 2**64 - 1, math.ceil(count / 8), dtype=np.uint64, endpoint=True)
    first = [int(w) >> shift & 255 for w in words for shift in range(0, 64, 8)][:count]
    target = round(p * 2**40)
    numbers = [b << 32 for b in first]
    if target % 2**32:
        ties = [k for k, b in enumerate(first) if b == target >> 32]
        for k, more in zip(ties, draw.integers(0, 2**32, len(ties), dtype=np.uint32)):
            numbers[k] += int(more)
    return [n >= target for n in numbers]


@pytest.mark.parametrize("p", [*CHANCES, 2.0**-40, 1 - 2.0**-39, 1 - 2.0**-50])
def test_a_byte_and_a_word_make_one_uniform_number(p):
    assert mask(3, 6000, p).tolist() == by_bits(3, 6000, p)


@pytest.mark.parametrize("size", [4000, 400_000])
@pytest.mark.parametrize("p", CHANCES)
def test_the_share_that_is_dropped_is_p(size, p):
    """Within 4.5 standard deviations over 20 seeds: one run in 150,000 would fail."""
    dropped = sum(int((~mask(seed, size, p)).sum()) for seed in range(20))
    n = 20 * size
    assert abs(dropped - n * p) < 4.5 * math.sqrt(n * p * (1 - p))


@pytest.mark.parametrize("p", [1 / 256 + 1 / 512, 0.5 + 1e-4])
def test_the_bits_of_p_beyond_the_first_byte_count(p):
    """Without them p would be 1/256 or 1/2, tens of standard deviations away."""
    n = 50 * 400_000
    dropped = sum(int((~mask(seed, n // 50, p)).sum()) for seed in range(50))
    assert abs(dropped - n * p) < 4.5 * math.sqrt(n * p * (1 - p))


@pytest.mark.parametrize("size", [4000, 100_000])
@pytest.mark.parametrize("p", [0.1, 0.5, 1 / 3])
def test_neighbours_places_and_seeds_are_independent(size, p):
    masks = np.stack([mask(seed, size, p) for seed in range(8)]).astype(float) - (1 - p)
    variance, limit = p * (1 - p), 4.5 / math.sqrt(8 * size)
    for distance in (1, 2, 3, 4, 7, 8, 9, 64, 256):
        correlation = (masks[:, distance:] * masks[:, :-distance]).mean() / variance
        assert abs(correlation) < 1.1 * limit, distance
    for a, b in itertools.combinations(masks, 2):
        assert abs((a * b).mean()) / variance < 4.5 / math.sqrt(size)
    again = np.random.default_rng(0)
    first, second = (
        np.asarray(ag.dropout(np.ones(size), p, rng=again)) != 0 for _ in range(2)
    )  # one after the other
    assert abs(((first - (1 - p)) * (second - (1 - p))).mean()) / variance < 4.5 / math.sqrt(size)


def test_every_place_in_a_word_is_as_likely():
    counts = sum(mask(seed, (12_500, 8), 0.3).sum(0) for seed in range(4))
    assert np.abs(counts - 0.7 * 50_000).max() < 4.5 * math.sqrt(50_000 * 0.21)


# The same


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("p", CHANCES)
def test_kernels_change_no_bit(dtype, size, p):
    x = np.random.default_rng(0).normal(size=size).astype(dtype)
    found = {}
    for simd in (None, "plain", "off"):
        kernels.set_simd(simd)
        with patch.object(_host, "LEAST", 0):
            t = Tensor(x, requires_grad=True)
            y = ag.dropout(t, p, rng=1)
            y.backward(x)
            found[simd] = y.numpy().tobytes(), t.grad.numpy().tobytes()
            assert y.dtype == t.grad.dtype == dtype
    assert found[None] == found["plain"] == found["off"]


@pytest.mark.parametrize("shape", [(40, 30, 10), (40, 30, 1), (2, 3, 5000)])
@pytest.mark.parametrize("name", ["dropout", "dropout1d", "alpha_dropout"])
def test_threads_and_layouts_change_no_bit(shape, name):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    turned, wide = np.empty(shape[::-1], x.dtype), np.empty((*shape, 2), x.dtype)
    turned.T[...], wide[..., 0] = x, x
    results = []
    for threads, values in ((1, x), (4, x), (1, turned.T), (1, wide[..., 0])):
        kernels.set_num_threads(threads)
        with patch.multiple(_threads, LEAST=1), patch.object(_host, "LEAST", 0):
            out = getattr(ag, name)(values, p=0.3, training=True, rng=5)
        results.append(np.ascontiguousarray(out).tobytes())
    assert len(set(results)) == 1


@pytest.mark.parametrize("kind", [np.random.PCG64DXSM, np.random.MT19937, np.random.Philox])
def test_any_generator_will_do(kind):
    found = [ag.dropout(np.ones(90_000), 0.3, rng=np.random.Generator(kind(4))) for _ in range(2)]
    assert np.array_equal(*found)
    assert abs((np.asarray(found[0]) == 0).mean() - 0.3) < 0.01


@pytest.mark.parametrize("size", [30, 5000])
def test_derivatives_see_one_mask(size):
    x = Tensor(np.random.default_rng(0).normal(size=size), requires_grad=True)
    y = (ag.dropout(x, 0.4, rng=2) ** 3).sum()
    first = y.gradient(x, create_graph=True)
    second = first.sum().gradient(x)
    scale = np.where(mask(2, size, 0.4), 1 / 0.6, 0)
    assert np.allclose(first.numpy(), 3 * scale**3 * x.numpy() ** 2, rtol=1e-12)
    assert np.allclose(second.numpy(), 6 * scale**3 * x.numpy(), rtol=1e-12)


# Edges


@pytest.mark.parametrize("size", [20, 5000])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("name", ["dropout", "alpha_dropout"])
def test_what_is_dropped_leaves_nothing(size, value, name):
    """Not 0 * inf: the value, and the cotangent, are not there."""
    drop = getattr(ag, name)
    usual = np.asarray(drop(np.ones(size), p=0.5, training=True, rng=0))
    x = Tensor(np.full(size, value), requires_grad=True)
    y = drop(x, p=0.5, training=True, rng=0)
    kept = mask(0, size, 0.5)
    assert np.array_equal(y.numpy()[~kept], usual[~kept])
    assert not np.isfinite(y.numpy()[kept]).any()
    y.backward(np.full(size, value))
    assert (x.grad.numpy()[~kept] == 0).all()
    assert not np.isfinite(x.grad.numpy()[kept]).any()


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (7,), (70, 70)])
@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("dtype", [np.int8, np.int64, bool, np.float32])
def test_shapes_and_dtypes(shape, p, dtype):
    x = np.ones(shape, dtype)
    y = np.asarray(ag.dropout(x, p, rng=0))
    assert y.shape == shape
    assert y.dtype == (dtype if dtype == np.float32 or p == 0 else np.result_type(dtype, np.half))
    assert set(np.unique(y)) <= {0, y.dtype.type(1 / (1 - p)) if p < 1 else 0}
    if p == 1:
        assert not y.any()


def test_a_channel_takes_one_draw():
    x = np.ones((70, 80, 3, 2), np.float32)
    y = np.asarray(ag.dropout2d(x, 0.3, rng=9))
    assert np.array_equal(y[..., 0, 0] != 0, mask(9, (70, 80), 0.3))
    assert np.array_equal(y, np.broadcast_to(y[..., :1, :1], y.shape))


def test_a_mask_takes_a_byte():
    t = Tensor(np.ones(10_000, np.float32), requires_grad=True)
    node = ag.dropout(t, 0.5).node
    saved = [a for a in node.saved if isinstance(a, np.ndarray)]
    assert [a.nbytes for a in saved] == [10_000]
    assert regularise._FEW < 10_000


@pytest.mark.parametrize("size", [10, 5000])
@pytest.mark.parametrize("p", [0.5, np.float64(0.5), np.float16(0.5), Tensor(0.5)])
@pytest.mark.parametrize("drop", [ag.dropout, partial(ag.alpha_dropout, training=True)])
def test_the_type_of_p_says_nothing_about_the_result(drop, p, size):
    x = np.ones(size, np.float32)
    out = drop(x, p=p, rng=0)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, drop(x, p=0.5, rng=0))
