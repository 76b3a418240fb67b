"""Tables of results: on the terminal, as Markdown and JSON files, and in the README.

python benchmarks/report.py              # print what benchmarks/results holds
python benchmarks/report.py --readme     # write the README's table again, from those files
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from machine import LABELS, label, library_of, threads_of

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
README = HERE.parent / "README.md"
START, END = "<!-- benchmarks: start -->", "<!-- benchmarks: end -->"
OURS = "autograd"
# a row for each of their groups
COMPARED = ("kernels", "layers", "chains", "sequence", "optim", "dispatch")

Row = dict[str, Any]


def figure(value: float, unit: str) -> str:
    """Three digits: 1.23 ms.

    >>> figure(0.00123, "s"), figure(12.345, "MiB")
    ('1.23 ms', '12.3 MiB')
    """
    if unit == "s":
        unit, value = next(
            (u, value * k) for u, k in (("us", 1e6), ("ms", 1e3), ("s", 1)) if value * k < 1000
        ) if value < 1000 else ("s", value)  # fmt: skip
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 2
    return f"{value:,.{min(digits, 2)}f} {unit}"


def ratio(row: Row, peer: str) -> float | None:
    """Our figure over the peer's: below 1 we are faster, or smaller.

    Of a peer with more threads, its own figure with one over that: how much the threads help.
    """
    values = row["values"]
    over = library_of(peer) if threads_of(peer) else OURS
    if over not in values or peer not in values or values[peer] <= 0:
        return None
    return float(values[over] / values[peer])


def mean_of(ratios: Iterable[float]) -> float:
    """Geometric mean: half and twice as long make 1."""
    logs = [math.log(max(r, 1e-9)) for r in ratios]
    return math.exp(sum(logs) / len(logs))


def groups(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["group"], []).append(row)
    return found


def peers(rows: list[Row]) -> list[str]:
    """Who else has figures in these rows: libraries in the order of LABELS, theirs together."""
    found = {name for r in rows for name in r["values"]} - {OURS}
    order = list(LABELS)
    return sorted(found, key=lambda n: (order.index(library_of(n)), n))


def extremes(rows: list[Row], peer: str) -> tuple[int, float, Row] | None:
    """How many cases both did, the geometric mean of the ratios, and the worst case."""
    both = [(r, by) for r in rows if (by := ratio(r, peer)) is not None]
    if not both:
        return None
    worst = min if threads_of(peer) else max
    return len(both), mean_of(by for _, by in both), worst(both, key=lambda pair: pair[1])[0]


def relative(row: Row, rows: list[Row], name: str) -> float | None:
    """The figure of a contender over its own in the case that this row is shown beside."""
    base = next((r for r in rows if r["case"] == row.get("beside")), None)
    if base is None or name not in base["values"] or name not in row["values"]:
        return None
    return float(row["values"][name] / base["values"][name])


# The terminal


def line(row: Row, before: Row | None, progress: object) -> str:
    """A case as a line; a new group begins with its name."""
    head = "" if before and before["group"] == row["group"] else f"  {row['group']}\n"
    head += f"{progress}  "
    if "error" in row:
        return f"{head}{row['case']:52} BROKEN\n{row['error']}"
    cells = []
    for name, value in row["values"].items():
        by = ratio(row, name)
        beside = "" if name == OURS or by is None else f" {by:5.2f}"
        cells.append(f"{label(name)} {figure(value, row['unit'])}{beside}")
    return f"{head}{row['case']:52} {' | '.join(cells)}"


def summary(results: dict[str, Any]) -> str:
    """Mean and worst ratio of each group."""
    lines = [f"  {'ratio of times (or sizes)':34}{'geometric mean':>16}   worst"]
    for group, rows in groups(results["rows"]).items():
        for peer in peers(rows):
            found = extremes(rows, peer)
            if found:
                count, mean, worst = found
                title = f"{group} / {label(peer)}"
                ending = f"{ratio(worst, peer):.2f} ({worst['case']})" if count > 1 else ""
                lines.append(f"  {title:44} {mean:5.2f}   {ending}")
        for name in [OURS, *peers(rows)]:
            over = [(by, r) for r in rows if (by := relative(r, rows, name)) is not None]
            if over:
                most, row = max(over, key=lambda pair: pair[0])
                title = f"{group}, {label(name)} / its {row['beside']}"
                lines.append(f"  {title:52}{most:5.2f} ({row['case']})")
    return "\n".join(lines)


# Files


def where(results: dict[str, Any]) -> list[str]:
    """Sentences: the machine, the versions, the moment."""
    m, who = results["machine"], results["contenders"]
    mine = who.get(OURS, {})
    count = results["threads"]
    threads = "one thread on one core" if count == 1 else f"{count} threads on {count} cores"
    libraries = {library_of(n): facts["version"] for n, facts in who.items()}
    others = ", ".join(f"{LABELS[n]} {v}" for n, v in libraries.items() if n not in (OURS, "numpy"))
    instructions = mine.get("simd", "off")
    return [
        f"{m['processor']}, {m['cores']} cores, {m['system']}; {threads} for each contender.",
        f"Python {m['python']}, NumPy {mine.get('numpy')} with {mine.get('blas')}, "
        f"Numba {mine.get('numba')}, kernels for {instructions}"
        + (f"; {others}." if others else "."),
        f"{m['date']}; load of the machine when it began: {m['load']}.",
    ]


def markdown(results: dict[str, Any]) -> str:
    """All cases, a table for each group."""
    text = [f"# {results['title']}", "", *where(results), ""]
    text += ["A ratio below 1 says that autograd is faster, or takes less.", ""]
    if any(threads_of(n) for n in results["contenders"]):
        text[-2] += (
            " Beside the time of two threads stands how many times faster they are than one."
        )
    for group, rows in groups(results["rows"]).items():
        text += [f"## {group}", "", *table(rows), ""]
    return "\n".join(text)


def table(rows: list[Row]) -> list[str]:
    """A line for each case; figures, ratios to ours, and those to another case of the group."""
    names = [OURS, *peers(rows)]
    beside = next((r["beside"] for r in rows if "beside" in r), None)

    def cells(name: str, figure: str, by: str, own: str) -> list[str]:
        return [figure, *([] if name == OURS else [by]), *([own] if beside else [])]

    heads = [c for n in names for c in cells(n, label(n), "ratio", f"/ {beside}")]
    text = [table_row(["case", *heads]), "|---" + "|---:" * len(heads) + "|"]
    for row in rows:
        found = [row["case"]]
        for name in names:
            by, own = ratio(row, name), relative(row, rows, name)
            found += cells(name, shown(row, name), two_digits(by), two_digits(own))
        text.append(table_row(found))
    mean, worst = ["geometric mean"], ["worst"]
    for name in names:
        ends = extremes(rows, name)
        mean += cells(name, "", f"**{ends[1]:.2f}**" if ends else "", "")
        worst += cells(name, "", f"**{ratio(ends[2], name):.2f}**" if ends else "", "")
    return [*text, table_row(mean), table_row(worst)]


def two_digits(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def shown(row: Row, name: str) -> str:
    if "error" in row:
        return "broken"
    return figure(row["values"][name], row["unit"]) if name in row["values"] else ""


def table_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def stem(results: dict[str, Any]) -> str:
    """The suite, and its threads where they are more than one."""
    count = results["threads"]
    return str(results["suite"]) + ("" if count == 1 else f"-{count}-threads")


def write(results: dict[str, Any], folder: Path) -> None:
    """SUITE.json and SUITE.md; with more threads the name says so."""
    folder.mkdir(parents=True, exist_ok=True)
    name = stem(results)
    (folder / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(markdown(results), encoding="utf-8")
    (folder / f"{name}.partial").unlink(missing_ok=True)


def keep(results: dict[str, Any], folder: Path) -> None:
    """SUITE.partial: the results so far, replaced at once, for a run may end at any moment."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem(results)}.partial"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    os.replace(new, path)


def interrupted(results: dict[str, Any], folder: Path | None) -> dict[str, Row]:
    """The rows of a run that ended early, by case, if machine and libraries are the same."""
    path = folder / f"{stem(results)}.partial" if folder else None
    if path is None or not path.exists():
        return {}
    before = json.loads(path.read_text(encoding="utf-8"))
    same = before["contenders"] == results["contenders"] and all(
        before["machine"][k] == results["machine"][k] for k in ("processor", "cores", "python")
    )
    rows = before["rows"] if same else []
    return {f"{r['group']}: {r['case']}": r for r in rows if "error" not in r}


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The results with one thread, by suite."""
    found = (json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json")))
    return {r["suite"]: r for r in found if r["threads"] == 1}


# The README


def overview(title: str, results: list[dict[str, Any]], threads: bool = False) -> list[str]:
    """A row for each group of these suites: geometric mean and worst ratio to each peer.

    With `threads` the peers are those with more threads, else the others.
    """
    rows = {g: r for suite in results for g, r in groups(suite["rows"]).items()}
    everything = [row for suite in results for row in suite["rows"]]
    others = [n for n in peers(everything) if bool(threads_of(n)) == threads]
    heads = [cell for n in others for cell in (label(n), "worst")]
    text = [table_row([title, "cases", *heads])]
    text.append("|---" + "|---:" * (1 + len(heads)) + "|")
    for group, members in rows.items():
        cells = [group, str(len(members))]
        for name in others:
            found = extremes(members, name)
            cells += [f"**{found[1]:.2f}**", f"{ratio(found[2], name):.2f}"] if found else ["", ""]
        text.append(table_row(cells))
    return text


def models(training: dict[str, Any], memory: dict[str, Any]) -> list[str]:
    """A row for each model: time and peak memory of a training step beside PyTorch's."""
    kept = {r["case"]: r for r in memory["rows"] if r["group"] == "A training step"}
    others = [n for n in ("torch", "jax") if n in peers(training["rows"])]
    heads = [cell for n in others for cell in (LABELS[n], "ratio")]
    text = [table_row(["a training step", "here", *heads, "memory", "PyTorch", "ratio"])]
    text.append("|---" + "|---:" * (4 + len(heads)) + "|")
    for row in training["rows"]:
        beside = kept.get(row["case"], {"values": {}, "unit": "MiB"})
        cells = [row["case"], shown(row, OURS)]
        for r, names in ((row, others), (beside, ["torch"])):
            cells += [shown(r, OURS)] if r is beside else []
            for n in names:
                by = ratio(r, n)
                cells += [shown(r, n), "" if by is None else f"**{by:.2f}**"]
        text.append(table_row(cells))
    cells = ["geometric mean", ""]
    for n in others:
        found = extremes(training["rows"], n)
        cells += ["", f"**{found[1]:.2f}**" if found else ""]
    found = extremes(list(kept.values()), "torch")
    return [*text, table_row([*cells, "", "", f"**{found[1]:.2f}**" if found else ""])]


def figures(results: dict[str, Any]) -> list[str]:
    """Every case of a suite as a row, without ratios."""
    names = [OURS, *peers(results["rows"])]
    text = [table_row([results["title"].lower(), "here", *(LABELS[n] for n in names[1:])])]
    text.append("|---" + "|---:" * len(names) + "|")
    return text + [table_row([r["case"], *(shown(r, n) for n in names)]) for r in results["rows"]]


def readme(folder: Path) -> str:
    """The README's block, from the files of one run."""
    found = read(folder)
    compared = [found[n] for n in COMPARED if n in found]
    text = []
    if compared:
        text += [" ".join(where(compared[0])), ""]
        text += [*overview("time here / time there", compared), ""]
    if "training" in found:
        text += [*models(found["training"], found.get("memory", {"rows": []})), ""]
    if "threads" in found:
        title = "time of one thread / time of two"
        text += [*overview(title, [found["threads"]], threads=True), ""]
    if "startup" in found:
        text += [*figures(found["startup"]), ""]
    return "\n".join(text)


def rewrite(path: Path, folder: Path) -> None:
    """Put the block between the README's markers."""
    before, _, rest = path.read_text(encoding="utf-8").partition(START)
    _, marker, after = rest.partition(END)
    if not marker:
        raise SystemExit(f"{path} has no lines {START} and {END}")
    path.write_text(f"{before}{START}\n\n{readme(folder)}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Tables of results that are there already.")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to read")
    parser.add_argument("--readme", action="store_true", help="write the README's table again")
    parser.add_argument("--file", type=Path, default=README, help="in the place of the README")
    options = parser.parse_args()
    if options.readme:
        rewrite(options.file, options.results)
    else:
        for results in read(options.results).values():
            print(f"\n{results['title']}\n{summary(results)}")


if __name__ == "__main__":
    main()
