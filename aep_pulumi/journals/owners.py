"""Owners: which processes are alive, for journals that several machines share.

Each process that owns entries renews a record of itself. An owner whose record was not renewed for a time has ended, and others
may take over its entries. A process of this machine that does not exist has ended at once.

A lock that lasts as long as a connection would be known at once everywhere, but it errs in the dangerous direction: after a
restart of the database, or behind a pooler, processes that are creating objects would look ended.
"""

import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from aep_pulumi.errors import JournalError


@cache
def place() -> str:
    """Where process ids identify a process: this boot of this machine, and this container on it. "" if that is not known."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return "" if sys.platform == "win32" else f"node {uuid.getnode()}"


def has_ended(at: str, process: int) -> bool:
    """Whether a process is known to have ended, because it ran at this place and does not exist."""
    if not at or at != place() or sys.platform == "win32":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@dataclass
class Owner:
    """This process, as an owner of entries in one journal.

    Attributes:
        renew: renews the record.
        every_s: how often.
        prune: removes records that nobody needs any more; called once, in the background.
    """

    renew: Callable[[], None]
    every_s: float
    prune: Callable[[], None]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_started: bool = False
    _renewed_s: float = float("-inf")

    def start(self) -> None:
        """Make sure that the record exists and is renewed from now on, before this process owns its first entry.

        Raises:
            JournalError: it cannot be written.
        """
        with self._lock:
            if self._is_started and time.monotonic() - self._renewed_s < 2 * self.every_s:
                return
            self._renew()
            if not self._is_started:
                threading.Thread(target=self._run, name="journal", daemon=True).start()
                self._is_started = True

    def _renew(self) -> None:
        began_s = time.monotonic()
        self.renew()
        self._renewed_s = began_s

    def _run(self) -> None:
        with suppress(JournalError):
            self.prune()
        while True:
            time.sleep(self.every_s)
            with suppress(JournalError):  # the next attempt follows; an entry that is claimed meanwhile reports the failure
                self._renew()
