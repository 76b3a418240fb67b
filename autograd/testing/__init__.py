"""Unit tests for derivatives."""

from .check import Mismatch, check_grads

__all__ = ["Mismatch", "check_grads"]
