"""Array in, array out: the loops that the ops call.

A kernel takes ndarrays and ints and trusts them: shapes are checked by the op that calls it.
`reference` says in plain loops what each of them computes.
"""

from ._host import KNOWN, set_simd, simd
from ._threads import get_num_threads, set_num_threads
from .convolution.conv import conv, conv_dw, conv_dx
from .elements.choose import choose
from .elements.curves import curve
from .elements.dropout import keep
from .elements.steps import step, worth_stepping
from .products.embedding import add_rows
from .products.matmul import matmul, outer
from .recurrence.cell import cell, cell_back, worth_cell
from .recurrence.sequence import sequence, sequence_back
from .rows.columns import extreme_to
from .rows.norm import affine_norm, affine_norm_back, moments
from .rows.softmax import cross_entropy, cross_entropy_dx, exp_sums, softmax, softmax_dx
from .rows.stretch import stretched, sum_to
from .sampling.points import sample, sample_dgrid, sample_dx
from .sampling.reading import MODES, PADDINGS, Reading
from .sampling.resample import Blend, blend_axis
from .windows.groups import group_max, group_max_dx, group_max_pick
from .windows.pool import avg_pool, avg_pool_dx, max_pool, max_pool_dx, max_pool_pick
from .windows.windows import fold, output_size, unfold

__all__ = [
    "KNOWN", "MODES", "PADDINGS", "Blend", "Reading", "add_rows", "affine_norm",
    "affine_norm_back", "avg_pool", "avg_pool_dx", "blend_axis", "cell", "cell_back", "choose",
    "conv", "conv_dw", "conv_dx", "cross_entropy", "cross_entropy_dx", "curve", "exp_sums",
    "extreme_to", "fold", "get_num_threads", "group_max", "group_max_dx", "group_max_pick", "keep",
    "matmul", "max_pool", "max_pool_dx", "max_pool_pick", "moments", "outer", "output_size",
    "sample", "sample_dgrid", "sample_dx", "sequence", "sequence_back", "set_num_threads",
    "set_simd", "simd", "softmax", "softmax_dx", "step", "stretched", "sum_to", "unfold",
    "worth_cell", "worth_stepping",
]  # fmt: skip
