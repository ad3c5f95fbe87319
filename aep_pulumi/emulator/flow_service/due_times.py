"""Due times: the earliest time at which a run of any flow of a sandbox is due, kept in memory, so that writes need not look."""

from __future__ import annotations

from aep_pulumi.emulator.core import clock

# Lower bounds by sandbox: without one, nothing is known. Module state, because each process runs exactly one Platform.
_bounds: dict[str, float] = {}


def may_have_passed(sandbox: str) -> bool:
    """True if a run may have become due since the last time that all flows were looked at."""
    return _bounds.get(sandbox, 0.0) <= clock.now()


def expect(sandbox: str, due: float) -> None:
    """Expect a run of a new or changed flow."""
    if sandbox in _bounds:
        _bounds[sandbox] = min(due, _bounds[sandbox])


def looked_at(sandbox: str, next_due: float) -> None:
    """All flows have been looked at: none is due before this time."""
    _bounds[sandbox] = next_due


def forget() -> None:
    """Forget everything, as the objects are others now."""
    _bounds.clear()
