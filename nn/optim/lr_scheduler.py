"""Schedulers: they change learning rates (and momentum) while a model trains."""

from .schedule import LRScheduler, Scheduler
from .schedule_compose import ChainedScheduler, SequentialLR, with_warmup
from .schedule_cycle import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .schedule_factor import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    FactorLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from .schedule_function import LambdaLR, MultiplicativeLR
from .schedule_plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
    "CyclicLR", "ExponentialLR", "FactorLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR",
    "MultiplicativeLR", "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "Scheduler",
    "SequentialLR", "StepLR", "with_warmup",
]  # fmt: skip
