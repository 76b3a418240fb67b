"""Models: modules, losses, optimisers, data. Names and arguments are PyTorch's."""

from autograd.provenance import mark_internal

from . import data, functional, init, metrics, models, optim, regularise, search
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
from .attention import MultiheadAttention
from .cell import GRUCell, LSTMCell, RNNCell
from .container import Identity, Lambda, ModuleDict, ModuleList, ParameterList, Sequential
from .conv import Conv1d, Conv2d, Conv3d, LazyConv1d, LazyConv2d, LazyConv3d
from .conv_local import Fold, LocallyConnected2d, TiledConv2d, Unfold
from .conv_transpose import (
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    LazyConvTranspose1d,
    LazyConvTranspose2d,
    LazyConvTranspose3d,
)
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
from .errors import MissingForwardError, ModuleError, SavedFileError, StateError
from .layer_norm import GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm
from .lazy_norm import (
    LazyBatchNorm1d,
    LazyBatchNorm2d,
    LazyBatchNorm3d,
    LazyInstanceNorm1d,
    LazyInstanceNorm2d,
    LazyInstanceNorm3d,
)
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
from .pool import (
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    LPPool1d,
    LPPool2d,
    LPPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
    MaxUnpool1d,
    MaxUnpool2d,
    MaxUnpool3d,
    StochasticPool2d,
)
from .pool_adaptive import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    GlobalAvgPool,
)
from .positions import LearnedPositionalEncoding, SinusoidalPositionalEncoding
from .progress import progress
from .recurrent import GRU, LSTM, RNN, PeepholeLSTM
from .regularise import clip_grad_norm_, clip_grad_value_
from .resample import ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample
from .seq2seq import Seq2Seq
from .shape import Flatten, Unflatten
from .storage import load, save
from .summary import summary
from .training import BestWeights, Callback, EarlyStopping, History, Trainer
from .transformer import (
    Transformer,
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)

mark_internal(__file__)

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "GRU", "LSTM", "RBF", "RNN", "SELU", "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AlphaDropout", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BCELoss",
    "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "BestWeights", "Bilinear",
    "CTCLoss", "Callback", "ChannelShuffle", "CircularPad1d", "CircularPad2d", "CircularPad3d",
    "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "Conv1d", "Conv2d", "Conv3d",
    "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "CosineEmbeddingLoss",
    "CosineSimilarity", "CrossEntropyLoss", "DropConnect", "Dropout", "Dropout1d", "Dropout2d",
    "Dropout3d", "EarlyStopping", "Embedding", "EmbeddingBag", "ExponentialLoss", "Flatten", "Fold",
    "GRUCell", "GaussianNLLLoss", "GaussianNoise", "GlobalAvgPool", "GroupNorm", "Hardshrink",
    "Hardsigmoid", "Hardswish", "Hardtanh", "HingeEmbeddingLoss", "HingeLoss", "History",
    "HuberLoss", "Identity", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "KLDivLoss",
    "L1Loss", "LPPool1d", "LPPool2d", "LPPool3d", "LSTMCell", "Lambda", "LayerNorm",
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d",
    "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
    "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d", "LazyLinear", "LeakyReLU",
    "LearnedPositionalEncoding", "Linear", "LocalResponseNorm", "LocallyConnected2d", "LogCoshLoss",
    "LogSigmoid", "LogSoftmax", "MSELoss", "MSLELoss", "MarginRankingLoss", "MaxPool1d",
    "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "Maxout", "Mish",
    "MissingForwardError", "Module", "ModuleDict", "ModuleError", "ModuleList",
    "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "MultiheadAttention",
    "NLLLoss", "PReLU", "PackedSequence", "PairwiseDistance", "Parameter", "ParameterList",
    "PeepholeLSTM", "PixelShuffle", "PixelUnshuffle", "PoissonNLLLoss", "RMSELoss", "RMSNorm",
    "RNNCell", "RReLU", "ReLU", "ReLU6", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d",
    "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "SavedFileError", "Seq2Seq",
    "Sequential", "SiLU", "Sigmoid", "SinusoidalPositionalEncoding", "SmoothL1Loss",
    "SoftMarginLoss", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign",
    "StateError", "Step", "StochasticPool2d", "Tanh", "Tanhshrink", "TemporalCrossEntropy",
    "Threshold", "TiledConv2d", "Trainer", "Transformer", "TransformerDecoder",
    "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer", "TripletMarginLoss",
    "Unflatten", "Unfold", "Upsample", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "clip_grad_norm_",
    "clip_grad_value_", "data", "functional", "init", "load", "metrics", "models", "optim",
    "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence", "progress",
    "regularise", "save", "search", "summary", "unpad_sequence",
]  # fmt: skip
