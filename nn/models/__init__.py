"""Architectures of the literature, ready to train."""

from .char_rnn import CharRNN
from .convnet import ConvNet, DeepConvNet, SimpleConvNet, SmallConvNet
from .dense import MLP, FullyConnectedNet, SoftmaxRegression, TwoLayerNet
from .gan import DCGAN, GAN
from .lenet import LeNet5
from .resnet_small import SmallResNet
from .word2vec import Word2Vec, negative_sampling_table, skip_gram_pairs, subsample

__all__ = [
    "DCGAN", "GAN", "MLP", "CharRNN", "ConvNet", "DeepConvNet", "FullyConnectedNet", "LeNet5",
    "SimpleConvNet", "SmallConvNet", "SmallResNet", "SoftmaxRegression", "TwoLayerNet", "Word2Vec",
    "negative_sampling_table", "skip_gram_pairs", "subsample",
]  # fmt: skip
