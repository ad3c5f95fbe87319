"""Locks: what killed runs have left locked: the stack, and leases of their sandboxes."""

from collections.abc import Sequence
from dataclasses import dataclass

from aep_pulumi.cli._stack import Stack
from aep_pulumi.errors import AepError
from aep_pulumi.journals import backend, leases
from aep_pulumi.journals.entries import Entry
from aep_pulumi.journals.state_locks import StateLock, state_locks


@dataclass(frozen=True)
class Locked:
    """The locks of a stack, and the stale leases that its runs have held."""

    stack: str
    locks: Sequence[StateLock]
    leases: Sequence[tuple[str, leases.Holder]]

    @classmethod
    def of(cls, stack: str) -> "Locked":
        """What is locked now.

        Args:
            stack: the stack, as `project/stack`.
        """
        url = backend.current()
        held = [(name, holder) for name, holder, is_stale in leases.holders(url) if is_stale and _is_of(holder, stack)]
        return cls(stack, state_locks(url, stack), held)

    def described(self) -> list[str]:
        """A line for each."""
        stack = (f"stack {self.stack} is locked by {lock}" for lock in self.locks)
        return [*stack, *(f"the stale lease of {name} was held by {holder}" for name, holder in self.leases)]

    def clear(self, pulumi: Stack, pending: Sequence[Entry]) -> None:
        """Remove them all.

        Args:
            pulumi: the stack.
            pending: the pending creates of the journal.

        Raises:
            AepError: a run is working on the stack. Nothing is removed.
        """
        for lock in self.locks:
            if lock.is_running:
                raise AepError(
                    f"stack {self.stack} is locked by {lock}, so nothing was cleared: wait for that process, or end it"
                )
        for entry in pending:
            if entry.is_alive and entry.stack == self.stack:
                raise AepError(
                    f"process {entry.process} on {entry.host} is creating {entry.kind} {entry.name} of stack {self.stack} at "
                    "this moment, so nothing was cleared: wait for that process, or end it"
                )
        if self.locks:
            pulumi.unlock()
        for name, _holder in self.leases:
            leases.clear(backend.current(), name)

    def clear_of(self, process: int, pulumi: Stack) -> None:
        """Remove the lock that a process of this machine has left. Locks of other runs stay.

        Args:
            process: the process, which has ended: its number may be that of a zombie, or of a program that began since.
            pulumi: the stack.

        Raises:
            AepError: another run has locked the stack too, and the CLI removes all locks or none. Nothing is removed.
        """
        left = [lock for lock in self.locks if lock.process == process and lock.is_running is not None]
        others = [lock for lock in self.locks if lock not in left]
        if left and others:
            raise AepError(
                f"stack {self.stack} is locked by {others[0]}, so the lock of process {process} was not removed: wait for that "
                "process, or run `aep recover --clear-locks` if it has ended"
            )
        if left:
            pulumi.unlock()


def _is_of(holder: leases.Holder, stack: str) -> bool:
    """Whether a holder works on a stack, which some name with the organisation of the backend before it."""
    return bool(stack) and f"/{holder.stack}".endswith(f"/{stack}")
