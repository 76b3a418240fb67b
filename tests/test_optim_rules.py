"""Optimisers against textbooks, against plain NumPy, and on functions to minimise."""

import numpy as np
import pytest

import nn
from nn import optim

# The first values of the paths of f(x) = x**2 from 1, from the formulas as the papers have them.
# Those marked put eps under the root in the books: the digits given are those that do not depend
# on it.
PATHS = {
    "sgd": (lambda p: optim.SGD(p, lr=0.01), [0.98, 0.9604, 0.941192]),
    "momentum": (lambda p: optim.SGD(p, lr=0.01, momentum=0.9), [0.98, 0.9424, 0.889712]),
    "adagrad": (
        lambda p: optim.Adagrad(p, lr=0.01, eps=1e-7), [0.9900000005, 0.98296455477, 0.9772379404]),
    "adadelta": (
        lambda p: optim.Adadelta(p, rho=0.9, eps=1e-6),
        [0.99683772629, 0.99359817408, 0.99030904566]),
    "rmsprop, eps under the root": (
        lambda p: optim.RMSprop(p, lr=0.001, alpha=0.9), [0.9968377224, 0.9945470101, 0.992630674]),
    "adam": (lambda p: optim.Adam(p, lr=0.001), [0.999, 0.998000026, 0.997000096]),
    "adamax": (lambda p: optim.Adamax(p, lr=0.002), [0.998, 0.996000105, 0.994000388]),
}  # fmt: skip


@pytest.mark.parametrize("case", PATHS)
def test_paths_of_the_textbooks(case):
    make, path = PATHS[case]
    w = nn.Parameter(np.array(1.0))
    optimizer = make([w])
    for expected in path:
        optimizer.zero_grad()
        (w * w).backward()
        optimizer.step()
        assert w.item() == pytest.approx(expected, abs=1e-8)


# One step from given moments: the worked examples of a textbook, printed with 8 digits

W = np.linspace(-0.4, 0.6, 20).reshape(4, 5)
G = np.linspace(-0.6, 0.4, 20).reshape(4, 5)
M = np.linspace(0.6, 0.9, 20).reshape(4, 5)
V = np.linspace(0.7, 0.5, 20).reshape(4, 5)
# optimiser, its state before, first and last elements of parameters and of a moment after
STEPS = {
    "momentum": (
        lambda p: optim.SGD(p, lr=1, momentum=0.9), {"momentum_buffer": -M / 1e-3}, 1e-3,
        [0.1406, 0.20738947, 1.4096], "momentum_buffer", [-540.6, -554.75789, -809.6]),
    "rmsprop": (
        lambda p: optim.RMSprop(p, lr=1e-2, alpha=0.99), {"step": 5, "square_avg": M}, 1,
        [-0.39223849, -0.34037513, 0.59576619], "square_avg", [0.5976, 0.6126277, 0.8926]),
    "adam": (
        lambda p: optim.Adam(p, lr=1e-2), {"step": 5, "exp_avg": M, "exp_avg_sq": V}, 1,
        [-0.40094747, -0.34836187, 0.59801459], "exp_avg_sq", [0.69966, 0.68908382, 0.49966]),
}  # fmt: skip


@pytest.mark.parametrize("case", STEPS)
def test_steps_of_a_textbook(case):
    make, state, lr, parameters, name, moments = STEPS[case]
    w = nn.Parameter(W)
    optimizer = make([w])
    optimizer.param_groups[0]["lr"] *= lr
    optimizer.state[w].update({k: np.array(v) if np.ndim(v) else v for k, v in state.items()})
    w.grad = G
    optimizer.step()
    ends = [0, 1, -1]
    assert np.allclose(np.ravel(w)[ends], parameters, rtol=2e-7, atol=0)
    assert np.allclose(np.ravel(optimizer.state[w][name])[ends], moments, rtol=1e-7, atol=0)


def test_momentum_of_the_textbooks_takes_the_same_path():
    """v = momentum * v - lr * g; w = w + v."""
    w, v, p = W, np.zeros_like(W), nn.Parameter(W)
    optimizer = optim.SGD([p], lr=0.05, momentum=0.9)
    for k in range(20):
        g = np.cos(k + w)
        v = 0.9 * v - 0.05 * g
        w = w + v
        p.grad = g
        optimizer.step()
        assert np.allclose(np.asarray(p), w, rtol=1e-12)


def test_nesterovs_momentum_of_the_textbooks_goes_through_the_same_points():
    """v = momentum * v + lr * grad(w - momentum * v); w = w - v, on w**2."""
    w, v, p = 1.0, 0.0, nn.Parameter(np.array(1.0))
    optimizer = optim.SGD([p], lr=0.01, momentum=0.9, nesterov=True)
    for expected in [0.98, 0.94276, 0.89105912]:
        v = 0.9 * v + 0.01 * 2 * (w - 0.9 * v)
        w = w - v
        optimizer.zero_grad()
        (p * p).backward()
        optimizer.step()
        assert w == pytest.approx(expected, abs=1e-12)
        assert p.item() == pytest.approx(w - 0.9 * v, abs=1e-12)


def test_momentum_may_be_switched_off_and_on():
    p = nn.Parameter(1.0)
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9, nesterov=True)
    for momentum in (0, 0.9, 0, 0.9):
        optimizer.param_groups[0]["momentum"] = momentum
        p.grad = np.array(0.0)
        optimizer.step()
    assert p.item() == 1


def test_a_constant_gradient_is_amplified_to_the_terminal_velocity():
    p = nn.Parameter(0.0)
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9)
    for _ in range(200):
        before = p.item()
        p.grad = np.array(1.0)
        optimizer.step()
    assert before - p.item() == pytest.approx(0.1 / (1 - 0.9), rel=1e-4)


@pytest.mark.parametrize("decay", [0, 0.1])
@pytest.mark.parametrize("sign", [1, -1])
def test_lion_in_plain_numpy(decay, sign):
    w, m, p = W, np.zeros_like(W), nn.Parameter(W)
    optimizer = optim.Lion([p], lr=0.05, betas=(0.8, 0.9), weight_decay=decay, maximize=sign < 0)
    for k in range(20):
        g = np.cos(3 * k + 5 * w)
        w = w - 0.05 * (np.sign(0.8 * m + 0.2 * sign * g) + decay * w)
        m = 0.9 * m + 0.1 * sign * g
        p.grad = g
        optimizer.step()
        assert np.allclose(np.asarray(p), w, rtol=1e-12, atol=1e-14)


def test_the_average_of_asgd_is_that_of_its_path():
    w = nn.Parameter(W)
    optimizer = optim.ASGD([w], lr=0.1, lambd=0, t0=0)
    path = []
    for k in range(20):
        w.grad = np.cos(k + W)
        optimizer.step()
        path.append(np.array(w))
    assert np.allclose(optimizer.state[w]["ax"], np.mean(path[1:], axis=0), rtol=1e-12)


def test_a_centred_variance_never_falls_below_zero():
    p = nn.Parameter(np.full(100, 1.0))
    optimizer = optim.RMSprop([p], lr=1e-3, alpha=0.5, eps=1e-2, centered=True)
    for _ in range(100):  # a constant gradient: the variance is 0 up to rounding
        p.grad = np.full(100, 1 / 3)
        optimizer.step()
    assert np.isfinite(np.asarray(p)).all()


# Functions to minimise

CURVES = np.array([1.0, 3.0, 10.0, 30.0])
AIM = np.array([1.0, -2.0, 0.5, 3.0])
DOWNHILL = {
    "SGD": {"lr": 0.01, "momentum": 0.9},
    "Adam": {"lr": 0.1},
    "AdamW": {"lr": 0.1, "weight_decay": 0},
    "Adamax": {"lr": 0.1},
    "NAdam": {"lr": 0.1},
    "RAdam": {"lr": 0.1},
    "Adagrad": {"lr": 1.0},
    "Adadelta": {"lr": 10.0},
    "RMSprop": {"lr": 0.003},
    "ASGD": {"lr": 0.01, "lambd": 0},
    "Rprop": {},
    "Lion": {"lr": 0.003},
    "Adafactor": {"lr": 0.03},
    "LBFGS": {"max_iter": 1, "line_search_fn": "strong_wolfe"},
    "ConjugateGradient": {"max_iter": 1},
}


def closure_of(f, w, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = f(w)
        loss.backward()
        return loss

    return closure


def bowl(w):
    return (CURVES * (w - AIM) ** 2).sum() / 2


def rosenbrock(w):
    """Minimal at (1, ..., 1), along a curved valley."""
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


def test_every_optimiser_goes_downhill():
    abstract = {"Optimizer", "PerParameter", "FlatOptimizer"}
    classes = {n for n in optim.__all__ if isinstance(getattr(optim, n), type)}
    assert {n for n in classes if issubclass(getattr(optim, n), optim.Optimizer)} == {
        *DOWNHILL,
        *abstract,
    }


@pytest.mark.parametrize("name", DOWNHILL)
def test_a_bowl(name):
    w = nn.Parameter(np.zeros(4))
    optimizer = getattr(optim, name)([w], **DOWNHILL[name])
    closure = closure_of(bowl, w, optimizer)
    start = optimizer.step(closure).item()
    for _ in range(1500):
        optimizer.step(closure)
    assert bowl(w).item() < 1e-3 * start


@pytest.mark.parametrize(
    ("name", "options", "most"),
    [
        ("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 200}, 120),
        ("ConjugateGradient", {"max_iter": 300}, 600),
        ("ConjugateGradient", {"max_iter": 300, "formula": "fletcher-reeves"}, 600),
    ],
)
@pytest.mark.parametrize("start", [(-1.2, 1.0), (0.0, 0.0), (0.5, 2.0, -0.5, 2.0)])
def test_rosenbrocks_valley(name, options, most, start):
    w = nn.Parameter(np.array(start))
    optimizer = getattr(optim, name)([w], max_eval=most, **options)
    optimizer.step(closure_of(rosenbrock, w, optimizer))
    assert np.allclose(np.asarray(w), 1, atol=1e-4)
    assert optimizer.state[w]["func_evals"] <= most


@pytest.mark.parametrize("formula", ["polak-ribiere", "fletcher-reeves"])
def test_conjugate_gradients_need_as_many_iterations_as_dimensions(formula):
    """On a bowl, with a line search that is exact: Nocedal & Wright, theorem 5.1."""
    w = nn.Parameter(np.zeros(4))
    options = {"tolerance_change": 0, "tolerance_grad": 0, "max_eval": 200}
    optimizer = optim.ConjugateGradient([w], max_iter=4, formula=formula, **options)
    optimizer.c2 = 1e-9
    optimizer.step(closure_of(bowl, w, optimizer))
    assert np.allclose(np.asarray(w), AIM, atol=1e-6)


FLAT = {"LBFGS": {"line_search_fn": "strong_wolfe"}, "ConjugateGradient": {}}
flat = pytest.mark.parametrize("name", FLAT)


@flat
@pytest.mark.parametrize("when", [1, 2, 5])
def test_an_exception_in_the_closure_takes_the_parameters_back(name, when):
    w = nn.Parameter(np.array([-1.2, 1.0]))
    optimizer = getattr(optim, name)([w], max_iter=5, **FLAT[name])
    closure = closure_of(rosenbrock, w, optimizer)
    optimizer.step(closure)
    before = repr((w.tolist(), optimizer.state_dict()))
    calls = []

    def failing():
        calls.append(w.tolist())
        if len(calls) == when:
            raise KeyboardInterrupt
        return closure()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(failing)
    assert repr((w.tolist(), optimizer.state_dict())) == before


@flat
def test_a_loss_that_is_not_finite_moves_nothing(name):
    w = nn.Parameter(np.array([np.nan, 1.0]))
    optimizer = getattr(optim, name)([w], **FLAT[name])
    assert np.isnan(optimizer.step(closure_of(rosenbrock, w, optimizer)).item())
    assert w[1].item() == 1


@flat
def test_a_line_search_comes_back_from_where_the_loss_is_not_finite(name):
    w = nn.Parameter(np.array([0.5]))
    optimizer = getattr(optim, name)([w], lr=10.0, max_eval=100, **FLAT[name])

    def barrier(w):
        """w - log(w) for w > 0, minimal at 1; NaN and infinite gradients elsewhere."""
        return (w - w.log()).sum() if w.item() > 0 else w.sum() * np.nan

    optimizer.step(closure_of(barrier, w, optimizer))
    assert w.item() == pytest.approx(1, abs=1e-4)  # the loss is within 1e-9: tolerance_change


@flat
def test_parameters_of_any_shape_and_dtype_and_some_without_gradient(name):
    params = [
        nn.Parameter(np.ones((2, 3), np.float32)),
        nn.Parameter(2.0),
        nn.Parameter(np.ones(2)),
    ]
    optimizer = getattr(optim, name)(params, **FLAT[name])

    def closure():
        optimizer.zero_grad()
        loss = ((params[0] - 3) ** 2).sum() + (params[1] + 1) ** 2
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == 33
    assert np.allclose(np.asarray(params[0]), 3, atol=1e-5)
    assert params[0].dtype == np.float32
    assert params[1].item() == pytest.approx(-1, abs=1e-5)
    assert params[2].tolist() == [1, 1]


@pytest.mark.parametrize("size", [10, 20_000])
def test_a_subclass_with_a_formula_of_its_own_is_not_passed_by(size):
    """Large parameters have compiled steps; a class that changes the formula has none."""

    class Frozen(optim.SGD):
        def prepare(self, p, g, group):
            return g * 0

    w = nn.Parameter(np.ones(size))
    w.sum().backward()
    Frozen([w], lr=0.1).step()
    assert (w.numpy() == 1).all()
