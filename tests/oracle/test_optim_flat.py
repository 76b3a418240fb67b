"""LBFGS against PyTorch: the same calls of the closure, at the same points."""

import copy

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import optim

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

# Every evaluation depends on all before, so rounding grows along the way
CLOSE = {"rtol": 1e-8, "atol": 1e-8}
A = np.random.default_rng(0).normal(size=(5, 5))


def quadratic(a, b, c, d):
    x = (a - 1) * 2
    return (x * x).sum() + 3 * ((b + 2) ** 2).sum() + (c - a.sum()) ** 2 + (c * d).sum() + d**4


def rosenbrock(a, b, c, d):
    chain = 100 * (a[1:] - a[:-1] ** 2) ** 2 + (1 - a[:-1]) ** 2
    return chain.sum() + ((b - 1) ** 4).sum() + (c - d) ** 2 + d**2


def wavy(a, b, c, d):
    return (a.sin() * a).sum() + (b * b).sum() + (c * c + d * d + 0.1).sqrt() + (c * 3).cos()


def flat(a, b, c, d):
    return ((a * a).sum() + 1).log() + ((b - 3) ** 2).sum().exp() / 1e3 + c**4 + d**4


PROBLEMS = [quadratic, rosenbrock, wavy, flat]
OPTIONS = [
    {"lr": 0.01},
    {"lr": 0.02, "history_size": 3, "max_iter": 7},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 5},
    {"line_search_fn": "strong_wolfe", "lr": 30.0, "max_iter": 4, "max_eval": 30},
    {"line_search_fn": "strong_wolfe", "lr": 1e-3, "max_iter": 4, "max_eval": 9},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 1.0, "tolerance_change": 1e-2},
    {"line_search_fn": "strong_wolfe", "history_size": 1, "max_eval": 3},
]
table = pytest.mark.parametrize("options", OPTIONS, ids=str)
problems = pytest.mark.parametrize("f", PROBLEMS, ids=lambda f: f.__name__)


def start():
    rng = np.random.default_rng(1)
    return [rng.uniform(-1.5, 1.5, shape) for shape in [(4,), (2, 3), (), ()]]


def closure_of(f, params, optimizer, points):
    def closure():
        optimizer.zero_grad()
        loss = f(*params)
        loss.backward()
        points.append(loss.item())
        return loss

    return closure


@table
@problems
def test_lbfgs_evaluates_at_the_same_points(f, options):
    ours = [nn.Parameter(a) for a in start()]
    theirs = [torch.tensor(a, requires_grad=True) for a in start()]
    step, other = optim.LBFGS(ours, **options), torch.optim.LBFGS(theirs, **options)
    mine, others = [], []
    for _ in range(3):
        loss = step.step(closure_of(f, ours, step, mine))
        expected = other.step(closure_of(f, theirs, other, others))
        assert isinstance(loss, Tensor)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-8, abs=1e-10)
        assert len(mine) == len(others)
        np.testing.assert_allclose(mine, others, **CLOSE)
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(np.asarray(p), q.detach().numpy(), **CLOSE)
    assert step.state[ours[0]]["func_evals"] == other.state[theirs[0]]["func_evals"]
    assert step.state[ours[0]]["n_iter"] == other.state[theirs[0]]["n_iter"]


@table
@problems
@pytest.mark.parametrize("name", ["LBFGS", "ConjugateGradient"])
def test_a_saved_state_goes_on_bit_for_bit(name, f, options):
    options = {**options, "max_iter": 3}
    if name == "ConjugateGradient":
        options = {k: v for k, v in options.items() if k not in ("line_search_fn", "history_size")}
    make = getattr(optim, name)
    params = [nn.Parameter(a, dtype=d) for a, d in zip(start(), ["f4", "f8", "f4", "f8"])]
    optimizer = make(params, **options)
    for _ in range(2):
        optimizer.step(closure_of(f, params, optimizer, []))
    copies = [nn.Parameter(np.array(p)) for p in params]
    other = make(copies)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for _ in range(2):
        optimizer.step(closure_of(f, params, optimizer, []))
        other.step(closure_of(f, copies, other, []))
    assert all(p.tolist() == q.tolist() for p, q in zip(params, copies))
    assert repr(other.state_dict()) == repr(optimizer.state_dict())
