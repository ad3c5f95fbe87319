"""Snapshots: the whole state of the local Platform under a name: objects, settings, clock, rows and seeded tables.

The request log and the tokens are not part of it: they belong to the clients, for which a restore changes only Platform.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.control import clock_calls
from aep_pulumi.emulator.core import clock, home
from aep_pulumi.emulator.core.json_schema import BOOLEAN, JsonSchema, closed
from aep_pulumi.emulator.core.store import Store, StoreError

Json = dict[str, Any]

OPTIONS = JsonSchema(closed(replace=BOOLEAN), always_strict=True)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

# The folders of the home folder that belong to the state. Their files never change: they are replaced or deleted.
FOLDERS = ("batches", "seeds")

_OBJECTS, _ABOUT = "objects.sqlite3", "snapshot.json"
_NEW = ".new"
# The name of the snapshot that is being restored, until that has been completed.
_RESTORING = "restoring"


class SnapshotError(Exception):
    """A snapshot cannot be taken or restored; the message is one sentence."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def listed() -> list[Json]:
    """All snapshots, the oldest first."""
    abouts = [_about(each) for each in _all().glob("*") if (each / _ABOUT).exists() and each.name != _NEW]
    return sorted(abouts, key=lambda each: each["taken"])


def take(store: Store, name: str, *, replace: bool) -> Json:
    """Save the state under a name."""
    target = _path(name)
    if target.exists() and not replace:
        raise SnapshotError(f"There is a snapshot {name} already: choose another name, or replace it.", 409)
    new = _all() / _NEW
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    store.save_objects(new / _OBJECTS)
    for each in FOLDERS:
        _copy(home.folder() / each, new / each)
    about = {"name": name, "taken": time.time(), "now": clock.now(), "frozen": clock.is_frozen()}
    (new / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
    return about


def delete(name: str) -> None:
    """Delete a snapshot."""
    shutil.rmtree(_existing(name))


def restore(store: Store, name: str) -> Json:
    """Replace the state by that of a snapshot; the clock shows the same time again, and goes on from there if it did."""
    folder = _existing(name)
    # What can fail comes first, while nothing has changed.
    for each in FOLDERS:
        shutil.rmtree(_staged(each), ignore_errors=True)
        _copy(folder / each, _staged(each))
    marker = _all() / _RESTORING
    marker.write_text(name, encoding="utf-8")
    try:
        store.load_objects(folder / _OBJECTS)
    except StoreError as error:
        marker.unlink()
        raise SnapshotError(f"The snapshot {name} cannot be restored: {error}.", 409) from None
    for each in FOLDERS:
        shutil.rmtree(home.folder() / each, ignore_errors=True)
        if _staged(each).exists():
            _staged(each).rename(home.folder() / each)
    about = _about(folder)
    clock_calls.set_time(store, about["now"], frozen=about["frozen"])
    store.commit()
    marker.unlink()
    return about


def complete_restore(store: Store) -> None:
    """Repeat what a process that was killed has begun: otherwise, there would be rows of one state and objects of another."""
    marker = _all() / _RESTORING
    if marker.exists():
        restore(store, marker.read_text(encoding="utf-8"))


def _staged(folder: str) -> Path:
    return _all() / f".{folder}"


def _existing(name: str) -> Path:
    path = _path(name)
    if not (path / _ABOUT).exists():
        names = [each["name"] for each in listed()]
        verb, others = ("is" if len(names) == 1 else "are"), ", ".join(names) or "none"
        raise SnapshotError(f"There is no snapshot {name}: there {verb} {others}.", 404)
    return path


def _path(name: str) -> Path:
    if not NAME.fullmatch(name):
        raise SnapshotError("The name of a snapshot has up to 64 letters, digits, dots, dashes and underscores.", 400)
    return _all() / name


def _about(folder: Path) -> Json:
    about: Json = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    return {**about, "name": folder.name}


def _all() -> Path:
    return home.folder() / "snapshots"


def _copy(source: Path, target: Path) -> None:
    """Copy a folder, if it exists, without the files that are being written."""
    if source.exists():
        shutil.copytree(source, target, copy_function=_linked, ignore=shutil.ignore_patterns(".*"))


def _linked(source: str, target: str) -> str:
    """A second name for a file, where the filesystem has such, or else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
