"""Convolutions, products, pooling: sizes of real layers, float32.

python benchmarks/kernels.py [--only TEXT] [--quick] [--threads 2]      # needs the `bench` extra
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contenders import Argument, Function, both, call, forward
from suite import Case, Timed

TITLE = "Kernels"
CONTENDERS = ("autograd", "torch", "jax", "numpy")

# (N, C, H, W), filters, kernel, options
LAYERS: tuple[tuple[tuple[int, ...], int, int, dict[str, int]], ...] = (
    ((64, 1, 28, 28), 6, 5, {"padding": 2}),
    ((50, 1, 28, 28), 16, 5, {"padding": 2}),
    ((50, 16, 14, 14), 32, 5, {"padding": 2}),
    ((100, 1, 28, 28), 30, 5, {}),
    ((100, 3, 32, 32), 32, 7, {"padding": 3}),
    ((8, 64, 56, 56), 64, 3, {"padding": 1}),
    ((8, 256, 14, 14), 256, 3, {"padding": 1}),
    ((8, 128, 28, 28), 128, 3, {"stride": 2, "padding": 1}),
    ((8, 256, 28, 28), 64, 1, {}),
    ((8, 64, 56, 56), 64, 3, {"padding": 1, "groups": 64}),
    ((16, 16, 32, 32), 32, 5, {"stride": 2, "padding": 2}),
    ((8, 32, 32, 32), 32, 3, {"padding": 2, "dilation": 2}),
    ((8, 64, 28, 28), 64, 3, {"padding": 1, "groups": 4}),
)

IMAGE, PIXELS = (16, 32, 32, 32), (16, 64, 14, 14)


def two(group: str, name: str, f: Function, *arguments: Argument) -> Iterator[Case]:
    """Forward, and forward with backward."""
    yield Timed(group, f"{name}, forward", forward(f, *arguments))
    yield Timed(group, f"{name}, and backward", both(f, *arguments))


def sizes(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def conv_cases() -> Iterator[Case]:
    for way, build in (("conv2d forward", forward), ("conv2d and both gradients", both)):
        for shape, filters, k, options in LAYERS:
            words = "".join(f", {name} {value}" for name, value in options.items())
            w = (filters, shape[1] // options.get("groups", 1), k, k)
            name = f"{sizes(shape)} -> {filters}, {k}x{k}{words}"
            yield Timed(way, name, build(call("conv2d", **options), shape, w))


def other_convs() -> Iterator[Case]:
    conv1d, conv3d = call("conv1d", padding=2), call("conv3d", padding=1)
    up = call("conv_transpose2d", stride=2, padding=1)
    group = "Other convolutions"
    yield from two(group, "conv1d 32x32x256 -> 64, 5", conv1d, (32, 32, 256), (64, 32, 5))
    yield from two(
        group, "conv3d 2x8x16x16x16 -> 16, 3", conv3d, (2, 8, 16, 16, 16), (16, 8, 3, 3, 3)
    )
    yield from two(
        group, "conv_transpose2d 8x32x14x14 -> 16, 4x4", up, (8, 32, 14, 14), (32, 16, 4, 4)
    )


def scaling() -> Iterator[Case]:
    """Time of one image: what small batches cost, also beside a batch of 64."""
    for image, filters, k in (((16, 14, 14), 32, 5), ((64, 28, 28), 64, 3)):
        conv = call("conv2d", padding=k // 2)
        group = f"Time of one image, {sizes(image)} -> {filters}, {k}x{k}"
        for n in (1, 4, 16, 64, 256):
            build = both(conv, (n, *image), (filters, image[0], k, k))
            yield Timed(group, f"batch {n}", build, per=n, beside="batch 64")


def product(m: Any, F: Any, a: Any, b: Any) -> Any:
    return a @ b


def matmul() -> Iterator[Case]:
    def case(name: str, a: tuple[int, ...], b: tuple[int, ...], f: Function = product) -> Case:
        return Timed("matmul", name, forward(f, a, b))

    for n in (16, 32, 64, 128, 256, 512, 1024, 2048):
        yield case(f"{n} square", (n, n), (n, n))
    yield case("tall 4096x64 @ 64x64", (4096, 64), (64, 64))
    yield case("wide 64x64 @ 64x4096", (64, 64), (64, 4096))
    yield case("long sum 64x4096 @ 4096x64", (64, 4096), (4096, 64))
    for n in (4, 8, 16, 32, 64):
        yield case(f"1000 of {n} square", (1000, n, n), (1000, n, n))
    square = (512, 512)
    yield case("512 square, a.T @ b", square, square, lambda m, F, a, b: a.T @ b)
    yield case("512 square, a @ b.T", square, square, lambda m, F, a, b: a @ b.T)
    yield Timed("matmul", "256 square, and backward", both(product, (256, 256), (256, 256)))


def linear_relu(m: Any, F: Any, x: Any, w: Any, b: Any) -> Any:
    return F.relu(F.linear(x, w, b))


def dense() -> Iterator[Case]:
    shapes = ((64, 784), (256, 784), (256,))
    yield from two("Linear", "linear and ReLU 64 x 784 -> 256", linear_relu, *shapes)
    yield from two("Linear", "linear and ReLU 1 x 784 -> 256", linear_relu, (1, 784), *shapes[1:])


def pooling() -> Iterator[Case]:
    yield from two("Pooling", "max_pool2d 2x2", call("max_pool2d", 2), IMAGE)
    yield from two("Pooling", "max_pool2d 3x3, stride 2", call("max_pool2d", 3, 2, 1), IMAGE)
    yield from two("Pooling", "avg_pool2d 2x2", call("avg_pool2d", 2), IMAGE)
    for name, options, shape in (
        ("max_pool3d", {"kernel_size": 2}, (2, 16, 16, 16, 16)),
        ("lp_pool2d", {"norm_type": 2.0, "kernel_size": 2}, IMAGE),
        ("adaptive_avg_pool2d", {"output_size": 1}, PIXELS),
        ("adaptive_avg_pool2d", {"output_size": 5}, PIXELS),
        ("adaptive_max_pool2d", {"output_size": 5}, PIXELS),
        ("interpolate", {"scale_factor": 2}, (4, 16, 56, 56)),
        ("interpolate", {"scale_factor": 2, "mode": "bilinear"}, (4, 16, 56, 56)),
        ("interpolate", {"scale_factor": 0.5, "mode": "bicubic"}, (4, 16, 56, 56)),
    ):
        words = ", ".join(f"{k} {v}" for k, v in options.items())
        f = call(name, **options)
        yield Timed("Pooling", f"{name} {words}, and backward", both(f, shape))
    columns = call("fold", output_size=(28, 28), kernel_size=3, padding=1)
    yield from two("Pooling", "fold 3x3", columns, (8, 288, 784))
    for name, options in (("3x3", {"padding": 1}), ("3x3, stride 2", {"padding": 1, "stride": 2})):
        f = call("unfold", kernel_size=3, **options)
        yield from two("Pooling", f"unfold {name}", f, (8, 32, 28, 28))
    grid = call("grid_sample", align_corners=False)
    build = both(grid, (2, 16, 32, 32), (2, 32, 32, 2))
    yield Timed("Pooling", "grid_sample, and backward", build)


CASES = [
    *conv_cases(), *scaling(), *other_convs(), *matmul(), *dense(), *pooling(),
]  # fmt: skip

if __name__ == "__main__":
    from runner import main

    main(["kernels"])
