"""Changes to pictures, for training on more than one has. Names are torchvision's.

A picture is a float array or Tensor of shape (C, H, W), values between 0 and 1; everything here
takes batches (N, C, H, W) as well, and then draws for each picture. Without an `rng`, draws come
from the package's generator, which a DataLoader seeds for each batch: so they are the same with any
number of workers, and after a resume. A transform with an `rng` of its own does not promise that.
"""

from .colour import (
    ColorJitter,
    GaussianNoise,
    Normalize,
    ToTensor,
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
)
from .geometry import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    Resize,
)
from .transform import Compose, RandomTransform, Transform
from .warp import RandomAffine, RandomRotation, RandomShift, affine

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "GaussianNoise", "Normalize", "Pad", "RandomAffine",
    "RandomCrop", "RandomHorizontalFlip", "RandomRotation", "RandomShift", "RandomTransform",
    "RandomVerticalFlip", "Resize", "ToTensor", "Transform", "adjust_brightness",
    "adjust_contrast", "adjust_saturation", "affine",
]  # fmt: skip
