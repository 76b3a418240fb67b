"""Another project on PyPI has the import name `autograd`: say so before anything odd happens."""

from __future__ import annotations

import os
import sys


def refuse_foreign(package_file: str) -> None:
    """Raise ImportError if HIPS/autograd shares our folder or sits elsewhere on the path.

    It is recognised by its sub-package `autograd/numpy`, which this project does not have.
    """
    own = os.path.dirname(os.path.abspath(package_file))
    for folder in (own, *(os.path.join(entry or ".", "autograd") for entry in sys.path)):
        if os.path.isfile(os.path.join(folder, "numpy", "numpy_wrapper.py")):
            raise ImportError(
                f"another project called 'autograd' (HIPS/autograd) is installed in {folder}; it "
                "and autograd-from-scratch cannot share an environment. Keep one of them:\n"
                "  pip uninstall autograd                   # to use autograd-from-scratch\n"
                "  pip uninstall autograd-from-scratch      # to use HIPS/autograd\n"
                "then reinstall the one you keep, since their files may be mixed"
            )


refuse_foreign(__file__)
