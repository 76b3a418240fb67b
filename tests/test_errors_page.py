"""docs/errors.md shows what the messages are, to the letter."""

import linecache
import re
from pathlib import Path

import pytest

from autograd import AutogradError

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"
BLOCKS = re.compile(r"^```py\n(.*?)\n```\n\n```text\n(.*?)\n```", re.MULTILINE | re.DOTALL)
PREPARED = """
import numpy as np

import autograd as ag
import nn
from autograd import Tensor

x = Tensor(np.ones((2, 3)), requires_grad=True)
weight = Tensor(np.ones((4, 3)), requires_grad=True, name="fc.weight")
"""


def message(call):
    """The complaint about a call that is all of model.py."""
    names = {"__name__": "model"}
    lines = PREPARED.strip() + "\n" + call
    linecache.cache["model.py"] = (len(lines), None, lines.splitlines(keepends=True), "model.py")
    try:
        with pytest.raises(AutogradError) as e:
            exec(compile(lines, "model.py", "exec"), names)
    finally:
        del linecache.cache["model.py"]
    return f"{type(e.value).__name__}: {e.value}"


def calls():
    return BLOCKS.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("call", "told"), calls(), ids=lambda v: v.splitlines()[-1][:40])
def test_the_message_is_the_one_shown(call, told):
    assert message(call) == told


def test_the_page_shows_one_of_each_kind():
    kinds = {told.partition(":")[0] for _, told in calls()}
    assert kinds >= {"ShapeError", "AxisError", "IndexingError", "ArgumentError", "DTypeError"}
    assert "GraphError" in kinds
    assert PREPARED.strip() in PAGE.read_text(encoding="utf-8")
