"""Writes the tables of `docs/performance.md` from the last measurements: `python tools/bench/page.py`, after a benchmark."""

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "performance.md"
OPERATIONS = {
    "up-first": "first `pulumi up`",
    "preview": "`pulumi preview`, nothing changed",
    "up-unchanged": "`pulumi up`, nothing changed",
    "up-changed": "`pulumi up`, one mapping changed",
    "refresh": "`pulumi refresh`",
    "destroy": "`pulumi destroy`",
    "up-default-parallel": "first `pulumi up`, default `--parallel`",
    "destroy-default-parallel": "`pulumi destroy`, default `--parallel`",
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text()))


def page(text: str) -> str:
    """The page with the tables of the committed measurements."""
    for name, table in (("deployments", deployments()), ("growth", growth())):
        before, begin, rest = text.partition(f"<!-- {name}: written by make bench -->\n\n")
        text = before + begin + table + rest[rest.index("\n<!-- end -->") :]
    return text


def deployments() -> str:
    """The benchmark of deployments: ratios, because seconds depend on the machine."""
    rows = json.loads((DOCS / "bench.json").read_text())["rows"]
    pipelines = max(row["pipelines"] for row in rows)
    by_operation = {row["op"]: row for row in rows if row["pipelines"] == pipelines}
    heads = ["Operation", "Time to the plain floor", "Time to the tuned floor", "CPU to the tuned floor", "Requests", "kB"]
    lines = [
        [
            words,
            row["ratio_plain"],
            row["ratio"],
            f"{_number(row['cpu_ours']) / _number(row['cpu_tuned']):.2f}",
            str(row["requests"]),
            row["kB"],
        ]
        for name, words in OPERATIONS.items()
        if (row := by_operation.get(name))
    ]
    state, first = by_operation["state"], by_operation["up-first"]
    ours = _number(first["ours"])
    script8, script = (f"{ours / _number(first[name]):.2f} times as long as" for name in ("script8", "script"))
    scripts = (
        f"The first `pulumi up` takes {script8} the creates of a script with eight threads, and {script} those of a script that "
        f"sends one after another. The state has {_number(state['ours']) / 1000:.2f} MB, that of the plain floor "
        f"{_number(state['plain']) / 1000:.2f} MB."
    )
    return f"{pipelines} pipelines, {6 * pipelines + 1} objects:\n\n{_table(heads, lines)}\n\n{textwrap.fill(scripts, 136)}\n"


def growth() -> str:
    """The benchmark of growth."""
    rows = json.loads((DOCS / "growth.json").read_text())["rows"]
    heads = [
        "Backend",
        "Pipelines",
        "Objects",
        "First `pulumi up`",
        "Nothing changed",
        "`pulumi refresh`",
        "`pulumi destroy`",
        "Memory",
    ]
    return _table(heads, list(_growth(rows))) + "\n"


def _growth(rows: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    for backend in dict.fromkeys(row["backend"] for row in rows):
        for size in dict.fromkeys(row["pipelines"] for row in rows):
            of_size = {row["op"]: row for row in rows if (row["backend"], row["pipelines"]) == (backend, size)}
            times = (of_size[name]["wall"] for name in ("up-first", "up-unchanged", "refresh", "destroy"))
            memory = max(_number(row["peak"]) for row in of_size.values())
            yield [backend, str(size), str(of_size["up-first"]["objects"]), *map(_seconds, times), f"{memory:.0f} MB"]


def _number(measure: str) -> float:
    return float(re.sub(r"[a-zA-Z]+$", "", measure))


def _seconds(measure: str) -> str:
    return f"{_number(measure):.1f} s"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
