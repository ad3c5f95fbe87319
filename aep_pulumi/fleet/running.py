"""Running: the command's side: the tasks of a run, their events, and how they end."""

import queue
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from distributed import Client
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from aep_pulumi import __version__
from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.estate import FleetStack, Plan
from aep_pulumi.fleet.jobs import Job, Options, Outcome, Program, Status
from aep_pulumi.fleet.ordering import Node, turns
from aep_pulumi.fleet.working import METADATA, Unattended, cancel_here, run_stack, topic_of, version_here
from aep_pulumi.journals import backend

_LOOK_S = 1.0
_OVERHEAD = 150.0
"""What a stack without objects takes, in the time of one object: the CLI and the program start. From the growth of `up`."""

Event = Mapping[str, Any]


@dataclass
class Run:
    """One run of a fleet."""

    verb: str
    plan: Plan
    existing: frozenset[str]
    """The stacks that exist in the backend."""
    program: Program
    options: Options
    folder_of: Callable[[FleetStack], str]
    """A project's folder in the program."""
    on_event: Callable[[Event], None]
    no_worker_s: float = 60.0
    """How long to wait for a worker when there is none."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    cancelled: bool = False
    _interrupted: bool = field(default=False, init=False)
    _done: "queue.SimpleQueue[tuple[str, object]]" = field(default_factory=queue.SimpleQueue, init=False)

    def play(self, client: Client, content: bytes = b"") -> list[Outcome]:
        """Run all stacks; the outcomes in the plan's order.

        Args:
            client: the scheduler.
            content: the packed program, unless it is a commit.

        Raises:
            SettingsError: there is no worker, or the scheduler or a worker has another version of this package, or none.
        """
        slots = self._slots(client)
        if not slots:
            self.cancelled = True
            for stack in self.plan.stacks:
                self._end(Outcome(stack.name, Status.CANCELLED, "not started: the run was cancelled"))
            return [self.outcomes[each.name] for each in self.plan.stacks]
        _check_versions(client)
        client.register_plugin(Unattended(), name="aep-fleet")
        done = self._done
        if content:
            client.set_metadata([METADATA, "programs", self.id], content)
        client.subscribe_topic(topic_of(self.id), lambda event: done.put(("event", event[1])))
        futures = self._submit(client, slots)
        for name, future in futures.items():
            future.add_done_callback(lambda _future, name=name: done.put(("done", name)))
        try:
            self._collect(client, futures, done)
        finally:
            self._clean(client, futures)
        return [self.outcomes[each.name] for each in self.plan.stacks]

    def cancel(self, *, kill: bool = False) -> None:
        """Let running engines finish their current writes, and start no further one; also from a signal handler.

        Args:
            kill: do not let them finish.
        """
        self._interrupted = True
        self._done.put(("cancel", kill))

    def _cancel(self, client: Client, *, kill: bool = False) -> None:
        self.cancelled = True
        with suppress(Exception):  # a worker that is gone has no engine either
            client.run(cancel_here, self.id, kill=kill, on_error="ignore")

    def _slots(self, client: Client) -> int:
        end_s = time.monotonic() + self.no_worker_s
        is_announced = False
        while True:
            threads: int = sum(client.nthreads().values())
            if threads:
                most = self.options.at_once
                return min(threads, most) if most else threads
            if self._interrupted:
                return 0
            if time.monotonic() >= end_s:
                raise SettingsError(
                    f"the scheduler has no worker: start one with `dask worker {client.scheduler_info()['address']}`"
                )
            if not is_announced:
                is_announced = True
                self.on_event({"event": "note", "sentence": "waiting for a worker", "time_s": time.time()})
            time.sleep(_LOOK_S / 5)

    def _submit(self, client: Client, slots: int) -> dict[str, Any]:
        nodes = self._nodes()
        order = turns(nodes, slots)
        needs = {node.name: node.after for node in nodes}
        stacks = {each.name: each for each in self.plan.stacks}
        new = {each.name for each in self.plan.stacks if each.is_new}
        # Each reads files of the project, which many stacks have in common.
        backends = {
            folder: backend.shown(backend.current(folder)) for folder in {each.project_folder for each in self.plan.stacks}
        }
        futures: dict[str, Any] = {}
        for name, turn in order.items():
            stack = stacks[name]
            job = Job(
                run=self.id,
                verb=self.verb,
                stack=name,
                folder=self.folder_of(stack),
                place=stack.place,
                organization=stack.organization,
                backend=backends[stack.project_folder],
                program=self.program,
                options=self.options,
                is_missing=name not in self.existing,
                creates=tuple(read for read in stack.reads if read in new),
            )
            futures[name] = client.submit(
                run_stack,
                job,
                [futures[each] for each in needs[name]],
                futures.get(turn.behind),
                key=(f"{self.verb}-{self.id}", name),
                priority=-turn.rank,
                _data_producer=True,  # Dask's scheduler then keeps it until a slot is free, and chooses no worker before
                pure=False,
            )
        return futures

    def _nodes(self) -> list[Node]:
        """The stacks, each after those that it depends on."""
        names = {each.name for each in self.plan.stacks}
        reads = {each.name: tuple(read for read in each.reads if read in names) for each in self.plan.stacks}
        if self.verb == "destroy":
            readers: dict[str, list[str]] = {name: [] for name in names}
            for name, its in reads.items():
                for read in its:
                    readers[read].append(name)
            after: Mapping[str, Sequence[str]] = readers
        else:
            after = reads if self.verb in {"up", "refresh"} else dict.fromkeys(names, ())
        writes = self.verb != "preview"
        ordered: Iterable[FleetStack] = reversed(self.plan.stacks) if self.verb == "destroy" else self.plan.stacks
        return [
            Node(each.name, each.place if writes else "", tuple(after[each.name]), _OVERHEAD + each.objects) for each in ordered
        ]

    def _collect(self, client: Client, futures: dict[str, Any], done: "queue.SimpleQueue[tuple[str, object]]") -> None:
        alone_since_s: float | None = None
        while len(self.outcomes) < len(futures):
            try:
                what, found = done.get(timeout=_LOOK_S)
            except queue.Empty:
                if client.status != "running" or _is_lost(client):
                    self._give_up(futures, "the scheduler is gone")
                    return
                alone_since_s = None if client.nthreads() else alone_since_s or time.monotonic()
                if alone_since_s and time.monotonic() - alone_since_s > self.no_worker_s:
                    self._give_up(futures, "no worker is left")
                    return
                if self.cancelled:
                    self._cancel(client)  # workers that have joined since
                continue
            if what == "cancel":
                self._cancel(client, kill=bool(found))
                continue
            if what == "event":
                assert isinstance(found, Mapping)  # noqa: S101 - for the type checker
                self.on_event(_named(found))
                continue
            assert isinstance(found, str)  # noqa: S101 - for the type checker
            if found not in self.outcomes:
                outcome = self._outcome(found, futures[found])
                if outcome is None:
                    self._give_up(futures, "the scheduler is gone")
                    return
                self._end(outcome)

    def _outcome(self, name: str, future: Any) -> Outcome | None:  # noqa: ANN401 - Dask's futures have no types
        """How a task ended; None if the scheduler forgot it."""
        try:
            outcome: Outcome = future.result(timeout=30)
        except KilledWorker:
            words = "every worker that ran it died: see their logs, then run this again, which recovers what was interrupted"
        except FutureCancelledError:
            return None
        except Exception as error:  # noqa: BLE001 - of Dask, such as a worker with another version of this package
            words = f"Dask could not run it: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        else:
            return outcome
        return Outcome(name, Status.FAILED, words)

    def _give_up(self, futures: Mapping[str, Any], why: str) -> None:
        """The rest is not known: engines that run end on their own."""
        words = f"{why}: an engine that was running ends under its lease; run this again, which recovers what was interrupted"
        for name in futures:
            if name not in self.outcomes:
                self._end(Outcome(name, Status.FAILED, words))

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[outcome.stack] = outcome
        self.on_event(
            {
                "event": "finished",
                "stack": outcome.stack,
                "worker": outcome.worker,
                "time_s": time.time(),
                "status": outcome.status.value,
                "sentence": outcome.sentence,
                "counts": dict(outcome.counts),
                "seconds": round(outcome.took_s, 3),
                "cpu_seconds": round(outcome.cpu_s, 3),
            }
        )

    def _clean(self, client: Client, futures: Mapping[str, Any]) -> None:
        with suppress(Exception):  # the scheduler may be gone
            for future in futures.values():
                future.release()
            client.unsubscribe_topic(topic_of(self.id))
            client.set_metadata([METADATA, "ended", self.id], {})
            client.set_metadata([METADATA, "programs", self.id], b"")


def _check_versions(client: Client) -> None:
    """Before anything starts: the scheduler reads the tasks too, so all of them need this package."""
    info = client.scheduler_info()
    scheduler = f"the scheduler at {info['address']}"
    found: dict[str, object] = {}
    try:
        found[scheduler] = client.run_on_scheduler(version_here)
    except Exception as error:  # noqa: BLE001 - of Dask: whatever it is, it is the reason
        found[scheduler] = error
    for address, its in client.run(version_here, on_error="return").items():
        found[f"worker {info['workers'].get(address, {}).get('name', '')} at {address}"] = its
    remedy = f"install aep-pulumi[fleet] {__version__} there, and start it again"
    for who, version in found.items():
        if isinstance(version, OSError):
            continue  # it is gone
        if isinstance(version, Exception):
            reason = str(version).partition("\n")[0]
            raise SettingsError(f"{who} cannot load the tasks of this command ({reason}): {remedy}")
        if version != __version__:
            raise SettingsError(f"{who} has aep-pulumi {version}, and this command {__version__}: {remedy}")


def _named(event: Event) -> Event:
    """The event with the worker's name; Dask adds its address."""
    return {"worker": event.get("on", ""), **{key: value for key, value in event.items() if key not in {"on", "worker"}}}


def _is_lost(client: Client) -> bool:
    comm = client.scheduler_comm
    return comm is None or comm.closed()
