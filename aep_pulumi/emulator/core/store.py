"""Store: the local Platform's database, a single SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aep_pulumi.emulator.core.objects import GLOBAL, GlobalSettings, Json, Memory, Objects, VisibleObjects
from aep_pulumi.emulator.core.recording import BYTES_KEPT, REQUESTS_KEPT, Recorded, Recording

FORMAT = 2

TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox TEXT NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (sandbox, collection, id)
);
CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, client_id TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS delayed_changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox TEXT NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    place INTEGER,
    body TEXT,
    until REAL NOT NULL
);
"""

# The tables with the state of Platform; the others belong to its clients.
OBJECT_TABLES = ("objects", "delayed_changes")


class StoreError(Exception):
    """The file is not a valid database of the local Platform."""


@dataclass
class _Group:
    """Writes that are committed together."""

    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    error: sqlite3.Error | None = None


class Store:
    """The database, opened by a single writer.

    Writes are on disk (write-ahead log) before the response is sent, so a killed process loses no acknowledged write.
    Concurrent requests are committed together, as a commit costs more than a write.
    """

    def __init__(self, path: Path, requests_kept: int = REQUESTS_KEPT, bytes_kept: int = BYTES_KEPT) -> None:
        self._memory = Memory()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._group: _Group | None = None
        try:
            # A single thread opens the store, and then handles all requests.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(str(error)) from None
        try:
            self._open()
            self._recording = Recording(self._db, requests_kept, bytes_kept)
        except (sqlite3.Error, StoreError) as error:
            self._db.close()
            raise StoreError(str(error)) from None

    def _open(self) -> None:
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        (written_by,) = self._db.execute("PRAGMA user_version").fetchone()
        if verdict != "ok":
            raise StoreError(verdict)
        if written_by not in {0, FORMAT}:
            raise StoreError(f"its format is {written_by}, but this version requires format {FORMAT}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(TABLES)
        self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        """Commit what is not yet, and close the file."""
        self.commit()
        self._db.close()

    def group_commits(self) -> None:
        """From now on, commit the writes of concurrent requests together; `saved` waits for the commit."""
        self._loop = asyncio.get_running_loop()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Apply all writes in the block, or none of them, and commit them at once unless commits are grouped."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
            if self._loop:
                self._group = _Group()
                # All requests that are ready now are handled before.
                self._loop.call_soon(self.commit)
        self._db.execute("SAVEPOINT block")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO block")
            self._db.execute("RELEASE block")
            self._memory.clear()
            raise
        else:
            self._db.execute("RELEASE block")
        finally:
            if self._loop is None:
                self.commit()

    async def saved(self) -> None:
        """Wait until all writes so far are on disk. Raises sqlite3.Error if they cannot be written."""
        if group := self._group:
            await group.is_done.wait()
            if group.error:
                raise group.error

    def commit(self) -> None:
        """Commit all writes so far."""
        group, self._group = self._group, None
        if not self._db.in_transaction:
            return
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._db.execute("ROLLBACK")
            self._memory.clear()
            if group is None:
                raise
            group.error = error
        if group:
            group.is_done.set()

    def objects(self, sandbox: str) -> Objects:
        """The objects of one sandbox."""
        return Objects(self._db, sandbox, self._memory)

    def delayed_objects(self, sandbox: str, now: float, until: float) -> Objects:
        """The objects of one sandbox, for changes that reads do not return before `until`, in seconds since the epoch."""
        self._db.execute("DELETE FROM delayed_changes WHERE until <= ?", (now,))
        return Objects(self._db, sandbox, self._memory, until)

    def visible_objects(self, sandbox: str, now: float) -> Objects:
        """The objects of one sandbox as reads return them, without delayed changes (eventual consistency)."""
        return VisibleObjects(self._db, sandbox, self._memory, now)

    @property
    def global_settings(self) -> Objects:
        """The local Platform's own settings, outside all sandboxes."""
        return GlobalSettings(self._db, GLOBAL, self._memory)

    def reset(self) -> None:
        """Delete everything: objects, tokens, requests, global settings."""
        with self.transaction():
            for table in ("objects", "tokens", "delayed_changes"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constant table names
            self._recording.clear()
            self._memory.clear()

    def save_objects(self, path: Path) -> None:
        """Write all objects and global settings to a new file, without tokens and requests."""
        with closing(sqlite3.connect(path)) as copy:
            copy.executescript(TABLES)
            copy.execute(f"PRAGMA user_version = {FORMAT}")
            _copy_objects(self._db, copy)
            copy.commit()

    def load_objects(self, path: Path) -> None:
        """Replace all objects and global settings by those of a file.

        Raises:
            StoreError: the file cannot be read, and nothing has changed.
        """
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as saved:
                (written_by,) = saved.execute("PRAGMA user_version").fetchone()
                if written_by != FORMAT:
                    raise StoreError(f"its format is {written_by}, but this version requires format {FORMAT}")
                with self.transaction():
                    for table in OBJECT_TABLES:
                        self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constant table names
                    _copy_objects(saved, self._db)
        except sqlite3.Error as error:
            raise StoreError(str(error)) from None
        finally:
            self._memory.clear()

    def save_token(self, digest: str, client_id: str, expires_at: float) -> None:
        """Store the token's digest rather than the token, so that a copy of the file grants no access."""
        self._db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", (digest, client_id, expires_at))

    def token_client(self, digest: str, now: float) -> str | None:
        """The client that a token was issued to; None if the token is unknown or expired."""
        row = self._db.execute("SELECT client_id FROM tokens WHERE digest = ? AND expires_at > ?", (digest, now)).fetchone()
        return row[0] if row else None

    def revoke_tokens(self) -> None:
        """Invalidate all issued tokens."""
        with self.transaction():
            self._db.execute("DELETE FROM tokens")

    def log(self, entry: Json, recorded: Recorded | None = None) -> None:
        """Append an entry to the request log, with what a replay needs of the request, and delete the oldest ones."""
        with self.transaction():
            self._recording.add(entry, recorded or Recorded())

    def requests_since(self, seq: int) -> list[Json]:
        """The request log's entries after a sequence number, oldest first."""
        return self._recording.entries_since(seq)

    def recorded_since(self, seq: int) -> list[Json]:
        """A page of the request log's entries after a sequence number, with headers and responses."""
        return self._recording.page_since(seq)


def _copy_objects(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    for table in OBJECT_TABLES:
        rows = source.execute(f"SELECT * FROM {table}")  # noqa: S608 - constant table names
        places = ", ".join("?" for _ in rows.description)
        target.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - as above
