"""Array in, array out: the loops that the convolution and pooling ops call.

A kernel takes ndarrays and ints and trusts them: shapes are checked by the op that calls it.
`reference.py` says in plain loops what each of them computes.
"""

from .conv import conv2d, conv2d_dw, conv2d_dx, output_size
from .pool import avg_pool2d, avg_pool2d_dx, max_pool2d, max_pool2d_dx, max_pool2d_pick

__all__ = [
    "avg_pool2d", "avg_pool2d_dx", "conv2d", "conv2d_dw", "conv2d_dx", "max_pool2d",
    "max_pool2d_dx", "max_pool2d_pick", "output_size",
]  # fmt: skip
