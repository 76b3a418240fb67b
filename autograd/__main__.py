"""python -m autograd {demo, check, ops, info}: each command says what it does with --help."""

from __future__ import annotations

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
