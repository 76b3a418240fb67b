"""Against overfitting and exploding gradients: penalties, constraints, clipping.

Weight decay is an option of the optimisers, averages of weights are in `nn.optim`.
"""

from .clip import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .penalty import l1_penalty, l2_penalty, max_norm_, weight_decay_groups
from .sparsity import ActivationSparsity, sparsity_penalty

__all__ = [
    "ActivationSparsity", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "get_total_norm", "l1_penalty", "l2_penalty", "max_norm_", "sparsity_penalty",
    "weight_decay_groups",
]  # fmt: skip
