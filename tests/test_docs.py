"""What the documents show runs: ```python blocks do; ```py blocks are excerpts."""

import re
from pathlib import Path

import pytest

from autograd import REGISTRY

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "docs/how_it_works.md",
    "docs/adding_an_op.md",
    "docs/numerics.md",
    "docs/numpy.md",
    "docs/kernels.md",
    "docs/errors.md",
    "docs/data.md",
    "docs/training.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert blocks
    before = set(REGISTRY)
    namespace = {"__name__": "page"}
    try:
        for block in blocks:
            exec(compile(block, page, "exec"), namespace)
    finally:
        for name in set(REGISTRY) - before:
            del REGISTRY[name]


@pytest.mark.parametrize(
    "page", [*PAGES, "CONTRIBUTING.md", "docs/learning.md", "docs/decisions/README.md"]
)
def test_links_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target
