"""Normalisation layers: what they promise, and what they say to inputs that do not fit."""

import numpy as np
import pytest

import nn
from autograd import Tensor, checkpoint
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.testing import check_grads
from nn import functional as F  # noqa: N812

BAD_SETTINGS = {
    "features": (lambda: nn.BatchNorm1d(0), "BatchNorm1d: num_features must be at least 1, got 0"),
    "momentum": (lambda: nn.BatchNorm2d(3, momentum=2), "BatchNorm2d: momentum must lie.*got 2"),
    "sizes": (lambda: nn.LayerNorm(()), "LayerNorm: normalized_shape must not be empty"),
    "zero size": (lambda: nn.RMSNorm((3, 0)), "RMSNorm: normalized_shape must be at least 1"),
    "groups": (lambda: nn.GroupNorm(3, 4), "GroupNorm: 3 groups do not divide 4 channels"),
    "neighbours": (lambda: nn.LocalResponseNorm(0), "LocalResponseNorm: size .* got 0"),
    "no statistics": (
        lambda: F.batch_norm(np.ones((2, 3)), None, None),
        "batch_norm: training=False needs running_mean and running_var"),
    "no instance statistics": (
        lambda: F.instance_norm(np.ones((2, 3, 2)), use_input_stats=False), "use_input_stats"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_settings_that_make_no_sense_are_refused(case):
    action, match = BAD_SETTINGS[case]
    with pytest.raises(ArgumentError, match=match):
        action()


MISFITS = {
    "channels": (nn.BatchNorm2d(8), (2, 3, 4, 4), "(BatchNorm2d 8): x has 3 channels, expected 8"),
    "axes": (nn.BatchNorm2d(8), (2, 8), "x has 2 axes, expected (N, C, H, W)"),
    "either": (nn.BatchNorm1d(8), (2, 8, 1, 1), "x has 4 axes, expected (N, C) or (N, C, L)"),
    "instance": (nn.InstanceNorm1d(8), (2, 3, 4), "(InstanceNorm1d 8): x has 3 channels"),
    "instance axes": (nn.InstanceNorm2d(8), (8, 3), "expected (N, C, H, W) or (C, H, W)"),
    "last axes": (nn.LayerNorm((3, 4)), (2, 4), "(LayerNorm 3, 4): x of shape (2, 4) does not end"),
    "last axis": (nn.RMSNorm(4), (4, 3), "(RMSNorm 4): x of shape (4, 3) does not end in (4,)"),
    "groups": (nn.GroupNorm(2, 4), (2, 6), "(GroupNorm 2, 4): x has shape (2, 6), expected (N, 4,"),
    "one axis": (nn.GroupNorm(2, 4), (4,), "(GroupNorm 2, 4): x has shape (4,)"),
    "neighbours": (nn.LocalResponseNorm(2), (4,), "got 1 axes"),
    "batch of one": (nn.BatchNorm1d(3), (1, 3), "(BatchNorm1d 3): statistics of a single value"),
    "one pixel": (nn.InstanceNorm2d(3), (2, 3, 1, 1), "statistics of a single value"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_inputs_that_do_not_fit_are_told_with_the_layers_path(case):
    layer, shape, fact = MISFITS[case]
    before = layer.state_dict()
    model = nn.Sequential({"norm": layer})
    with pytest.raises(ShapeError) as caught:
        model(np.ones(shape))
    assert fact in str(caught.value)
    assert f"in norm ({type(layer).__name__})" in str(caught.value)
    assert all(np.array_equal(v, before[k]) for k, v in layer.state_dict().items())


def test_a_batch_of_one_is_fine_where_there_are_statistics():
    layer = nn.BatchNorm1d(3)
    x = np.ones((1, 3))
    with pytest.raises(ShapeError, match=r"hint: a larger batch, or eval\(\)"):
        layer(x)
    assert layer.eval()(x) == pytest.approx(x, abs=1e-5)
    assert layer.train()(np.ones((1, 3, 2))).tolist() == np.zeros((1, 3, 2)).tolist()
    with pytest.raises(ShapeError, match=r"hint: a larger batch$"):
        nn.BatchNorm1d(3, track_running_stats=False).eval()(x)


def test_each_channel_has_mean_0_and_variance_1_whatever_it_was():
    x = np.random.default_rng(0).normal(5, 3, (50, 4, 6))
    for layer, axes in (
        (nn.BatchNorm1d(4, eps=0), (0, 2)), (nn.InstanceNorm1d(4, eps=0), 2),
        (nn.LayerNorm((4, 6), eps=0), (1, 2)), (nn.GroupNorm(1, 4, eps=0), (1, 2)),
    ):  # fmt: skip
        y = np.asarray(layer.double()(x))
        assert np.allclose(y.mean(axes), 0, atol=1e-12)
        assert np.allclose(y.var(axes), 1)
    y = np.asarray(nn.RMSNorm(6, eps=0).double()(x))
    assert np.allclose((y * y).mean(-1), 1)


def test_without_momentum_the_running_statistics_are_plain_averages():
    layer = nn.BatchNorm1d(2, momentum=None, dtype="f8")
    batches = np.random.default_rng(0).normal(3, 2, (5, 7, 2))
    for batch in batches:
        layer(batch)
    assert np.allclose(layer.running_mean, batches.mean((0, 1)))
    assert np.allclose(layer.running_var, batches.var(1, ddof=1).mean(0))
    assert layer.num_batches_tracked.item() == 5
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0, 0]
    assert layer.running_var.tolist() == [1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_running_statistics_are_buffers_and_keep_their_dtype():
    layer = nn.BatchNorm2d(2)
    names = ["running_mean", "running_var", "num_batches_tracked"]
    assert [n for n, _ in layer.named_buffers()] == names
    layer(np.random.default_rng(0).normal(size=(3, 2, 4, 4)))
    assert [b.dtype for b in layer.buffers()] == [np.float32, np.float32, np.int64]
    assert list(nn.BatchNorm2d(2, track_running_stats=False).buffers()) == []
    assert not any(b.requires_grad for b in layer.buffers())


def test_recording_goes_on_after_the_running_statistics_moved():
    layer = nn.BatchNorm1d(2, dtype="f8").eval()
    x = Tensor(np.random.default_rng(0).normal(size=(4, 2)), requires_grad=True)
    y = layer(x)
    layer.train()(np.full((4, 2), 1e6) * np.arange(4)[:, None])  # must not reach y's backward
    y.sum().backward()
    assert np.allclose(x.grad, 1, atol=1e-4)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics_that_cannot_change_are_refused(name):
    arrays = np.zeros(3), np.ones(3)
    with pytest.raises(DTypeError, match=f"{name}: running statistics change in place"):
        getattr(F, name)(np.ones((2, 3, 4)), *arrays, None, None, True)


def test_second_derivatives_go_through_batch_statistics():
    layer = nn.BatchNorm1d(2, track_running_stats=False, dtype="f8")
    check_grads(layer, np.random.default_rng(0).normal(size=(4, 2)), order=2)


@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.InstanceNorm1d])
@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_checkpoint_moves_running_statistics_once(kind, momentum):
    x = np.random.default_rng(0).normal(size=(4, 3, 5))
    states = []
    for wrapped in (False, True):
        layer, given = kind(3, 1e-5, momentum, True, True), Tensor(x, requires_grad=True)
        y = checkpoint(layer, given) if wrapped else layer(given)
        (y * y * y).sum().backward()
        states.append({**layer.state_dict(), "grad": np.asarray(given.grad)})
    for key, value in states[0].items():
        assert np.array_equal(value, states[1][key])
