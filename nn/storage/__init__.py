"""Saved states: nested containers of arrays and numbers in one file, without pickle."""

from .files import load, save

__all__ = ["load", "save"]
