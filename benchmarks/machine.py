"""What the figures were measured on: processor, versions, BLAS, vector instructions."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import Any

LABELS = {
    "autograd": "here",
    "torch": "PyTorch",
    "jax": "JAX (jit)",
    "numpy": "NumPy",
    "micrograd": "micrograd",
}


def library_of(contender: str) -> str:
    """The library that takes part under this name: "torch-2" is torch with two threads."""
    return contender.partition("-")[0]


def threads_of(contender: str) -> int:
    """The threads that a contender has by its name, or 0: as many as the run says."""
    return int(contender.partition("-")[2] or 0)


def label(contender: str) -> str:
    """What tables call it."""
    count = threads_of(contender)
    return LABELS[library_of(contender)] + (f", {count} threads" if count else "")


def processor() -> str:
    """The processor by name, with its family where the name says little."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    facts = dict(re.findall(r"^([\w ]+?)\s*:\s*(.*)$", info.read_text(), re.MULTILINE))
    name = facts.get("model name", platform.machine())
    where = f"family {facts['cpu family']}, model {facts['model']}" if "cpu family" in facts else ""
    return f"{name} ({where})" if where else name


def version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def describe() -> dict[str, Any]:
    """The machine and the moment. Load is what other programs were doing: 0 is a quiet machine."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def library(name: str) -> dict[str, Any]:
    """Version and BLAS of the library in this process, and the instructions that ours uses."""
    import contenders

    contenders.load(name)
    facts: dict[str, Any] = {"version": version(name)}
    if name == "autograd":
        import autograd
        from autograd.kernels._host import simd

        found = simd()
        facts["version"] = autograd.__version__
        facts |= {"numpy": version("numpy"), "numba": version("numba")}
        facts["simd"] = found.name if found else "off"
    if name in ("autograd", "numpy"):
        facts["blas"] = blas()
    return facts


def blas() -> str:
    """The BLAS of NumPy, with the kernel that it chose for this processor."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown (threadpoolctl is not installed)"
    names = [
        f"{p['internal_api']} {p['version']} {p.get('architecture', '')}".strip()
        for p in threadpool_info()
        if p["user_api"] == "blas" and "numpy" in p["filepath"]
    ]
    return ", ".join(names) or "unknown"
