"""Plots a run of `deployments.py`: `python tools/bench/plot.py JSON FOLDER` writes bench.png and bench.svg into the folder."""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

SHOWN = ("up-first", "preview", "up-unchanged", "up-changed", "refresh", "destroy")
BARS = {
    "ours": "aep-pulumi",
    "tuned": "resources that do nothing, tuned",
    "plain": "resources that do nothing",
    "script8": "script, 8 threads",
}


def main(measures: Path, folder: Path) -> None:
    """Write the plots."""
    rows = json.loads(measures.read_text())["rows"]
    size = max(row["pipelines"] for row in rows)
    by_operation = {row["op"]: row for row in rows if row["pipelines"] == size}
    figure, axes = plt.subplots(figsize=(9, 4))
    width = 0.8 / len(BARS)
    for place, (who, label) in enumerate(BARS.items()):
        heights = [float(by_operation[name].get(who, "0s").removesuffix("s")) for name in SHOWN]
        axes.bar([index + place * width for index in range(len(SHOWN))], heights, width, label=label)
    axes.set_xticks([index + width * (len(BARS) - 1) / 2 for index in range(len(SHOWN))], SHOWN)
    axes.set_ylabel("seconds, median")
    axes.set_title(f"{size} pipelines, {json.loads(measures.read_text())['latency_ms']:.0f} ms per response")
    axes.legend()
    figure.tight_layout()
    for kind in ("png", "svg"):
        figure.savefig(folder / f"bench.{kind}", metadata={"Date": None} if kind == "svg" else None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
