"""A Dask scheduler and its workers as processes of their own, as on several machines."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_START_S = 60


@dataclass
class Processes:
    """A scheduler and its workers."""

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    scheduler: "subprocess.Popen[bytes] | None" = None
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    _started: list[tuple[str, "subprocess.Popen[bytes]"]] = field(default_factory=list)
    tls: tuple[str, ...] = ()
    """Options of all of them."""
    has_nannies: bool = False
    """Whether workers have nannies, as with `dask worker` by default."""

    @property
    def address(self) -> str:
        """The scheduler's address."""
        return str(json.loads(self._file.read_text())["address"])

    @property
    def dashboard(self) -> str:
        """The address of the scheduler's HTTP server."""
        services = json.loads(self._file.read_text())["services"]
        return f"http://127.0.0.1:{services['dashboard']}"

    @property
    def _file(self) -> Path:
        return self.folder / "scheduler.json"

    def start_scheduler(self, *args: str, **variables: str) -> None:
        """Start a scheduler on a free port."""
        self._file.unlink(missing_ok=True)
        words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        self.scheduler = self._start("scheduler", *words, "--scheduler-file", str(self._file), *self.tls, *args, **variables)
        end_s = time.monotonic() + _START_S
        while not (self._file.exists() and self._file.read_text().rstrip().endswith("}")):
            assert self.scheduler.poll() is None, self.log("scheduler")
            assert time.monotonic() < end_s, "the scheduler did not start"
            time.sleep(0.05)

    def start_worker(self, *, threads: int = 1, **variables: str) -> "subprocess.Popen[bytes]":
        """Start a worker."""
        name = f"worker{len(self.workers)}"
        words = ("worker", self.address, "--nthreads", str(threads), "--name", name, "--no-dashboard")
        nanny = ("--nworkers", "1") if self.has_nannies else ("--no-nanny",)
        local = ("--host", "127.0.0.1", "--memory-limit", "0", "--local-directory", str(self.folder / name))
        self.workers.append(self._start(name, *words, *nanny, *local, *self.tls, **variables))
        return self.workers[-1]

    def kill_busy_worker(self) -> None:
        """Kill a worker that runs an engine."""
        next(worker for worker in self.workers if psutil.Process(worker.pid).children(recursive=True)).kill()

    def log(self, name: str = "") -> str:
        """The output of one process, or of all."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob(f"{name or '*'}.log")))

    def stop(self) -> None:
        """Stop all of them, the scheduler last: a worker that can no longer reach it takes half a minute to stop."""
        for role in ("worker", "scheduler"):
            together = [process for name, process in self._started if name.startswith(role)]
            for process in together:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            for process in together:
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _start(self, name: str, *words: str, **variables: str) -> "subprocess.Popen[bytes]":
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words],
                env={"DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0", **self.environment, **variables},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._started.append((name, process))
        return process


@contextmanager
def processes(folder: Path, environment: Mapping[str, str] = os.environ) -> Iterator[Processes]:
    """Scheduler and workers that are stopped at the end."""
    running = Processes(folder, environment)
    try:
        yield running
    finally:
        running.stop()
