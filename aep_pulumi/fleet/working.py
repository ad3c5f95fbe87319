"""Working: the task of one stack, on a Dask worker."""

import asyncio
import hashlib
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from distributed import Reschedule, Semaphore, WorkerPlugin, get_worker
from distributed.utils import sync
from distributed.worker import Worker

from aep_pulumi import __version__
from aep_pulumi.errors import AepError
from aep_pulumi.fleet.guarding import cancel, is_cancelled, is_stopping, start_here, stop_here
from aep_pulumi.fleet.jobs import Job, Options, Outcome, Status
from aep_pulumi.fleet.programs import copy_for_stack, unpacked
from aep_pulumi.fleet.redaction import Redaction, secrets_of
from aep_pulumi.fleet.stages import Stages

METADATA = "aep-fleet"
"""Under which key the scheduler keeps a run's program, and which of its stacks have ended."""


_LOOK_S = 0.1
_REMEMBERED = ("sentence", "worker", "cpu_s", "began_s", "ended_s")


def topic_of(run: str) -> str:
    """The topic of a run's events."""
    return f"aep-fleet-{run}"


def run_stack(job: Job, needs: list[Outcome], _behind: Outcome | None = None, **_hints: object) -> Outcome:
    """Run one stack to its end. Dask runs it again on another worker if this one dies or is stopped.

    That is safe: the lease keeps the second run out until the engine of the first has ended, and every run begins with the
    recovery of interrupted writes. A stack that has ended is not run again.

    Args:
        job: the stack.
        needs: how the stacks ended that it depends on.
        _behind: how the stack ended that runs before it in its sandbox; it only decides when this one starts.
        _hints: for Dask alone.

    Raises:
        Reschedule: this worker is stopped; Dask runs the stack on another one.
    """
    worker = get_worker()
    if ended := _ended(worker, job):
        return ended
    name = f"{worker.name}"
    blockers = [each.stack for each in needs if not each.status.ended_well]
    if is_cancelled(job.run):
        outcome = Outcome(job.stack, Status.CANCELLED, "not started: the run was cancelled", worker=name)
    elif blockers:
        words = f"not started: it depends on {', '.join(blockers)}"
        outcome = Outcome(job.stack, Status.BLOCKED, words, worker=name)
    else:
        outcome = _run(worker, job, name)
        if outcome.status in {Status.FAILED, Status.CANCELLED} and is_stopping() and not is_cancelled(job.run):
            raise Reschedule
    _remember(worker, job, outcome)
    return outcome


class Unattended(WorkerPlugin):
    """Before a worker ends, its engines are interrupted, and finish their current writes."""

    idempotent = True
    """Otherwise each run replaces the plugin of the run before, and Dask tears that one down on workers that go on."""

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - Dask's signature
        """Dask calls this when a worker starts, or knows the plugin for the first time."""
        start_here()

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - the same
        """Dask calls this when a worker is stopped, or has lost its scheduler."""
        end_s = time.monotonic() + Options.grace_s
        while stop_here() and time.monotonic() < end_s:  # noqa: ASYNC110 - the engines are in threads
            await asyncio.sleep(_LOOK_S)


def version_here() -> str:
    """The version of this package in the process that Dask runs this in."""
    return __version__


def cancel_here(run: str, *, kill: bool = False) -> int:
    """Interrupt the engines of a run on this worker, see `cancel`."""
    return cancel(run, kill=kill)


def _run(worker: Worker, job: Job, name: str) -> Outcome:
    def tell(event: str, **fields: object) -> None:
        about = {"event": event, "stack": job.stack, "on": name, "time_s": time.time()}
        worker.log_event(topic_of(job.run), about | fields)

    began_s = time.time()
    base = Path(worker.local_directory) / "aep-fleet"
    folder = base / "stacks" / f"{job.run}-{_safe(job.stack)}-{threading.get_ident()}"
    try:
        with _limits(job):
            tell("started")
            program = unpacked(job.program, base / "programs", lambda: _program(worker, job))
            folder.mkdir(parents=True, mode=0o700)
            copy_for_stack(program, folder / "program", job.stack.rpartition("/")[2])
            return Stages(job, folder, tell, _origin(worker, job), worker=name).run()
    except (AepError, OSError) as error:
        sentence = str(error) if isinstance(error, AepError) else f"the worker cannot copy the program: {error.strerror}"
        sentence = Redaction(secrets_of(os.environ, job.options.environment)).clean(sentence)
        return Outcome(job.stack, Status.FAILED, sentence, worker=name, began_s=began_s, ended_s=time.time())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _limits(job: Job) -> Iterator[None]:
    """The most stacks at once, of all workers and of an organisation. These die with the scheduler; leases do not."""
    limits = ((job.options.of_organization, job.organization), (job.options.at_once, "all"))
    with ExitStack() as held:
        for most, name in limits:
            if most:
                held.enter_context(Semaphore(most, name=f"aep-fleet-{job.run}-{name}"))
        yield


def _origin(worker: Worker, job: Job) -> Path | None:
    """The project's own folder, where the command runs the worker itself."""
    root: Path | None = getattr(worker, "fleet_root", None)
    return root / job.folder if root else None


def _program(worker: Worker, job: Job) -> bytes:
    return bytes(_ask(worker, "get_metadata", keys=[METADATA, "programs", job.run], default=b""))


def _remember(worker: Worker, job: Job, outcome: Outcome) -> None:
    """Let the scheduler know that it has ended: if this worker dies, Dask would run the stack again for its result."""
    value = {name: getattr(outcome, name) for name in _REMEMBERED}
    value |= {"status": outcome.status.value, "counts": dict(outcome.counts)}
    _ask(worker, "set_metadata", keys=[METADATA, "ended", job.run, job.stack], value=value)


def _ended(worker: Worker, job: Job) -> Outcome | None:
    value = _ask(worker, "get_metadata", keys=[METADATA, "ended", job.run, job.stack], default=None)
    return Outcome(job.stack, **{**value, "status": Status(value["status"])}) if value else None


def _ask(worker: Worker, operation: str, **arguments: object) -> Any:  # noqa: ANN401 - the operation's own result
    call: Callable[..., Any] = sync
    return call(worker.loop, getattr(worker.scheduler, operation), **arguments)


def _safe(stack: str) -> str:
    """The stack's name as a folder's; different stacks have different ones."""
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', stack)[-60:]}-{hashlib.sha256(stack.encode()).hexdigest()[:8]}-{os.getpid()}"
