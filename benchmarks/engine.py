"""Long graphs: a chain of 400,000 ops is built, differentiated and freed; a 30-level diamond."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import timing  # noqa: F401 - first: sets the number of threads

# isort: split
import autograd as ag

LENGTH = 200_000


def chain() -> tuple[float, float, float]:
    x = ag.Tensor(0.5, requires_grad=True)
    start = time.perf_counter()
    y = x
    for _ in range(LENGTH):
        y = y * 0.999 + 0.001
    built = time.perf_counter()
    y.backward()
    differentiated = time.perf_counter()
    del y
    return built - start, differentiated - built, time.perf_counter() - differentiated


def diamond(levels: int = 30) -> float:
    x = ag.Tensor(1.0, requires_grad=True)
    start = time.perf_counter()
    y = x
    for _ in range(levels):
        y = y + y
    y.backward()
    assert x.grad is not None and x.grad.item() == 2.0**levels
    return time.perf_counter() - start


def first_import() -> float:
    """Seconds of `import autograd` in a fresh process, best of five; compiled files are cached."""
    code = "import time; t = time.perf_counter(); import autograd; print(time.perf_counter() - t)"
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as cache:
        env["PYTHONPYCACHEPREFIX"] = cache
        command = [sys.executable, "-c", code]
        runs = [subprocess.run(command, capture_output=True, text=True, env=env) for _ in range(6)]
    return min(float(r.stdout) for r in runs)


def main() -> None:
    build, back, free = min((chain() for _ in range(3)), key=sum)
    print(f"chain of {2 * LENGTH:,} ops (recursion limit {sys.getrecursionlimit()}):")
    print(
        f"  build {build:.2f} s, backward {back:.2f} s, free {free:.2f} s, "
        f"together {build + back + free:.2f} s"
    )
    print(f"diamond of 30 levels: {min(diamond() for _ in range(5)) * 1e3:.2f} ms")
    print(f"import autograd: {first_import():.3f} s")


if __name__ == "__main__":
    main()
