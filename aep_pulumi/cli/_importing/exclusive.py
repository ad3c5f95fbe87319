"""Exclusive: one `aep import` of a project at a time, because two would undo each other's changes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import lock_descriptor

from aep_pulumi.errors import AepError


@contextmanager
def only_import(folder: Path) -> Iterator[None]:
    """Make this the only import that uses a folder. The operating system releases it when the process ends, for whatever reason.

    Raises:
        AepError: another import is using it, or it cannot be locked.
    """
    holder = folder / "process"  # beside the lock, because Windows does not allow reading a locked file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise _unusable(folder, error) from None
    with lock:
        try:
            is_only = lock_descriptor(lock.fileno(), blocking=False)
            if is_only:
                holder.write_text(str(os.getpid()))
            running = holder.read_text()
        except OSError as error:
            raise _unusable(folder, error) from None
        if not is_only:
            raise AepError(
                f"another `aep import` of this project is running (process {running}), so nothing was changed: wait for it, or "
                "end it"
            )
        yield


def _unusable(folder: Path, error: OSError) -> AepError:
    return AepError(
        f"an import records its changes in {folder}, which cannot be locked ({error.strerror}), so nothing was changed: make the "
        "folder writable, or set AEP_HOME to another, on a filesystem that supports locks"
    )
