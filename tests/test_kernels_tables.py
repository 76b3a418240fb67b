"""What convolutions of many sizes leave behind: tables, of which few are kept."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest

from autograd import kernels
from autograd.kernels import _host
from autograd.kernels.convolution import _tables, winograd
from autograd.kernels.convolution._tables import Tables, tables
from autograd.kernels.convolution.conv import ways

OPTIONS = (1, 1), ((1, 1), (1, 1)), (1, 1), 1  # stride, padding, dilation, groups


def all_three(channels, filters, size, options=OPTIONS):
    x = np.ones((1, channels, *size), np.float32)
    w = np.ones((filters, channels, 3, 3), np.float32)
    out = kernels.conv(x, w, *options)
    kernels.conv_dx(out, w, x.shape, *options)
    kernels.conv_dw(out, x, w.shape, *options)


def many_sizes(*layer):
    for k in range(24):
        all_three(*layer[:2], (150 + k, 200 - k), layer[2])


def forget():
    for remembered in ways:
        remembered.cache_clear()


@pytest.mark.parametrize(("channels", "filters", "stride"), [(3, 8, 1), (3, 8, 2), (16, 16, 1)])
def test_convolutions_of_many_sizes_keep_a_bounded_memory(channels, filters, stride):
    if _host.simd() is None:
        pytest.skip("NumPy makes no tables")
    layer = channels, filters, ((stride, stride), *OPTIONS[1:])
    forget()
    with patch.object(winograd, "enabled", lambda: False), patch.object(_tables, "ROOM", 1 << 19):
        many_sizes(*layer)  # compiles
        forget()
        tracemalloc.start()
        try:
            many_sizes(*layer)
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert kept < 3 << 19
        assert 1 << 18 < tables.nbytes <= 1 << 19
    forget()


def test_ways_are_remembered_for_the_layers_of_a_large_model_and_not_for_ever():
    for remembered in ways:
        assert 200 <= remembered.cache_info().maxsize <= 256


def test_what_was_not_asked_for_longest_is_forgotten():
    few, made = Tables(), []

    def make(name, size):
        made.append(name)
        return np.zeros(size, np.uint8)

    with patch.object(_tables, "ROOM", 100):
        for name in "abacab":
            few.get(make, name, 40)
        assert made == ["a", "b", "c", "b"]
        assert few.nbytes == 80
        assert len(few.get(make, "large", 1000)) == 1000  # and nothing else has room
        assert few.nbytes == 1000
        few.get(make, "large", 1000)
        assert made[4:] == ["large"]
        few.get(make, "a", 40)
        assert (made[5:], few.nbytes) == (["a"], 40)


def test_threads_may_ask_for_the_same_tables():
    few = Tables()

    def ask(k):
        return few.get(np.arange, k % 7 + 1)

    with patch.object(_tables, "ROOM", 100), ThreadPoolExecutor(4) as pool:
        for k, table in enumerate(pool.map(ask, range(2000))):
            np.testing.assert_array_equal(table, np.arange(k % 7 + 1))
    assert few.nbytes == sum(table.nbytes for table in few._held.values()) <= 100
