"""How close a fleet comes to its bound: many stand-in stacks that sleep, or real stacks on the local Platform.

    python tools/bench/fleet.py sleeping          # 1,000 stacks over 250 sandboxes, 64 slots in two workers
    python tools/bench/fleet.py deployed          # 20 stacks of 5 pipelines over 10 sandboxes, two workers

The bound is the largest of: CPU-seconds of all stacks and of the local Platform ÷ cores, the longest chain of stacks that read
each other, the busiest sandbox's own total, and all stacks' time ÷ slots.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import requests

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("fleet", "engine")]

from dask_processes import Processes, processes  # noqa: E402 - from the tests' folder
from deploying import deployed_in  # noqa: E402 - the same
from sleeping import PROJECT, Estate, events_of  # noqa: E402 - the same
from stacking import Stack, platform_headers  # noqa: E402 - the same

from aep_pulumi.fleet.ordering import Node, bound_s  # noqa: E402 - after the path

DEFAULTS = {"sleeping": (1000, 250, 64), "deployed": (20, 10, 4)}
"""Stacks, sandboxes and slots."""
READERS = 0.5
"""The share of stacks that read another one."""
SHARED = 10
"""One of so many stacks may be read by others."""
_OBJECTS_OF_NONE, _OBJECTS = 150, 250
"""A stack without objects takes as long as so many objects (see growth in docs/performance.md); and the mean of a stack."""


def main() -> int:
    """Run one of the benches, and print its figures."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=tuple(DEFAULTS))
    parser.add_argument("--stacks", type=int)
    parser.add_argument("--sandboxes", type=int)
    parser.add_argument("--slots", type=int, help="of all workers together")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10.0, help="the mean duration of a stand-in stack")
    parser.add_argument("--pipelines", type=int, default=5, help="of each real stack")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--local", action="store_true", help="in the command's own process, without a scheduler")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    for name, value in zip(("stacks", "sandboxes", "slots"), DEFAULTS[options.kind], strict=True):
        setattr(options, name, getattr(options, name) or value)
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as folder:
        figures = sleeping(Path(folder), options) if options.kind == "sleeping" else deployed(Path(folder), options)
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def sleeping(folder: Path, options: Namespace) -> dict[str, Any]:
    """Stand-in stacks, which sleep and use no CPU."""
    dice = random.Random(options.seed)  # noqa: S311 - repeatable, and no secret
    estate = Estate(folder / "estate")
    nodes: list[Node] = []
    second = options.seconds / (_OBJECTS_OF_NONE + _OBJECTS)  # of an object
    for number in range(options.stacks):
        reads = [dice.choice(nodes[: max(1, number // SHARED)]).name] if number and dice.random() < READERS else []
        seconds = dice.uniform(0.4, 1.6) * options.seconds
        node = Node(f"s{number:04}", f"sandbox{number % options.sandboxes}", tuple(reads), seconds)
        objects = max(0, round(seconds / second) - _OBJECTS_OF_NONE)
        estate.stack(node.name, node.place, reads=reads, objects=objects, seconds=f"{seconds:.2f}")
        nodes.append(node)
    environment = estate.environment | {"STAND_IN_QUIET": "1"}
    with processes(folder / "dask", environment) as dask:
        where = _cluster(dask, options)
        ran = _Ran(["up", "--yes", *where], estate.project, environment, dask)
    slept = {f"organization/{PROJECT}/{node.name}": node.size for node in nodes}
    overheads = sorted(event["seconds"] - slept[event["stack"]] for event in ran.finished)
    return {
        **_figures(ran, bound_s(nodes, options.slots), options),
        "overhead_mean_s": round(sum(overheads) / len(overheads), 3),
        "overhead_median_s": round(overheads[len(overheads) // 2], 3),
        "overhead_p95_s": round(overheads[int(len(overheads) * 0.95)], 3),
    }


def deployed(folder: Path, options: Namespace) -> dict[str, Any]:
    """Real stacks: the first is read by all others."""
    with deployed_in(folder) as estate:
        _create_sandboxes(estate.keeper, options.sandboxes)
        places: dict[str, str] = {}
        for number in range(options.stacks):
            name, sandbox = f"s{number:02}", f"bench{number % options.sandboxes}"
            reads = {"shared": "organization/estate/s00"} if number else {}
            estate.stack(name, sandbox, pipelines=str(options.pipelines), secret="a-secret", **reads)  # noqa: S106 - not one
            places[f"organization/estate/{name}"] = sandbox
        platform = psutil.Process(json.loads((Path(estate.keeper.environment["AEP_HOME"]) / "platform.json").read_text())["pid"])
        before_s = sum(platform.cpu_times()[:2])
        with processes(folder / "dask", estate.keeper.environment) as dask:
            where = _cluster(dask, options)
            ran = _Ran(["up", "--yes", *where], estate.project, estate.keeper.environment, dask)
        of_platform_s = sum(platform.cpu_times()[:2]) - before_s
    first = "organization/estate/s00"
    nodes = [
        Node(event["stack"], places[event["stack"]], () if event["stack"] == first else (first,), event["seconds"])
        for event in sorted(ran.finished, key=lambda event: event["stack"] != first)
    ]
    cpu_s = sum(event["cpu_seconds"] for event in ran.finished)
    bounds = {"of_order_s": bound_s(nodes, options.slots), "of_cpu_s": (cpu_s + of_platform_s) / (os.cpu_count() or 1)}
    return {
        **_figures(ran, max(bounds.values()), options),
        **{name: round(value, 1) for name, value in bounds.items()},
        "cpu_of_stacks_s": round(cpu_s, 1),
        "cpu_of_platform_s": round(of_platform_s, 1),
    }


def _create_sandboxes(keeper: Stack, number: int) -> None:
    """Create the sandboxes of the bench, and wait until they are active."""
    url = f"{keeper.platform}/data/foundation/sandbox-management/sandboxes"
    headers = platform_headers(keeper)
    for each in range(number):
        body = {"name": f"bench{each}", "title": f"Bench {each}", "type": "development"}
        requests.post(url, json=body, headers=headers, timeout=10).raise_for_status()
    while any(each["state"] != "active" for each in requests.get(url, headers=headers, timeout=10).json()["sandboxes"]):
        time.sleep(0.5)


def _cluster(dask: Processes, options: Namespace) -> Sequence[str]:
    """Start the scheduler and the workers; the options of the command."""
    if options.local:
        return "--local", "--at-once", str(options.slots)
    dask.start_scheduler()
    for _ in range(options.workers):
        dask.start_worker(threads=options.slots // options.workers)
    return "--scheduler", dask.address


class _Ran:
    """A run of `aep fleet`, with the most memory that it used."""

    def __init__(self, words: Sequence[str], folder: Path, environment: dict[str, str], dask: Processes) -> None:
        began_s = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "aep_pulumi", "fleet", *words, "--json"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            command = psutil.Process(running.pid)
            scheduler = psutil.Process(dask.scheduler.pid) if dask.scheduler else command
            self.scheduler_bytes = self.command_bytes = 0
            reader = threading.Thread(target=self._read, args=(running,))
            reader.start()
            while reader.is_alive():
                reader.join(0.5)
                try:
                    self.scheduler_bytes = max(self.scheduler_bytes, scheduler.memory_info().rss)
                    self.command_bytes = max(self.command_bytes, command.memory_info().rss)
                except psutil.NoSuchProcess:
                    break
            reader.join()
        self.wall_s = time.monotonic() - began_s
        self.events = events_of(self.output)
        self.finished = [event for event in self.events if event["event"] == "finished"]
        if running.returncode or not self.finished:
            failed = [event["sentence"] for event in self.finished if event["status"] == "failed"]
            sys.exit("\n".join(failed) or self.output[-3000:])

    def _read(self, running: "subprocess.Popen[str]") -> None:
        self.output = running.stdout.read() if running.stdout else ""


def _figures(ran: _Ran, bound: float, options: Namespace) -> dict[str, Any]:
    began_s = min(event["time_s"] for event in ran.events if event["event"] == "started")
    took_s = max(event["time_s"] for event in ran.finished) - began_s
    return {
        "stacks": len(ran.finished),
        "sandboxes": options.sandboxes,
        "slots": options.slots,
        "workers": 0 if options.local else options.workers,
        "bound_s": round(bound, 1),
        "took_s": round(took_s, 1),
        "wall_s": round(ran.wall_s, 1),
        "bound_of_took": round(bound / took_s, 3),
        "wall_of_bound": round(ran.wall_s / bound, 3),
        "scheduler_mb": round(ran.scheduler_bytes / 1e6),
        "command_mb": round(ran.command_bytes / 1e6),
    }


if __name__ == "__main__":
    sys.exit(main())
