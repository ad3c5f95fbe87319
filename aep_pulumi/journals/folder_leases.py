"""Leases in a folder: a file each, whose modification time says when it was renewed, by the filesystem's clock."""

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from filelock import lock_descriptor

from aep_pulumi.errors import JournalError
from aep_pulumi.journals.leases import Holder, Taken

_CHANGING, _CHANGING_S = "changing", 10.0
_POLL_S = 0.005
_ENDING = ".lease"
_here = threading.Lock()


class FolderLeases:
    """The leases in a folder that is shared by the stacks of a file backend. See `Leases`.

    Changes are made under the lock of one file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, name: str, token: str, holder: Holder, ttl_s: float) -> Taken | Holder:
        with self._changing() as now_s:
            path = self._path(name)
            found = _read(path)
            if found and found["token"] != token and not _is_stale(path, found, now_s):
                return _holder(found)
            values = {"token": token, "ttl_s": ttl_s, "since_s": now_s, "holder": holder.stored()}
            unnamed = path.with_suffix(".new")
            unnamed.write_text(json.dumps(values), encoding="utf-8")
            unnamed.replace(path)
            return Taken(_holder(found) if found and found["token"] != token else None)

    def renew(self, name: str, token: str, patience_s: float) -> bool:
        with self._changing(min(patience_s, _CHANGING_S)):
            path = self._path(name)
            if (found := _read(path)) is None or found["token"] != token:
                return False
            os.utime(path)
            return True

    def release(self, name: str, token: str) -> None:
        with self._changing():
            path = self._path(name)
            if (found := _read(path)) is not None and found["token"] == token:
                path.unlink()

    def all(self) -> list[tuple[str, Holder, bool]]:
        if not self._folder.is_dir():
            return []
        with self._changing() as now_s:
            found = {path: _read(path) for path in sorted(self._folder.glob(f"*{_ENDING}"))}
            return [
                (unquote(path.name.removesuffix(_ENDING)), _holder(values), _is_stale(path, values, now_s))
                for path, values in found.items()
                if values is not None
            ]

    def clear(self, name: str) -> bool:
        with self._changing() as now_s:
            path = self._path(name)
            found = _read(path)
            if found is None or not _is_stale(path, found, now_s):
                return False
            path.unlink()
            return True

    def _path(self, name: str) -> Path:
        return self._folder / f"{quote(name, safe='')}{_ENDING}"

    @contextmanager
    def _changing(self, patience_s: float = _CHANGING_S) -> Iterator[float]:
        """Lock the folder; yields the time."""
        end_s = time.monotonic() + patience_s
        with _here:  # another thread of this process has the same lock, on some systems
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                with (self._folder / _CHANGING).open("a+b") as file:
                    while not lock_descriptor(file.fileno(), blocking=False):
                        if time.monotonic() > end_s:
                            raise JournalError(
                                f"another process has held the lock {self._folder / _CHANGING} for {patience_s:.0f} s: wait for "
                                "that process, or end it"
                            )
                        time.sleep(_POLL_S)
                    os.utime(file.name)
                    yield Path(file.name).stat().st_mtime
            except OSError as error:
                raise JournalError(
                    f"the leases in {self._folder} cannot be written or locked ({error.strerror}): make the folder writable, "
                    "on a filesystem that supports locks"
                ) from None


def _read(path: Path) -> Mapping[str, Any] | None:
    with suppress(FileNotFoundError):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return {"token": str(values["token"]), "ttl_s": float(values["ttl_s"]), **values}
        except (ValueError, KeyError, TypeError):
            return {"token": "", "ttl_s": 0.0}
    return None


def _holder(values: Mapping[str, Any]) -> Holder:
    return Holder.of(values.get("holder") or {}, float(values.get("since_s") or 0.0))


def _is_stale(path: Path, values: Mapping[str, Any], now_s: float) -> bool:
    return now_s - path.stat().st_mtime > float(values["ttl_s"])
