"""What modules raise beside the errors of `autograd`."""

from autograd.errors import AutogradError


class ModuleError(AutogradError, AttributeError):
    """A module that is put together wrongly, or asked for something it does not have."""


class MissingForwardError(AutogradError, NotImplementedError):
    """A module without a forward method was called."""


class StateError(AutogradError, RuntimeError):
    """A saved state that does not fit the module or the optimiser."""


class SavedFileError(AutogradError, ValueError):
    """A file that is not what `nn.save` writes: truncated, damaged, foreign, or a pickle."""
