"""Every public op is compared with PyTorch, or stands here with the reason why it cannot be."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from autograd import REGISTRY

from .comparing import Row

pytestmark = pytest.mark.oracle

PUBLIC = {entry.name for entry in REGISTRY.values() if entry.public}
OTHERS = ("test_every_op.py", "test_accuracy.py")  # which compare nothing, or not with PyTorch
FILES = [p for p in sorted(Path(__file__).parent.glob("test_*.py")) if p.name not in OTHERS]
ADJOINT = "an adjoint, compared as the gradient of its op"

NOT_IN_PYTORCH = {
    "cbrt": "no real cube root: x ** (1/3) is NaN below 0",
    "conv1d_dw": ADJOINT,
    "conv1d_dx": ADJOINT,
    "conv2d_dw": ADJOINT,
    "conv2d_dx": ADJOINT,
    "conv3d_dw": ADJOINT,
    "conv3d_dx": ADJOINT,
    "drop_connect": "draws at random; no function of this kind",
    "exponential_loss": "no such loss",
    "gaussian_noise": "draws at random; no function of this kind",
    "hinge_loss": "no hinge loss of two classes without margins between pairs",
    "log_cosh_loss": "no such loss",
    "maxout": "no such activation",
    "msle_loss": "no such loss",
    "rmse_loss": "no such loss",
    "stochastic_pool2d": "draws at random; no function of this kind",
    "temporal_cross_entropy": "no cross entropy over time with a mask",
}


def texts(node: ast.AST) -> list[ast.expr | None]:
    """What of a node may name an op: the first of a tuple or call, and the keys of a dict."""
    if isinstance(node, ast.Dict):
        return node.keys
    if isinstance(node, ast.Tuple):
        return node.elts[:1]
    return node.args[:1] if isinstance(node, ast.Call) else []


def pattern(text: ast.expr | None) -> str:
    """A regular expression for the names that a string stands for: f"conv{n}d" for several."""
    if isinstance(text, ast.Constant):
        return re.escape(str(text.value).partition(":")[0])
    if isinstance(text, ast.JoinedStr):
        return "".join(".+" if isinstance(v, ast.FormattedValue) else v.value for v in text.values)
    return ""


def named(tree: ast.AST) -> set[str]:
    """The public ops that a file calls as ag.NAME, linalg.NAME or F.NAME, or names in a table."""
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("ag", "linalg", "F")
    }
    patterns = {pattern(text) for node in ast.walk(tree) for text in texts(node)} - {"", ".+"}
    families = {f"{p}([123]d)?" for p in patterns}  # "max_pool" and the number of axes apart
    return {n for n in PUBLIC if n in called or any(re.fullmatch(p, n) for p in families)}


def compared() -> set[str]:
    """The names in tables of rows, and in what the other files call or list."""
    found = set()
    for path in FILES:
        tables = vars(import_module(f".{path.stem}", __package__)).values()
        found |= {r.name for t in tables if isinstance(t, list) for r in t if isinstance(r, Row)}
        found |= named(ast.parse(path.read_text(encoding="utf-8")))
    return found


def test_no_op_is_forgotten():
    assert sorted(PUBLIC - compared() - set(NOT_IN_PYTORCH)) == []


def test_no_exception_is_out_of_date():
    assert set(NOT_IN_PYTORCH) <= PUBLIC
    assert sorted(set(NOT_IN_PYTORCH) & compared()) == []
