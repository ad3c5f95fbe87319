"""Benchmark of deployments: this package, the floors of Pulumi itself, and plain scripts, in turn in one run.

`python tools/bench/deployments.py [--pipelines 10,50] [--rounds 3] [--latency-ms 200] [--json FILE]` prints one line per measure.
The local Platform responds to each request after the latency. Ratios compare medians of this run, so they hold on a busy machine.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import psutil
import requests
from rich.console import Console
from rich.progress import Progress

from aep_pulumi.client import local

HERE = Path(__file__).parent
PARALLEL = 64
CONTROL = {"x-local-control": "yes"}
SAMPLED_S = 0.1
VARIANTS = ("ours", "plain", "tuned")
SCRIPTS = {"script": 1, "script8": 8}

PREVIEW = ["preview", "--expect-no-changes"]
UP = ["up", "--yes", "--skip-preview"]
OPERATIONS: dict[str, tuple[list[str], bool]] = {
    "up-first": (UP, False),
    "preview": (PREVIEW, False),
    "up-unchanged": (UP, False),
    "up-changed": (UP, True),
    "refresh": (["refresh", "--yes", "--skip-preview"], True),
    "destroy": (["destroy", "--yes", "--skip-preview"], True),
    "up-default-parallel": (UP, False),
    "destroy-default-parallel": (["destroy", "--yes", "--skip-preview"], False),
}
"""The command of each operation, and whether the program is the one with a changed mapping."""


@dataclass(frozen=True)
class Measured:
    """What one command took."""

    wall_s: float
    cpu_s: float
    """The processor time of all its processes."""
    peak_mb: float
    """The most memory of all its processes together."""
    requests: int = 0
    kb: float = 0
    """The bodies of all requests and responses."""
    state_kb: float = 0
    processes: dict[str, "Process"] = field(default_factory=dict)


@dataclass
class Process:
    """What the processes of one role took."""

    cpu_s: float = 0
    peak_mb: float = 0


ROLES = {
    "program": "pulumi-language-python-exec",
    "provider": "pulumi.dynamic",
    "language-host": "pulumi-language-python",
    "engine": "pulumi",
}
"""The processes of a command, by a part of their command line; the first that fits is the role."""


class Sampler(threading.Thread):
    """Samples the processor time and the memory of a process and those that it starts."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root, self._ended = psutil.Process(pid), threading.Event()
        self._roles: dict[tuple[int, float], str] = {}
        self._sampled: dict[tuple[int, float], Process] = {}
        self.peak_mb = 0.0

    def run(self) -> None:
        """Sample until stopped."""
        while not self._ended.wait(SAMPLED_S):
            self._sample()

    def stop(self) -> dict[str, Process]:
        """Stop. Returns what each role took."""
        self._ended.set()
        self.join()
        taken: dict[str, Process] = {}
        for key, each in self._sampled.items():
            of_role = taken.setdefault(self._roles[key], Process())
            of_role.cpu_s += each.cpu_s
            of_role.peak_mb = max(of_role.peak_mb, each.peak_mb)
        return taken

    def _sample(self) -> None:
        memory = 0
        try:
            processes = [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for each in processes:
            try:
                used, rss = each.cpu_times(), each.memory_info().rss
                memory += rss
                key = (each.pid, each.create_time())
                # A process has its parent's command line until it executes another program.
                words = " ".join(each.cmdline())
                self._roles[key] = next((role for role, part in ROLES.items() if part in words), "other")
                sampled = self._sampled.setdefault(key, Process())
                sampled.cpu_s, sampled.peak_mb = used.user + used.system, max(sampled.peak_mb, rss / 1e6)
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        self.peak_mb = max(self.peak_mb, memory / 1e6)


class Bench:
    """One run of the benchmark."""

    def __init__(self, folder: Path, url: str, environment: dict[str, str]) -> None:
        self._folder, self._url, self._environment = folder, url, environment
        self._seen = 0

    def round(
        self, variant: str, pipelines: int, operations: Iterable[str] = OPERATIONS, *, backend: str | None = None
    ) -> dict[str, Measured]:
        """Operations of a variant, on a new stack: in a folder of its own, or in this backend."""
        project = self._folder / f"{variant}-{pipelines}"
        if project.exists():
            shutil.rmtree(project)
        project.mkdir()
        program = "pipelines.py" if variant == "ours" else "floor.py"
        shutil.copy(HERE / "programs" / program, project / "__main__.py")
        runtime = {"name": "python", "options": {"virtualenv": str(Path(sys.executable).parents[1])}}
        (project / "Pulumi.yaml").write_text(json.dumps({"name": f"bench-{variant}", "runtime": runtime}))
        (project / "state").mkdir()
        environment = self._environment | {
            "BENCH_PIPELINES": str(pipelines),
            "BENCH_FLOOR": variant,
            "PYTHONPATH": str(HERE),
            "PULUMI_BACKEND_URL": backend or f"file://{project / 'state'}",
        }
        self._measured(project, environment, "pulumi", "stack", "init", "bench", "--non-interactive")
        taken = {}
        for name in operations:
            words, is_changed = OPERATIONS[name]
            changed = {"BENCH_CHANGED": "1"} if is_changed else {}
            parallel = [] if name.endswith("default-parallel") else ["--parallel", str(PARALLEL)]
            taken[name] = self._measured(
                project, environment | changed, "pulumi", *words, *parallel, "--non-interactive", "--stack", "bench"
            )
            if name == "up-first" and not backend:
                state = project / "state" / ".pulumi" / "stacks" / f"bench-{variant}" / "bench.json"
                taken[name] = replace(taken[name], state_kb=state.stat().st_size / 1000)
        if backend:
            self._measured(project, environment, "pulumi", "stack", "rm", "--yes", "bench", "--non-interactive")
        return taken

    def script(self, pipelines: int, threads: int) -> Measured:
        """The creates by a plain script."""
        words = [sys.executable, str(HERE / "script.py"), self._url, str(pipelines), str(threads)]
        return self._measured(self._folder, self._environment, *words)

    def _measured(self, folder: Path, environment: dict[str, str], *words: str) -> Measured:
        self._new_requests()
        output = folder / "output.txt"
        began = time.perf_counter()
        with output.open("w") as file, subprocess.Popen(words, cwd=folder, env=environment, stdout=file, stderr=file) as process:
            sampler = Sampler(process.pid)
            sampler.start()
            code = process.wait()
            wall_s = time.perf_counter() - began
        processes = sampler.stop()
        if code:
            raise SystemExit(f"{' '.join(words)} ended with exit code {code}:\n{output.read_text()}")
        cpu_s = sum(each.cpu_s for each in processes.values())
        return Measured(wall_s, cpu_s, sampler.peak_mb, *self._new_requests(), processes=processes)

    def _new_requests(self) -> tuple[int, float]:
        """How many requests the local Platform has received since the last call, and their and the responses' kilobytes."""
        response = requests.get(f"{self._url}/_local/requests", params={"since": str(self._seen)}, timeout=60).json()["requests"]
        self._seen = max([self._seen, *(entry["seq"] for entry in response)])
        return len(response), sum(entry["request_bytes"] + entry["response_bytes"] for entry in response) / 1000


@contextmanager
def platform(folder: Path, latency_ms: float) -> Iterator[tuple[str, dict[str, str]]]:
    """A local Platform with this latency, and the environment for programs that use it."""
    home = folder / "platform"
    # Without cached bytecode, each process would compile this package anew, which no user's does.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AEP_", "PULUMI_", "PYTHONDONT"))}
    environment = kept | {
        "AEP_HOME": str(home),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    url = local.ensure_running(home)
    try:
        rules = [{"kind": "slow", "delay_s": latency_ms / 1000}, {"kind": "slow", "delay_s": latency_ms / 1000, "path": "^/ims/"}]
        requests.post(f"{url}/_local/faults", json={"rules": rules}, headers=CONTROL, timeout=10).raise_for_status()
        yield url, environment
    finally:
        local.stop(home)


def parsed(description: str | None, *, pipelines: str, rounds: int) -> argparse.Namespace:
    """The options of a benchmark, with these defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--pipelines", type=_numbers, default=pipelines, help="the numbers of pipelines, separated by commas")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--json", type=Path, help="write all measures to this file")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def main() -> None:
    """Measure, and print one line per measure."""
    options = parsed(__doc__, pipelines="10,50", rounds=3)
    sizes = options.pipelines
    taken: dict[tuple[int, str, str], list[Measured]] = {}
    steps = options.rounds * len(sizes) * (len(VARIANTS) + len(SCRIPTS))
    with (
        tempfile.TemporaryDirectory() as name,
        platform(Path(name), options.latency_ms) as (url, environment),
        Progress(console=Console(stderr=True)) as progress,
    ):
        task = progress.add_task("bench", total=steps)
        bench = Bench(Path(name), url, environment)
        for _ in range(options.rounds):
            for size in sizes:
                for variant in VARIANTS:
                    progress.update(task, description=f"{size} pipelines, {variant}")
                    for operation, measured in bench.round(variant, size).items():
                        taken.setdefault((size, operation, variant), []).append(measured)
                    progress.advance(task)
                for script, threads in SCRIPTS.items():
                    progress.update(task, description=f"{size} pipelines, {script}")
                    taken.setdefault((size, "up-first", script), []).append(bench.script(size, threads))
                    progress.advance(task)
    rows = [row for size in sizes for row in _rows(size, taken)]
    for row in rows:
        print("bench: " + " ".join(f"{name}={value}" for name, value in row.items()))
    if options.json:
        options.json.write_text(
            json.dumps({"rounds": options.rounds, "latency_ms": options.latency_ms, "rows": rows}, indent=1) + "\n"
        )


def _rows(size: int, taken: dict[tuple[int, str, str], list[Measured]]) -> Iterator[dict[str, Any]]:
    for operation in OPERATIONS:
        middle = {who: median(taken[size, operation, who]) for who in VARIANTS}
        scripts = {who: median(taken[size, operation, who]) for who in SCRIPTS if (size, operation, who) in taken}
        ours = middle["ours"]
        yield {
            "pipelines": size,
            "op": operation,
            **{who: f"{each.wall_s:.2f}s" for who, each in middle.items()},
            "ratio": f"{ours.wall_s / middle['tuned'].wall_s:.2f}",
            "ratio_plain": f"{ours.wall_s / middle['plain'].wall_s:.2f}",
            "requests": round(ours.requests),
            "kB": f"{ours.kb:.0f}",
            **{who: f"{each.wall_s:.2f}s" for who, each in scripts.items()},
            **{f"cpu_{who}": f"{each.cpu_s:.2f}s" for who, each in middle.items()},
            **{f"peak_{who}": f"{each.peak_mb:.0f}MB" for who, each in middle.items()},
            **{
                f"{role}_{who}": f"{process.cpu_s:.2f}s,{process.peak_mb:.0f}MB"
                for who, each in middle.items()
                for role, process in each.processes.items()
                if role in ROLES
            },
        }
    sizes = {who: median(taken[size, "up-first", who]).state_kb for who in VARIANTS}
    yield {
        "pipelines": size,
        "op": "state",
        **{who: f"{kb:.0f}kB" for who, kb in sizes.items()},
        "ratio": f"{sizes['ours'] / sizes['tuned']:.2f}",
    }


def median(rounds: list[Measured]) -> Measured:
    """The median of each measure."""
    columns = [asdict(each) for each in rounds]
    names = [each.name for each in fields(Measured) if each.name != "processes"]
    roles = {role for each in rounds for role in each.processes}
    processes = {role: _median_process([each.processes.get(role, Process()) for each in rounds]) for role in sorted(roles)}
    return Measured(**{name: statistics.median(each[name] for each in columns) for name in names}, processes=processes)


def _median_process(rounds: list[Process]) -> Process:
    return Process(*(statistics.median(getattr(each, name) for each in rounds) for name in ("cpu_s", "peak_mb")))


if __name__ == "__main__":
    main()
