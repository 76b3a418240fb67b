"""Random imperative programs have the derivative of what they mean.

A program is a list of instructions on a few variables: operators, views, in-place updates, item
assignments, aliases, detours through functions. Run on arrays that are copied at every step it has
one meaning, whose derivative is known from differences; run on Tensors it must have the same.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor

N = 3  # variables, each an array of shape (2, 3)
SHAPE = (2, 3)
INDICES = [
    0, -1, (slice(None), 1), (slice(None), slice(None, None, -1)), [1, 1, 0],
    ([0, 1, 0], [2, 2, 2]), np.eye(2, 3) > 0, (Ellipsis, 0), (slice(0, 1), [0, 2]),
]  # fmt: skip

# New values, kept moderate by the squashing that follows
COMPUTE = [
    lambda x, y, lib: x + y,
    lambda x, y, lib: x - 0.5 * y,
    lambda x, y, lib: x * y,
    lambda x, y, lib: x / (2 + y * y),
    lambda x, y, lib: lib.exp(-x * x) + y,
    lambda x, y, lib: lib.where(np.eye(2, 3) > 0, x, y),
    lambda x, y, lib: x[::-1] + y,
    lambda x, y, lib: x[:, [0, 0, 1]] * y,
    lambda x, y, lib: x.reshape(3, 2).T * 0.5 + y,
    lambda x, y, lib: x.sum(axis=0) - y,
    lambda x, y, lib: x.mean(axis=1, keepdims=True) * y,
    lambda x, y, lib: (x @ y.T) @ x * 0.25,
    lambda x, y, lib: lib.cumsum(x, axis=1) * 0.5 + y,
    lambda x, y, lib: lib.concatenate([x[:1], y[1:]], axis=0),
    lambda x, y, lib: lib.stack([x[0], y[0] * x[1]]),
]

# The same values under another name: for NumPy they share memory, for Tensors they must not
VIEW = [
    lambda x: x[...],
    lambda x: x[::-1],
    lambda x: x[:, ::-1],
    lambda x: x.reshape(SHAPE),
    lambda x: x.T.T,
    lambda x: x.ravel().reshape(SHAPE),
    lambda x: x.swapaxes(0, 1).reshape(3, 2).T,
    lambda x: +x,
    lambda x: x.copy(),
]


def _add(x, y, lib):
    x += 0.5 * y


def _subtract(x, y, lib):
    x -= lib.sin(y)


def _multiply(x, y, lib):
    x *= lib.sin(y)


def _divide(x, y, lib):
    x /= 2 + y * y


def _assign(index):
    def change(x, y, lib):
        x[index] = y[index] * 0.5 + 0.25

    return change


def _assign_number(index):
    def change(x, y, lib):
        x[index] = 0.75

    return change


def _change_part(index):
    def change(x, y, lib):
        x[index] *= lib.sin(y[index])

    return change


CHANGE = [_add, _subtract, _multiply, _divide]
CHANGE += [make(i) for make in (_assign, _assign_number, _change_part) for i in INDICES]
KINDS = (COMPUTE, VIEW, CHANGE)


def programs():
    """Lists of (kind, which of them, first operand, second operand, variable to write)."""
    variable = st.integers(0, N - 1)
    steps = [
        st.tuples(st.just(k), st.integers(0, len(kind) - 1), variable, variable, variable)
        for k, kind in enumerate(KINDS)
    ]
    return st.lists(st.one_of(*steps), min_size=1, max_size=12)


def execute(program, variables, lib, own):
    """Run the instructions. `own` makes a value that shares nothing: arrays need it."""
    for kind, which, i, j, target in program:
        instruction = KINDS[kind][which]
        if kind == 0:
            variables[target] = lib.tanh(instruction(variables[i], variables[j], lib))
        elif kind == 1:
            variables[target] = own(instruction(variables[i]))
        else:
            y = own(variables[j]) if i == j else variables[j]
            instruction(variables[i], y, lib)
    return variables


def total(variables):
    return (variables[0] + 2 * variables[1] + 3 * variables[2] ** 2).sum()


def on_arrays(program, values):
    return total(execute(program, [v.copy() for v in values], np, np.array))


def on_tensors(program, values):
    """Without any copy: that is what value semantics is for."""
    return total(execute(program, [v[...] for v in values], ag, lambda x: x))


def start():
    """Values of the variables, and a direction."""
    rng = np.random.default_rng(0)
    return list(rng.uniform(-1, 1, (N, *SHAPE))), list(rng.uniform(-1, 1, (N, *SHAPE)))


def slope(f, values, direction):
    """Directional derivative, by central differences of order four."""

    def at(t):
        return f([v + t * d for v, d in zip(values, direction, strict=True)])

    h = 2e-3
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(programs())
def test_a_program_has_the_derivative_of_its_meaning(program):
    values, direction = start()
    expected = slope(lambda v: on_arrays(program, v), values, direction)
    leaves = [Tensor(v, requires_grad=True) for v in values]
    out = on_tensors(program, leaves)
    np.testing.assert_allclose(out.item(), on_arrays(program, values), rtol=1e-12, atol=1e-12)
    found = out.gradient(*leaves)
    out.backward()
    for x, g in zip(leaves, found, strict=True):
        assert np.array_equal(np.zeros(SHAPE) if x.grad is None else x.grad, g)
    along = sum(float((g.numpy() * d).sum()) for g, d in zip(found, direction, strict=True))
    np.testing.assert_allclose(along, expected, rtol=1e-6, atol=1e-7)
    for x, v in zip(leaves, values, strict=True):
        assert np.array_equal(x.numpy(), v)  # nothing wrote into the leaves


@settings(max_examples=50, deadline=None, derandomize=True)
@given(programs())
def test_forward_mode_and_second_order_agree(program):
    values, direction = start()

    def f(*xs):
        return on_tensors(program, xs)

    gradients = ag.grad(f, (0, 1, 2))(*values)
    along = sum(float((g.numpy() * d).sum()) for g, d in zip(gradients, direction, strict=True))
    _, tangent = ag.jvp(f, values, direction)
    np.testing.assert_allclose(tangent.item(), along, rtol=1e-9, atol=1e-10)

    def directional(*xs):
        return ag.jvp(f, xs, direction)[1]

    forward_twice = ag.jvp(directional, values, direction)[1].item()
    reverse_after = ag.grad(directional, (0, 1, 2))(*values)
    mixed = sum(float((g.numpy() * d).sum()) for g, d in zip(reverse_after, direction, strict=True))
    np.testing.assert_allclose(mixed, forward_twice, rtol=1e-8, atol=1e-9)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(programs(), st.integers(0, 11))
def test_a_checkpoint_in_the_middle_changes_nothing(program, cut):
    values, _ = start()
    leaves = [Tensor(v, requires_grad=True) for v in values]
    plain = on_tensors(program, leaves).gradient(*leaves)

    def part(*xs):
        return execute(program[:cut], [x[...] for x in xs], ag, lambda x: x)

    out = total(execute(program[cut:], ag.checkpoint(part, *leaves), ag, lambda x: x))
    for g, h in zip(plain, out.gradient(*leaves), strict=True):
        np.testing.assert_allclose(g.numpy(), h.numpy(), rtol=1e-12, atol=1e-14)
