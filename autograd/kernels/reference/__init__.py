"""What each kernel computes, in the plainest loops. Slow on purpose: the tests compare with it.

The twin of a kernel has its name and takes its arguments. It computes where the kernel leaves an
array to NumPy, too.
"""

from .elements import choose, curve, keep, step
from .points import sample, sample_dgrid, sample_dx
from .products import add_rows, matmul, outer
from .recurrent import cell, cell_back, sequence, sequence_back
from .rows import affine_norm, affine_norm_back, extreme_to, moments, stretched, sum_to
from .softmax import cross_entropy, cross_entropy_dx, exp_sums, softmax, softmax_dx
from .windows import (
    avg_pool,
    avg_pool_dx,
    blend_axis,
    conv,
    conv_dw,
    conv_dx,
    fold,
    group_max,
    group_max_dx,
    group_max_pick,
    hits,
    last,
    max_pool,
    max_pool_dx,
    max_pool_pick,
    unfold,
)

__all__ = [
    "add_rows", "affine_norm", "affine_norm_back", "avg_pool", "avg_pool_dx", "blend_axis", "cell",
    "cell_back", "choose", "conv", "conv_dw", "conv_dx", "cross_entropy", "cross_entropy_dx",
    "curve", "exp_sums", "extreme_to", "fold", "group_max", "group_max_dx", "group_max_pick",
    "hits", "keep", "last", "matmul", "max_pool", "max_pool_dx", "max_pool_pick", "moments",
    "outer", "sample", "sample_dgrid", "sample_dx", "sequence", "sequence_back", "softmax",
    "softmax_dx", "step", "stretched", "sum_to", "unfold",
]  # fmt: skip
