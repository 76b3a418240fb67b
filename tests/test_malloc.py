"""Freed memory stays in the process, unless the user says otherwise."""

import os
import subprocess
import sys

import pytest

from autograd._malloc import keep_memory

FAULTS = """
import resource
import autograd
import numpy as np
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
arrays = [np.ones(3_000_000, np.uint8) for _ in range(4)]  # below NumPy's own use of huge pages
del arrays
before = faults()
for _ in range(20):
    arrays = [np.ones(3_000_000, np.uint8) for _ in range(4)]
    del arrays
print(faults() - before)
"""


def page_faults(**environment):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")} | environment
    command = [sys.executable, "-c", FAULTS]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not keep_memory(), reason="the setting is glibc's")
def test_arrays_that_come_and_go_do_not_fault_their_pages_in_again():
    assert page_faults() < 2_000 < page_faults(AUTOGRAD_MALLOC="system")
