"""Weights go from PyTorch to here and back, in safetensors files."""

import numpy as np
import pytest

import nn

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.oracle


def both():
    layers = [("Linear", (6, 4)), ("BatchNorm1d", (4,)), ("ReLU", ()), ("Linear", (4, 2))]
    make = [[getattr(library, name)(*args) for name, args in layers] for library in (torch.nn, nn)]
    return torch.nn.Sequential(*make[0]).eval(), nn.Sequential(*make[1]).eval()


def outputs(a, b):
    x = np.linspace(-1, 1, 18, dtype=np.float32).reshape(3, 6)
    return a(torch.from_numpy(x)).detach().numpy(), np.asarray(b(x))


def test_what_pytorch_saved_loads_here(tmp_path):
    a, b = both()
    a[1].running_mean += 0.5
    theirs.save_file(a.state_dict(), tmp_path / "x.safetensors")
    b.load_state_dict(nn.load(tmp_path / "x.safetensors"))
    np.testing.assert_allclose(*outputs(a, b), rtol=1e-5, atol=1e-6)


def test_what_is_saved_here_loads_in_pytorch(tmp_path):
    a, b = both()
    nn.save(b.state_dict(), tmp_path / "x.safetensors")
    a.load_state_dict(theirs.load_file(tmp_path / "x.safetensors"))
    np.testing.assert_allclose(*outputs(a, b), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
)
def test_every_dtype_goes_both_ways(tmp_path, name):
    path = tmp_path / "x.safetensors"
    value = torch.arange(6).reshape(2, 3).to(getattr(torch, name))
    theirs.save_file({"x": value}, path)
    loaded = nn.load(path)
    np.testing.assert_array_equal(loaded["x"], value.numpy())
    nn.save({"x": loaded["x"].T}, path)
    assert torch.equal(theirs.load_file(path)["x"], value.T)


def test_brain_floats_are_widened_exactly(tmp_path):
    value = torch.linspace(-3, 3, 7).to(torch.bfloat16)
    theirs.save_file({"x": value}, tmp_path / "x.safetensors")
    loaded = nn.load(tmp_path / "x.safetensors")["x"]
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, value.float().numpy())


def test_what_torch_save_writes_is_refused(tmp_path):
    for name, zipped in (("zip", True), ("pickle", False)):
        path = tmp_path / name
        torch.save({"x": torch.ones(2)}, path, _use_new_zipfile_serialization=zipped)
        with pytest.raises(nn.SavedFileError, match="pickle, which can run any code"):
            nn.load(path)
