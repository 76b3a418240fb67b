"""Recurrent and transformer layers, forward and backward, and recurrent cells, float32.

python benchmarks/sequence.py [--only TEXT] [--quick] [--threads 2]     # needs the `bench` extra
"""

from __future__ import annotations

from functools import partial
from typing import Any

from contenders import draw, load
from suite import Step, Timed
from training import fill

TITLE = "Sequences"
CONTENDERS = ("autograd", "torch", "jax")

RECURRENT = ("RNN", "LSTM", "GRU")
# class, arguments, shape of the input: time, batch, features
LAYERS: tuple[tuple[str, tuple[Any, ...], tuple[int, ...]], ...] = (
    *((name, (64, 128), (50, 32, 64)) for name in RECURRENT),
    *((name, (32, 64), (200, 16, 32)) for name in RECURRENT),
    *((name, (16, 16), (100, 1, 16)) for name in RECURRENT),
    ("TransformerEncoderLayer", (128, 4, 512, 0.0), (64, 8, 128)),
    ("TransformerEncoderLayer", (256, 8, 1024, 0.0), (128, 2, 256)),
    ("TransformerEncoderLayer", (32, 2, 64, 0.0), (16, 1, 32)),
)


def build(cls: str, args: tuple[Any, ...], shape: tuple[int, ...], name: str) -> Step:
    """Gradients of the input and of all parameters, from a cotangent of ones."""
    library = load(name)
    if name == "jax":
        import jax_layers
        import jax_training

        model = getattr(jax_layers, cls)(*args)
        fill(model, library)
        return jax_training.gradients(model, *draw((shape,)))
    model = getattr(library.nn, cls)(*args)
    fill(model, library)
    x = library.tensor(*draw((shape,)), requires_grad=True)

    def step() -> Any:
        out = model(x)
        (out[0] if isinstance(out, tuple) else out).square().sum().backward()
        gradient, x.grad = x.grad, None
        model.zero_grad()
        return gradient

    return step


def build_cell(cls: str, back: bool, name: str) -> Step | None:
    """One step of 32 samples, 64 -> 128: the new state, or gradients as `build` gives them."""
    if name == "jax":  # its layers here have no cells of their own
        return None
    library = load(name)
    model = getattr(library.nn, cls)(64, 128)
    fill(model, library)
    values = draw(((32, 64), (32, 128), (32, 128)))
    x, *state = (library.tensor(v, requires_grad=True) for v in values)
    given = tuple(state) if cls == "LSTMCell" else state[0]

    def forward() -> Any:
        with library.m.no_grad():
            out = model(x, given)
        return out[0] if isinstance(out, tuple) else out

    def step() -> Any:
        out = model(x, given)
        (out[0] if isinstance(out, tuple) else out).square().sum().backward()
        gradient = x.grad
        x.grad = state[0].grad = state[1].grad = None
        model.zero_grad()
        return gradient

    return step if back else forward


def title(cls: str, args: tuple[Any, ...], shape: tuple[int, ...]) -> str:
    time, batch, _ = shape
    sizes = f"{args[0]} -> {args[1]}" if cls in RECURRENT else f"{args[0]}, {args[1]} heads"
    return f"{cls} {sizes}, time {time}, batch {batch}"


CASES = [
    Timed(
        "Recurrent layers" if cls in RECURRENT else "Transformer layers",
        title(cls, args, shape),
        partial(build, cls, args, shape),
    )
    for cls, args, shape in LAYERS
] + [
    Timed("Recurrent cells", f"{name}Cell 64 -> 128, batch 32, {way}",
          partial(build_cell, f"{name}Cell", back))
    for back, way in enumerate(("forward", "and backward"))
    for name in RECURRENT
]  # fmt: skip

if __name__ == "__main__":
    from runner import main

    main(["sequence"])
