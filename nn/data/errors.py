"""What loading data raises beside the errors of `autograd`."""

from autograd.errors import AutogradError


class DataError(AutogradError):
    """Root of what goes wrong with data."""


class MissingDataError(DataError, FileNotFoundError):
    """Data that are not on this machine."""


class FormatError(DataError, ValueError):
    """A file that is not what it should be: truncated, foreign or damaged."""


class DownloadError(DataError, OSError):
    """A file that no mirror delivered."""


class WorkerError(DataError, RuntimeError):
    """A worker that failed or died. If it raised, the original exception is the `__cause__`."""
