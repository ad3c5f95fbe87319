"""State locks: which run of the engine has locked a stack. Pulumi's own backends keep such locks beside the state, forever."""

import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aep_pulumi import extras
from aep_pulumi.journals import backend

_CONSEQUENCE = "so it is not known who has locked the stack"


@dataclass(frozen=True)
class StateLock:
    """The lock of a run."""

    user: str
    host: str
    process: int
    since: str

    @property
    def is_running(self) -> bool | None:
        """Whether the process runs; None if it is on another machine."""
        if self.host != socket.gethostname() or sys.platform == "win32":
            return None
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True

    def __str__(self) -> str:
        running = {True: "which is running", False: "which has ended", None: "on another machine"}[self.is_running]
        return f"{self.user}@{self.host}, process {self.process}, {running}, since {self.since}"


def state_locks(url: str, stack: str) -> list[StateLock]:
    """The locks of a stack, oldest first. None are known of Pulumi Cloud, which lets them expire.

    Args:
        url: the URL of the state backend.
        stack: the stack, as `project/stack`.

    Raises:
        AepError: the backend cannot be read.
    """
    if not stack or url.startswith(("http://", "https://")):
        return []
    locks = [lock for content in _contents(url, f"locks/organization/{stack}") if (lock := _parsed(content)) is not None]
    return sorted(locks, key=lambda each: each.since)


def _contents(url: str, folder: str) -> list[bytes]:
    kind = backend.kind(url)
    if kind == "folder":
        found = (backend.folder_of(url).parent / ".pulumi" / folder).glob("*.json") if url else ()
        return [content for path in found if (content := _read(path))]
    extras.require(kind, f"reading the locks in {backend.shown(url)} needs")
    if kind == "postgres":
        from base64 import b64decode  # noqa: PLC0415 - only the database needs it

        from psycopg import sql  # noqa: PLC0415 - the driver is only imported where it is used

        from aep_pulumi.journals.database import database  # noqa: PLC0415 - the same

        states = database(url)
        statement = sql.SQL("SELECT data->>'data' FROM {} WHERE starts_with(key, %(folder)s)").format(states.states)
        # The CLI takes the path of the URL, which is the database's name, for a folder, as in a bucket.
        root = urlsplit(url).path.strip("/")
        rows = states.run(statement, {"folder": f"{root}/.pulumi/{folder}/".lstrip("/")}, consequence=_CONSEQUENCE)
        return [b64decode(content) for (content,) in rows]
    from aep_pulumi.journals.objects import bucket  # noqa: PLC0415 - the same

    objects = bucket(url)
    paths = objects.list(folder, consequence=_CONSEQUENCE, of_pulumi=True)
    read = (objects.read(path, consequence=_CONSEQUENCE, of_pulumi=True) for path in paths)
    return [each[0] for each in read if each]


def _read(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""


def _parsed(content: bytes) -> StateLock | None:
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        values = json.loads(content)
        since = str(values["timestamp"]).partition(".")[0]
        return StateLock(str(values["username"]), str(values["hostname"]), int(values["pid"]), since)
    return None
