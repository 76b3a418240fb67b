"""One step of every optimiser, of the 269,000 parameters of a perceptron, float32.

python benchmarks/optim.py [--only TEXT] [--quick]       # needs the `bench` extra
"""

from __future__ import annotations

from functools import partial
from typing import Any

from contenders import draw, load
from suite import Step, Timed

TITLE = "Steps of optimisers"
CONTENDERS = ("autograd", "torch", "jax")
SECONDS = 0.5

SHAPES = ((784, 256), (256,), (256, 256), (256,), (256, 10), (10,))
OPTIMISERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("SGD", {"lr": 0.01}),
    ("SGD", {"lr": 0.01, "momentum": 0.9}),
    ("Adam", {}),
    ("AdamW", {}),
    ("Adamax", {}),
    ("NAdam", {}),
    ("RAdam", {}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("RMSprop", {}),
    ("ASGD", {}),
    ("Rprop", {}),
    ("Adafactor", {}),
)


def build(optimiser: str, options: dict[str, Any], name: str) -> Step | None:
    if name == "jax":
        return jax_step(optimiser, options)
    library = load(name)
    parameters = [library.tensor(v, requires_grad=True) for v in draw(SHAPES)]
    for p, v in zip(parameters, draw(SHAPES)):
        p.grad = library.tensor(v / 100)
    step = getattr(library.optim, optimiser)(parameters, **options).step

    def update() -> Any:
        step()
        return parameters[0]

    return update


def jax_step(optimiser: str, options: dict[str, Any]) -> Step | None:
    """JAX has no optimisers of its own; those that the training steps need are written here."""
    import jax_training
    from jax.numpy import asarray

    make = jax_training.OPTIMISERS.get(optimiser)
    if make is None:
        return None
    weights, slopes = ([asarray(v / k) for v in draw(SHAPES)] for k in (1, 100))
    return jax_training.optimiser_step(make(**options), weights, slopes)


CASES = [
    Timed(
        "Steps of optimisers",
        ", ".join([optimiser, *(f"{k} {v}" for k, v in options.items() if k != "lr")]),
        partial(build, optimiser, options),
    )
    for optimiser, options in OPTIMISERS
]

if __name__ == "__main__":
    from runner import main

    main(["optim"])
