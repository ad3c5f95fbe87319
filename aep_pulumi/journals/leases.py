"""Leases: one holder per name, on all machines that share a backend. They are stored beside the journal.

A lease that is not renewed for its time to live is stale, and others may take it. So a holder renews it well before that, and
must have stopped what the lease guards when `Lease.renew` raises LeaseLostError, a third of the time before it is stale.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from aep_pulumi import extras
from aep_pulumi.errors import AepError, JournalError
from aep_pulumi.journals import backend as backends

_POLL_S = 0.5
_SAFE = 2 / 3
"""The share of the time to live after which a lease that could not be renewed counts as lost for its holder."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lease."""

    host: str
    process: int
    stack: str
    run: str
    since_s: float = 0.0
    """Since when, in epoch seconds by the clock of the place where leases are stored."""

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since_s, UTC).isoformat(timespec="seconds")
        return f"{self.stack or 'an unknown stack'} (process {self.process} on {self.host}, run {self.run}, since {since})"

    def stored(self) -> dict[str, object]:
        """The values to store."""
        return {name: value for name, value in asdict(self).items() if name != "since_s"}

    @classmethod
    def of(cls, values: Mapping[str, object], since_s: float) -> Self:
        """A holder from stored values."""
        process = values.get("process")
        number = process if isinstance(process, int) else 0
        return cls(str(values.get("host", "")), number, str(values.get("stack", "")), str(values.get("run", "")), since_s)


class LeaseHeldError(AepError):
    """Another holder has the lease."""

    def __init__(self, name: str, holder: Holder) -> None:
        super().__init__(f"{name} is in use by {holder}: wait for it, or end it")
        self.holder = holder


class LeaseLostError(AepError):
    """The lease could not be renewed in time, or another holder has taken it: stop what it guards at once."""


@dataclass(frozen=True)
class Taken:
    """A lease was taken."""

    replaced: Holder | None = None
    """Whose stale lease it was."""


class Leases(Protocol):
    """Where the leases of a backend are stored. Every method may be repeated after a failure."""

    def take(self, name: str, token: str, holder: Holder, ttl_s: float) -> "Taken | Holder":
        """Take a lease that is free or stale, with this token. Returns its holder if it is neither."""

    def renew(self, name: str, token: str, patience_s: float) -> bool:
        """Renew a lease. False if it is no longer held with this token.

        Raises:
            JournalError: it is not known, because the store cannot be reached for that long.
        """

    def release(self, name: str, token: str) -> None:
        """Give up a lease, if it is held with this token."""

    def all(self) -> list[tuple[str, Holder, bool]]:
        """Every lease: name, holder, and whether it is stale."""

    def clear(self, name: str) -> bool:
        """Remove a stale lease. False if it is not stale."""


class Lease:
    """A lease that this process holds; also a context manager, which releases it."""

    def __init__(self, leases: Leases, name: str, token: str, ttl_s: float, renewed_s: float, replaced: Holder | None) -> None:
        self._leases, self.name, self._token, self._ttl_s = leases, name, token, ttl_s
        self.replaced = replaced
        """Who had it before and did not release it."""
        self._renewed_s = renewed_s
        self._lock = threading.Lock()

    @property
    def left_s(self) -> float:
        """The seconds until others may take it, unless it is renewed."""
        return self._renewed_s + self._ttl_s - time.monotonic()

    def renew(self) -> None:
        """Renew it. Call this at least three times per time to live.

        Waits for a store that cannot be reached, until a third of the time to live is left.

        Raises:
            LeaseLostError: stop what the lease guards, now.
        """
        with self._lock:
            began_s = time.monotonic()
            patience_s = self._renewed_s + _SAFE * self._ttl_s - began_s
            if patience_s <= 0:
                raise LeaseLostError(f"the lease of {self.name} was not renewed for {began_s - self._renewed_s:.0f} s")
            try:
                is_held = self._leases.renew(self.name, self._token, patience_s)
            except JournalError as error:
                raise LeaseLostError(f"the lease of {self.name} could not be renewed: {error}") from None
            if not is_held:
                raise LeaseLostError(f"the lease of {self.name} was taken by another process")
            self._renewed_s = began_s

    def release(self) -> None:
        """Release it. Only when what it guards has ended."""
        self._leases.release(self.name, self._token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def acquire(
    backend: str,
    name: str,
    holder: Holder,
    *,
    ttl_s: float,
    wait_s: float,
    on_wait: Callable[[Holder], None] | None = None,
) -> Lease:
    """Acquire a lease.

    Args:
        backend: the URL of the state backend; "" for the one of this project.
        name: the name, such as `sandbox/ORG@AdobeOrg/dev`.
        holder: who acquires it; its `since_s` is set by the store.
        ttl_s: how long it is valid without being renewed.
        wait_s: how long to wait for another holder.
        on_wait: called with the other holder, once for each.

    Raises:
        LeaseHeldError: another holder had it for that long.
        JournalError: the store cannot be reached or used.
    """
    leases, token = leases_of(backend), uuid.uuid4().hex
    end_s, announced = time.monotonic() + wait_s, None
    while True:
        began_s = time.monotonic()
        other = leases.take(name, token, holder, ttl_s)
        if isinstance(other, Taken):
            return Lease(leases, name, token, ttl_s, began_s, other.replaced)
        if time.monotonic() >= end_s:
            raise LeaseHeldError(name, other)
        if on_wait is not None and replace(other) != announced:
            on_wait(other)
            announced = other
        time.sleep(max(0.0, min(_POLL_S, end_s - time.monotonic())))


def holders(backend: str) -> list[tuple[str, Holder, bool]]:
    """Every lease of a backend: name, holder, and whether it is stale."""
    return leases_of(backend).all()


def clear(backend: str, name: str) -> None:
    """Remove a stale lease.

    Raises:
        LeaseHeldError: it is not stale.
    """
    leases = leases_of(backend)
    if leases.clear(name):
        return
    for other, holder, _is_stale in leases.all():
        if other == name:
            raise LeaseHeldError(name, holder)


def leases_of(backend: str) -> Leases:
    """Where the leases of a backend are stored; "" for the backend of this project."""
    url = backend or backends.current()
    kind = backends.kind(url)
    if kind == "postgres":
        extras.require("postgres", f"leases in {backends.shown(url)} need")
        from aep_pulumi.journals.database import database  # noqa: PLC0415 - the driver is only imported where it is used
        from aep_pulumi.journals.postgres_leases import PostgresLeases  # noqa: PLC0415 - the same

        return PostgresLeases(database(url))
    if kind == "bucket":
        extras.require("bucket", f"leases in {backends.shown(url)} need")
        from aep_pulumi.journals.bucket_leases import BucketLeases  # noqa: PLC0415 - the same
        from aep_pulumi.journals.objects import bucket  # noqa: PLC0415 - the same

        return BucketLeases(bucket(url))
    from aep_pulumi.journals.folder_leases import FolderLeases  # noqa: PLC0415 - only one of the three is needed

    return FolderLeases(backends.folder_of(url) / "leases")
