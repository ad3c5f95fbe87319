"""Creates that happen exactly once, even if the response is lost.

Platform has no idempotency keys. If the response to a create is lost, the object is looked up before the request is sent again,
and an object that matches is adopted only on proof that no other request created it:

- the service stores a mark with the object, and it is the mark of this request; or
- the stack declares that nobody else creates the same content in its sandbox (`aep:soleWriter`), exactly one object matches,
  and the journal has no other create of that content.

Without proof the create fails, lists the candidates and does not touch them: the user decides with `aep recover`.
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
from aep_pulumi.journals.entries import Candidate, Entries, Entry, Journal, await_others, digest
from aep_pulumi.journals.here import journal_here, this_backend
from aep_pulumi.resources._create_request import CreateRequest, SecondStep, Steps

MAX_ATTEMPTS = 4
"""How often a write is sent at most. Each retry follows a lookup without a match."""

_CLOCK_ERROR_S = 2.0
"""The maximum difference between two readings of Platform's clock, which has a resolution of one second."""
_REQUEST_TIMEOUT = 408

_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
_locks_lock = threading.Lock()
_created: set[str] = set()
"""The ids of objects that this process has created or adopted: they belong to their resources."""
_deleted: set[str] = set()
"""The ids of objects that this process has deleted: an eventually consistent read may still return them."""


def was_created_here(object_id: str) -> bool:
    """Whether this process has created or adopted an object."""
    return object_id in _created


def was_deleted_here(object_id: str) -> bool:
    """Whether this process has deleted an object."""
    return object_id in _deleted


def record_deletion(object_id: str) -> None:
    """Record that this process has deleted an object."""
    _deleted.add(object_id)


def is_ambiguous(error: AepError) -> bool:
    """Whether a write may have happened although it failed with this error."""
    if isinstance(error, TimedOutError | OutageError):
        return True
    return isinstance(error, ResponseError) and error.status == _REQUEST_TIMEOUT


def create_once(platform: Client, request: CreateRequest, steps: Steps) -> RemoteObject:
    """Create an object exactly once.

    Raises:
        AmbiguousError: it may have been created, and there is no proof which object it is.
        AepError: it was not created.
    """
    with serialized(request.content):
        # Resolve the sandbox type before the POST, so that an error here is never an ambiguous create. Its response also
        # sets Platform's time, from which this machine's clock may differ.
        platform.sandbox_type()
        create = _Create(platform, request, steps, journal_here())
        try:
            return create.run()
        finally:
            create.release()


class _Create:
    """A create in progress. It owns an entry in the journal from before the POST until the outcome is known."""

    def __init__(self, platform: Client, request: CreateRequest, steps: Steps, journal: Journal) -> None:
        self._platform, self._request, self._steps, self._journal = platform, request, steps, journal
        settings = platform.settings
        content = digest(settings, request.content)
        before = [each for each in self._entries_before(content) if not each.is_alive and each.is_pending]
        # Taken over: entries of this resource in this stack, and those without a URN (of the previous version).
        mine = {(request.urn, this_backend()), ("", "")}
        self._before = [each for each in before if _owner(each) in mine and journal.inherit(each)]
        # Entries of the same URN in another backend, which may be this stack's (moved backend) or another's: used in lookups, but
        # never as proof.
        self._doubtful = [each for each in before if each.urn == request.urn and each not in self._before]
        inherited = (*self._before, *self._doubtful)
        now_s = platform.now() - _CLOCK_ERROR_S
        self._entry = journal.claim(
            Entry(
                content,
                since_s=min([now_s, *(each.since_s for each in inherited)]),
                urn=request.urn,
                stack=request.stack,
                backend=this_backend(),
                organization=settings.organization,
                sandbox=settings.sandbox,
                kind=request.kind,
                marks=tuple(dict.fromkeys((request.mark, *(mark for each in self._before for mark in each.marks)))),
                candidates=tuple(each for entry in inherited for each in entry.candidates),
                adopt=next((each.adopt for each in inherited if each.adopt), ""),
            )
        )
        self._was_sent = bool(inherited)
        self._has_other_content = any(each.content != content for each in inherited)
        for each in self._before:
            journal.withdraw(each)  # the new entry includes their content

    def _entries_before(self, content: str) -> Entries:
        """The entries of this content and of this resource, once no other process works on this resource."""
        journal, request, mine = self._journal, self._request, (self._request.urn, this_backend())
        return await_others(
            lambda: [*journal.for_content(content), *_abandoned(journal, request, content)],
            lambda entry: bool(entry.urn) and _owner(entry) == mine,
            journal,
            self._platform.pause,
        )

    def run(self) -> RemoteObject:
        remote = self._adopt() or self._send()
        _created.add(remote.id)
        if self._steps.second is not None:
            remote = self._finish(remote, self._steps.second)
        self._journal.complete(self._entry, remote.id)
        self._withdraw_doubtful()
        return remote

    def _finish(self, remote: RemoteObject, second: SecondStep) -> RemoteObject:
        try:
            return second.finish(remote)
        except AepError as error:
            if second.roll_back(remote):
                self._journal.withdraw(self._entry)  # rolled back: an eventually consistent lookup might still return the object
                raise
            raise error.advise(
                f"{remote.id} was created but could not be rolled back: the next `pulumi up` completes it"
            ) from None

    def release(self) -> None:
        """Release an entry whose outcome is not known: the next run looks the object up first."""
        self._journal.release(self._entry)

    # -- pending creates of earlier runs --------------------------------------------------------------------------------

    def _adopt(self) -> RemoteObject | None:
        """The object that the user chose for an earlier create, or that a lookup proves; None if nothing was created."""
        if object_id := self._entry.adopt:
            if owner := next((each for each in self._journal.completed() if self._is_of_other_resource(each, object_id)), None):
                self._clear_decision()
                raise AepError(
                    f"`aep recover --adopt` was given {object_id}, which stack {owner.stack} created ({owner.urn}): run "
                    "`aep recover` again"
                )
            try:
                return self._steps.adopt(object_id)
            except NotFoundError as error:
                self._clear_decision()
                raise error.advise(
                    "`aep recover --adopt` was given this id, but it does not exist: run `pulumi up` again"
                ) from None
        if not self._was_sent:
            return None
        if self._steps.second is not None:
            # The crashed process may have rolled back; wait out the consistency window before adopting.
            self._platform.pause(self._platform.settings.settle_s)
        remote = self._look_up()
        if remote is None or not self._has_other_content:
            return remote
        return self._steps.adopt(remote.id)

    def _is_of_other_resource(self, entry: Entry, object_id: str) -> bool:
        return entry.object_id == object_id and _owner(entry) != _owner(self._entry)

    def _withdraw_doubtful(self) -> None:
        """Remove the entries that proved nothing: their objects were looked up, and this create is completed."""
        for each in self._doubtful:
            if self._journal.inherit(each):
                self._journal.withdraw(each)

    def _clear_decision(self) -> None:
        self._entry = replace(self._entry, adopt="", candidates=())
        self._journal.update(self._entry)

    # -- the POST -------------------------------------------------------------------------------------------------------

    def _send(self) -> RemoteObject:
        is_sent = False
        for last in (*[False] * (MAX_ATTEMPTS - 1), True):
            if is_sent:
                self._journal.confirm(self._entry)
            is_sent = False
            try:
                with self._steps.creating() as report_created:
                    is_sent = True
                    remote = _with_id(self._steps.make())
                    report_created(remote.id)
                    return remote
            except AepError as error:
                taken = self._request.is_taken(error)
                if taken and self._request.is_shared and (shared := self._shared()):
                    return shared
                if not (is_sent and is_ambiguous(error)) and not (taken and self._was_sent):
                    # Rejected, so nothing was created; earlier requests were looked up before this one was sent.
                    self._journal.withdraw(self._entry)
                    raise
                self._was_sent = True
                try:
                    existing = self._look_up()
                except DeadlineError:
                    raise error.advise(
                        "the deadline expired before it could be verified: the next `pulumi up` looks it up first"
                    ) from None
                if existing is not None:
                    return existing
                if taken:
                    self._journal.withdraw(self._entry)
                if last or taken:
                    raise
        raise AssertionError  # the last attempt returns or raises

    def _shared(self) -> RemoteObject | None:
        """The existing object with this title, if it is in the desired state."""
        try:
            return next(iter(until_consistent(self._platform, lambda: list(filter(None, [self._steps.shared()])))), None)
        except AepError:
            self._journal.withdraw(self._entry)  # rejected: nothing was created
            raise

    # -- the lookup -----------------------------------------------------------------------------------------------------

    def _look_up(self) -> RemoteObject | None:
        """The object that this entry's requests provably created; None if they created nothing.

        Raises:
            AmbiguousError: objects exist that may have been created by them or by other requests.
        """
        matches = until_consistent(self._platform, self._candidates)
        if not self._proven(matches) and matches and not (len(matches) == 1 and self._is_sole_writer()):
            # Repeat after the consistency window: the user must see every candidate to decide.
            self._platform.pause(self._platform.settings.settle_s)
            matches = self._candidates()
        proven = self._proven(matches)
        if len(proven) == 1:
            return proven[0]
        if len(matches) == 1 and not proven and self._is_sole_writer():
            return matches[0]
        if not matches:
            return None
        raise self._ambiguous(matches)

    def _proven(self, matches: list[RemoteObject]) -> list[RemoteObject]:
        """The objects that no other request can have created."""
        marks = set(self._entry.marks)
        return [each for each in matches if self._request.is_shared or self._steps.mark_of(each) in marks]

    def _is_sole_writer(self) -> bool:
        """Whether nobody else creates this content: the stack declares it, and the journal has no other stack that does."""
        mine = (self._entry.stack, self._entry.backend)
        entries = self._journal.for_content(self._entry.content)
        # Completed creates of this stack are not candidates.
        others = [each for each in entries if each.is_pending or (each.stack, each.backend) != mine]
        is_alone = all(each.key == self._entry.key for each in others)
        # With other content, the object may belong to another resource of this stack.
        return self._platform.settings.sole_writer and is_alone and not self._has_other_content

    def _candidates(self) -> list[RemoteObject]:
        """The objects that this entry's requests may have created, without those attributed to other requests."""
        entries = self._journal.completed() if self._has_other_content else self._journal.for_content(self._entry.content)
        others = set() if self._request.is_shared else {each.object_id for each in entries} | _created
        find = self._steps.find_any if self._has_other_content else self._steps.find
        # Objects without a mark are included: a service might not return the field that its OpenAPI document specifies.
        expected = {*self._entry.marks, *(mark for each in self._doubtful for mark in each.marks), ""}
        return [
            each
            for each in find(self._entry.since_s)
            if each.id not in others and (self._request.is_shared or self._steps.mark_of(each) in expected)
        ]

    def _ambiguous(self, matches: list[RemoteObject]) -> AmbiguousError:
        candidates = tuple(Candidate(each.id, each.made_at_s, each.made_by) for each in matches)
        self._entry = replace(self._entry, candidates=candidates)
        self._journal.update(self._entry)
        is_one = len(matches) == 1
        what = "an object that it may have created" if is_one else f"{len(matches)} objects, any of which it may have created"
        chosen = matches[0].id if is_one else "ID"
        return AmbiguousError(
            f"the response to its create was lost, and Platform has {what}: {described(candidates)}; another stack may also have "
            f"created {'it' if is_one else 'them'}, so nothing was adopted: if {'it' if is_one else 'one'} belongs to this "
            f"stack, run `aep recover --adopt {chosen}`, otherwise `aep recover --clear "
            f"{self._request.kind}:{self._entry.name}`, then `pulumi up`"
        )


def described(candidates: Iterable[Candidate]) -> str:
    """The candidates for a message: ids, who created them and when."""
    return ", ".join(f"{each.id} ({_creator(each)})" for each in candidates)


def _creator(candidate: Candidate) -> str:
    by = f"by client {candidate.made_by}" if candidate.made_by else "by an unknown client"
    if candidate.made_at_s is None:
        return f"created {by}"
    return f"created {by} at {datetime.fromtimestamp(candidate.made_at_s, UTC).isoformat(timespec='seconds')}"


def _owner(entry: Entry) -> tuple[str, str]:
    """The owner of an entry: the resource's URN, and the backend of its stack."""
    return entry.urn, entry.backend


def _abandoned(journal: Journal, request: CreateRequest, content: str) -> Iterator[Entry]:
    """The pending creates of this resource with other inputs, of earlier runs."""
    for entry in journal.pending(request.urn) if request.urn else ():
        if entry.content != content:
            yield entry


def _with_id(remote: RemoteObject) -> RemoteObject:
    if not remote.id:
        raise TimedOutError("Platform's response to the create contains no id: the object may have been created")
    return remote


def until_consistent(platform: Client, find: Callable[[], list[RemoteObject]]) -> list[RemoteObject]:
    """Repeat a lookup until it returns objects or the consistency window has passed."""
    waited_s, tries = 0.0, 0
    while True:
        if matches := find():
            return matches
        left_s = platform.settings.settle_s - waited_s
        if left_s <= 0:
            return []
        tries += 1
        wait_s = min(left_s, backoff_s(tries))
        began_s = time.monotonic()
        platform.pause(wait_s)
        waited_s += max(wait_s, time.monotonic() - began_s)


@contextmanager
def serialized(content: str) -> Iterator[None]:
    """Run in one thread at a time per content. Waiting is limited by the operation's deadline."""
    with _locks_lock:
        lock = _locks[content]
    with deadline.held(lock, "the same objects"):
        yield
