"""What convolutions have to do with one another, and with arrays that hold nothing."""

import numpy as np
import pytest

import autograd as ag
from autograd import ShapeError, Tensor

FUNCTIONS = {1: ag.conv1d, 2: ag.conv2d, 3: ag.conv3d}
TRANSPOSED = {1: ag.conv_transpose1d, 2: ag.conv_transpose2d, 3: ag.conv_transpose3d}


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def tracked(*shape):
    return Tensor(normal(*shape), requires_grad=True)


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("axes", [2, 3])
def test_convolution_along_one_axis_is_that_of_fewer_axes(axes):
    x, w = normal(2, 3, 9), normal(4, 3, 2)
    one = (1,) * (axes - 1)
    options = {"stride": (2, *one), "padding": ((1, 2), *[(0, 0)] * (axes - 1))}
    out = FUNCTIONS[axes](x.reshape(2, 3, 9, *one), w.reshape(4, 3, 2, *one), **options)
    close(out.reshape(out.shape[:3]), ag.conv1d(x, w, stride=2, padding=((1, 2),)))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2},
        {"stride": 3, "padding": 1},
        {"dilation": 2, "padding": 2},
        {"padding": "same", "dilation": 3},
        {"padding": [(2, 0), (1, 1), (0, 2)], "stride": 2},
        {"groups": 2},
    ],
)
def test_transposed_convolution_is_the_gradient_of_convolution(axes, options):
    """With `output_padding` for what the stride does not divide."""
    if isinstance(options.get("padding"), list):
        options = options | {"padding": tuple(options["padding"][:axes])}
    x, w = tracked(2, 4, *[7, 6, 5][:axes]), normal(6, 4 // options.get("groups", 1), *[2] * axes)
    out = FUNCTIONS[axes](x, w, **options)
    g = normal(*out.shape)
    gradient = out.gradient(x, gradient=g)
    smaller = TRANSPOSED[axes](g, w, **options)
    missing = tuple(n - m for n, m in zip(x.shape[2:], smaller.shape[2:]))
    close(TRANSPOSED[axes](g, w, output_padding=missing, **options), gradient)


def test_a_convolution_is_a_product_with_unfolded_images():
    x, w = normal(2, 3, 6, 5), normal(4, 3, 3, 2)
    options = {"stride": (1, 2), "padding": (2, 0), "dilation": 2}
    out = ag.conv2d(x, w, **options)
    product = w.reshape(4, -1) @ ag.unfold(x, kernel_size=(3, 2), **options)
    close(out, product.reshape(out.shape))


def test_folding_unfolded_images_counts_the_windows_of_each_pixel():
    x = normal(2, 3, 4, 5)
    options = {"kernel_size": (2, 3), "padding": 1}
    counts = ag.fold(ag.unfold(np.ones((3, 4, 5)), **options), output_size=(4, 5), **options)
    close(ag.fold(ag.unfold(x, **options), output_size=(4, 5), **options), x * counts)
    assert counts.max() == 6


def test_unfolded_images_are_a_copy():
    x = np.ones((1, 1, 2, 2))
    columns = ag.unfold(x, kernel_size=1)
    assert not np.shares_memory(x, columns)


def test_tiles_of_one_filter_are_a_convolution():
    x, w, b = normal(2, 3, 6, 5), normal(4, 3, 3, 2), normal(4)
    options = {"stride": (1, 2), "padding": "valid", "dilation": 2}
    close(
        ag.tiled_conv2d(x, w[None, None], b[None, None], **options), ag.conv2d(x, w, b, **options)
    )


def test_tiles_as_large_as_the_result_are_locally_connected():
    x, w, b = normal(2, 3, 6, 5), normal(4, 4, 2, 3, 3, 2), normal(4, 4, 2)
    close(ag.tiled_conv2d(x, w, b), ag.locally_connected2d(x, w, b))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("functions", [FUNCTIONS, TRANSPOSED], ids=["conv", "transposed"])
def test_an_empty_batch_has_gradients_of_zero(axes, functions):
    x, w, b = tracked(0, 2, *[4] * axes), tracked(2, 2, *[3] * axes), tracked(2)
    out = functions[axes](x, w, b, padding=1)
    assert out.shape == x.shape
    out.sum().backward()
    assert x.grad.shape == x.shape
    close(w.grad, np.zeros(w.shape))
    close(b.grad, np.zeros(2))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("functions", [FUNCTIONS, TRANSPOSED], ids=["conv", "transposed"])
@pytest.mark.parametrize(("channels", "outputs"), [(0, 2), (2, 0)])
def test_no_channels_give_zeros_and_no_filters_give_nothing(axes, functions, channels, outputs):
    x = tracked(3, channels, *[4] * axes)
    pair = (outputs, channels) if functions is FUNCTIONS else (channels, outputs)
    w = tracked(*pair, *[3] * axes)
    out = functions[axes](x, w, padding=1)
    close(out, np.zeros((3, outputs, *[4] * axes)))
    out.sum().backward()
    close(x.grad, np.zeros(x.shape))
    close(w.grad, np.zeros(w.shape))


def test_padding_alone_can_make_room_for_a_window():
    x = tracked(2, 3, 0, 4)
    out = ag.conv2d(x, np.ones((1, 3, 3, 4)), padding=(2, 0))
    close(out, np.zeros((2, 1, 2, 1)))
    out.sum().backward()
    assert x.grad.shape == x.shape


def test_messages_name_the_function_the_arguments_and_the_layout():
    with pytest.raises(ShapeError) as caught:
        ag.conv_transpose2d(np.ones((1, 3, 4, 4)), Tensor(np.ones((2, 3, 3, 3))), stride=2)
    text = str(caught.value)
    assert text.splitlines()[0] == "conv_transpose2d: x has 3 channels but w expects 2"
    assert "stride = 2" in text
    assert "hint: x is (batch, in, height, width), w is (in, out / groups, height, width)" in text
