"""Every module can be copied and pickled: those that test_nn_every.py does not look at."""

import copy
import inspect
import pickle
from functools import partial

import numpy as np
import pytest
from test_nn_every import ROWS as LAYERS
from test_nn_lazy import LAZY

import nn
from autograd import Tensor
from autograd.errors import DTypeError


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("f4")


PAIR = (normal(4, 3), normal(4, 3) + 1)
CHANCES = (abs(np.tanh(PAIR[0])), abs(np.tanh(PAIR[1])))
SIGNS = np.sign(normal(4, 3))
CLASSES = np.array([0, 2, 1, 0])
SERIES = normal(5, 2, 4)
IDS = np.array([[1, 0, 2]])


def small(kind, **options):
    return kind(4, 2, dim_feedforward=3, rng=0, **options)


def seq2seq():
    encoder, decoder = (nn.GRU(4, 4, batch_first=True) for _ in range(2))
    return nn.Seq2Seq(encoder, decoder, nn.Embedding(3, 4), nn.Embedding(3, 4), nn.Linear(4, 3))


# class -> how to make one, and its inputs

OTHERS = {
    **{name: (getattr(nn, name), PAIR) for name in (
        "BCEWithLogitsLoss", "CosineSimilarity", "HuberLoss", "KLDivLoss", "L1Loss", "LogCoshLoss",
        "MSELoss", "PairwiseDistance", "RMSELoss", "SmoothL1Loss")},
    **{name: (getattr(nn, name), CHANCES) for name in ("BCELoss", "MSLELoss", "PoissonNLLLoss")},
    **{name: (getattr(nn, name), (PAIR[0], SIGNS)) for name in (
        "ExponentialLoss", "HingeEmbeddingLoss", "HingeLoss", "SoftMarginLoss")},
    **{name: (getattr(nn, name), (PAIR[0], CLASSES)) for name in (
        "CrossEntropyLoss", "MultiMarginLoss", "NLLLoss")},
    "CosineEmbeddingLoss": (nn.CosineEmbeddingLoss, (*PAIR, SIGNS[:, 0])),
    "CTCLoss": (nn.CTCLoss, (SERIES, np.array([[1], [2]]), [5, 4], [1, 1])),
    "GaussianNLLLoss": (nn.GaussianNLLLoss, (*PAIR, np.ones((4, 3), "f4"))),
    "MarginRankingLoss": (nn.MarginRankingLoss, (*PAIR, SIGNS)),
    "MultiLabelMarginLoss": (nn.MultiLabelMarginLoss, (PAIR[0], np.array([[1, -1, 0]] * 4))),
    "MultiLabelSoftMarginLoss": (nn.MultiLabelSoftMarginLoss, (PAIR[0], SIGNS > 0)),
    "TemporalCrossEntropy": (
        nn.TemporalCrossEntropy, (normal(2, 4, 3), CLASSES.reshape(1, 4).repeat(2, 0),
                                  np.ones((2, 4), bool))),
    "TripletMarginLoss": (nn.TripletMarginLoss, (*PAIR, normal(4, 3) - 1)),
    **{name: (partial(getattr(nn, name), 4, 3, 2, bidirectional=True), (SERIES,))
       for name in ("RNN", "LSTM", "GRU", "PeepholeLSTM")},
    **{name: (partial(getattr(nn, name), 4, 3), (SERIES[0],))
       for name in ("RNNCell", "LSTMCell", "GRUCell")},
    "Seq2Seq": (seq2seq, (IDS, IDS)),
    "Embedding": (lambda: nn.Embedding(3, 4, padding_idx=0), (IDS,)),
    "EmbeddingBag": (lambda: nn.EmbeddingBag(3, 4), (IDS,)),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2), (SERIES,) * 3),
    "TransformerEncoderLayer": (lambda: small(nn.TransformerEncoderLayer), (SERIES,)),
    "TransformerDecoderLayer": (lambda: small(nn.TransformerDecoderLayer), (SERIES,) * 2),
    "TransformerEncoder": (
        lambda: nn.TransformerEncoder(small(nn.TransformerEncoderLayer), 2), (SERIES,)),
    "TransformerDecoder": (
        lambda: nn.TransformerDecoder(small(nn.TransformerDecoderLayer), 2), (SERIES,) * 2),
    "Transformer": (
        lambda: small(nn.Transformer, num_encoder_layers=1, num_decoder_layers=1), (SERIES,) * 2),
    "SinusoidalPositionalEncoding": (lambda: nn.SinusoidalPositionalEncoding(4), (SERIES,)),
    "LearnedPositionalEncoding": (lambda: nn.LearnedPositionalEncoding(4), (SERIES,)),
    "Identity": (nn.Identity, PAIR[:1]),
    "Lambda": (lambda: nn.Lambda(np.tanh), PAIR[:1]),
    "Sequential": (lambda: nn.Sequential(nn.Linear(3, 2), nn.ReLU()), PAIR[:1]),
}  # fmt: skip
HELD = {  # modules that hold others and compute nothing
    "ModuleDict": lambda: nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.ReLU()}),
    "ModuleList": lambda: nn.ModuleList([nn.Linear(2, 3), nn.ReLU()]),
    "ParameterList": lambda: nn.ParameterList([[1.0, 2.0]]),
}


def arrays(result):
    """Everything in a result, flat."""
    if isinstance(result, (tuple, list)):
        return [a for part in result for a in arrays(part)]
    return [] if result is None else [np.asarray(result).copy()]


def test_every_module_is_in_a_table():
    classes = {
        n for n in nn.__all__ if inspect.isclass(c := getattr(nn, n)) and issubclass(c, nn.Module)
    }
    assert classes - {"Module"} == {*OTHERS, *HELD, *LAYERS, *LAZY}


@pytest.mark.parametrize("name", OTHERS)
def test_copies_and_pickles_compute_the_same_and_share_nothing(name):
    make, inputs = OTHERS[name]
    module = make()
    given = [Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs]
    module(*given)  # a call leaves nothing behind that cannot be copied
    expected = arrays(module.eval()(*given))
    assert len(expected) > 0
    for clone in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(clone) == repr(module)
        assert not any(m.training for m in clone.modules())
        assert all(map(np.array_equal, arrays(clone(*given)), expected))
        for p in clone.parameters():
            p.data[...] = 7
    again = arrays(module(*given))
    assert len(again) == len(expected)
    assert all(map(np.array_equal, again, expected))


@pytest.mark.parametrize("name", HELD)
def test_copies_of_containers_share_nothing(name):
    module = HELD[name]()
    state = module.state_dict()
    for clone in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(clone) == repr(module)
        for p in clone.parameters():
            p.data[...] = 7
    assert all(np.array_equal(value, state[key]) for key, value in module.state_dict().items())


@pytest.mark.parametrize("name", [*OTHERS, *HELD])
def test_a_wrong_thing_in_a_modules_place_is_refused(name):
    model = nn.Module()
    model.part = OTHERS[name][0]() if name in OTHERS else HELD[name]()
    with pytest.raises(DTypeError, match=r"Module\.part is a module: it takes a Module or None"):
        model.part = 3.0
