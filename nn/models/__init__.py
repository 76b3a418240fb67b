"""Architectures of the literature, ready to train."""

from .alexnet import AlexNet
from .autoencoder import Autoencoder, ConvAutoencoder
from .captioning import CaptioningRNN
from .char_rnn import CharRNN
from .convnet import ConvNet, DeepConvNet, SimpleConvNet, SmallConvNet
from .dense import MLP, FullyConnectedNet, SoftmaxRegression, TwoLayerNet
from .densenet import DenseNet, densenet121
from .gan import DCGAN, GAN
from .googlenet import GoogLeNet, GoogLeNetOutputs, Inception
from .lenet import LeNet5
from .resnet import BasicBlock, Bottleneck, ResNet, resnet18, resnet34, resnet50
from .resnet_small import SmallResNet
from .squeezenet import Fire, SqueezeNet, squeezenet1_0, squeezenet1_1
from .vgg import VGG, vgg11, vgg13, vgg16, vgg19
from .word2vec import Word2Vec, negative_sampling_table, skip_gram_pairs, subsample

__all__ = [
    "DCGAN", "GAN", "MLP", "VGG", "AlexNet", "Autoencoder", "BasicBlock", "Bottleneck",
    "CaptioningRNN", "CharRNN", "ConvAutoencoder", "ConvNet", "DeepConvNet", "DenseNet", "Fire",
    "FullyConnectedNet", "GoogLeNet", "GoogLeNetOutputs", "Inception", "LeNet5", "ResNet",
    "SimpleConvNet", "SmallConvNet", "SmallResNet", "SoftmaxRegression", "SqueezeNet",
    "TwoLayerNet", "Word2Vec", "densenet121", "negative_sampling_table", "resnet18", "resnet34",
    "resnet50", "skip_gram_pairs", "squeezenet1_0", "squeezenet1_1", "subsample", "vgg11",
    "vgg13", "vgg16", "vgg19",
]  # fmt: skip
