"""Plots the committed measurements: `python tools/bench/plot.py` writes bench and growth, as PNG and SVG, into `docs`."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = ("up-first", "preview", "up-unchanged", "up-changed", "refresh", "destroy")
BARS = {
    "ours": "aep-pulumi",
    "tuned": "resources that do nothing, tuned",
    "plain": "resources that do nothing",
    "script8": "script, 8 threads",
}
CURVES = {"up-first": "first up", "up-unchanged": "up, unchanged", "refresh": "refresh", "destroy": "destroy"}


def deployments(measured: Any) -> Any:  # noqa: ANN401 - parsed JSON; a figure
    """Bars: seconds per operation and variant."""
    rows = measured["rows"]
    size = max(row["pipelines"] for row in rows)
    by_operation = {row["op"]: row for row in rows if row["pipelines"] == size}
    figure, axes = plt.subplots(figsize=(9, 4))
    width = 0.8 / len(BARS)
    for place, (who, label) in enumerate(BARS.items()):
        heights = [_number(by_operation[name].get(who, "0s")) for name in SHOWN]
        axes.bar([index + place * width for index in range(len(SHOWN))], heights, width, label=label)
    axes.set_xticks([index + width * (len(BARS) - 1) / 2 for index in range(len(SHOWN))], SHOWN)
    axes.set_ylabel("seconds, median")
    axes.set_title(f"{size} pipelines, {measured['latency_ms']:.0f} ms per response")
    axes.legend()
    return figure


def growth(measured: Any) -> Any:  # noqa: ANN401 - as above
    """Curves: seconds and memory by the objects of a stack."""
    figure, (times, memory) = plt.subplots(1, 2, figsize=(11, 4))
    for backend, line in zip(dict.fromkeys(row["backend"] for row in measured["rows"]), ("-", "--"), strict=False):
        rows = [row for row in measured["rows"] if row["backend"] == backend]
        for at, (name, label) in enumerate(CURVES.items()):
            of_operation = [row for row in rows if row["op"] == name]
            sizes = [row["objects"] for row in of_operation]
            times.plot(sizes, [_number(row["wall"]) for row in of_operation], line, color=f"C{at}", label=f"{label}, {backend}")
        peaks = {row["objects"]: 0.0 for row in rows}
        for row in rows:
            peaks[row["objects"]] = max(peaks[row["objects"]], _number(row["peak"]))
        memory.plot(list(peaks), list(peaks.values()), line, color="black", label=backend)
    for axes, unit in ((times, "seconds"), (memory, "MB, all processes of a command")):
        axes.set_xlabel("objects in the stack")
        axes.set_ylabel(unit)
        axes.set_ylim(bottom=0)
        axes.legend()
    figure.suptitle(f"Growth of one stack, {measured['latency_ms']:.0f} ms per response")
    return figure


def _number(measure: str) -> float:
    return float(measure.rstrip("sMB"))


def main() -> None:
    """Write the plots."""
    for name, plot in (("bench", deployments), ("growth", growth)):
        figure = plot(json.loads((DOCS / f"{name}.json").read_text()))
        figure.tight_layout()
        figure.savefig(DOCS / f"{name}.png")
        # Without its date and with fixed ids, the same measurements give the same file.
        with mpl.rc_context({"svg.hashsalt": name}):
            figure.savefig(DOCS / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
