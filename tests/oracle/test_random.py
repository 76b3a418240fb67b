"""Random numbers: the shapes and dtypes of PyTorch's functions, and the same distributions."""

import numpy as np
import pytest
from scipy import stats

from autograd import random

from .comparing import torch

pytestmark = pytest.mark.oracle

# Name and shape: ours and theirs of that shape, from generators with a seed

DRAWS = {
    "rand": (lambda s: random.rand(*s, rng=0), torch.rand),
    "randn": (lambda s: random.randn(*s, rng=0), torch.randn),
    "uniform": (
        lambda s: random.uniform(2, 5, s, rng=0),
        lambda s, generator: torch.empty(s).uniform_(2, 5, generator=generator),
    ),
    "normal": (
        lambda s: random.normal(1.0, 2.0, s, rng=0),
        lambda s, generator: torch.normal(1.0, 2.0, s, generator=generator),
    ),
    "truncated_normal": (
        lambda s: random.truncated_normal(1.0, 2.0, 0.0, 9.0, s, rng=0),
        lambda s, generator: torch.nn.init.trunc_normal_(
            torch.empty(s), 1.0, 2.0, 0.0, 9.0, generator=generator
        ),
    ),
    "randint": (
        lambda s: random.randint(3, 9, s, rng=0),
        lambda s, generator: torch.randint(3, 9, s, generator=generator),
    ),
    "bernoulli": (
        lambda s: random.bernoulli(0.3, s, rng=0),
        lambda s, generator: torch.bernoulli(torch.full(s, 0.3), generator=generator),
    ),
}
draws = pytest.mark.parametrize(("ours", "theirs"), DRAWS.values(), ids=DRAWS.keys())


@draws
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (4, 1, 2)], ids=str)
def test_shapes_and_dtypes(ours, theirs, shape):
    mine, other = ours(shape), theirs(shape, generator=torch.Generator())
    assert mine.shape == tuple(other.shape)
    assert str(mine.dtype) == str(other.dtype).removeprefix("torch.")


@draws
def test_distributions(ours, theirs):
    """Kolmogorov and Smirnov cannot tell 20,000 of ours from 20,000 of theirs."""
    generator = torch.Generator().manual_seed(0)
    mine, other = ours((20_000,)).numpy(), theirs((20_000,), generator=generator).numpy()
    assert stats.ks_2samp(mine, other).pvalue > 0.001


def test_permutations():
    mine, other = random.permutation(9, rng=0), torch.randperm(9)
    assert mine.dtype == np.int64
    assert sorted(mine.tolist()) == sorted(other.tolist())
