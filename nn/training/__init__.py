"""Training: the loop, what watches it, and what it remembers."""

from .callbacks import BestWeights, Callback, EarlyStopping
from .history import History
from .trainer import Trainer

__all__ = ["BestWeights", "Callback", "EarlyStopping", "History", "Trainer"]
