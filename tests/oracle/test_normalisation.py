"""Normalisation layers against PyTorch's: outputs, gradients, running statistics."""

import numpy as np
import pytest

from autograd import Tensor
from nn import functional as F  # noqa: N812

from .modules import check, close, table, torch

pytestmark = pytest.mark.oracle

LAYERS = [
    ("BatchNorm1d", (3,), {}, [(5, 3)]),
    ("BatchNorm1d", (3,), {}, [(2, 3, 4)]),
    ("BatchNorm1d", (3, 0.1, 0.3), {}, [(5, 3)]),
    ("BatchNorm1d", (3, 1e-5, None), {}, [(5, 3)]),
    ("BatchNorm1d", (3, 1e-5, 0.1, False), {}, [(5, 3)]),
    ("BatchNorm1d", (3, 1e-5, 0.1, True, False), {}, [(5, 3)]),
    ("BatchNorm1d", (3,), {"affine": False, "track_running_stats": False}, [(2, 3, 1)]),
    ("BatchNorm1d", (3,), {"momentum": 1.0}, [(2, 3)]),
    ("BatchNorm1d", (3,), {"momentum": 0.0}, [(2, 3)]),
    ("BatchNorm2d", (3,), {}, [(2, 3, 4, 2)]),
    ("BatchNorm2d", (1, 1e-3, None, False), {}, [(1, 1, 4, 2)]),
    ("BatchNorm3d", (3,), {}, [(2, 3, 2, 1, 3)]),
    ("BatchNorm3d", (3,), {"track_running_stats": False}, [(2, 3, 2, 1, 3)]),
    ("InstanceNorm1d", (3,), {}, [(2, 3, 4)]),
    ("InstanceNorm1d", (3,), {}, [(3, 4)]),
    ("InstanceNorm1d", (3, 1e-5, 0.3, True, True), {}, [(2, 3, 4)]),
    ("InstanceNorm1d", (3,), {"track_running_stats": True}, [(3, 4)]),
    ("InstanceNorm1d", (3,), {"track_running_stats": True, "momentum": None}, [(2, 3, 4)]),
    ("InstanceNorm2d", (3, 0.1), {"affine": True}, [(2, 3, 4, 2)]),
    ("InstanceNorm2d", (3, 0.1), {"affine": True}, [(3, 4, 2)]),
    ("InstanceNorm3d", (2, 0.1), {"affine": True, "track_running_stats": True}, [(3, 2, 2, 1, 3)]),
    ("InstanceNorm3d", (2,), {}, [(2, 2, 1, 3)]),
    ("LayerNorm", (4,), {}, [(2, 3, 4)]),
    ("LayerNorm", ((3, 4), 0.1), {}, [(2, 3, 4)]),
    ("LayerNorm", ([4], 1e-5, True, False), {}, [(2, 4)]),
    ("LayerNorm", (4, 1e-5, False), {}, [(4,)]),
    ("RMSNorm", (4,), {}, [(2, 3, 4)]),
    ("RMSNorm", ((3, 4), 0.1), {}, [(2, 3, 4)]),
    ("RMSNorm", (4, None, False), {}, [(2, 4)]),
    ("GroupNorm", (2, 4), {}, [(2, 4, 3)]),
    ("GroupNorm", (1, 4, 0.1), {}, [(2, 4, 3, 2)]),
    ("GroupNorm", (4, 4, 0.1, False), {}, [(2, 4, 3, 1, 2)]),
    ("GroupNorm", (2, 4), {}, [(3, 4)]),
    ("BatchNorm2d", (3,), {"bias": False}, [(2, 3, 4, 2)]),
    ("InstanceNorm2d", (3, 1e-5, 0.1, True), {"bias": False}, [(2, 3, 4, 2)]),
    ("GroupNorm", (2, 4), {"bias": False}, [(3, 4)]),
    ("LocalResponseNorm", (3,), {}, [(2, 5, 3)]),
    ("LocalResponseNorm", (2, 0.5, 0.3, 2.0), {}, [(2, 5, 3, 2)]),
    ("LocalResponseNorm", (4,), {"alpha": 1.0}, [(2, 3, 1, 2, 2)]),
]


@table(LAYERS)
def test_layers(case):
    check(case, steps=4)


@table([case for case in LAYERS if case[0].startswith("Batch")][:4])
def test_evaluation_after_training_and_back(case):
    check(case, modes=(False, True, False, True, False), steps=2)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_functions_move_the_running_statistics_alike(name):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 3, 5))
    arrays = [rng.uniform(0.5, 2, 3) for _ in range(4)]
    ours, theirs = [Tensor(a) for a in arrays], [torch.tensor(a) for a in arrays]
    for own in (True, False):
        out = getattr(F, name)(Tensor(x), *ours, own, 0.3, 1e-3)
        close(out, getattr(torch.nn.functional, name)(torch.tensor(x), *theirs, own, 0.3, 1e-3))
        for a, b in zip(ours, theirs, strict=True):
            close(a, b)


FUNCTIONS = [
    ("layer_norm", ((5,), None, None, 0.1)), ("group_norm", (2, None, None, 0.1)),
    ("rms_norm", ((5,), None, 0.1)), ("local_response_norm", (3, 0.5, 0.3, 2.0)),
    ("normalize", (3.0, 2, 0.1)), ("instance_norm", ()),
    ("batch_norm", (None, None, None, None, True, 0.1, 0.1)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), FUNCTIONS)
def test_functions_take_the_same_positional_arguments(name, args):
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    close(
        getattr(F, name)(Tensor(x), *args),
        getattr(torch.nn.functional, name)(torch.tensor(x), *args),
    )
