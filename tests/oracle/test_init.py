"""First values against PyTorch's: equal where they are determined, else of the same distribution.

Random ones are compared by the Kolmogorov-Smirnov distance of two samples of n values. By chance it
exceeds sqrt(ln(2 / p) / n) with probability p (Smirnov 1948); p is 1e-6 here, and seeds are fixed.
"""

import math

import numpy as np
import pytest
from scipy import stats

import nn
from nn import init

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

# Function, arguments, shape

EXACT = [
    ("zeros_", (), (3, 4)),
    ("ones_", (), (2,)),
    ("constant_", (0.3,), (2, 3)),
    ("eye_", (), (3, 3)),
    ("eye_", (), (2, 5)),
    ("eye_", (), (5, 2)),
    ("dirac_", (), (4, 4, 3)),
    ("dirac_", (), (2, 5, 3, 4)),
    ("dirac_", (2,), (6, 2, 2, 3, 1)),
    ("dirac_", (3,), (6, 4, 5)),
]

RANDOM = [
    ("uniform_", (), (200, 100)),
    ("uniform_", (-3, 2), (200, 100)),
    ("normal_", (), (200, 100)),
    ("normal_", (2, 0.1), (20_000,)),
    ("trunc_normal_", (), (200, 100)),
    ("trunc_normal_", (1.0, 0.5, 0.2, 1.1), (200, 100)),
    ("trunc_normal_", (0.0, 1.0, 1.0, 4.0), (200, 100)),
    ("xavier_uniform_", (), (80, 10, 5, 5)),
    ("xavier_uniform_", (2.5,), (400, 50)),
    ("xavier_normal_", (), (80, 10, 5, 5)),
    ("xavier_normal_", (0.4,), (400, 50)),
    ("kaiming_uniform_", (), (80, 10, 25)),
    ("kaiming_uniform_", (math.sqrt(5),), (400, 50)),
    ("kaiming_uniform_", (0, "fan_out", "relu"), (400, 50)),
    ("kaiming_normal_", (), (80, 10, 5, 5)),
    ("kaiming_normal_", (0, "fan_out", "tanh"), (400, 50)),
    ("kaiming_normal_", (0.3, "fan_in", "leaky_relu"), (400, 50)),
    ("orthogonal_", (), (200, 100)),
    ("orthogonal_", (3.0,), (50, 20, 20)),
    ("sparse_", (0.4,), (200, 100)),
    ("sparse_", (0.115, 2.0), (200, 100)),
]

GAINS = [
    *((name, None) for name in ("linear", "sigmoid", "tanh", "relu", "selu", "leaky_relu")),
    *((f"conv{kind}{n}d", None) for kind in ("", "_transpose") for n in (1, 2, 3)),
    ("leaky_relu", 0.2),
    ("leaky_relu", 1),
]


def both(case):
    name, args, shape = case
    ours = getattr(init, name)(nn.Parameter(np.full(shape, 9.0)), *args)
    theirs = getattr(torch.nn.init, name)(torch.full(shape, 9.0, dtype=torch.float64), *args)
    return np.asarray(ours), theirs.numpy()


def case_id(case):
    return " ".join(map(str, case))


@pytest.fixture(autouse=True)
def seeds():
    import autograd

    autograd.manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize("case", EXACT, ids=case_id)
def test_determined_values_are_equal(case):
    ours, theirs = both(case)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("case", RANDOM, ids=case_id)
def test_random_values_have_the_same_distribution(case):
    ours, theirs = both(case)
    distance = stats.ks_2samp(ours.ravel(), theirs.ravel()).statistic
    assert distance < math.sqrt(math.log(2 / 1e-6) / ours.size)


@pytest.mark.parametrize("case", GAINS, ids=case_id)
def test_gains_are_equal(case):
    assert init.calculate_gain(*case) == torch.nn.init.calculate_gain(*case)


def test_sparse_columns_have_the_same_number_of_zeros():
    ours, theirs = both(("sparse_", (0.115, 2.0), (200, 100)))
    assert set((ours == 0).sum(axis=0)) == set((theirs == 0).sum(axis=0)) == {23}
    assert not np.array_equal(ours[:, 0] == 0, ours[:, 1] == 0)
