"""How close a fleet comes to its bound: many stand-in stacks that sleep, or real stacks on the local Platform.

    python tools/bench/fleet.py sleeping --stacks 1000 --sandboxes 250 --slots 64
    python tools/bench/fleet.py deployed --stacks 20 --sandboxes 10 --workers 2

The bound is the largest of: CPU-seconds of all stacks ÷ cores, the longest chain of stacks that read each other, the busiest
sandbox's own total, and all stacks' time ÷ slots.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "fleet"))

from dask_processes import Processes, processes  # noqa: E402 - from the tests' folder
from sleeping import PROJECT, Estate, events_of  # noqa: E402 - the same

from aep_pulumi.fleet.ordering import Node, bound_s  # noqa: E402 - the same

SHARED_EVERY = 10
"""One of so many stacks is read by others."""


def main() -> int:
    """Run one of the benches, and print its figures."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=("sleeping", "deployed"))
    parser.add_argument("--stacks", type=int, default=1000)
    parser.add_argument("--sandboxes", type=int, default=250)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2, help="processes, which share the slots")
    parser.add_argument("--seconds", type=float, default=10.0, help="the mean duration of a stand-in stack")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--local", action="store_true", help="in the command's own process, without a scheduler")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as folder:
        figures = sleeping(Path(folder), options) if options.kind == "sleeping" else {}
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def sleeping(folder: Path, options: Namespace) -> dict[str, Any]:
    """Stand-in stacks."""
    dice = random.Random(options.seed)  # noqa: S311 - a bench, not a secret
    estate = Estate(folder / "estate")
    nodes: list[Node] = []
    for number in range(options.stacks):
        shared = [node.name for node in nodes[::SHARED_EVERY] if node.place.endswith("shared")]
        sandbox = f"sandbox{number % options.sandboxes}"
        reads = [dice.choice(nodes[: max(1, number // SHARED_EVERY)]).name] if number and dice.random() < 0.5 else []
        seconds = round(options.seconds * dice.uniform(0.4, 1.6), 2)
        name = f"s{number:04}"
        estate.stack(name, sandbox, reads=reads, seconds=seconds)
        nodes.append(Node(name, sandbox, tuple(reads), seconds))
        del shared
    estate.environment |= {"STAND_IN_QUIET": "1"}
    with processes(folder / "dask", estate.environment) as dask:
        where = ["--local", "--at-once", str(options.slots)]
        if not options.local:
            dask.start_scheduler()
            for _ in range(options.workers):
                dask.start_worker(threads=options.slots // options.workers)
            where = ["--scheduler", dask.address]
        began_s = time.monotonic()
        running = estate.start("up", "--yes", "--json", *where)
        memory = _watch(running, dask)
        output = running.communicate()[0]
        wall_s = time.monotonic() - began_s
    events = events_of(output)
    if running.returncode or not events:
        sys.exit(output[-3000:])
    return _figures(nodes, events, options, wall_s) | memory


def _figures(nodes: list[Node], events: list[dict[str, Any]], options: Namespace, wall_s: float) -> dict[str, Any]:
    slept = {f"organization/{PROJECT}/{node.name}": node.size for node in nodes}
    ended = [event for event in events if event["event"] == "finished"]
    overheads = sorted(event["seconds"] - slept[event["stack"]] for event in ended)
    first_s = min(event["time_s"] for event in events if event["event"] == "started")
    ran_s = max(event["time_s"] for event in ended) - first_s
    bound = bound_s(nodes, options.slots)
    return {
        "stacks": len(nodes),
        "sandboxes": options.sandboxes,
        "slots": options.slots,
        "bound_s": round(bound, 1),
        "ran_s": round(ran_s, 1),
        "wall_s": round(wall_s, 1),
        "share_of_bound": round(bound / ran_s, 3),
        "share_of_bound_with_planning": round(bound / wall_s, 3),
        "overhead_mean_s": round(sum(overheads) / len(overheads), 3),
        "overhead_median_s": round(overheads[len(overheads) // 2], 3),
        "overhead_p95_s": round(overheads[int(len(overheads) * 0.95)], 3),
    }


def _watch(running: "subprocess.Popen[str]", dask: Processes) -> dict[str, float]:
    """The largest memory of the scheduler, or of the command if it is its own."""
    watched = psutil.Process(dask.scheduler.pid if dask.scheduler else running.pid)
    command = psutil.Process(running.pid)
    most = of_command = 0
    output: list[str] = []
    assert running.stdout
    os.set_blocking(running.stdout.fileno(), True)
    end = False
    import threading  # noqa: PLC0415 - only here

    def read() -> None:
        nonlocal end
        output.extend(running.stdout or ())
        end = True

    reader = threading.Thread(target=read)
    reader.start()
    while not end:
        most = max(most, watched.memory_info().rss)
        try:
            of_command = max(of_command, command.memory_info().rss)
        except psutil.Error:
            break
        reader.join(0.5)
    reader.join()
    running.communicate = lambda: ("".join(output), "")  # type: ignore[method-assign,assignment,misc]
    running.wait()
    return {"scheduler_mb": round(most / 1e6), "command_mb": round(of_command / 1e6)}


if __name__ == "__main__":
    sys.exit(main())
