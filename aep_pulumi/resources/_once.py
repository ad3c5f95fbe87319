"""Once: a write that happens once, whatever becomes of its answer.

Platform knows no idempotency keys. So a write whose answer is lost is looked up before it is sent again, and an object that the
lookup finds is adopted only on proof that no other request made it:

- the service stores a mark with the object, and it is the mark of this very request; or
- the stack says that nobody else creates the same content in its sandbox (`aep:soleWriter`), one object fits, and the journal
  knows of no other create of that content.

Without proof the create fails, names the candidates and leaves them alone: a person decides with `aep recover`.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from aep_pulumi.client import Client, deadline
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.client.retry import backoff_s
from aep_pulumi.errors import (
    AepError,
    AmbiguousError,
    DeadlineError,
    NotFoundError,
    OutageError,
    ResponseError,
    TimedOutError,
)
from aep_pulumi.resources._create_request import CreateRequest, SecondStep, Steps
from aep_pulumi.resources._journal import Candidate, Entry, Journal, digest, journal_here, this_backend

ROUNDS = 4
"""How often a write is sent at most, each time after a lookup that found nothing."""

_CLOCKS_S = 2.0
"""How far two readings of Platform's clock may differ: it is reported in whole seconds."""
_REQUEST_TIMEOUT = 408

_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
_locks_lock = threading.Lock()
_made: set[str] = set()
"""What this process has made or adopted: no other resource's."""
_deleted: set[str] = set()
"""What this process has deleted: a lagging read may still show it."""


def was_made_here(object_id: str) -> bool:
    """Whether this process has made or adopted an object."""
    return object_id in _made


def was_deleted_here(object_id: str) -> bool:
    """Whether this process has deleted an object."""
    return object_id in _deleted


def record_deletion(object_id: str) -> None:
    """Remember that this process has deleted an object."""
    _deleted.add(object_id)


def is_ambiguous(error: AepError) -> bool:
    """Whether a write that failed so may have happened."""
    if isinstance(error, TimedOutError | OutageError):
        return True
    return isinstance(error, ResponseError) and error.status == _REQUEST_TIMEOUT


def create_once(platform: Client, request: CreateRequest, steps: Steps) -> RemoteObject:
    """Make an object, and only one.

    Raises:
        AmbiguousError: it may have been made, and nobody can prove which object it is.
        AepError: it could not be made.
    """
    with alone(request.content):
        # Resolve the sandbox type before the POST, so that an error here is never an ambiguous create. Its answer also tells
        # Platform's time: this machine's may be an hour off.
        platform.sandbox_type()
        create = _Create(platform, request, steps, journal_here())
        try:
            return create.run()
        finally:
            create.release()


class _Create:
    """One create at work. Holds an entry in the journal from before the POST until its outcome is known."""

    def __init__(self, platform: Client, request: CreateRequest, steps: Steps, journal: Journal) -> None:
        self._platform, self._request, self._steps, self._journal = platform, request, steps, journal
        settings = platform.settings
        content = digest(settings, request.content)
        same = journal.for_content(content)
        before = [each for each in (*same, *_abandoned(journal, request, content)) if not each.is_alive and each.is_pending]
        # Taken over: those of this very resource in this very stack, and those that name no resource (of the version before).
        mine = {(request.urn, this_backend()), ("", "")}
        self._before = [each for each in before if _owner(each) in mine and journal.inherit(each)]
        # Of a resource of that name in another backend: this stack's in a moved checkout, or another's. Looked for, but no proof.
        self._doubtful = [each for each in before if each.urn == request.urn and each not in self._before]
        left = (*self._before, *self._doubtful)
        now_s = platform.now() - _CLOCKS_S
        self._entry = journal.claim(
            Entry(
                content,
                since_s=min([now_s, *(each.since_s for each in left)]),
                urn=request.urn,
                stack=request.stack,
                backend=this_backend(),
                organization=settings.organization,
                sandbox=settings.sandbox,
                kind=request.kind,
                marks=tuple(dict.fromkeys((request.mark, *(mark for each in self._before for mark in each.marks)))),
                candidates=tuple(each for entry in left for each in entry.candidates),
                adopt=next((each.adopt for each in left if each.adopt), ""),
            )
        )
        self._was_sent = bool(left)
        self._has_other_content = any(each.content != content for each in left)
        for each in self._before:
            journal.withdraw(each)  # the new entry holds what they held

    def run(self) -> RemoteObject:
        stored = self._adopted() or self._sent()
        _made.add(stored.id)
        if self._steps.second is not None:
            stored = self._finished(stored, self._steps.second)
        self._journal.complete(self._entry, stored.id)
        self._settle_doubtful()
        return stored

    def _finished(self, stored: RemoteObject, second: SecondStep) -> RemoteObject:
        try:
            return second.finish(stored)
        except AepError as error:
            if second.roll_back(stored):
                self._journal.withdraw(self._entry)  # nothing is left to look for, and a lagging read would still show it
                raise
            raise error.advise(f"{stored.id} was made and could not be removed again: the next `pulumi up` goes on") from None

    def release(self) -> None:
        """Leave an entry that is not settled: a later run looks first."""
        self._journal.release(self._entry)

    # -- what an earlier run left ---------------------------------------------------------------------------------------

    def _adopted(self) -> RemoteObject | None:
        """What a person says that an earlier create made, or what a lookup proves; None where nothing was made."""
        if object_id := self._entry.adopt:
            if owner := next((each for each in self._journal.completed() if self._is_anothers(each, object_id)), None):
                self._forget_decision()
                raise AepError(
                    f"`aep recover --adopt` named {object_id}, which stack {owner.stack} made ({owner.urn}): run `aep recover` "
                    "again"
                )
            try:
                return self._steps.adopt(object_id)
            except NotFoundError as error:
                self._forget_decision()
                raise error.advise("`aep recover --adopt` named it, and it does not exist: run `pulumi up` again") from None
        if not self._was_sent:
            return None
        if self._steps.second is not None:
            # The crashed process may have rolled back; wait out the consistency window before adopting.
            self._platform.pause(self._platform.settings.settle_s)
        stored = self._looked_up()
        if stored is None or not self._has_other_content:
            return stored
        return self._steps.adopt(stored.id)

    def _is_anothers(self, entry: Entry, object_id: str) -> bool:
        return entry.object_id == object_id and _owner(entry) != _owner(self._entry)

    def _settle_doubtful(self) -> None:
        """Remove the entries that proved nothing: what they may have made was looked for, and this create is completed."""
        for each in self._doubtful:
            if self._journal.inherit(each):
                self._journal.withdraw(each)

    def _forget_decision(self) -> None:
        self._entry = replace(self._entry, adopt="", candidates=())
        self._journal.update(self._entry)

    # -- the POST -------------------------------------------------------------------------------------------------------

    def _sent(self) -> RemoteObject:
        for last in (*[False] * (ROUNDS - 1), True):
            is_sent = False
            try:
                with self._steps.creating() as made:
                    is_sent = True
                    stored = _named(self._steps.make())
                    made(stored.id)
                    return stored
            except AepError as error:
                taken = self._request.is_taken(error)
                if taken and self._request.is_shared and (shared := self._shared()):
                    return shared
                if not (is_sent and is_ambiguous(error)) and not (taken and self._was_sent):
                    # Platform did nothing; and whether an earlier request did was looked up before this one was sent.
                    self._journal.withdraw(self._entry)
                    raise
                self._was_sent = True
                try:
                    found = self._looked_up()
                except DeadlineError:
                    raise error.advise(
                        "there was no time left to look whether it was made: the next `pulumi up` does that first"
                    ) from None
                if found is not None:
                    return found
                if taken:
                    self._journal.withdraw(self._entry)
                if last or taken:
                    raise
        raise AssertionError  # the last round returns or raises

    def _shared(self) -> RemoteObject | None:
        """What has the title already, if it is what the program says."""
        try:
            return next(iter(until_consistent(self._platform, lambda: list(filter(None, [self._steps.shared()])))), None)
        except AepError:
            self._journal.withdraw(self._entry)  # Platform did nothing
            raise

    # -- the lookup -----------------------------------------------------------------------------------------------------

    def _looked_up(self) -> RemoteObject | None:
        """What the requests of this entry made, on proof; None where they made nothing.

        Raises:
            AmbiguousError: there is something that they may have made, and that another request may have made too.
        """
        found = until_consistent(self._platform, self._candidates)
        if not self._proven(found) and found and not (len(found) == 1 and self._is_sole_writer()):
            # Once more after the consistency window: the person who decides must see every candidate.
            self._platform.pause(self._platform.settings.settle_s)
            found = self._candidates()
        proven = self._proven(found)
        if len(proven) == 1:
            return proven[0]
        if len(found) == 1 and not proven and self._is_sole_writer():
            return found[0]
        if not found:
            return None
        raise self._ambiguous(found)

    def _proven(self, found: list[RemoteObject]) -> list[RemoteObject]:
        """Those that no other request can have made."""
        marks = set(self._entry.marks)
        return [each for each in found if self._request.is_shared or self._steps.mark_of(each) in marks]

    def _is_sole_writer(self) -> bool:
        """Whether nobody else creates this content: the stack says so, and the journal knows of no other stack that does."""
        mine = (self._entry.stack, self._entry.backend)
        entries = self._journal.for_content(self._entry.content)
        # What this stack has completed is no candidate any more.
        others = [each for each in entries if each.is_pending or (each.stack, each.backend) != mine]
        is_alone = all(each.key == self._entry.key for each in others)
        # An object of other content may just as well be another resource's of this stack.
        return self._platform.settings.sole_writer and is_alone and not self._has_other_content

    def _candidates(self) -> list[RemoteObject]:
        """The objects that the requests of this entry may have made: without those that are known to be another request's."""
        entries = self._journal.completed() if self._has_other_content else self._journal.for_content(self._entry.content)
        others = set() if self._request.is_shared else {each.object_id for each in entries} | _made
        find = self._steps.find_any if self._has_other_content else self._steps.find
        # An object without any mark counts too: a service might not give back what OpenAPI says that it stores.
        sought = {*self._entry.marks, *(mark for each in self._doubtful for mark in each.marks), ""}
        return [
            each
            for each in find(self._entry.since_s)
            if each.id not in others and (self._request.is_shared or self._steps.mark_of(each) in sought)
        ]

    def _ambiguous(self, found: list[RemoteObject]) -> AmbiguousError:
        candidates = tuple(Candidate(each.id, each.made_at_s, each.made_by) for each in found)
        self._entry = replace(self._entry, candidates=candidates)
        self._journal.update(self._entry)
        is_one = len(found) == 1
        what = "an object that it may have made" if is_one else f"{len(found)} objects, any of which it may have made"
        chosen = found[0].id if is_one else "ID"
        return AmbiguousError(
            f"the answer to its create was lost, and Platform holds {what}: {described(candidates)}; another stack may have made "
            f"{'it' if is_one else 'them'} just as well, so nothing was adopted: if {'it' if is_one else 'one'} is this stack's, "
            f"run `aep recover --adopt {chosen}`, otherwise `aep recover --clear {self._request.kind}:{self._entry.name}`, and "
            "then `pulumi up`"
        )


def described(candidates: Iterable[Candidate]) -> str:
    """The candidates for a person: which, who made them and when."""
    return ", ".join(f"{each.id} ({_made_by(each)})" for each in candidates)


def _made_by(candidate: Candidate) -> str:
    by = f"by client {candidate.made_by}" if candidate.made_by else "by an unknown client"
    if candidate.made_at_s is None:
        return f"made {by}"
    return f"made {by} at {datetime.fromtimestamp(candidate.made_at_s, UTC).isoformat(timespec='seconds')}"


def _owner(entry: Entry) -> tuple[str, str]:
    """Whose create it is: the resource, and the backend of its stack."""
    return entry.urn, entry.backend


def _abandoned(journal: Journal, request: CreateRequest, content: str) -> Iterator[Entry]:
    """The pending creates of this resource with other inputs, left by processes that have ended."""
    for entry in journal.pending() if request.urn else ():
        if entry.urn == request.urn and entry.content != content:
            yield entry


def _named(stored: RemoteObject) -> RemoteObject:
    if not stored.id:
        raise TimedOutError("Platform's answer to the create holds no id: it may have been made all the same")
    return stored


def until_consistent(platform: Client, find: Callable[[], list[RemoteObject]]) -> list[RemoteObject]:
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
def alone(content: str) -> Iterator[None]:
    """Let one thread at a time do what this text stands for, as long as the operation's deadline allows to wait for it."""
    with _locks_lock:
        lock = _locks[content]
    with deadline.held(lock, "the same objects"):
        yield
