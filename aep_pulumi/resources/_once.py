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
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Stored
from aep_pulumi.client.retry import backoff_s
from aep_pulumi.errors import (
    AepError,
    AmbiguousError,
    AnswerError,
    NotFoundError,
    OccupiedError,
    OutageError,
    TimedOutError,
)
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


@dataclass(frozen=True)
class CreateRequest:
    """A create: what tells it from every other one.

    Attributes:
        content: the kind and its inputs, as text. Two resources of one content are made one after the other.
        kind: the resource's class.
        urn: the resource, or "" where the engine did not say.
        mark: the mark of this very request.
        is_stored: whether the service stores the mark with the object.
        is_shared: whether Platform shares such objects by nature: whoever made it, it is the one.
        taken_code: the service's code where something else has the title already, or "".
    """

    content: str
    kind: str
    urn: str
    mark: str
    is_stored: bool = False
    is_shared: bool = False
    taken_code: str = ""

    def is_taken(self, error: AepError) -> bool:
        """Whether a create failed because something else already has what the object must have alone."""
        is_coded = isinstance(error, AnswerError) and bool(self.taken_code) and error.code == self.taken_code
        return is_coded or isinstance(error, OccupiedError)

    @property
    def stack(self) -> str:
        """The stack, as `project/stack`."""
        return stack_of(self.urn)


@dataclass(frozen=True)
class SecondStep:
    """What a create does after its POST.

    Attributes:
        finish: sets what only a second request can set, as far as that is missing.
        roll_back: deletes what could not be finished; False where it may still exist.
    """

    finish: Callable[[Stored], Stored]
    roll_back: Callable[[Stored], bool]


@dataclass(frozen=True)
class Steps:
    """How a kind carries out a create.

    Attributes:
        make: sends the POST.
        find: the objects of the request's content that were made since a time, in epoch seconds.
        find_any: the objects of the kind that were made since a time, whatever their content.
        adopt: reads an object by its id and brings it to the desired state.
        second: what follows the POST, where something does.
        mark_of: the mark that an object carries, or "".
        shared: the object that has the title already, where Platform shares such objects; None where it cannot be read yet.
    """

    make: Callable[[], Stored]
    find: Callable[[float], list[Stored]]
    find_any: Callable[[float], list[Stored]] = lambda _since_s: []
    adopt: Callable[[str], Stored] = Stored
    second: SecondStep | None = None
    mark_of: Callable[[Stored], str] = lambda _stored: ""
    shared: Callable[[], Stored | None] = lambda: None


def stack_of(urn: str) -> str:
    """The stack of a URN, as `project/stack`; "" where it is none."""
    place, _, rest = urn.partition("::")
    return f"{rest.partition('::')[0]}/{place.rpartition(':')[2]}" if rest else ""


def is_ambiguous(error: AepError) -> bool:
    """Whether a write that failed so may have happened."""
    if isinstance(error, TimedOutError | OutageError):
        return True
    return isinstance(error, AnswerError) and error.status == _REQUEST_TIMEOUT


def create_once(platform: Client, request: CreateRequest, steps: Steps) -> Stored:
    """Make an object, and only one.

    Raises:
        AmbiguousError: it may have been made, and nobody can prove which object it is.
        AepError: it could not be made.
    """
    with alone(request.content):
        # Resolve the sandbox type before the POST, so that an error here is never an ambiguous create. Its answer also tells
        # Platform's time: this machine's may be an hour off.
        platform.ask_about_sandbox()
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
        self._before = [each for each in (*same, *_abandoned(journal, request, content)) if self._inherits(each)]
        # The mark of a request that was sent before, and the time since when its object may exist.
        marks = (request.mark if request.is_stored else "", *(mark for each in self._before for mark in each.marks))
        now_s = platform.now() - _CLOCKS_S
        self._entry = journal.claim(
            Entry(
                content,
                since_s=min([now_s, *(each.since_s for each in self._before)]),
                urn=request.urn,
                stack=request.stack,
                backend=this_backend(),
                organization=settings.organization,
                sandbox=settings.sandbox,
                kind=request.kind,
                marks=tuple(dict.fromkeys(marks)),
                candidates=tuple(each for entry in self._before for each in entry.candidates),
                adopt=next((each.adopt for each in self._before if each.adopt), ""),
            )
        )
        self._was_sent = bool(self._before)
        self._has_other_content = any(each.content != content for each in self._before)
        for each in self._before:
            journal.withdraw(each)  # the new entry holds what they held

    def run(self) -> Stored:
        stored = self._adopted() or self._sent()
        _made.add(stored.id)
        if self._steps.second is not None:
            stored = self._finished(stored, self._steps.second)
        self._journal.complete(self._entry, stored.id)
        return stored

    def _finished(self, stored: Stored, second: SecondStep) -> Stored:
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

    def _inherits(self, entry: Entry) -> bool:
        """Whether an entry is of an earlier, ended create of this very resource; then this create takes it over."""
        if entry.is_alive or not entry.is_pending:
            return False
        is_ours = (entry.urn, entry.backend) == (self._request.urn, this_backend()) and bool(entry.urn)
        # An entry of the version before names no resource: it may be ours, so it is looked for and proves nothing.
        return (is_ours or not entry.urn) and self._journal.inherit(entry)

    def _adopted(self) -> Stored | None:
        """What a person says that an earlier create made, or what a lookup proves; None where nothing was made."""
        if object_id := self._entry.adopt:
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

    def _forget_decision(self) -> None:
        self._entry = replace(self._entry, adopt="", candidates=())
        self._journal.update(self._entry)

    # -- the POST -------------------------------------------------------------------------------------------------------

    def _sent(self) -> Stored:
        for last in (*[False] * (ROUNDS - 1), True):
            try:
                return _named(self._steps.make())
            except AepError as error:
                taken = self._request.is_taken(error)
                if taken and self._request.is_shared and (stored := self._shared()):
                    return stored
                if not is_ambiguous(error) and not (taken and self._was_sent):
                    # Platform did nothing; and whether an earlier request did was looked up before this one was sent.
                    self._journal.withdraw(self._entry)
                    raise
                self._was_sent = True
                stored = self._looked_up()
                if stored is not None:
                    return stored
                if taken:
                    self._journal.withdraw(self._entry)
                if last or taken:
                    raise
        raise AssertionError  # the last round returns or raises

    def _shared(self) -> Stored | None:
        """What has the title already, if it is what the program says."""
        try:
            return next(iter(until_consistent(self._platform, lambda: list(filter(None, [self._steps.shared()])))), None)
        except AepError:
            self._journal.withdraw(self._entry)  # Platform did nothing
            raise

    # -- the lookup -----------------------------------------------------------------------------------------------------

    def _looked_up(self) -> Stored | None:
        """What the requests of this entry made, on proof; None where they made nothing.

        Raises:
            AmbiguousError: there is something that they may have made, and that another request may have made too.
        """
        found = until_consistent(self._platform, self._candidates)
        proven = [each for each in found if self._request.is_shared or self._steps.mark_of(each)]
        if len(proven) == 1:
            return proven[0]
        if len(found) == 1 and not proven and self._is_sole_writer():
            return found[0]
        if found and not proven:
            # Once more after the consistency window: the person who decides must see every candidate.
            self._platform.pause(self._platform.settings.settle_s)
            found = self._candidates()
        if not found:
            return None
        raise self._ambiguous(found)

    def _is_sole_writer(self) -> bool:
        """Whether nobody else creates this content: the stack says so, and the journal knows of nobody."""
        entries = self._journal.for_content(self._entry.content)
        is_alone = all(each.key == self._entry.key for each in entries)
        # An object of other content may just as well be another resource's of this stack.
        return self._platform.settings.sole_writer and is_alone and not self._has_other_content

    def _candidates(self) -> list[Stored]:
        """The objects that the requests of this entry may have made: without those that are known to be another request's."""
        entries = self._journal.completed() if self._has_other_content else self._journal.for_content(self._entry.content)
        others = {each.object_id for each in entries} | _made
        find = self._steps.find_any if self._has_other_content else self._steps.find
        # An object without any mark counts too: a service might not give back what OpenAPI says that it stores.
        sought = {*self._entry.marks, ""}
        return [
            each
            for each in find(self._entry.since_s)
            if each.id not in others and (self._request.is_shared or self._steps.mark_of(each) in sought)
        ]

    def _ambiguous(self, found: list[Stored]) -> AmbiguousError:
        candidates = tuple(Candidate(each.id, each.made_at_s, each.made_by) for each in found)
        self._entry = replace(self._entry, candidates=candidates)
        self._journal.update(self._entry)
        is_one = len(found) == 1
        what = "an object that it may have made" if is_one else f"{len(found)} objects, any of which it may have made"
        return AmbiguousError(
            f"the answer to its create was lost, and Platform now holds {what}: {described(candidates)}; nothing was adopted, "
            f"because another stack or program may have made {'it' if is_one else 'them'} too: if this stack made "
            f"{'it' if is_one else 'one'}, run `aep recover --adopt {found[0].id if is_one else 'ID'}`, otherwise "
            f"`aep recover --clear {self._request.kind}:{self._entry.name}`, then `pulumi up` (set aep:soleWriter where no other "
            "stack or program creates the same objects in this sandbox)"
        )


def described(candidates: Iterable[Candidate]) -> str:
    """The candidates for a person: which, who made them and when."""
    return ", ".join(f"{each.id} ({_made_by(each)})" for each in candidates)


def _made_by(candidate: Candidate) -> str:
    by = f"by client {candidate.made_by}" if candidate.made_by else "by an unknown client"
    if candidate.made_at_s is None:
        return f"made {by}"
    return f"made {by} at {datetime.fromtimestamp(candidate.made_at_s, UTC).isoformat(timespec='seconds')}"


def _abandoned(journal: Journal, request: CreateRequest, content: str) -> Iterator[Entry]:
    """The pending creates of this resource with other inputs, left by processes that have ended."""
    for entry in journal.pending() if request.urn else ():
        if entry.urn == request.urn and entry.content != content:
            yield entry


def _named(stored: Stored) -> Stored:
    if not stored.id:
        raise TimedOutError("Platform's answer to the create holds no id: it may have been made all the same")
    return stored


def until_consistent(platform: Client, find: Callable[[], list[Stored]]) -> list[Stored]:
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
    """Let one thread at a time do what this text stands for."""
    with _locks_lock:
        lock = _locks[content]
    with lock:
        yield
