"""Transformers: layers of attention and of two linear maps, each around a sum with its input."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from autograd.dtypes import get_default_dtype
from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from . import functional, init
from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .functional.shapes import shape_of
from .layer_norm import LayerNorm
from .linear import Linear
from .misfit import misfit
from .module import Module

Activation = str | Callable[[Any], Any]
_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
}


class _Layer(Module):
    """What encoder and decoder layers share: the two linear maps, the sums, the settings.

    norms : how many parts are summed with their input, each with a norm and a dropout of its own
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int, dropout: float,
        activation: Activation, layer_norm_eps: float, batch_first: bool, norm_first: bool,
        bias: bool, norms: int, dtype: Any, rng: Rng,
    ):  # fmt: skip
        super().__init__()
        kind = type(self).__name__
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            known = " or ".join(map(repr, _ACTIVATIONS))
            fact = f"activation must be {known}, or a function, got {activation!r}"
            raise ArgumentError(f"{kind}: {fact}")
        draw = generator(rng)
        options: dict[str, Any] = {"batch_first": batch_first, "dtype": dtype, "rng": draw}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, **options)
        if norms == 3:
            self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, **options)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=draw)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=draw)
        self.norm_first = norm_first
        for i in range(1, norms + 1):
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            self.add_module(f"norm{i}", norm)
        for i in range(1, norms + 1):
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.activation = _ACTIVATIONS[activation] if isinstance(activation, str) else activation

    def _add(self, i: int, x: Any, part: Callable[[Any], Any]) -> Any:
        """x plus the i-th part of it, normalised before the part or after the sum."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        if self.norm_first:
            return x + dropout(part(norm(x)))
        return norm(x + dropout(part(x)))

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _attend(
        self, attention: MultiheadAttention, x: Any, memory: Any, mask: Any, padding: Any,
        is_causal: bool,
    ) -> Any:  # fmt: skip
        out, _ = attention(
            x, memory, memory, attn_mask=mask, key_padding_mask=padding, need_weights=False,
            is_causal=is_causal,
        )  # fmt: skip
        return out

    def _check(self, label: str, x: Any) -> None:
        size = self.self_attn.embed_dim
        if shape_of(x)[-1:] != (size,):
            fact = f"{label} has shape {shape_of(x)}, expected {size} features"
            raise misfit(self, f"{size}", fact, {label: x})


class TransformerEncoderLayer(_Layer):
    """Self-attention and two linear maps, each added to its input and normalised.

    Parameters
    ----------
    d_model : features of input and output
    nhead : heads of the attention; must divide d_model
    dim_feedforward : features between the two linear maps
    dropout : float
    activation : "relu", "gelu" or a function, between the two linear maps
    layer_norm_eps : of the norms
    batch_first : whether the batch axis comes first, and not the places
    norm_first : whether each part is normalised before, not after the sum
    bias : whether linear maps and norms have one
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    Vaswani et al. (2017), "Attention Is All You Need"; Xiong et al. (2020), "On Layer Normalization
    in the Transformer Architecture", for norm_first.

    Examples
    --------
    >>> import nn
    >>> layer = nn.TransformerEncoderLayer(8, nhead=2, batch_first=True)
    >>> layer(np.ones((3, 5, 8), np.float32)).shape
    (3, 5, 8)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = functional.relu, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, 2, dtype, rng,
        )  # fmt: skip

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """Masks and is_causal are those of `MultiheadAttention`."""
        self._check("src", src)

        def look_around(x: Any) -> Any:
            return self._attend(self.self_attn, x, x, src_mask, src_key_padding_mask, is_causal)

        return self._add(2, self._add(1, src, look_around), self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's output, and two linear maps.

    Parameters and source: as for `TransformerEncoderLayer`.

    Examples
    --------
    >>> import nn
    >>> layer = nn.TransformerDecoderLayer(8, nhead=2, batch_first=True)
    >>> target, memory = np.ones((3, 5, 8), np.float32), np.ones((3, 7, 8), np.float32)
    >>> layer(target, memory, tgt_is_causal=True).shape
    (3, 5, 8)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = functional.relu, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, 3, dtype, rng,
        )  # fmt: skip

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None,
        tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """Masks and is_causal are those of `MultiheadAttention`."""
        self._check("tgt", tgt)
        self._check("memory", memory)

        def look_around(x: Any) -> Any:
            return self._attend(self.self_attn, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def look_at_memory(x: Any) -> Any:
            return self._attend(
                self.multihead_attn, x, memory, memory_mask, memory_key_padding_mask,
                memory_is_causal,
            )  # fmt: skip

        x = self._add(2, self._add(1, tgt, look_around), look_at_memory)
        return self._add(3, x, self._feed_forward)


# Stacks


def _copies(layer: Module, count: int) -> ModuleList:
    if count < 1:
        raise ArgumentError(f"{type(layer).__name__}: num_layers must be at least 1, got {count}")
    return ModuleList([deepcopy(layer) for _ in range(count)])


class TransformerEncoder(Module):
    """Encoder layers one after the other, and a norm.

    Parameters
    ----------
    encoder_layer : TransformerEncoderLayer
        The first values of all layers: each is a copy of it.
    num_layers : int
    norm : module for the result, such as a LayerNorm, optional
    enable_nested_tensor, mask_check : accepted for PyTorch's sake; they change no result there
    """

    norm: Module | None

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
        enable_nested_tensor: bool = True, mask_check: bool = True,
    ):  # fmt: skip
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:  # fmt: skip
        """Masks and is_causal are those of `MultiheadAttention`."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Decoder layers one after the other, and a norm.

    Parameters
    ----------
    decoder_layer : TransformerDecoderLayer
        The first values of all layers: each is a copy of it.
    num_layers : int
    norm : module for the result, such as a LayerNorm, optional
    """

    norm: Module | None

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None):
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None,
        tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """Masks and is_causal are those of `MultiheadAttention`."""
        for layer in self.layers:
            tgt = layer(
                tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
                bool(tgt_is_causal), memory_is_causal,
            )  # fmt: skip
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder of one sequence and a decoder of another that attends to it.

    Parameters
    ----------
    d_model, nhead : as for `TransformerEncoderLayer`
    num_encoder_layers, num_decoder_layers : int
    dim_feedforward, dropout, activation : as for `TransformerEncoderLayer`
    custom_encoder, custom_decoder : modules to use instead, optional
    layer_norm_eps, batch_first, norm_first, bias, dtype, rng : as for `TransformerEncoderLayer`

    Attributes
    ----------
    encoder, decoder : whose matrices are Xavier uniform at first

    Source
    ------
    Vaswani et al. (2017), "Attention Is All You Need".

    Examples
    --------
    >>> import nn
    >>> model = nn.Transformer(8, 2, 1, 1, dim_feedforward=16, batch_first=True)
    >>> source, target = np.ones((3, 7, 8), np.float32), np.ones((3, 5, 8), np.float32)
    >>> model(source, target, tgt_mask=model.generate_square_subsequent_mask(5)).shape
    (3, 5, 8)
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
        num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = functional.relu, custom_encoder: Module | None = None,
        custom_decoder: Module | None = None, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        draw = generator(rng)
        settings = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias,
        )  # fmt: skip
        norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*settings, dtype=dtype, rng=draw), num_encoder_layers, norm
        )
        norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*settings, dtype=dtype, rng=draw), num_decoder_layers, norm
        )
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter, rng=draw)

    def forward(
        self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None,
        memory_mask: Any = None, src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None, tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:  # fmt: skip
        """Masks and is_causal are those of `MultiheadAttention`."""
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, dtype: Any = None) -> np.ndarray:
        """(sz, sz): -inf where a key comes after the query, else 0; to be added to scores.

        Examples
        --------
        >>> import nn
        >>> nn.Transformer.generate_square_subsequent_mask(2).tolist()
        [[0.0, -inf], [0.0, 0.0]]
        """
        return np.triu(np.full((sz, sz), -np.inf, dtype or get_default_dtype()), 1)
