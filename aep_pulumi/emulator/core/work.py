"""Work: what a request needs and what takes too long for the event loop. It is done in a thread, and the request waits for it.

A handler that needs a result that does not exist yet raises `Unfinished`. The gateway undoes the handler's transaction, waits for
the jobs, and calls the handler again. A handler that is called after the longest wait responds with what there is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Protocol

from aep_pulumi.emulator.core.store import Store

# How long a request waits; a run that takes longer is reported as in progress. Clients give up after a minute or more.
PATIENCE_S = 20

# After this time, the results of several small jobs are stored, and another request may get its turn.
TURN_S = 0.2

_waits: ContextVar[bool] = ContextVar("waits", default=True)


class Job(Protocol):
    """One piece of work."""

    @property
    def key(self) -> str:
        """What it makes: two jobs with the same key are one."""

    def perform(self, is_cancelled: Callable[[], bool]) -> object:
        """Do the work, in a thread and without the database. The result is not stored if it was cancelled."""

    def store(self, result: object) -> None:
        """Store the result, in a transaction."""


class Unfinished(Exception):  # noqa: N818 - not an error
    """A request needs the results of these jobs."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__(f"{len(jobs)} jobs")
        self.jobs = jobs


def waits() -> bool:
    """True if the current request may still wait for work."""
    return _waits.get()


@contextmanager
def without_waiting() -> Iterator[None]:
    """Respond to the current request with what there is."""
    token = _waits.set(False)
    try:
        yield
    finally:
        _waits.reset(token)


class Worker:
    """One thread for all work: results are stored one by one, small amounts of work before large ones."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="work")
        self._promised: dict[str, asyncio.Future[None]] = {}
        self._waiting: list[list[Job]] = []
        self._task: asyncio.Task[None] | None = None
        self._generation = 0

    async def finished(self, jobs: Sequence[Job], seconds: float) -> bool:
        """Wait until the jobs are done, but not longer than this. Returns whether they are done."""
        loop = asyncio.get_running_loop()
        own = [job for job in jobs if job.key not in self._promised]
        self._promised.update({job.key: loop.create_future() for job in own})
        if own:
            # The last one is done next.
            self._waiting.append(own[::-1])
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work())
        promises = [self._promised[job.key] for job in jobs if job.key in self._promised]
        _, late = await asyncio.wait(promises, timeout=max(seconds, 0)) if promises else (set(), set())
        for promise in promises:
            if promise.done() and not promise.cancelled() and (error := promise.exception()):
                raise error
        return not late

    def cancel(self) -> None:
        """Forget all work; what is being done is not stored."""
        self._generation += 1
        self._waiting.clear()
        for promise in self._promised.values():
            promise.cancel()
        self._promised.clear()

    async def idle(self) -> None:
        """Wait until what is being done has come to its end, whether it is stored or not."""
        await asyncio.get_running_loop().run_in_executor(self._executor, _nothing)

    def stop(self) -> None:
        """Let the thread end soon, as the process ends."""
        self._generation += 1

    async def _work(self) -> None:
        while self._waiting:
            jobs = min(self._waiting, key=len)
            generation = self._generation

            def is_cancelled(generation: int = generation) -> bool:
                return generation != self._generation

            done = await asyncio.get_running_loop().run_in_executor(self._executor, _turn, jobs, is_cancelled)
            if is_cancelled():
                continue
            if not jobs:
                self._waiting.remove(jobs)
            with self._store.transaction():
                for job, result in done:
                    if not isinstance(result, Exception):
                        job.store(result)
            for job, result in done:
                promise = self._promised.pop(job.key)
                if isinstance(result, Exception):
                    promise.set_exception(result)
                    with suppress(Exception):
                        promise.exception()  # reported to whoever waits, if anybody still does
                else:
                    promise.set_result(None)


def _nothing() -> None:
    """Do nothing, after everything that the thread does before."""


def _turn(jobs: list[Job], is_cancelled: Callable[[], bool]) -> list[tuple[Job, object]]:
    """Do some of the jobs, and remove them from the list."""
    done: list[tuple[Job, object]] = []
    until = time.monotonic() + TURN_S
    while jobs and not is_cancelled() and (not done or time.monotonic() < until):
        job = jobs.pop()
        try:
            done.append((job, job.perform(is_cancelled)))
        except Exception as error:  # noqa: BLE001 - belongs to the requests that wait for it
            done.append((job, error))
    return done
