"""Pictures and listings of graphs: what they show, and what they do with large graphs."""

import html
import re
from pathlib import Path

import numpy as np
import pytest

import viz
from autograd import Tensor, exp, log, modes
from autograd.errors import ArgumentError, DTypeError, GraphError
from autograd.graph import Scope, capture
from viz import graph, listing, style

GOLDEN = Path(__file__).parent / "golden"

BASKET = """
apple = Tensor(100.0, requires_grad=True)
apple_count = Tensor(2.0, requires_grad=True)
orange = Tensor(150.0, requires_grad=True)
orange_count = Tensor(3.0, requires_grad=True)
tax = Tensor(1.1, requires_grad=True)
apple_price = apple * apple_count
orange_price = orange * orange_count
all_price = apple_price + orange_price
price = all_price * tax
"""


MODEL = """
def layered(depth=2, width=3):
    root = Scope("", "Net", None, 1)
    x = Tensor(np.ones((4, 5)), requires_grad=True, name="x")
    for i in range(width):
        w = Tensor(np.ones(5), requires_grad=True, name=f"blocks.{i}.weight")
        with modes.Setting("scope", Scope(f"blocks.{i}", "Block", root, 2 + i)):
            for _ in range(depth):
                x = x * w
    return x
"""


def run(program, file="basket.py"):
    """The variables of a program whose lines have a name and a number everywhere."""
    names = {"Tensor": Tensor, "Scope": Scope, "modes": modes, "np": np, "exp": exp}
    exec(compile(program, file, "exec"), names)
    return names


def basket():
    names = run(BASKET)
    names["price"].backward()
    return names


def price():
    return basket()["price"]


def layered(**sizes):
    """A model of `width` blocks in a root module, each with `depth` ops and a parameter."""
    return run(MODEL, "model.py")["layered"](**sizes)


def inside(path, kind, call=1):
    return modes.Setting("scope", Scope(path, kind, None, call))


def assert_golden(name, text):
    """Compare with a stored text; delete the file to have it written anew."""
    path = GOLDEN / name
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path} was missing and is written now: read it, then run again")
    assert text == path.read_text(encoding="utf-8")


def plain(source):
    """All text in a picture's source or SVG, markup removed."""
    return html.unescape(re.sub(r"<[^<>]*>", "\n", source)).replace("\xa0", " ")


needs_engine = pytest.mark.skipif(not viz.engines(), reason="no layout engine is installed")


# The listing


def test_listing_of_the_basket():
    assert_golden("basket.txt", viz.text(price()) + "\n")


def test_listing_shows_options_that_differ_from_their_defaults():
    x = Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    assert viz.text(x.sum(axis=0), where=False).split(" = ")[-1] == "sum(%0, axis=0)"
    assert viz.text(x.sum(), where=False).split(" = ")[-1] == "sum(%0)"


def test_listing_shows_constants_where_they_are_used():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * 2 + np.array([0.5, 1.0])
    assert viz.text(y, where=False).splitlines() == [
        "%0: f32[2] = leaf x",
        "%1: f32[2] = multiply(%0, 2)",
        "%2: f64[2] = add(%1, [0.5, 1.0])",
    ]


def test_listing_names_module_and_cut():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    with inside("encoder.fc", "Linear"):
        y = x * x.detach()
    assert viz.text(y, where=False).splitlines()[-1].endswith("# encoder.fc  cut: detach")


def test_listing_is_the_same_for_the_same_graph():
    first, second = (viz.text(price()) for _ in range(2))
    assert first == second


def test_a_long_chain_is_listed():
    y = Tensor(1.0, requires_grad=True)
    for _ in range(20_000):
        y = y + 1.0
    text = viz.text(y, where=False)
    assert text.count("\n") == 20_000
    assert text.endswith("%20000: f32[] = add(%19999, 1.0)")


def test_one_line_a_node_whatever_the_name():
    x = Tensor(1.0, requires_grad=True, name="two\nlines\x1b[31m")
    assert viz.text(x * x).count("\n") == 1


# The picture


def test_source_of_the_basket():
    names = basket()
    assert_golden("basket.gv", viz.draw(names["price"], title="Basket").source)


def test_source_of_modules():
    assert_golden("modules.gv", viz.draw(layered()).source)


def test_values_and_derivatives_stand_on_the_arrows():
    names = basket()
    words = plain(viz.draw(names["price"]).source)
    for number in ("200", "450", "650", "715", "2.2", "110", "3.3", "165"):
        assert f"\n{number}\n" in words, number


@pytest.mark.parametrize("hidden", ["values", "gradients"])
def test_numbers_can_be_left_out(hidden):
    names = basket()
    words = plain(viz.draw(names["price"], **{hidden: False}).source)
    assert ("\n715\n" in words) == (hidden != "values")
    assert ("\n165\n" in words) == (hidden != "gradients")


def test_no_backward_is_a_dash_and_not_zero():
    names = run(BASKET)
    words = plain(viz.draw(names["price"]).source).splitlines()
    assert words.count(style.DASH) == 9
    assert "0" not in words


def test_both_uses_of_one_value_have_an_edge():
    x = Tensor(3.0, requires_grad=True)
    source = viz.draw(x * x).source
    assert len(re.findall(r"t0 -> n1 \[.*tooltip=[xy]\]", source)) == 2


def test_both_uses_of_one_large_value_have_an_edge():
    x = Tensor(np.ones((9, 9)), requires_grad=True)
    assert len(re.findall(r"n0 -> n1\b", viz.draw(x * x).source)) == 2


def test_nan_is_red_and_so_is_the_op_that_made_it():
    x = Tensor([-1.0, 1.0], requires_grad=True)
    with np.errstate(invalid="ignore"):
        y = log(x)
    y = y * 2
    source = viz.draw(y).source
    assert f'<FONT COLOR="{style.ALARM}" POINT-SIZE="11">[nan, 0]</FONT>' in source
    (log_line,) = [line for line in source.splitlines() if ">log</FONT>" in line]
    (times,) = [line for line in source.splitlines() if style.SYMBOLS["multiply"] in line]
    assert f'color="{style.ALARM}"' in log_line
    assert f'color="{style.ALARM}"' not in times


def test_large_arrays_show_dtype_and_shape_only():
    x = Tensor(np.ones((32, 64), np.float32), requires_grad=True, name="x")
    picture = viz.draw(exp(x))
    assert plain(picture.source).count("\nf32[32, 64]\n") == 2
    assert "rankdir=TB" in picture.source


def test_scalars_run_from_left_to_right():
    x = Tensor(1.0, requires_grad=True)
    assert "rankdir=LR" in viz.draw(x * 2).source
    assert "rankdir=TB" in viz.draw(x * 2, direction="TB").source


def test_a_detached_value_is_dashed():
    x = Tensor(3.0, requires_grad=True)
    source = viz.draw(x * x.detach()).source
    (line,) = [line for line in source.splitlines() if ">detach at" in line]
    assert "dashed" in line


def test_a_large_constant_shows_its_shape():
    x = Tensor(np.ones((5, 5)), requires_grad=True, name="w")
    assert "f64[7, 5, 5]" in viz.draw(x * np.ones((7, 5, 5))).source
    assert (
        viz.text(x * np.ones((7, 5, 5)))
        .splitlines()[1]
        .startswith("%1: f64[7, 5, 5] = multiply(%0, f64[7, 5, 5])")
    )


def test_a_variable_names_the_last_op_of_its_statement():
    names = run("x = Tensor(2.0, requires_grad=True)\ny = x * x + x\nz = exp(y)\n")
    vertices = capture(names["z"])
    assert graph.variable_names(vertices) == {0: "x", 2: "y", 3: "z"}


LABELS = [
    'a"b', "<b>x</b>", "{a|b}", "back\\slash\\N\\", "été ∂x/∂y", "&amp;", "it's", "<", ">", "\\",
    "a:b", "graph", "</TD>", "%3", "<!--", "a\nb", "\x1b[31m", "\ud800",
]  # fmt: skip


@needs_engine
@pytest.mark.parametrize("name", LABELS)
def test_awkward_characters_survive(name):
    x = Tensor([1.0, 2.0], requires_grad=True, name=name)
    with inside("m", name):
        y = x * x
    svg = viz.draw(y, title=name).encode("svg").decode()
    texts = [plain(t).strip() for t in re.findall(r"<text[^>]*>(.*?)</text>", svg)]
    want = style.shorten(name).strip()
    assert texts.count(want) == 2  # the leaf and the title
    assert f"m ({want})" in texts or f"m ({style.shorten(name)})" in texts


# Modules and size


def test_modules_are_frames_inside_frames():
    source = viz.draw(layered()).source
    assert source.count("subgraph cluster_") == 4
    assert "\nNet\n" in plain(source)
    assert "\nblocks.1 (Block)\n" in plain(source)
    assert "\nweight\n" in plain(source)  # inside its frame the path is not repeated


@pytest.mark.parametrize(("depth", "boxes", "frames"), [(0, 1, 0), (1, 3, 1), (2, 0, 4), (9, 0, 4)])
def test_depth_is_how_many_levels_are_open(depth, boxes, frames):
    view = graph.arrange(capture(layered()), depth)
    assert sum(item.kind == "module" for item in view.items) == boxes
    assert viz.draw(layered(), depth=depth).source.count("subgraph cluster_") == frames


def test_a_box_says_what_is_inside():
    words = plain(viz.draw(layered(), depth=0).source)
    assert "\n6 ops, 15 parameters\n" in words


def test_two_calls_of_a_module_are_two_frames():
    x = Tensor(np.ones(5), requires_grad=True, name="x")
    for call in (1, 2):
        with inside("cell", "Cell", call):
            x = x * 2
    words = plain(viz.draw(x).source)
    assert "\ncell (Cell)\n" in words
    assert "\ncell (Cell), call 2\n" in words


def test_large_graphs_are_collapsed_and_say_so():
    picture = viz.draw(layered(depth=10, width=40))
    assert picture.note == (
        "441 nodes: modules below depth 1 are drawn as boxes, depth=2 opens them"
    )
    assert picture.note in plain(picture.source)
    assert viz.draw(layered()).note == ""


def test_large_graphs_without_modules_are_drawn_without_values():
    y = Tensor(1.0, requires_grad=True)
    for _ in range(400):
        y = exp(y * 0)
    picture = viz.draw(y)
    assert "values are left out" in picture.note
    assert not re.search(r"^\tt\d+", picture.source, re.MULTILINE)


# What cannot be drawn


@pytest.mark.parametrize("function", [viz.draw, viz.text])
def test_there_must_be_a_graph(function):
    with pytest.raises(GraphError, match="at least one tensor"):
        function()
    with pytest.raises(GraphError, match="requires grad"):
        function(Tensor(1.0))
    with pytest.raises(GraphError, match=r"left the graph by detach at test_viz\.py"):
        function(Tensor(1.0, requires_grad=True).detach())
    with pytest.raises(DTypeError, match="got float"):
        function(1.0)


def test_options_are_checked():
    x = Tensor(1.0, requires_grad=True)
    with pytest.raises(ArgumentError, match="'LR' or 'TB', got 'up'"):
        viz.draw(x, direction="up")
    with pytest.raises(ArgumentError, match="got -1"):
        viz.draw(x, depth=-1)


# Options as text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        ((1,), "(1,)"),
        ([1, 2], "[1, 2]"),
        ((slice(None, None, 2), None), "(:2, None)"),
        (np.ones((2, 3)), "f64[2, 3]"),
        (np.float32(0.5), "0.5"),
        (np.dtype("int8"), "int8"),
        (np.float32, "float32"),
    ],
)
def test_options_are_written_as_the_user_would(value, text):
    assert style.option(value) == text.replace("(:2", "(::2")


def test_literals_keep_their_digits():
    assert listing.literal(np.array([[0.1, 2.0]], np.float32)) == "[[0.1, 2.0]]"
    assert listing.literal(np.array(1 / 3)) == str(1 / 3)
