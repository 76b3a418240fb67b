"""Pictures as files and in notebooks, with a layout engine and without."""

import os

import pytest

import viz
from autograd import Tensor
from autograd.errors import ArgumentError
from viz import render


def square():
    x = Tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    return y


needs_engine = pytest.mark.skipif(not viz.engines(), reason="no layout engine is installed")


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.setattr(render, "ENGINES", ())


# Files


@needs_engine
@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("a.PDF", b"%PDF")]
)
def test_drawings_are_written(tmp_path, name, start, capfd):
    path = viz.draw(square()).save(tmp_path / name)
    assert path.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [name]
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_engine")
def test_texts_need_no_engine(tmp_path):
    picture = viz.draw(square())
    assert picture.save(tmp_path / "a.gv").read_text("utf-8") == picture.source
    assert picture.save(tmp_path / "a.txt").read_text("utf-8") == f"{picture}\n"
    assert viz.engines() == {}


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_the_source_is_written(tmp_path):
    picture = viz.draw(square())
    with pytest.raises(viz.RenderError, match="pip install") as caught:
        picture.save(tmp_path / "a.svg")
    assert isinstance(caught.value, RuntimeError)
    assert str(tmp_path / "a.gv") in str(caught.value)
    assert os.listdir(tmp_path) == ["a.gv"]
    assert (tmp_path / "a.gv").read_text("utf-8") == picture.source


def failing(source, format):
    raise ValueError("syntax error in line 1")


def test_the_next_engine_is_tried(monkeypatch):
    broken = render.Engine("broken", lambda: "here", failing)
    working = render.Engine("working", lambda: "here", lambda source, format: b"drawn")
    monkeypatch.setattr(render, "ENGINES", (broken, working))
    assert viz.draw(square()).encode("svg") == b"drawn"
    monkeypatch.setattr(render, "ENGINES", (broken,))
    with pytest.raises(viz.RenderError, match="broken: syntax error in line 1"):
        viz.draw(square()).encode("svg")


@needs_engine
def test_an_engine_refuses_what_is_not_dot():
    with pytest.raises(viz.RenderError, match="could not make this svg"):
        render.render("digraph {", "svg")


def test_unknown_extensions_and_folders_are_named(tmp_path):
    picture = viz.draw(square())
    with pytest.raises(ArgumentError, match=r"\.svg, \.png, \.pdf, \.gv"):
        picture.save(tmp_path / "a.bmp")
    with pytest.raises(FileNotFoundError, match="cannot write this file"):
        picture.save(tmp_path / "nowhere" / "a.gv")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.gv"
    path.write_text("old")
    monkeypatch.setattr("os.replace", lambda *args: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(OSError, match="disk full"):
        viz.draw(square()).save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.gv"]


def test_too_large_graphs_are_refused_but_written(tmp_path, monkeypatch):
    monkeypatch.setattr("viz.picture.REFUSED", 1)
    picture = viz.draw(square())
    with pytest.raises(viz.RenderError, match=r"limit 1\b.*\n.*\n.*large\.gv"):
        picture.save(tmp_path / "large.svg")
    assert (tmp_path / "large.gv").read_text("utf-8") == picture.source
    picture.save(tmp_path / "large.txt")


# Notebooks


@needs_engine
def test_notebooks_get_a_drawing():
    bundle = viz.draw(square())._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml"}
    assert "<svg" in bundle["image/svg+xml"]


@pytest.mark.usefixtures("no_engine")
def test_notebooks_get_the_listing_without_an_engine():
    picture = viz.draw(Tensor(1.0, requires_grad=True, name="<x>") * 2)
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "leaf &lt;x&gt;" in bundle["text/html"]
    assert "pip install" in bundle["text/html"]
    assert set(picture._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(picture._repr_mimebundle_(exclude=["text/html"])) == {"text/plain"}


@pytest.mark.parametrize("error", [RuntimeError, KeyError, RecursionError, OSError])
def test_notebooks_never_see_an_exception(monkeypatch, error):
    def explode(source, format):
        raise error("no")

    engine = render.Engine("explosive", lambda: "here", explode)
    monkeypatch.setattr(render, "ENGINES", (engine,))
    assert "text/html" in viz.draw(square())._repr_mimebundle_()


def test_notebooks_get_the_ends_of_a_long_listing(no_engine):
    y = Tensor(1.0, requires_grad=True)
    for _ in range(500):
        y = y + 1.0
    text = viz.draw(y)._repr_mimebundle_()["text/plain"]
    assert "\n... 301 lines ...\n" in text
