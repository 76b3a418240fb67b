"""einsum for every form of subscripts that NumPy takes, drawn by hypothesis.

A sum of products is linear in each operand, so gradients need no differences: along any direction
they are what NumPy's einsum gives for the direction in the operand's place. All are whole numbers.
"""

from functools import cache
from itertools import combinations
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import REGISTRY, AutogradError, Tensor
from autograd.ops.einsum import _plan
from autograd.testing import check_grads

many = settings(deadline=None, derandomize=True, max_examples=300, database=None)
LABELS = "abcd"


@st.composite
def contractions(draw):
    """Terms of labels, the result's (None: implicit), and a shape for each operand."""
    sizes = {label: draw(st.integers(1, 3)) for label in LABELS}
    sizes[draw(st.sampled_from(LABELS))] = draw(st.sampled_from([0, 1, 2, 3]))
    dots = draw(st.lists(st.integers(1, 3), max_size=2)) if draw(st.booleans()) else None
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 4))):
        labels = draw(st.lists(st.sampled_from(LABELS), max_size=3))
        shape = [[sizes[label]] for label in labels]
        if dots is not None and draw(st.booleans()):  # fewer axes, or ones: they broadcast
            place = draw(st.integers(0, len(labels)))
            hidden = [n if draw(st.booleans()) else 1 for n in dots]
            shape.insert(place, hidden[draw(st.integers(0, len(hidden))) :])
            labels.insert(place, "...")
        terms.append(labels)
        shapes.append(tuple(n for axes in shape for n in axes))
    known = sorted({label for term in terms for label in term} - {"..."})
    result = None
    if draw(st.booleans()):
        result = draw(st.permutations(known))[: draw(st.integers(0, len(known)))]
        if any("..." in term for term in terms):
            result.insert(draw(st.integers(0, len(result))), "...")
    return terms, result, shapes


def text_form(terms, result):
    arrow = "" if result is None else "->" + "".join(result)
    return ",".join(map("".join, terms)) + arrow


def sublist_form(arrays, terms, result):
    def numbers(labels):
        return [Ellipsis if label == "..." else LABELS.index(label) for label in labels]

    pairs = [part for a, term in zip(arrays, terms) for part in (a, numbers(term))]
    return pairs if result is None else [*pairs, numbers(result)]


@given(case=contractions(), sublists=st.booleans(), seed=st.integers(0, 99))
@many
def test_value_and_gradient(case, sublists, seed):
    terms, result, shapes = case
    rng = np.random.default_rng(seed)
    arrays = [rng.integers(-3, 4, shape).astype(float) for shape in shapes]

    def arguments(values):
        if sublists:
            return sublist_form(values, terms, result)
        return [text_form(terms, result), *values]

    expected = np.einsum(*arguments(arrays))
    assert np.array_equal(ag.einsum(*arguments(arrays)), expected)
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    y = ag.einsum(*arguments(tensors))
    assert y.shape == np.shape(expected)
    assert np.array_equal(y.numpy(), expected)
    g = rng.integers(-3, 4, y.shape).astype(float)
    y.backward(g)
    for k, x in enumerate(tensors):
        direction = rng.integers(-999, 1000, shapes[k]).astype(float)
        moved = np.einsum(*arguments([*arrays[:k], direction, *arrays[k + 1 :]]))
        assert np.sum(x.grad.numpy() * direction) == np.sum(g * moved)


@pytest.mark.parametrize(
    "text", ["ij,jk->ik", "ii->i", "iij->j", "i...,...i->...", "ij,ij,i->j", ",i->", "ij,jk,kl,l->"]
)
def test_higher_orders(text):
    rng = np.random.default_rng(0)
    shapes = [(2,) * len(t.replace("...", "x")) for t in text.partition("->")[0].split(",")]
    check_grads(lambda *x: ag.einsum(text, *x), *[rng.normal(size=s) for s in shapes], order=2)


# Order of products


def flops(subscripts, shapes, path):
    """Multiplications that a path of contractions takes."""
    inputs, result = subscripts.split("->")
    terms = [frozenset(term) for term in inputs.split(",")]
    sizes = {label: n for t, s in zip(inputs.split(","), shapes) for label, n in zip(t, s)}
    total = 0
    for pair in path:
        chosen = [terms[k] for k in pair]
        terms = [t for k, t in enumerate(terms) if k not in pair]
        every = frozenset().union(*chosen)
        total += prod(sizes[label] for label in every)
        terms.append(every & frozenset(result).union(*terms))
    return total


def least_flops(subscripts, shapes):
    """The fewest multiplications of any order of pairwise products."""
    inputs, result = subscripts.split("->")
    labels = [frozenset(term) for term in inputs.split(",")]
    sizes = {label: n for t, s in zip(inputs.split(","), shapes) for label, n in zip(t, s)}

    @cache
    def least(terms):
        if len(terms) == 1:
            return 0
        costs = []
        for i, j in combinations(range(len(terms)), 2):
            rest = [t for k, t in enumerate(terms) if k not in (i, j)]
            every = terms[i] | terms[j]
            cost = prod(sizes[label] for label in every)
            kept = every & frozenset(result).union(*rest)
            costs.append(cost + least((*rest, kept)))
        return min(costs)

    return least(tuple(labels))


CHAINS = [
    ("ab,bc,cd->ad", [(200, 2), (2, 200), (200, 200)]),
    ("ab,bc,cd->ad", [(2, 300), (300, 300), (300, 2)]),
    ("ab,bc,cd->ad", [(300, 300), (300, 300), (300, 1)]),
    ("ab,bc,cd,de->ae", [(50, 2), (2, 60), (60, 3), (3, 70)]),
    ("abc,cd,bd,e->ae", [(20, 30, 40), (40, 5), (30, 5), (9,)]),
    ("ab,bc,cd,de,ef->af", [(9, 40), (40, 2), (2, 50), (50, 3), (3, 30)]),
]


@pytest.mark.parametrize(("text", "shapes"), CHAINS, ids=lambda v: str(v))
def test_the_cheapest_order_is_taken_forward_and_backward(text, shapes):
    paths = []
    tensors = [Tensor(np.ones(shape), requires_grad=True) for shape in shapes]

    def path_of(subscripts, given):
        _, path = _plan(subscripts, given)
        assert path[0] == "einsum_path"
        paths.append(flops(subscripts, given, path[1:]))
        return paths[-1]

    assert path_of(text, tuple(shapes)) == least_flops(text, shapes)
    y = ag.einsum(text, *tensors)
    node = y.node
    assert node.op is REGISTRY["einsum"]
    inputs, result = text.split("->")
    terms = inputs.split(",")
    for k, term in enumerate(terms):  # the gradient by an operand is an einsum in its place
        swapped = ",".join([result, *terms[:k], *terms[k + 1 :]]) + "->" + term
        given_shapes = (y.shape, *shapes[:k], *shapes[k + 1 :])
        assert path_of(swapped, given_shapes) == least_flops(swapped, given_shapes)
    y.sum().backward()
    assert [t.grad.shape for t in tensors] == shapes


# Complaints


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("ij,jk", np.ones((2, 3)), np.ones((4, 2))), ["'ij,jk'", "0: (2, 3)", "1: (4, 2)"]),
        (("ij->ii", np.ones((2, 3))), ["'ij->ii'", "operand 0: (2, 3)"]),
        (("ij", np.ones((2, 3)), np.ones(2)), ["'ij'", "operand 0: (2, 3)", "operand 1: (2,)"]),
        ((np.ones((2, 3)), [0, 1, 2]), ["[0, 1, 2]", "operand 0: (2, 3)"]),
        ((np.ones((2, 3)), [0, 1], [5]), ["[0, 1], [5]", "operand 0: (2, 3)"]),
    ],
)
def test_complaints_show_the_subscripts_and_every_operand(arguments, shown):
    with pytest.raises(AutogradError) as e:
        ag.einsum(*arguments)
    text = str(e.value)
    assert text.startswith("einsum: ")
    for part in shown:
        assert part in text, text
