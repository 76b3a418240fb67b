"""Random tensors: distributions, seeds, shapes, and what is refused."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import stats

import autograd.random as ar
from autograd import ArgumentError, DTypeError, ShapeError, Tensor

DRAWS = {
    "rand": (lambda r: ar.rand(1000, rng=r), 0.5, 0, 1),
    "randn": (lambda r: ar.randn(1000, rng=r), 0, -6, 6),
    "uniform": (lambda r: ar.uniform(2, 4, 1000, rng=r), 3, 2, 4),
    "normal": (lambda r: ar.normal(5, 0.1, 1000, rng=r), 5, 4, 6),
    "randint": (lambda r: ar.randint(1, 4, 1000, rng=r), 2, 1, 3),
    "bernoulli": (lambda r: ar.bernoulli(0.3, 1000, rng=r), 0.3, 0, 1),
    "choice": (lambda r: ar.choice([4, 8], 1000, rng=r), 6, 4, 8),
    "permutation": (lambda r: ar.permutation(1000, rng=r), 499.5, 0, 999),
    "truncated_normal": (lambda r: ar.truncated_normal(2, 3, 1, 3, 1000, rng=r), 2, 1, 3),
    "multinomial": (lambda r: ar.multinomial(8, [0.25, 0.75], 500, rng=r).ravel(), 4, 0, 8),
}


@pytest.mark.parametrize("case", DRAWS)
def test_draws_have_the_right_mean_and_range_and_repeat(case):
    draw, mean, low, high = DRAWS[case]
    values = np.asarray(draw(0))
    assert values.shape == (1000,)
    assert values.mean() == pytest.approx(mean, abs=0.1 * (high - low))
    assert values.min() >= low
    assert values.max() <= high
    assert np.array_equal(np.asarray(draw(0)), values)
    assert np.array_equal(np.asarray(draw(np.random.default_rng(0))), values)
    ar.manual_seed(11)
    first = draw(None).tolist()
    state = ar.get_state()
    second = draw(None).tolist()
    ar.manual_seed(11)
    assert draw(None).tolist() == first
    ar.set_state(state)
    assert draw(None).tolist() == second
    assert first != second


def test_a_seeded_block_draws_for_itself_and_for_its_thread_alone():
    ar.manual_seed(1)
    expected = ar.rand(4).tolist()
    ar.manual_seed(1)
    with ar.seeded((3, 4)):
        inner = ar.rand(2).tolist()
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(lambda: ar.rand(2).tolist()).result()
        with ar.seeded(5):
            ar.rand(9)
        inner += ar.rand(2).tolist()
    assert other + ar.rand(2).tolist() == expected
    with ar.seeded((3, 4)):
        assert ar.rand(4).tolist() == inner


def test_shapes_dtypes_and_gradients_of_draws():
    assert ar.rand(2, 3).shape == ar.rand((2, 3)).shape == ar.randn([2, 3]).shape == (2, 3)
    assert ar.randn().shape == ()
    assert (ar.rand(2).dtype, ar.rand(2, dtype="float64").dtype) == (np.float32, np.float64)
    assert ar.randn(2, requires_grad=True).requires_grad
    assert ar.permutation(np.arange(6).reshape(3, 2)).shape == (3, 2)
    assert ar.bernoulli([0.0, 1.0]).tolist() == [0, 1]
    assert sorted(ar.choice(5, 5, replace=False).tolist()) == [0, 1, 2, 3, 4]


# Parameters that are arrays

ARRAYS = {
    "uniform": (lambda v, s: ar.uniform(v, v + 0.5, s, rng=0), 0.5),
    "normal": (lambda v, s: ar.normal(v, 0.01, s, rng=0), 0.1),
    "truncated_normal": (lambda v, s: ar.truncated_normal(v, 1, v, v + 0.5, s, rng=0), 0.5),
    "randint": (lambda v, s: ar.randint(v, v + 100, s, rng=0), 100),
    "bernoulli": (lambda v, s: ar.bernoulli(v / 2, s, rng=0), 1),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_every_element_is_a_draw_of_its_own(name):
    draw, width = ARRAYS[name]
    v = np.array([[0], [1], [2]])
    assert draw(v, None).shape == (3, 1)
    assert draw(v, (2, 3, 5)).shape == (2, 3, 5)
    x = np.asarray(draw(v, (3, 50)))
    assert (abs(x - v) <= width).all()
    rest = x - v
    assert name == "bernoulli" or not (rest == rest[0]).all()
    with pytest.raises(ShapeError, match=rf"^{name}: shapes .*\(3, 1\).* size \(2, 5\)"):
        draw(v, (2, 5))


@pytest.mark.parametrize(
    ("low", "high"),
    [(-2, 2), (-np.inf, 0.5), (1, np.inf), (7, 9), (30, 31), (-41, -40), (-1e-3, 1e-3), (-50, 50)],
)
@pytest.mark.parametrize(("loc", "scale"), [(0, 1), (5.0, 2.0)])
def test_truncated_normals_are_those_of_scipy(low, high, loc, scale):
    bounds = loc + scale * low, loc + scale * high
    x = ar.truncated_normal(loc, scale, *bounds, size=4000, rng=0, dtype=np.float64).numpy()
    assert bounds[0] <= x.min() <= x.max() <= bounds[1]
    assert np.unique(x).size == 4000
    assert stats.kstest(x, stats.truncnorm(low, high, loc, scale).cdf).pvalue > 1e-3


def test_multinomial_counts_outcomes():
    p = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7]])
    counts = ar.multinomial([[10], [1000]], p, rng=0)
    assert counts.shape == (2, 2, 3)
    assert counts.dtype == np.int64
    assert counts.sum(axis=-1).tolist() == [[10, 10], [1000, 1000]]
    assert counts[:, 0, 2].tolist() == [0, 0]
    many = ar.multinomial(100_000, p[1], 3, rng=0).numpy() / 100_000
    assert np.allclose(many, p[1], atol=0.01)
    single = ar.multinomial(4, np.float32([0.1, 0.2, 0.7]))  # adds up to 1 in float32 only
    assert single.sum() == 4


# What is refused: the call, the error, and what the message says

WRONG = [
    (lambda: ar.rand(-1), ArgumentError, "rand: a shape"),
    (lambda: ar.rand(2.5), ArgumentError, "rand: a shape"),
    (lambda: ar.rand(2, rng="seed"), DTypeError, "'seed'"),
    (lambda: ar.rand(2, dtype=int), DTypeError, "rand: draws floats, got dtype int64"),
    (lambda: ar.randn(2, dtype="float33"), DTypeError, "randn: unknown dtype 'float33'"),
    (lambda: ar.uniform(0, 1, -1), ArgumentError, "uniform: a shape"),
    (lambda: ar.uniform("a", 1), DTypeError, "uniform: low must be a real number"),
    (lambda: ar.uniform([0, 1], [0, 1, 2]), ShapeError, "uniform: shapes (2,), (3,) do not"),
    (lambda: ar.normal(0, -1), ArgumentError, "normal: scale must not be negative"),
    (lambda: ar.normal(0, np.nan), ArgumentError, "normal: scale must not be negative, got nan"),
    (lambda: ar.normal(1j), DTypeError, "normal: loc must be a real number"),
    (lambda: ar.truncated_normal(0, 0), ArgumentError, "scale must be positive"),
    (lambda: ar.truncated_normal(0, 1, 2, 2), ArgumentError, "low must be less than high"),
    (lambda: ar.randint(3, 1), ArgumentError, "randint: "),
    (lambda: ar.randint(2.5), DTypeError, "randint: high must be an int"),
    (lambda: ar.randint(0, 5, dtype="float32"), DTypeError, "randint: "),
    (lambda: ar.randint(0, 5, (2, -1)), ArgumentError, "randint: a shape"),
    (lambda: ar.permutation(-1), ArgumentError, "permutation: a number of things"),
    (lambda: ar.permutation(2.5), DTypeError, "permutation: needs an int"),
    (lambda: ar.bernoulli(1.5), ArgumentError, "bernoulli: p must lie between 0 and 1"),
    (lambda: ar.bernoulli(np.nan), ArgumentError, "bernoulli: p must lie between 0 and 1"),
    (lambda: ar.bernoulli([0.5, 0.5], 3), ShapeError, "bernoulli: shapes (2,) do not"),
    (lambda: ar.choice([1, 2], 3, replace=False), ArgumentError, "choice: "),
    (lambda: ar.choice([1, 2], 2.5), ArgumentError, "choice: a shape"),
    (lambda: ar.choice("abc"), DTypeError, "choice: needs an int"),
    (lambda: ar.choice([1, 2], 3, p=[0.5, 0.6]), ArgumentError, "choice: "),
    (lambda: ar.multinomial(2.5, [1.0]), DTypeError, "multinomial: n must be an int"),
    (lambda: ar.multinomial(-1, [1.0]), ArgumentError, "multinomial: n must not be negative"),
    (lambda: ar.multinomial(5, 1.0), ShapeError, "multinomial: pvals needs an axis"),
    (lambda: ar.multinomial(5, [0.5, 0.6]), ArgumentError, "multinomial: pvals must be >= 0"),
    (lambda: ar.multinomial(5, [1.5, -0.5]), ArgumentError, "multinomial: pvals must be >= 0"),
    (lambda: ar.multinomial(5, []), ArgumentError, "multinomial: pvals must be >= 0"),
    (lambda: ar.multinomial([1, 2], [[1.0]] * 3), ShapeError, "multinomial: shapes (2,), (3,)"),
    (lambda: ar.set_state({}), ArgumentError, "set_state: "),
    (lambda: ar.manual_seed(None), DTypeError, "manual_seed: the seed must be an int, got None"),
    (lambda: ar.seeded("a").__enter__(), ArgumentError, "seeded: "),
]


@pytest.mark.parametrize(("action", "error", "said"), WRONG, ids=[w[2] for w in WRONG])
def test_wrong_draws_are_refused(action, error, said):
    with pytest.raises(error, match=re.escape(said)):
        action()


def test_draws_by_tracked_tensors_are_constants():
    low = Tensor([0.0, 1.0], requires_grad=True)
    assert ar.uniform(low, 2).node is None
