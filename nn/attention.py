"""Attention of several heads."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError, DTypeError
from autograd.messages import complain
from autograd.random import Rng, generator
from autograd.tensor import Tensor

from . import functional, init
from .functional.shapes import shape_of
from .linear import Linear, new_parameter
from .misfit import misfit
from .module import Module


class MultiheadAttention(Module):
    """Several attentions side by side, each over its own projection of queries, keys and values.

    Parameters
    ----------
    embed_dim : features of queries and of the result
    num_heads : how many attentions share them; must divide embed_dim
    dropout : share of the attention weights to drop while training
    bias : whether the projections have one
    add_bias_kv : whether a learnt key and value stand behind those given
    add_zero_attn : whether a key and value of zeros stand behind those given
    kdim, vdim : features of keys and values; embed_dim unless given
    batch_first : whether the batch axis comes first, and not the places
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    in_proj_weight : (3 * embed_dim, embed_dim), of queries, keys and values, if their sizes agree;
        else q_proj_weight, k_proj_weight, v_proj_weight. Xavier uniform
    in_proj_bias : (3 * embed_dim,), zeros
    bias_k, bias_v : (1, 1, embed_dim), Xavier normal; None without add_bias_kv
    out_proj : Linear

    Source
    ------
    Vaswani et al. (2017), "Attention Is All You Need".

    Examples
    --------
    >>> import nn
    >>> attention = nn.MultiheadAttention(8, num_heads=2, batch_first=True)
    >>> x = np.ones((3, 5, 8), np.float32)
    >>> out, weights = attention(x, x, x)
    >>> out.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    """

    in_proj_weight: Tensor | None
    q_proj_weight: Tensor | None
    k_proj_weight: Tensor | None
    v_proj_weight: Tensor | None
    in_proj_bias: Tensor | None
    bias_k: Tensor | None
    bias_v: Tensor | None

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        if num_heads < 1 or embed_dim < 1 or embed_dim % num_heads:
            fact = f"num_heads {num_heads} must divide embed_dim {embed_dim}"
            raise ArgumentError(f"MultiheadAttention: {fact}")
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"MultiheadAttention: dropout must be 0 to 1, got {dropout}")
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn
        self.batch_first = batch_first
        joint = self.kdim == self.vdim == embed_dim
        shapes = {
            "q_proj_weight": None if joint else (embed_dim, embed_dim),
            "k_proj_weight": None if joint else (embed_dim, self.kdim),
            "v_proj_weight": None if joint else (embed_dim, self.vdim),
            "in_proj_weight": (3 * embed_dim, embed_dim) if joint else None,
            "in_proj_bias": (3 * embed_dim,) if bias else None,
            "bias_k": (1, 1, embed_dim) if add_bias_kv else None,
            "bias_v": (1, 1, embed_dim) if add_bias_kv else None,
        }
        for name, shape in shapes.items():
            self.register_parameter(name, shape and new_parameter(*shape, dtype=dtype))
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        draw = generator(rng)
        for name, parameter in self.named_parameters(recurse=False):
            if name.endswith("weight"):
                init.xavier_uniform_(parameter, rng=draw)
            elif name == "in_proj_bias":
                init.zeros_(parameter)
            else:
                init.xavier_normal_(parameter, rng=draw)
        self.out_proj.reset_parameters(draw)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None,
        need_weights: bool = True, attn_mask: Any = None, average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        """For each query, a mean of the values, and the weights of that mean.

        Parameters
        ----------
        query : (L, N, embed_dim), (N, L, embed_dim) if batch_first, or (L, embed_dim)
        key, value : likewise, with S places and kdim, vdim features
        key_padding_mask : (N, S) or (S,), optional
            Of bools: which keys nobody may see; of floats: what to add to their scores.
        need_weights : whether to return the weights too; without them is faster
        attn_mask : (L, S) or (N * num_heads, L, S), optional
            Of bools: which keys each query may NOT see; of floats: what to add to the scores.
        average_attn_weights : whether the weights are averaged over the heads
        is_causal : whether query i sees keys 0 ... i only; an attn_mask then says so already

        Returns
        -------
        result : of query's shape
            A query that may see no key gets the mean 0, so that only the bias of out_proj is left.
        weights : (N, L, S), (N, num_heads, L, S) unless averaged; None unless needed
        """
        batched, (q, k, v) = self._arranged(query, key, value)
        q, k, v = self._projected(q, k, v)
        mask = self._mask(q, k, attn_mask, key_padding_mask, is_causal)
        k, v, mask = self._extended(k, v, mask)
        shape = q.shape
        q, k, v = (self._heads(x) for x in (q, k, v))
        p = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            weights = functional.dropout(ag.attention_weights(q, k, mask), p)
            out = weights @ v
            weights = weights.mean(axis=1) if average_attn_weights else weights
        else:
            out = functional.scaled_dot_product_attention(q, k, v, mask, p)
        out = self.out_proj(ag.permute_dims(out, (0, 2, 1, 3)).reshape(*shape))
        if not batched:
            return out[0], None if weights is None else weights[0]
        return out if self.batch_first else ag.swapaxes(out, 0, 1), weights

    def _arranged(self, *given: Any) -> tuple[bool, list[Any]]:
        """Whether there is a batch axis; query, key and value as (N, places, features)."""
        arrays = dict(zip(("query", "key", "value"), given))
        shapes = {label: shape_of(x) for label, x in arrays.items()}
        axes = len(shapes["query"])
        for (label, shape), size in zip(shapes.items(), (self.embed_dim, self.kdim, self.vdim)):
            if axes not in (2, 3) or len(shape) != axes:
                fact = f"{label} has {len(shape)} axes, expected 3 for all three, or 2 for all"
                raise misfit(self, self._sizes(), fact, arrays)
            if shape[-1] != size:
                fact = f"{label} has {shape[-1]} features, expected {size}"
                raise misfit(self, self._sizes(), fact, arrays)
        if axes == 2:
            out = [ag.expand_dims(x, axis=0) for x in given]
        elif self.batch_first:
            out = list(given)
        else:  # the same array thrice stays so, for one projection of all
            query, key, value = given
            first = ag.swapaxes(query, 0, 1)
            second = first if key is query else ag.swapaxes(key, 0, 1)
            out = [first, second, second if value is key else ag.swapaxes(value, 0, 1)]
        (n, *_), (m, s, _), other = (shape_of(x) for x in out)
        if m != n or other[:2] != (n, s):
            fact = f"key of shape {shapes['key']} and value of {shapes['value']} do not go together"
            fact += f" with a query of {shapes['query']}"
            raise misfit(self, self._sizes(), fact, arrays)
        return axes == 3, out

    def _projected(self, q: Any, k: Any, v: Any) -> list[Any]:
        """What the heads share out among them: (N, places, embed_dim) each."""
        size, bias = self.embed_dim, self.in_proj_bias
        if self.in_proj_weight is not None and q is k and k is v:
            joint = functional.linear(q, self.in_proj_weight, bias)
            return [joint[..., i * size : (i + 1) * size] for i in range(3)]
        weights: list[Any] = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        if self.in_proj_weight is not None:
            weights = [self.in_proj_weight[i * size : (i + 1) * size] for i in range(3)]
        return [
            functional.linear(x, w, None if bias is None else bias[i * size : (i + 1) * size])
            for i, (x, w) in enumerate(zip((q, k, v), weights))
        ]

    def _heads(self, x: Any) -> Any:
        """(N, places, embed_dim) -> (N, num_heads, places, head_dim)."""
        n, places, _ = x.shape
        return ag.permute_dims(x.reshape(n, places, self.num_heads, self.head_dim), (0, 2, 1, 3))

    def _mask(self, q: Any, k: Any, attn_mask: Any, padding: Any, is_causal: bool) -> Any:
        """One mask for all, (N or 1, num_heads or 1, L, S): of bools, True where a key is seen."""
        n, length, places = q.shape[0], q.shape[1], k.shape[1]
        masks = []
        if attn_mask is not None:
            wanted = [(length, places), (n * self.num_heads, length, places)]
            mask = self._checked_mask("attn_mask", attn_mask, wanted)
            outer = (n, self.num_heads) if mask.ndim == 3 else (1, 1)
            masks.append(mask.reshape(*outer, length, places))
        elif is_causal:
            masks.append(np.tri(length, places, dtype=bool)[None, None])
        if padding is not None:
            wanted = [(n, places)] + ([(places,)] if n == 1 else [])
            mask = self._checked_mask("key_padding_mask", padding, wanted)
            masks.append(mask.reshape(n, 1, 1, places))
        if len(masks) < 2:
            return masks[0] if masks else None
        if all(mask.dtype == bool for mask in masks):
            return masks[0] & masks[1]
        first, second = (ag.where(m, 0.0, -np.inf) if m.dtype == bool else m for m in masks)
        return first + second

    def _checked_mask(self, label: str, mask: Any, wanted: list[tuple[int, ...]]) -> Any:
        """The mask as an array; of bools that say which keys are seen, if it is of bools."""
        if shape_of(mask) not in wanted:
            fact = f"{label} has shape {shape_of(mask)}, expected {' or '.join(map(str, wanted))}"
            raise misfit(self, self._sizes(), fact, {label: mask})
        array = mask if isinstance(mask, Tensor) else np.asarray(mask)
        if array.dtype.kind not in "bf":
            fact = f"{label} must be boolean (True: not seen) or float (added), not {array.dtype}"
            raise complain(DTypeError, type(self).__name__, fact, {label: mask})
        return ~np.asarray(array) if array.dtype.kind == "b" else array

    def _extended(self, k: Any, v: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Keys and values with the learnt and the zero one behind them, which all queries see."""
        extra: list[list[Any]] = []
        n, _, size = k.shape
        if self.bias_k is not None:
            extra.append([ag.broadcast_to(b, (n, 1, size)) for b in (self.bias_k, self.bias_v)])
        if self.add_zero_attn:
            extra.append([np.zeros((n, 1, size), k.dtype)] * 2)
        for key, value in extra:
            k, v = ag.concat([k, key], axis=1), ag.concat([v, value], axis=1)
        if mask is not None and extra:
            seen = np.full((*mask.shape[:-1], len(extra)), mask.dtype == bool, mask.dtype)
            mask = ag.concat([mask, seen], axis=-1)
        return k, v, mask

    def _sizes(self) -> str:
        return f"{self.embed_dim}, {self.num_heads} heads"
