"""Arrays whose bytes are in the other order than the machine's: NumPy does what no loop can."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor

rng = np.random.default_rng(0)
INDICES, CLASSES = rng.integers(0, 50, (40, 8)), rng.integers(0, 64, 600)
IMAGES, ROWS, COLUMNS = (4, 16, 32, 32), (600, 64), (64,)

# Each large enough for its loops: the op, and the shapes of its arguments
CASES = {
    "conv1d": (lambda x, w, b: ag.conv1d(x, w, b, padding=1), (2, 8, 200), (16, 8, 3), (16,)),
    "conv2d": (lambda x, w, b: ag.conv2d(x, w, b, padding=1), IMAGES, (32, 16, 3, 3), (32,)),
    "conv2d by channel": (lambda x, w: ag.conv2d(x, w, groups=16), IMAGES, (16, 1, 3, 3)),
    "conv3d": (ag.conv3d, (2, 4, 8, 10, 10), (8, 4, 3, 3, 3)),
    "conv_transpose2d": (ag.conv_transpose2d, IMAGES, (16, 8, 3, 3)),
    "max_pool2d": (lambda x: ag.max_pool2d(x, 3), IMAGES),
    "avg_pool2d": (lambda x: ag.avg_pool2d(x, 2), IMAGES),
    "adaptive_max_pool2d": (lambda x: ag.adaptive_max_pool2d(x, 5), IMAGES),
    "adaptive_avg_pool2d": (lambda x: ag.adaptive_avg_pool2d(x, 5), IMAGES),
    "unfold": (lambda x: ag.unfold(x, 3), IMAGES),
    "interpolate": (lambda x: ag.interpolate(x, scale_factor=2, mode="bilinear"), IMAGES),
    "grid_sample": (lambda x, at: ag.grid_sample(x, ag.tanh(at)), IMAGES, (4, 30, 30, 2)),
    "batch_norm": (lambda x, w, b: ag.batch_norm(x, weight=w, bias=b), IMAGES, (16,), (16,)),
    "group_norm": (lambda x, w, b: ag.group_norm(x, 4, w, b), IMAGES, (16,), (16,)),
    "layer_norm": (lambda x, w, b: ag.layer_norm(x, 64, w, b), ROWS, COLUMNS, COLUMNS),
    "rms_norm": (lambda x, w: ag.rms_norm(x, 64, w), ROWS, COLUMNS),
    "softmax": (ag.softmax, ROWS),
    "softmax of columns": (lambda x: ag.softmax(x, axis=0), ROWS),
    "logsumexp": (lambda x: ag.logsumexp(x, axis=1), ROWS),
    "cross_entropy": (lambda x: ag.cross_entropy(x, CLASSES), ROWS),
    "embedding": (lambda w: ag.embedding(INDICES, w), (50, 256)),
    "gelu": (ag.gelu, ROWS),
    "leaky_relu": (ag.leaky_relu, ROWS),
    "where": (lambda x, y: ag.where(x > y, x, y), ROWS, ROWS),
    "dropout": (lambda x: ag.dropout(x, rng=np.random.default_rng(1)), (600, 640)),
    "sum": (lambda x: ag.sum(x, axis=0), ROWS),
    "max": (lambda x: ag.max(x, axis=0), ROWS),
    "broadcasting": (lambda x, y, z: x * y - z, ROWS, COLUMNS, (600, 1)),
    "matmul": (ag.matmul, (4, 50, 64), (4, 64, 50)),
    "gru": (lambda *a: ag.gru_layer(*a)[0], (20, 8, 16), (8, 32), (96, 16), (96, 32)),
}  # fmt: skip


def value_and_gradients(function, arrays):
    leaves = [Tensor(a, requires_grad=True) for a in arrays]
    out = function(*leaves)
    weights = np.random.default_rng(2).standard_normal(out.shape).astype(out.numpy().dtype.type)
    (out * weights).sum().backward()
    return [out.numpy(), *(np.asarray(leaf.grad) for leaf in leaves)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_the_order_of_bytes_makes_no_difference(name, dtype):
    function, *shapes = CASES[name]
    draw = np.random.default_rng(1)
    native = [(draw.standard_normal(shape) / 4).astype(dtype) for shape in shapes]
    expected = value_and_gradients(function, native)
    for turned in [range(len(native)), *([k] for k in range(len(native)))]:
        given = [
            a.astype(a.dtype.newbyteorder()) if k in turned else a for k, a in enumerate(native)
        ]
        for a, b in zip(value_and_gradients(function, given), expected, strict=True):
            scale = np.abs(b).max()
            np.testing.assert_allclose(a, b, rtol=0, atol=scale * np.finfo(dtype).eps * 64)
