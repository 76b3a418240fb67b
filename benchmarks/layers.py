"""Activations, normalisations, losses, dropout and embeddings, float32.

python benchmarks/layers.py [--only TEXT] [--quick] [--threads 2]       # needs the `bench` extra
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contenders import Argument, Function, Integers, both, call, forward
from suite import Case, Timed

TITLE = "Layers without convolution"
CONTENDERS = ("autograd", "torch", "jax", "numpy")

IMAGES, TOKENS, LOGITS, ROWS = (16, 64, 28, 28), (512, 768), (1024, 1000), (512, 512)
SCORES, DIGITS = (8, 21, 64, 64), (32, 10, 28, 28)  # of the classes of each pixel
FEATURES, CHANNELS = (TOKENS[1],), (IMAGES[1],)


def batch_norm(m: Any, F: Any, x: Any, w: Any, b: Any) -> Any:
    return F.batch_norm(x, None, None, w, b, True)


def layer_norm(m: Any, F: Any, x: Any, w: Any, b: Any) -> Any:
    return F.layer_norm(x, FEATURES, w, b)


def instance_norm(m: Any, F: Any, x: Any, w: Any, b: Any) -> Any:
    return F.instance_norm(x, weight=w, bias=b)


ACTIVATIONS: tuple[tuple[str, Function, Argument], ...] = (
    ("relu", call("relu"), IMAGES),
    ("leaky_relu", call("leaky_relu"), IMAGES),
    ("gelu", call("gelu"), TOKENS),
    ("gelu tanh", call("gelu", approximate="tanh"), TOKENS),
    ("silu", call("silu"), TOKENS),
    ("sigmoid", call("sigmoid"), TOKENS),
    ("tanh", call("tanh"), TOKENS),
    ("softplus", call("softplus"), TOKENS),
    ("elu", call("elu"), TOKENS),
    ("softmax", call("softmax", -1), ROWS),
    ("log_softmax", call("log_softmax", -1), ROWS),
    ("softmax of channels 4x64x56x56", call("softmax", 1), (4, 64, 56, 56)),
    ("log_softmax of channels 16x1000x7x7", call("log_softmax", 1), (16, 1000, 7, 7)),
)

# name, function, arrays
NORMS: tuple[tuple[str, Function, tuple[Argument, ...]], ...] = (
    ("layer_norm 512x768", layer_norm, (TOKENS, FEATURES, FEATURES)),
    ("rms_norm 512x768", lambda m, F, x, w: F.rms_norm(x, FEATURES, w), (TOKENS, FEATURES)),
    (
        "group_norm 16x64x28x28",
        lambda m, F, x, w, b: F.group_norm(x, 8, w, b),
        (IMAGES, CHANNELS, CHANNELS),
    ),
    ("batch_norm 16x64x28x28", batch_norm, (IMAGES, CHANNELS, CHANNELS)),
    ("batch_norm 64x512", batch_norm, ((64, 512), (512,), (512,))),
    ("instance_norm 16x64x28x28", instance_norm, (IMAGES, CHANNELS, CHANNELS)),
)

OTHERS: tuple[tuple[str, Function, tuple[Argument, ...]], ...] = (
    ("cross_entropy 1024x1000", call("cross_entropy"), (LOGITS, Integers(1000, (1024,)))),
    ("cross_entropy 64x10", call("cross_entropy"), ((64, 10), Integers(10, (64,)))),
    ("cross_entropy 8x21x64x64", call("cross_entropy"), (SCORES, Integers(21, (8, 64, 64)))),
    ("cross_entropy 32x10x28x28", call("cross_entropy"), (DIGITS, Integers(10, (32, 28, 28)))),
    ("embedding 32x64 of 2000x256", call("embedding"), (Integers(2000, (32, 64)), (2000, 256))),
    ("bias of rows", lambda m, F, x, b: x + b, (TOKENS, FEATURES)),
    ("sum of channels", lambda m, F, x: x.sum(1), (IMAGES,)),
    ("sum of steps 64x50x128", lambda m, F, x: x.sum(1), ((64, 50, 128),)),
    ("bias of channels", lambda m, F, x, b: x + b, (IMAGES, (64, 1, 1))),
)


def cases() -> Iterator[Case]:
    for way, build in (("forward", forward), ("and backward", both)):
        for name, f, argument in ACTIVATIONS:
            yield Timed("Activations", f"{name}, {way}", build(f, argument))
    for way, build in (("forward", forward), ("and backward", both)):
        for name, f, arrays in NORMS:
            yield Timed("Norms", f"{name}, {way}", build(f, *arrays))
    group = "Losses, embedding, dropout, bias"
    for way, build in (("forward", forward), ("and backward", both)):
        for name, f, arrays in OTHERS:
            yield Timed(group, f"{name}, {way}", build(f, *arrays))
        step, check = (build(call("dropout", p), TOKENS) for p in (0.1, 0.0))
        yield Timed(group, f"dropout 512x768, {way}", step, check=check)


CASES = [*cases()]

if __name__ == "__main__":
    from runner import main

    main(["layers"])
