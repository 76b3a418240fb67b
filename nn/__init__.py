"""Models: modules, losses, optimisers, data. Names and arguments are PyTorch's."""

from autograd.provenance import mark_internal

from . import data, functional, init, optim
from .activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)
from .cell import GRUCell, LSTMCell, RNNCell
from .container import Identity, Lambda, ModuleDict, ModuleList, ParameterList, Sequential
from .conv import Conv2d
from .dropout import (
    AlphaDropout,
    DropConnect,
    Dropout,
    Dropout1d,
    Dropout2d,
    Dropout3d,
    GaussianNoise,
)
from .embedding import Embedding, EmbeddingBag
from .errors import MissingForwardError, ModuleError, StateError
from .layer_norm import GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm
from .linear import RBF, Bilinear, LazyLinear, Linear, Maxout
from .loss import (
    BCELoss,
    BCEWithLogitsLoss,
    GaussianNLLLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    LogCoshLoss,
    MSELoss,
    MSLELoss,
    PoissonNLLLoss,
    RMSELoss,
    SmoothL1Loss,
)
from .loss_classes import (
    CrossEntropyLoss,
    CTCLoss,
    MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    TemporalCrossEntropy,
)
from .loss_margin import (
    CosineEmbeddingLoss,
    CosineSimilarity,
    ExponentialLoss,
    HingeEmbeddingLoss,
    HingeLoss,
    MarginRankingLoss,
    PairwiseDistance,
    SoftMarginLoss,
    TripletMarginLoss,
)
from .module import Module
from .normalisation import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from .packing import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpad_sequence,
)
from .padding import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)
from .parameter import Parameter
from .piecewise import (
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Softshrink,
    Step,
    Threshold,
)
from .pool import AvgPool2d, MaxPool2d
from .progress import progress
from .recurrent import GRU, LSTM, RNN, PeepholeLSTM
from .seq2seq import Seq2Seq
from .shape import Flatten, Unflatten

mark_internal(__file__)

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "GRU", "LSTM", "RBF", "RNN", "SELU", "AlphaDropout", "AvgPool2d",
    "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Bilinear",
    "CTCLoss", "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d",
    "ConstantPad3d", "Conv2d", "CosineEmbeddingLoss", "CosineSimilarity", "CrossEntropyLoss",
    "DropConnect", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Embedding", "EmbeddingBag",
    "ExponentialLoss", "Flatten", "GRUCell", "GaussianNLLLoss", "GaussianNoise", "GroupNorm",
    "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "HingeEmbeddingLoss", "HingeLoss",
    "HuberLoss", "Identity", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "KLDivLoss",
    "L1Loss", "LSTMCell", "Lambda", "LayerNorm", "LazyLinear", "LeakyReLU", "Linear",
    "LocalResponseNorm", "LogCoshLoss", "LogSigmoid", "LogSoftmax", "MSELoss", "MSLELoss",
    "MarginRankingLoss", "MaxPool2d", "Maxout", "Mish", "MissingForwardError", "Module",
    "ModuleDict", "ModuleError", "ModuleList", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss",
    "MultiMarginLoss", "NLLLoss", "PReLU", "PackedSequence", "PairwiseDistance", "Parameter",
    "ParameterList", "PeepholeLSTM", "PoissonNLLLoss", "RMSELoss", "RMSNorm", "RNNCell", "RReLU",
    "ReLU", "ReLU6", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d",
    "ReplicationPad2d", "ReplicationPad3d", "Seq2Seq", "Sequential", "SiLU", "Sigmoid",
    "SmoothL1Loss", "SoftMarginLoss", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink",
    "Softsign", "StateError", "Step", "Tanh", "Tanhshrink", "TemporalCrossEntropy", "Threshold",
    "TripletMarginLoss", "Unflatten", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "data", "functional",
    "init", "optim", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence",
    "progress", "unpad_sequence",
]  # fmt: skip
