"""Keep freed memory in the process, so that large arrays do not fault their pages in each time.

A training step makes and drops the same large arrays again and again. By default the C library
gives them back to the system at once, and each new one costs a page fault for every 4 kB: about
1.5 ms for the 6 MB result of a convolution that takes 7 ms. With these settings up to KEEP bytes
of freed memory stay. Only glibc knows them; elsewhere nothing happens. AUTOGRAD_MALLOC=system
leaves all as it was.
"""

from __future__ import annotations

import ctypes
import os
import sys

KEEP = 1 << 29
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_memory() -> bool:
    """Set glibc's thresholds; whether that was possible."""
    if not sys.platform.startswith("linux") or os.environ.get("AUTOGRAD_MALLOC") == "system":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, KEEP) and mallopt(_M_TRIM_THRESHOLD, KEEP))


keep_memory()
