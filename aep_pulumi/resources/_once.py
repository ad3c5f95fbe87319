"""Once: a write that happens once, whatever becomes of its answer.

Platform knows no idempotency keys. So a write whose answer is lost is looked up before it is sent again, and what is found is
taken only if it is this very write's: made since, by the same client, of the same content.

A provider may be killed between the sending and the answer, and then the engine does not remember that anything was begun. So a
note says so on disk, beside the stack, before the POST is sent, and goes when the answer is there: a later run that finds one
looks first.
"""

import fcntl
import hashlib
import os
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from aep_pulumi.client import Platform
from aep_pulumi.client.collection import Stored
from aep_pulumi.client.home import home
from aep_pulumi.client.retry import backoff_s
from aep_pulumi.errors import AepError, AnswerError, OutageError, RefusedError, TimedOutError
from aep_pulumi.settings import Settings

ROUNDS = 4
"""How often a write is sent at the most, each time after a look-up that found nothing."""

_TITLE_TAKEN = "XDM-1521-400"
_CLOCKS_S = 2.0
"""How far two readings of Platform's clock may lie apart: it is told in whole seconds."""

_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
_locks_lock = threading.Lock()
_made: set[str] = set()
"""What this process has made or adopted: no other resource's."""


_REQUEST_TIMEOUT = 408


def is_ambiguous(error: AepError) -> bool:
    """Whether a write that failed so may have happened."""
    if isinstance(error, TimedOutError | OutageError):
        return True
    return isinstance(error, AnswerError) and error.status == _REQUEST_TIMEOUT


def made_once(
    platform: Platform,
    content: str,
    make: Callable[[], Stored],
    find: Callable[[float], list[Stored]],
    finish: Callable[[Stored], Stored] = lambda stored: stored,
    take_back: Callable[[Stored], bool] | None = None,
) -> Stored:
    """Make an object, and only one.

    Args:
        platform: whose clock and settings count.
        content: what is to be made, as text: two resources of one content are made one after the other, so that neither takes
            the other's object for its own.
        make: sends the POST.
        find: the objects of that content that were made since a time, in epoch seconds.
        finish: does what is missing where a create broke off in the middle.
        take_back: removes what could not be finished, and tells whether it is surely gone. Missing where nothing is ever removed.

    Raises:
        AepError: it could not be made, or several candidates were found.
    """
    with _alone(content):
        platform.ask_about_sandbox()  # whose answer tells Platform's time: this machine's may be an hour off
        note = Note(platform.settings, content)
        try:
            stored = _made_once(platform, note, make, find, may_be_gone=take_back is not None)
            try:
                stored = finish(stored)
            except AepError as error:
                if take_back is None:
                    raise
                if take_back(stored):
                    note.remove()  # nothing is left to look for, and a read that lags would still find it
                    raise
                raise error.advise(f"{stored.id} was made and could not be removed again: the next `pulumi up` goes on") from None
            note.remove()
            return stored
        finally:
            # What is still held stays on disk: a later run looks first.
            note.release()


def _made_once(
    platform: Platform, note: "Note", make: Callable[[], Stored], find: Callable[[float], list[Stored]], *, may_be_gone: bool
) -> Stored:
    since_s = note.since_s if note.since_s is not None else platform.now() - _CLOCKS_S
    stored = None
    if note.since_s is not None:
        if may_be_gone:
            # The process that ended may have taken it back at last, and a read that lags would show it still.
            platform.pause(platform.settings.settle_s)
        stored = _one(_looked_up(platform, lambda: _others_not(find(since_s))))
    note.write(since_s)
    for last in (*[False] * (ROUNDS - 1), True):
        if stored is not None:
            break
        try:
            stored = _named(make())
        except AepError as error:
            taken = isinstance(error, RefusedError) and error.code == _TITLE_TAKEN
            if not is_ambiguous(error) and not taken:
                note.remove()
                raise
            stored = _one(_looked_up(platform, lambda: _others_not(find(since_s))))
            if stored is None and taken:
                note.remove()
            if stored is None and (last or taken):
                raise
    assert stored is not None  # noqa: S101 - the last round made it or raised
    _made.add(stored.id)
    return stored


def changed_once(
    platform: Platform, send: Callable[[Stored | None], Stored], read: Callable[[], Stored], is_done: Callable[[Stored], bool]
) -> Stored:
    """Change an object, and only once.

    Args:
        platform: whose settings count.
        send: sends the change; given what was read since, where a try before went wrong.
        read: reads the object.
        is_done: whether what was read holds the change.
    """
    found: Stored | None = None
    for last in (*[False] * (ROUNDS - 1), True):
        try:
            return send(found)
        except AepError as error:
            if last or not is_ambiguous(error):
                raise
            seen = _looked_up(platform, lambda: [each for each in [read()] if is_done(each)])
            if seen:
                return seen[0]
            found = read()
    raise AssertionError  # the last round returns or raises


def _others_not(found: list[Stored]) -> list[Stored]:
    return [each for each in found if each.id not in _made]


def _one(candidates: list[Stored]) -> Stored | None:
    if len(candidates) > 1:
        ids = ", ".join(each.id for each in candidates)
        raise AepError(
            f"a create's answer was lost, and any of {len(candidates)} objects may be what it made ({ids}): delete those that "
            "nobody refers to, then run `pulumi up` again"
        )
    return candidates[0] if candidates else None


def _named(stored: Stored) -> Stored:
    if not stored.id:
        raise TimedOutError("Platform's answer to the create holds no id: it may have been made all the same")
    return stored


class Note:
    """A note on disk that a create has begun: when, and of what, as a digest that nobody can read back.

    A process holds its notes locked, so that one that nobody holds is of a process that has ended in the middle.

    Attributes:
        since_s: since when the object of such a process may exist, in epoch seconds by Platform's clock, or None where no
            process has ended so.
    """

    def __init__(self, settings: Settings, content: str) -> None:
        where = f"{settings.organization}/{settings.sandbox}"
        self._folder = home() / "begun"
        self._name = hashlib.sha256(f"{where}\n{content}".encode()).hexdigest()[:32]
        self._held: dict[Path, IO[str]] = {}
        self.since_s: float | None = None
        for path in self._folder.glob(f"{self._name}*"):
            self._take(path)

    def write(self, since_s: float) -> None:
        """Leave the note, and take away those of ended processes: this one goes on where they stopped."""
        self._folder.mkdir(parents=True, exist_ok=True)
        left = list(self._held)
        path = self._folder / f"{self._name}-{uuid.uuid4().hex[:8]}"
        # It gets its name when it is locked and whole: nobody else takes it for one that was left.
        unnamed = path.with_name(f".{path.name}")
        note = unnamed.open("w")
        fcntl.flock(note, fcntl.LOCK_EX)
        note.write(str(since_s))
        note.flush()
        unnamed.rename(path)
        self._held[path] = note
        for old in left:
            self._drop(old)

    def remove(self) -> None:
        """Take the note away, and those of ended processes."""
        for path in list(self._held):
            self._drop(path)

    def release(self) -> None:
        """Let go of those of ended processes, and leave them."""
        for note in self._held.values():
            note.close()
        self._held.clear()

    def _take(self, path: Path) -> None:
        with suppress(OSError, ValueError):
            note = path.open()
            try:
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(note.fileno()).st_nlink == 0:
                    raise OSError("its process has taken it away meanwhile")  # noqa: TRY301 - as if it had not been found
                since_s = float(note.read())
            except (OSError, ValueError):
                note.close()  # a process is at work, or it is no note
                raise
            self._held[path] = note
            self.since_s = since_s if self.since_s is None else min(self.since_s, since_s)

    def _drop(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._held.pop(path).close()


def _looked_up(platform: Platform, find: Callable[[], list[Stored]]) -> list[Stored]:
    """What is found, at once or until a read can no longer lag behind the write."""
    waited_s, tries = 0.0, 0
    while True:
        if found := find():
            return found
        left_s = platform.settings.settle_s - waited_s
        if left_s <= 0:
            return []
        tries += 1
        wait_s = min(left_s, backoff_s(tries))
        began_s = time.monotonic()
        platform.pause(wait_s)
        waited_s += max(wait_s, time.monotonic() - began_s)


@contextmanager
def _alone(content: str) -> Iterator[None]:
    with _locks_lock:
        lock = _locks[content]
    with lock:
        yield
