"""Metrics: values equal those of scikit-learn, batch by batch and at once, and the state moves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor
from nn import metrics

RNG = np.random.default_rng(0)
N, C = 60, 4
LABELS = RNG.integers(C, size=N)
SCORES = RNG.normal(size=(N, C)) + 1.5 * np.eye(C)[LABELS]
BITS = RNG.integers(2, size=N)
CHANCES = np.round(np.clip(0.3 * BITS + RNG.uniform(size=N) * 0.7, 0, 1), 1)  # with ties
Y = RNG.normal(size=(N, 3)) + 1e4
X = Y + RNG.normal(size=(N, 3))


def theirs(name):
    return getattr(pytest.importorskip("sklearn.metrics"), name)


def sk(name, *args, **options):
    return lambda: theirs(name)(*args, **options)


GUESS = SCORES.argmax(axis=1)
YES = (CHANCES > 0.5).astype(int)
CASES = {
    "accuracy": (metrics.Accuracy, SCORES, LABELS, sk("accuracy_score", LABELS, GUESS)),
    "accuracy of classes": (metrics.Accuracy, GUESS, LABELS, sk("accuracy_score", LABELS, GUESS)),
    "accuracy by threshold": (metrics.Accuracy, CHANCES, BITS, sk("accuracy_score", BITS, YES)),
    "accuracy of one column": (
        metrics.Accuracy, CHANCES[:, None], BITS, sk("accuracy_score", BITS, YES)),
    "accuracy of logits": (
        lambda: metrics.Accuracy(threshold=0), CHANCES - 0.5, BITS, sk("accuracy_score", BITS, YES)
    ),
    "accuracy of probabilities": (
        metrics.Accuracy, SCORES, np.eye(C)[LABELS], sk("accuracy_score", LABELS, GUESS)),
    "top 2": (
        lambda: metrics.TopKAccuracy(2), SCORES, LABELS,
        sk("top_k_accuracy_score", LABELS, SCORES, k=2)),
    "confusion": (
        metrics.ConfusionMatrix, SCORES, LABELS, sk("confusion_matrix", LABELS, GUESS)),
    "area": (metrics.AUC, CHANCES, BITS, sk("roc_auc_score", BITS, CHANCES)),
    "area of two": (
        metrics.AUC, np.stack([1 - CHANCES, CHANCES], 1), BITS,
        sk("roc_auc_score", BITS, CHANCES)),
    "area of several": (
        metrics.AUC, SCORES, LABELS,
        lambda: np.mean([theirs("roc_auc_score")(c == LABELS, SCORES[:, c]) for c in range(C)])),
    "mse": (metrics.MeanSquaredError, X, Y, sk("mean_squared_error", Y, X)),
    "mae": (metrics.MeanAbsoluteError, X, Y, sk("mean_absolute_error", Y, X)),
    "r2": (metrics.R2, X, Y, sk("r2_score", Y, X)),
    "average": (
        lambda: metrics.Average(nn.functional.mse_loss), X, Y, sk("mean_squared_error", Y, X)),
}  # fmt: skip
for _name in ("precision", "recall", "f1"):
    _kind = {"precision": metrics.Precision, "recall": metrics.Recall, "f1": metrics.F1}[_name]
    for _average in ("macro", "micro", None):
        CASES[f"{_name} {_average}"] = (
            lambda k=_kind, a=_average: k(a), SCORES, LABELS,
            sk(f"{_name}_score", LABELS, GUESS, average=_average))  # fmt: skip
    CASES[f"{_name} binary"] = (
        lambda k=_kind: k("binary"), CHANCES, BITS, sk(f"{_name}_score", BITS, YES))  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values(name):
    make, output, target, expected = CASES[name]
    metric = make()
    metric.reset()
    for part in (slice(0, 7), slice(7, 8), slice(8, N)):
        metric.update(Tensor(output[part]), Tensor(target[part]))
    np.testing.assert_allclose(metric.compute(), expected(), rtol=1e-9)
    np.testing.assert_allclose(make()(output, target), expected(), rtol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_collecting_goes_on_from_a_saved_state(name, tmp_path):
    make, output, target, _ = CASES[name]
    first, second, whole = make(), make(), make()
    whole.update(output[:20], target[:20])
    whole.update(output[20:], target[20:])
    first.update(output[:20], target[:20])
    nn.save(first.state_dict(), tmp_path / "x.npz")
    first.update(output[:3], target[:3])  # the state is a copy
    second.load_state_dict(nn.load(tmp_path / "x.npz"))
    second.update(output[20:], target[20:])
    assert np.array_equal(second.compute(), whole.compute())
    with pytest.raises(nn.StateError, match="a state has the entries"):
        second.load_state_dict({"other": 1})


@pytest.mark.parametrize("name", CASES)
def test_a_metric_that_saw_nothing_knows_nothing_and_a_call_leaves_no_trace(name):
    make, output, target, _ = CASES[name]
    metric = make()
    metric.update(output[:5], target[:5])
    before = metric.compute()
    metric(output, target)
    assert np.array_equal(metric.compute(), before)
    metric.reset()
    empty = metric.compute()
    assert np.size(empty) == 0 or np.isnan(empty)


def test_areas_count_pairs():
    pairs = [(a > b) + (a == b) / 2 for a in CHANCES[BITS == 1] for b in CHANCES[BITS == 0]]
    assert metrics.AUC()(CHANCES, BITS) == pytest.approx(np.mean(pairs))
    assert np.isnan(metrics.AUC()([0.1, 0.2], [1, 1]))
    assert np.isnan(metrics.AUC()([np.nan, 0.2], [0, 1]))


def test_rates_by_hand():
    said, true = [0, 0, 1, 1, 3], [0, 1, 1, 1, 1]  # nobody is 2; 3 is said, never true
    assert metrics.Precision(None)(said, true).tolist() == [0.5, 1, 0, 0]
    assert metrics.Recall(None)(said, true).tolist() == [1, 0.5, 0, 0]
    assert metrics.F1()(said, true) == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert metrics.Recall("binary")([0, 0], [0, 0]) == 0
    assert metrics.ConfusionMatrix(3)([0], [2]).tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]


def test_positions_and_ignored_ones():
    scores = np.zeros((2, 3, 4))
    scores[:, 1] = 1
    target = np.array([[1, 1, 0, -100], [1, -100, 2, 1]])
    assert metrics.Accuracy()(scores, target) == 4 / 8
    assert metrics.Accuracy(ignore_index=-100)(scores, target) == 4 / 6


def test_ties_in_the_first_k_share_the_places():
    flat = np.zeros((1, 5))
    assert metrics.TopKAccuracy(2)(flat, [0]) == metrics.TopKAccuracy(2)(flat, [4]) == 0
    assert metrics.TopKAccuracy(3)(flat, [0]) == metrics.TopKAccuracy(3)(flat, [4]) == 1


def test_a_constant_target():
    assert metrics.R2()([2.0, 2.0], [2.0, 2.0]) == 1
    assert metrics.R2()([2.0, 3.0], [2.0, 2.0]) == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30),
    st.integers(0, 30),
)
def test_identities(pairs, cut):
    said, true = np.array(pairs).T
    accuracy = metrics.Accuracy()(said, true)
    for kind in (metrics.Precision, metrics.Recall, metrics.F1):
        assert kind("micro")(said, true) == pytest.approx(accuracy)
    precision, recall = (k(None, 4)(said, true) for k in (metrics.Precision, metrics.Recall))
    f1 = metrics.F1(None, 4)(said, true)
    np.testing.assert_allclose(f1 * (precision + recall), 2 * precision * recall, atol=1e-12)
    matrix = metrics.ConfusionMatrix(4)
    matrix.update(said[:cut], true[:cut])
    matrix.update(said[cut:], true[cut:])
    assert matrix.compute().sum() == len(pairs)
    assert np.trace(matrix.compute()) == pytest.approx(accuracy * len(pairs))


MISUSE = {
    "numbers of samples": (lambda: metrics.Accuracy()(np.zeros((3, 2)), [0, 1]), "same number of"),
    "shapes": (lambda: metrics.Accuracy()(np.zeros((2, 2, 2, 2)), [0, 1]), "one more axis"),
    "fractions": (lambda: metrics.Accuracy()(np.zeros((2, 3)), [0.5, 1.0]), "are integers"),
    "k": (lambda: metrics.TopKAccuracy(0), "positive int"),
    "classes of top k": (lambda: metrics.TopKAccuracy(1)(np.zeros((1, 3)), [3]), "from 0 to 2"),
    "scores of top k": (lambda: metrics.TopKAccuracy(1)([1.0], [3]), "do not go with"),
    "negative": (lambda: metrics.ConfusionMatrix()([0], [-1]), "must be 0 or more"),
    "too many": (lambda: metrics.ConfusionMatrix(2)([0], [2]), "from 0 to 1"),
    "average": (lambda: metrics.F1("weighted"), "average must be one of"),
    "area": (lambda: metrics.AUC()(np.zeros((2, 2)), np.zeros((2, 2))), "do not go with classes"),
    "regression": (lambda: metrics.R2()(np.zeros((2, 3)), np.zeros((2, 2))), "but target"),
    "broadcast": (lambda: metrics.R2()(np.zeros((2, 1, 1)), np.zeros(2)), "but target"),
    "function": (lambda: metrics.Average(3), "needs a function"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told(case):
    action, match = MISUSE[case]
    with pytest.raises((ValueError, TypeError), match=match):
        action()
