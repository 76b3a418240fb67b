"""Every exception the library raises on purpose. Knows nothing else.

Each class also derives from the built-in one that NumPy or Python would have raised, so
`except ValueError` keeps working.
"""


class AutogradError(Exception):
    """Root of the library's own exceptions."""


class ShapeError(AutogradError, ValueError):
    """Array shapes that an op cannot combine."""


class AxisError(ShapeError, IndexError):
    """An axis that the array does not have, or that is named twice."""


class IndexingError(AutogradError, IndexError):
    """An index outside the array, or of a kind that arrays do not take."""


class ArgumentError(AutogradError, ValueError):
    """An option with a value that the op does not know."""


class DTypeError(AutogradError, TypeError):
    """A dtype (or a Python type) that the operation does not take."""


class GraphError(AutogradError, RuntimeError):
    """A request the recorded graph cannot answer."""


class NonFiniteError(AutogradError, FloatingPointError):
    """The first NaN or Inf, found under `debug()`."""


class RuleError(AutogradError, TypeError):
    """An op or a gradient rule that is declared wrongly; raised where it is declared."""


class DerivativeError(AutogradError, AssertionError):
    """A derivative that disagrees with finite differences."""
