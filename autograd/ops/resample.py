"""Resizing of sequences, images and volumes: one linear map for each axis.

Which map depends on the mode; `resample` applies it along one axis, and its gradient is the same
op with the transposed map.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from .. import kernels
from ..arguments import operand
from ..errors import ArgumentError, AutogradError, DTypeError, ShapeError
from ..kernels import Blend, reference
from ..kernels.windows.windows import Sizes
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from .conv_options import per_axis
from .pool_options import image_of


def _resample_samples(rng: Rng) -> Iterable[Sample]:
    blend = Blend(3, 4, np.array([0, 1, 1, 2, 2]), np.array([0, 0, 3, 2, 3]), uniform(rng, (5,)))
    for some in (blend, blend.transposed, Blend(3, 2, np.arange(3), np.array([0, 0, 1]))):
        yield Sample(uniform(rng, (2, some.source)), blend=some, axis=-1)
        yield Sample(uniform(rng, (2, some.source, 3)), blend=some, axis=-2)


@op(
    samples=_resample_samples,
    reference=reference.blend_axis,
    fails=[
        Fails(np.ones((2, 3)), blend=Blend(1, 4, np.zeros(1, int), np.zeros(1, int)), axis=-1,
              match="x has 3 elements along axis -1 but the map takes 4"),
    ],
    masks=True,  # elements that the map leaves out
    public=False,
)  # fmt: skip
def resample(x, /, *, blend, axis):
    """The linear map `blend` along one of the last axes (a negative number) of x."""
    if x.shape[axis] != blend.source:
        fact = f"x has {x.shape[axis]} elements along axis {axis} but the map takes {blend.source}"
        raise ShapeError(fact)
    return kernels.blend_axis(x, blend, axis)


@resample.grad("x")
def _(g, blend, axis):
    return resample(g, blend=blend.transposed, axis=axis)


# The maps from n to m elements. `ratio` is how far apart, in x, neighbours of the result lie


def _blend(n: int, m: int, columns: np.ndarray, weights: np.ndarray) -> Blend:
    """Entries of m rows (m, k): those of the same place added up, those without weight left out."""
    rows = np.broadcast_to(np.arange(m)[:, None], columns.shape)
    places, entry = np.unique((rows * n + columns).ravel(), return_inverse=True)
    total = np.bincount(entry, weights.ravel())
    kept = total != 0
    return Blend(m, n, places[kept] // n, places[kept] % n, total[kept])


def _positions(m: int, ratio: float, align_corners: bool) -> np.ndarray:
    """Where the elements of the result lie in x, counted in elements."""
    return np.arange(m) * ratio if align_corners else (np.arange(m) + 0.5) * ratio - 0.5


def _nearest(n: int, m: int, scale: float | None, align_corners: bool) -> Blend:
    k = np.arange(m)
    columns = k * n // m if scale is None else np.floor(k / scale).astype(int)
    return Blend(m, n, k, np.minimum(columns, n - 1))


def _nearest_exact(n: int, m: int, scale: float | None, align_corners: bool) -> Blend:
    k = np.arange(m)
    columns = (2 * k + 1) * n // (2 * m) if scale is None else ((k + 0.5) / scale).astype(int)
    return Blend(m, n, k, np.minimum(columns, n - 1))


def _linear(n: int, m: int, scale: float | None, align_corners: bool) -> Blend:
    at = np.clip(_positions(m, _ratio(n, m, scale, align_corners), align_corners), 0, n - 1)
    left = np.floor(at).astype(int)
    t = at - left
    columns = np.stack([left, np.minimum(left + 1, n - 1)], axis=1)
    return _blend(n, m, columns, np.stack([1 - t, t], axis=1))


def _cubic(n: int, m: int, scale: float | None, align_corners: bool) -> Blend:
    at = _positions(m, _ratio(n, m, scale, align_corners), align_corners)
    left = np.floor(at)
    columns = np.clip(left[:, None].astype(int) + np.arange(-1, 3), 0, n - 1)
    return _blend(n, m, columns, np.stack(cubic_weights(at - left), axis=1))


def _area(n: int, m: int, scale: float | None, align_corners: bool) -> Blend:
    starts, stops = area_bounds(n, m)
    counts = stops - starts
    rows = np.repeat(np.arange(m), counts)
    columns = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts - starts, counts)
    return Blend(m, n, rows, columns, 1 / counts[rows])


def area_bounds(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the windows that pool n elements to m start and stop. They overlap unless m divides n,
    and none is empty."""
    k = np.arange(m)
    return k * n // m, -(-(k + 1) * n // m)


def cubic_weights(t: Any) -> list[Any]:
    """Weights of the elements at -1, 0, 1 and 2 for a point at 0 <= t < 1.

    Source: Keys (1981), "Cubic convolution interpolation for digital image processing", with the
    slope a = -0.75 that image libraries use.
    """
    a, s = -0.75, 1 - t
    far = [a * u * (1 - u) * (1 - u) for u in (t, s)]
    near = [((a + 2) * u - (a + 3)) * u * u + 1 for u in (t, s)]
    return [far[0], near[0], near[1], far[1]]


def _ratio(n: int, m: int, scale: float | None, align_corners: bool) -> float:
    if align_corners:
        return (n - 1) / (m - 1) if m > 1 else 0.0
    return n / m if scale is None else 1 / scale


_MAPS: dict[str, Callable[..., Blend]] = {
    "nearest": _nearest, "nearest-exact": _nearest_exact, "area": _area, "linear": _linear,
    "bilinear": _linear, "trilinear": _linear, "bicubic": _cubic,
}  # fmt: skip
_AXES = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}


@lru_cache(maxsize=512)
def resampling(mode: str, n: int, m: int, scale: float | None, align_corners: bool) -> Blend:
    """The map from n to m elements along one axis; kept, because a model asks for few of them."""
    return _MAPS[mode](n, m, scale, align_corners)


# What users call


def _scales(scale_factor: Any, axes: int) -> tuple[float, ...]:
    """A positive number for all axes, or one for each of them, as a tuple."""
    several = isinstance(scale_factor, (tuple, list))
    given = tuple(scale_factor) if several else (scale_factor,) * axes
    numbers = all(isinstance(v, (int, float, np.number)) and v > 0 for v in given)
    if len(given) != axes or not numbers or math.inf in given:
        form = f"a positive number, or a tuple of {axes}"
        raise ArgumentError(f"scale_factor must be {form}, got {scale_factor!r}")
    return tuple(map(float, given))


def _targets(image: Sizes, size: Any, scale_factor: Any) -> list[tuple[int, float | None]]:
    """For each axis: the size of the result, and the scale if that is what was asked for."""
    axes = len(image)
    if (size is None) == (scale_factor is None):
        raise ArgumentError("needs either size or scale_factor")
    if min(image) < 1:
        raise ShapeError(f"there is nothing to resize in an image of size {image}")
    if scale_factor is None:
        return [(m, None) for m in per_axis(size, "size", axes)]
    scales = _scales(scale_factor, axes)
    sizes = [math.floor(n * s) for n, s in zip(image, scales)]
    if min(sizes) < 1:
        fact = f"scale_factor {scale_factor!r} leaves nothing of an image of size {image}"
        raise ArgumentError(fact)
    return list(zip(sizes, scales))


def _checked(x: Any, mode: Any, align_corners: bool) -> tuple[Any, int]:
    """x as an array or Tensor of numbers, and how many axes are resized."""
    if not isinstance(mode, str) or mode not in _MAPS:
        fact = f"mode must be one of {', '.join(_MAPS)}, not {mode!r}"
        raise complain(ArgumentError, "interpolate", fact, {"x": x})
    if align_corners and mode not in _AXES:
        fact = f"align_corners means nothing with mode={mode!r}"
        raise complain(ArgumentError, "interpolate", fact, {"x": x})
    x = operand(x)
    axes = _AXES.get(mode, x.ndim - 2)
    if mode not in _AXES and axes not in (1, 2, 3):
        fact = f"x must be (N, C, ...) with 3 to 5 axes, got {x.ndim}"
        raise complain(ShapeError, "interpolate", fact, {"x": x})
    return image_of("interpolate", x, axes), axes


_SIZES: tuple[tuple[str, Sizes, dict[str, Any]], ...] = (
    ("nearest", (1, 2, 3), {"size": 5}),
    ("nearest", (1, 2, 3, 2), {"scale_factor": 2}),
    ("nearest", (1, 1, 3, 2, 2), {"scale_factor": (0.7, 1.5, 2)}),
    ("nearest-exact", (1, 2, 5), {"size": 3}),
    ("nearest-exact", (1, 1, 3, 5), {"scale_factor": (1.5, 0.6)}),
    ("linear", (1, 2, 3), {"size": 7}),
    ("linear", (2, 5), {"scale_factor": 0.5}),
    ("linear", (1, 2, 3), {"size": 5, "align_corners": True}),
    ("linear", (1, 1, 3), {"size": 1, "align_corners": True}),
    ("bilinear", (1, 1, 3, 2), {"size": (2, 5)}),
    ("bilinear", (2, 2, 3), {"scale_factor": (1.5, 1.3)}),
    ("bilinear", (1, 1, 3, 2), {"size": (5, 3), "align_corners": True}),
    ("trilinear", (1, 1, 2, 3, 2), {"size": (3, 2, 4)}),
    ("bicubic", (1, 1, 4, 3), {"size": (5, 6)}),
    ("bicubic", (1, 5, 4), {"scale_factor": 0.6}),
    ("bicubic", (1, 1, 4, 3), {"size": (5, 6), "align_corners": True}),
    ("area", (1, 2, 5), {"size": 3}),
    ("area", (1, 1, 4, 5), {"scale_factor": (0.5, 1.3)}),
    ("bilinear", (0, 2, 2, 3), {"size": 4}),
)


def _samples(rng: Rng) -> Iterable[Sample]:
    for mode, shape, options in _SIZES:
        yield Sample(uniform(rng, shape), mode=mode, **options)


def _value_at(lane: np.ndarray, k: int, m: int, ratio: float, mode: str, align: bool) -> Any:
    """Element k of m of a resized lane, from the definition of each mode."""
    n = len(lane)
    if mode == "area":
        return np.mean(lane[math.floor(k * n / m) : math.ceil((k + 1) * n / m)], axis=0)
    if mode == "nearest":
        return lane[min(math.floor(k * ratio + 1e-9), n - 1)]
    at = k * ratio if align else (k + 0.5) * ratio - 0.5
    if mode == "nearest-exact":
        return lane[min(math.floor(at + 0.5), n - 1)]
    kernel, reach = (_cubic_kernel, 2) if mode == "bicubic" else (_linear_kernel, 1)
    at = at if mode == "bicubic" else min(max(at, 0), n - 1)
    near = [j for j in range(math.floor(at) - 2, math.floor(at) + 4) if abs(at - j) < reach]
    return sum(kernel(abs(at - j)) * lane[min(max(j, 0), n - 1)] for j in near)


def _linear_kernel(d: float) -> float:
    return 1 - d


def _cubic_kernel(d: float, a: float = -0.75) -> float:
    """Keys's kernel as a function of the distance."""
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a


def _reference(
    x: np.ndarray, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool = False,
) -> np.ndarray:  # fmt: skip
    axes = _AXES.get(mode, x.ndim - 2)
    targets = _targets(x.shape[-axes:], size, scale_factor)
    for axis, (m, scale) in zip(range(-axes, 0), targets):
        lane = np.moveaxis(x, axis, 0)
        n = len(lane)
        ratio = n / m if scale is None else 1 / scale
        if align_corners:
            ratio = (n - 1) / max(m - 1, 1) if m > 1 else 0
        resized = [_value_at(lane, k, m, ratio, mode, align_corners) for k in range(m)]
        x = np.moveaxis(np.array(resized), 0, axis)
    return x


_IMAGE = np.ones((1, 2, 3, 4))


@composite(
    samples=_samples,
    reference=_reference,
    fails=[
        Fails(_IMAGE, match="needs either size or scale_factor", error=ArgumentError),
        Fails(_IMAGE, 4, 2.0, match="needs either size or scale_factor", error=ArgumentError),
        Fails(_IMAGE, 4, mode="lanczos", match="mode must be .* 'lanczos'", error=ArgumentError),
        Fails(_IMAGE, 4, align_corners=True, match="align_corners means", error=ArgumentError),
        Fails(_IMAGE, 4, mode="linear", match="x must have 3 axes .2 without a batch.*got 4"),
        Fails(_IMAGE[0, 0], 4, match=r"x must be \(N, C, ...\) with 3 to 5 axes, got 2"),
        Fails(_IMAGE, 0, match="size must be at least 1", error=ArgumentError),
        Fails(_IMAGE, (4, 4, 4), match="size must be an int or a pair", error=DTypeError),
        Fails(_IMAGE, 2.5, match="size must be an int or a pair", error=DTypeError),
        Fails(_IMAGE, scale_factor=-1, match="must be a positive number", error=ArgumentError),
        Fails(_IMAGE, scale_factor=(1, 2, 3), match="a tuple of 2, got", error=ArgumentError),
        Fails(_IMAGE, scale_factor=0.1, match="leaves nothing of .*3, 4", error=ArgumentError),
        Fails(_IMAGE[:, :, :0], 4, match="nothing to resize in an image of size .0, 4"),
        Fails(_IMAGE > 0, 4, match="real numbers, not bool", error=DTypeError),
    ],
)
def interpolate(x, size=None, scale_factor=None, mode="nearest", align_corners=False):
    """x resized along its axes of space.

    Parameters
    ----------
    x : shape (N, C, L), (N, C, H, W) or (N, C, D, H, W)
        With a mode that says how many axes are resized, N may be missing.
    size : int, or one for each axis of space
    scale_factor : number, or one for each axis of space; in place of size
        The size is multiplied with it and rounded down.
    mode : str
        "nearest" repeats or leaves out elements: element k comes from floor(k / scale).
        "nearest-exact" takes the element whose centre is nearest. "linear" (one axis of space),
        "bilinear" (two) and "trilinear" (three) draw lines between neighbours, "bicubic" (two)
        cubics. "area" takes the means of windows, as `adaptive_avg_pool2d` does.
    align_corners : bool
        Whether the centres of the outermost elements stay where they are, rather than their edges.
        For the linear and cubic modes.

    Returns
    -------
    x with other sizes
        Integers stay integers with the nearest modes.

    Raises
    ------
    ShapeError
        If x has too few or too many axes, or no element.
    ArgumentError
        If the options do not fit each other.

    Gradient
    --------
    Linear in x: the transposed maps, axis by axis. Keeps nothing.

    Source
    ------
    Keys (1981), "Cubic convolution interpolation for digital image processing", with a = -0.75.

    Examples
    --------
    >>> interpolate(np.array([[[1.0, 2.0]]]), scale_factor=2)
    array([[[1., 1., 2., 2.]]])
    >>> interpolate(np.array([[[1.0, 2.0]]]), size=4, mode="linear")
    array([[[1.  , 1.25, 1.75, 2.  ]]])
    """
    x, axes = _checked(x, mode, align_corners)
    try:
        targets = _targets(x.shape[-axes:], size, scale_factor)
    except AutogradError as e:
        given = {"size": size, "scale_factor": scale_factor}
        raise complain(type(e), "interpolate", str(e), {"x": x}, given) from None
    for axis in cheapest_first(x.shape[-axes:], [m for m, _ in targets]):
        blend = resampling(mode, x.shape[axis], *targets[axis], bool(align_corners))
        x = resample(x, blend=blend, axis=axis)
    return x


def cheapest_first(image: Sizes, sizes: Sequence[int]) -> list[int]:
    """The axes (negative numbers) in an order of few operations: those that shrink come first, and
    the last axis, whose elements are taken one by one, while the array is small."""
    axes = range(-len(image), 0)
    shrinking = [a for a in axes if sizes[a] < image[a]]
    return shrinking + [a for a in axes if a not in shrinking][::-1]
