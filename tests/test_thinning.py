"""`--thin` leaves nothing out for good, and small tests whole."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from conftest import has_its_turn

from autograd import REGISTRY
from autograd.testing.registry import PROPERTIES

CASES = [f"test_property[{name}-{prop}]" for name in REGISTRY for prop in PROPERTIES]


def test_each_case_has_its_turn_in_one_part():
    turns = Counter(c for part in range(4) for c in CASES if has_its_turn(c, 4, part))
    assert turns == Counter(CASES)


def test_parts_are_about_equal():
    sizes = [sum(has_its_turn(c, 4, part) for c in CASES) for part in range(4)]
    assert max(sizes) < 1.2 * min(sizes)


def test_small_tests_run_whole_and_the_header_says_which_part_it_is():
    command = [sys.executable, "-m", "pytest", "-v", "--collect-only", "--thin", "4"]
    run = subprocess.run(
        [*command, "--part", "1", "tests/test_structure.py", "-p", "no:cacheprovider"],
        capture_output=True, text=True, cwd=Path(__file__).parent.parent, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "thin: part 1 of 4" in run.stdout
    assert "test_public_names_are_sorted" in run.stdout
    files = run.stdout.count("test_files_are_short[")
    assert 0 < files < 200
