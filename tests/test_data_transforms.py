"""What transforms of pictures promise."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn.data import DataLoader
from nn.data import transforms as T  # noqa: N812
from nn.data.datasets import Pictures

RNG = np.random.default_rng(0)
BATCH = RNG.random((5, 3, 8, 6), dtype=np.float32)
RANDOM = {
    "flip": lambda rng: T.RandomHorizontalFlip(rng=rng),
    "vertical flip": lambda rng: T.RandomVerticalFlip(rng=rng),
    "crop": lambda rng: T.RandomCrop((5, 4), padding=2, rng=rng),
    "rotation": lambda rng: T.RandomRotation(30, rng=rng),
    "shift": lambda rng: T.RandomShift((3, 2), rng=rng),
    "affine": lambda rng: T.RandomAffine(20, (0.2, 0.1), (0.5, 1.5), 10, fill=0.5, rng=rng),
    "light": lambda rng: T.ColorJitter(0.5, (0.5, 2), 0.5, rng=rng),
    "noise": lambda rng: T.GaussianNoise(rng=rng),
}
FIXED = {
    "pad": T.Pad(2),
    "centre": T.CenterCrop(4),
    "size": T.Resize((4, 9)),
    "normal": T.Normalize([0.5, 0.4, 0.3], 0.2),
    "brightness": lambda x: T.adjust_brightness(x, 1.5),
    "contrast": lambda x: T.adjust_contrast(x, 0.5),
    "saturation": lambda x: T.adjust_saturation(x, 2),
    "affine": lambda x: T.affine(x, angle=10, translate=(1, 2), scale=0.9, shear=5),
}
ALL = {**{k: m(3) for k, m in RANDOM.items()}, **{f"{k}, fixed": m for k, m in FIXED.items()}}


@pytest.mark.parametrize("name", ALL)
def test_results_are_new_of_the_same_kind_and_dtype_and_inputs_stay(name):
    for dtype in (np.float32, np.float64):
        x = BATCH.astype(dtype)
        out = ALL[name](x)
        assert (type(out), out.dtype, out.ndim) == (np.ndarray, dtype, 4)
        assert not np.may_share_memory(out, x)
        assert out.flags.c_contiguous
        assert np.array_equal(x, BATCH.astype(dtype))
    tensor = ALL[name](Tensor(BATCH))
    assert isinstance(tensor, Tensor)
    assert not tensor.requires_grad
    assert ALL[name](BATCH[0]).shape == out.shape[1:]


@pytest.mark.parametrize("name", FIXED)
def test_a_batch_is_its_pictures(name):
    whole = FIXED[name](BATCH)
    assert all(np.array_equal(FIXED[name](x), y) for x, y in zip(BATCH, whole))


@pytest.mark.parametrize("name", RANDOM)
def test_draws_repeat_with_the_seed_and_differ_between_pictures(name):
    same = np.repeat(BATCH[:1], 40, axis=0)
    first, again, other = (RANDOM[name](seed)(same) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert any(not np.array_equal(first[0], picture) for picture in first)
    autograd.random.manual_seed(1)
    one = RANDOM[name](None)(BATCH[0])
    autograd.random.manual_seed(1)
    assert np.array_equal(RANDOM[name](None)(BATCH[:1])[0], one)


def test_workers_draw_what_none_does():
    steps = T.Compose([make(None) for make in RANDOM.values()])
    data = Pictures((BATCH * 255).astype(np.uint8), range(5), "abcde", steps)
    loaders = [DataLoader(data, 2, num_workers=n, rng=0) for n in (0, 2)]
    loaders.append(DataLoader(data, 2, threads=2, rng=0))
    expected, *others = [[[t.tolist() for t in batch] for batch in loader] for loader in loaders]
    assert others == [expected, expected]


# One by one


@pytest.mark.parametrize("p", [0, 0.25, 1])
def test_flips_happen_as_often_as_asked(p):
    x = np.arange(6.0).reshape(1, 1, 2, 3).repeat(2000, axis=0)
    for kind, axis in ((T.RandomHorizontalFlip, 3), (T.RandomVerticalFlip, 2)):
        out = kind(p, rng=0)(x)
        flipped = (out == np.flip(x, axis)).all(axis=(1, 2, 3))
        assert (flipped | (out == x).all(axis=(1, 2, 3))).all()
        assert flipped.mean() == pytest.approx(p, abs=0.04)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize(
    ("padding", "widths"),
    [(2, ((2, 2), (2, 2))), ((1, 3), ((3, 3), (1, 1))), ((1, 2, 3, 4), ((2, 4), (1, 3)))],
)
def test_borders(mode, padding, widths):
    options = {"constant_values": 7} if mode == "constant" else {}
    expected = np.pad(BATCH, ((0, 0), (0, 0), *widths), mode=mode, **options)
    assert np.array_equal(T.Pad(padding, fill=7, padding_mode=mode)(BATCH), expected)


def test_crops_are_pieces_from_everywhere():
    x = np.arange(5 * 6.0).reshape(1, 1, 5, 6).repeat(1000, axis=0)
    pieces = T.RandomCrop((3, 2), rng=0)(x)
    starts = pieces[:, 0, 0, 0].astype(int)
    for piece, start in zip(pieces, starts):
        row, column = divmod(start, 6)
        assert np.array_equal(piece[0], x[0, 0, row : row + 3, column : column + 2])
    counts = np.bincount(starts)
    assert np.count_nonzero(counts) == 3 * 5  # places
    assert counts[counts > 0].min() > 35
    padded = T.RandomCrop((8, 6), padding=(0, 2), fill=9, rng=0)(BATCH[:, :, :4])
    assert np.array_equal(padded, T.Pad((0, 2), fill=9)(BATCH[:, :, :4]))


def test_the_middle():
    x = np.arange(5 * 6.0).reshape(1, 5, 6)
    assert np.array_equal(T.CenterCrop((3, 2))(x), x[:, 1:4, 2:4])


@pytest.mark.parametrize("quarter", range(-3, 5))
def test_quarter_turns_are_exact(quarter):
    x = RNG.random((2, 3, 5, 5))
    out = T.affine(x, angle=90 * quarter)
    assert np.allclose(out, np.rot90(x, quarter, axes=(2, 3)), atol=1e-12)


def test_moves_by_whole_pixels_are_exact():
    x = RNG.random((3, 1, 4, 5))
    out = T.affine(x, translate=[(0, 0), (2, -1), (-5, 0)], fill=9)
    expected = np.full_like(x[1], 9)
    expected[:, :3, 2:] = x[1][:, 1:, :3]
    assert np.array_equal(out, np.stack([x[0], expected, np.full_like(x[2], 9)]))
    moved = T.RandomShift((2, 0), fill=9, rng=0)(x.repeat(20, axis=0))
    assert {int((row == 9).sum()) for row in moved[:, 0, 0]} == {0, 1, 2}


def test_scale_and_slant():
    ramp = np.linspace(-1, 1, 9)[None, None] * np.ones((1, 9, 1))  # value = x / 4
    inner = np.s_[:, 3:6, 3:6]
    assert np.allclose(T.affine(ramp, scale=2)[inner], ramp[inner] / 2)
    assert np.allclose(T.affine(ramp, scale=0.5)[inner], ramp[inner] * 2)
    down = ramp.transpose(0, 2, 1)
    slanted = T.affine(ramp, shear=45)  # what was at x is now at x - y, y downwards
    assert np.allclose(slanted[inner], (ramp + down)[inner])
    half = T.affine(np.array([[[0.0, 1, 2, 3]]]), translate=(0.5, 0), fill=0)
    assert np.allclose(half, [[[0, 0.5, 1.5, 2.5]]])


@settings(max_examples=40, deadline=None)
@given(
    angle=st.floats(-400, 400), move=st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
    scale=st.floats(0.05, 20), shear=st.floats(-60, 60),
)  # fmt: skip
def test_warps_invent_no_values(angle, move, scale, shear):
    out = T.affine(BATCH, angle=angle, translate=move, scale=scale, shear=shear, fill=0.5)
    assert np.isfinite(out).all()
    assert out.min() >= BATCH.min() - 1e-6
    assert out.max() <= BATCH.max() + 1e-6


@pytest.mark.parametrize("size", [(4, 3), (16, 12), (3, 20), (8, 6), (1, 1)])
def test_sizes_are_as_pillow_makes_them(size):
    image = pytest.importorskip("PIL.Image")
    out = T.Resize(size)(BATCH)
    for i in range(5):
        for c in range(3):
            picture = image.fromarray(BATCH[i, c])
            expected = picture.resize(size[::-1], image.Resampling.BILINEAR)
            assert np.allclose(out[i, c], np.asarray(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [((8, 6), 3, (4, 3)), ((6, 8), 3, (3, 4)), ((5, 5), 7, (7, 7)), ((100, 3), 1, (33, 1))],
)
def test_one_number_is_the_shorter_side(shape, size, expected):
    assert T.Resize(size)(np.ones((1, *shape))).shape[1:] == expected


def test_normalize():
    out = T.Normalize([0.1, 0.2, 0.3], [1, 2, 4])(BATCH)
    assert np.allclose(out[:, 2], (BATCH[:, 2] - 0.3) / 4)
    assert np.allclose(T.Normalize(0.5, 0.5)(BATCH), 2 * BATCH - 1)


def test_light_and_colour():
    grey = np.tensordot(BATCH, [0.299, 0.587, 0.114], axes=(1, 0))[:, None]
    mean = grey.mean(axis=(1, 2, 3), keepdims=True)
    factors = np.array([0, 0.5, 1, 1.5, 3])[:, None, None, None]
    for change, other in (
        (T.adjust_brightness, 0), (T.adjust_contrast, mean), (T.adjust_saturation, grey),
    ):  # fmt: skip
        expected = np.clip(factors * BATCH + (1 - factors) * other, 0, 1)
        assert np.allclose(change(BATCH, factors.ravel()), expected, atol=1e-6)
        assert np.array_equal(change(BATCH, 1), BATCH)
    assert np.array_equal(T.adjust_saturation(BATCH[:, :1], 0), BATCH[:, :1])
    assert np.array_equal(T.ColorJitter()(BATCH), BATCH)
    bright = T.ColorJitter(brightness=(0.5, 0.5))(BATCH)
    assert np.allclose(bright, BATCH / 2)


def test_noise():
    x = np.full((1, 1, 200, 200), 0.5)
    noise = T.GaussianNoise(0.1, 0.05, rng=0)(x) - x
    assert noise.mean() == pytest.approx(0.1, abs=0.002)
    assert noise.std() == pytest.approx(0.05, abs=0.002)
    assert T.GaussianNoise(sigma=9, rng=0)(x).max() == 1
    assert T.GaussianNoise(sigma=9, clip=False, rng=0)(x).max() > 9


def test_bytes_of_picture_files():
    x = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    out = T.ToTensor()(x)
    assert np.array_equal(out, x.transpose(2, 0, 1) / np.float32(255))
    assert (out.dtype, T.ToTensor()(x[..., 0]).shape) == (np.float32, (1, 2, 4))


def test_transforms_show_their_options_and_travel():
    steps = T.Compose([T.Pad(1), T.RandomCrop(4, rng=0), T.Normalize(0, 1), T.ToTensor()])
    assert "Pad(padding=(1, 1, 1, 1), fill=0, padding_mode='constant')" in repr(steps)
    assert "RandomCrop(size=(4, 4)" in repr(steps)
    copy = pickle.loads(pickle.dumps(steps))
    assert repr(copy) == repr(steps)


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: T.Pad(1)(np.ones((2, 2))), ShapeError, r"Pad: .*\(C, H, W\).*got \(2, 2\)"),
        (lambda: T.Pad(1)(np.ones((1, 2, 2), int)), DTypeError, "floats between 0 and 1"),
        (lambda: T.CenterCrop(9)(BATCH), ShapeError, "8 x 6 has no piece of 9 x 9"),
        (lambda: T.RandomCrop(7)(BATCH), ShapeError, "8 x 6 has no piece of 7 x 7"),
        (lambda: T.Pad(8, padding_mode="reflect")(BATCH), ShapeError, "reflects at most 7 rows"),
        (lambda: T.Normalize([0, 1], 1)(BATCH), ShapeError, "mean has 2 channels, the picture 3"),
        (lambda: T.adjust_saturation(BATCH[:, :2], 1), ShapeError, "1 or 3 channels, got 2"),
        (lambda: T.adjust_contrast(BATCH, [1, 2]), ArgumentError, "factor"),
        (lambda: T.adjust_brightness(BATCH, -1), ArgumentError, "factor"),
        (lambda: T.affine(BATCH, scale=0), ArgumentError, "scale must be positive"),
        (lambda: T.Pad(-1), ArgumentError, "padding"),
        (lambda: T.Pad((1, 2, 3)), ArgumentError, "padding"),
        (lambda: T.Pad(None), ArgumentError, "padding"),
        (lambda: T.Pad(1, padding_mode="wrap"), ArgumentError, "padding_mode"),
        (lambda: T.CenterCrop(0), ArgumentError, "size"),
        (lambda: T.Resize((1, 2, 3)), ArgumentError, "size"),
        (lambda: T.RandomCrop(2.5), ArgumentError, "size"),
        (lambda: T.RandomHorizontalFlip(1.5), ArgumentError, "p must be"),
        (lambda: T.RandomRotation((10, 5)), ArgumentError, "degrees"),
        (lambda: T.RandomRotation(-5), ArgumentError, "degrees"),
        (lambda: T.RandomShift(-1), ArgumentError, "pixels"),
        (lambda: T.RandomShift(0.5), ArgumentError, "pixels"),
        (lambda: T.RandomAffine(translate=(2, 0)), ArgumentError, "translate"),
        (lambda: T.RandomAffine(translate=0.1), ArgumentError, "translate"),
        (lambda: T.RandomAffine(scale=(0, 1)), ArgumentError, "scale"),
        (lambda: T.ColorJitter((-1, 1)), ArgumentError, "brightness"),
        (lambda: T.GaussianNoise(sigma=-1), ArgumentError, "sigma"),
        (lambda: T.Normalize(0, 0), ArgumentError, "std"),
        (lambda: T.Compose([3]), DTypeError, "Compose"),
        (lambda: T.ToTensor()(BATCH[0]), DTypeError, "ToTensor"),
        (lambda: T.ToTensor()(np.ones(3, np.uint8)), ShapeError, "ToTensor"),
    ],
)
def test_wrong_options_and_pictures_are_refused(make, error, match):
    with pytest.raises(error, match=match):
        make()
