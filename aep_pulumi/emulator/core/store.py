"""Store: everything the local Platform keeps, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

# The collections that more than one service reads.
BASE_CONNECTIONS = "connections"
SOURCE_CONNECTIONS = "sourceConnections"
TARGET_CONNECTIONS = "targetConnections"
FLOWS = "flows"
SCHEMAS = "schemas"
FIELD_GROUPS = "mixins"
DESCRIPTORS = "descriptors"
DATASETS = "dataSets"
MAPPING_SETS = "mappingSets"

FORMAT = 2
REQUESTS_KEPT = 20_000

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
CREATE TABLE IF NOT EXISTS requests (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lags (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sandbox TEXT NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    place INTEGER,
    body TEXT,
    until REAL NOT NULL
);
"""

# Where the settings that belong to no sandbox are: fault rules, the clock, added sandboxes. No sandbox can be named so.
GLOBAL = ""


class StoreError(Exception):
    """The file is not a database of ours."""


class Store:
    """The file, opened by its one writer.

    A write is on disk before it is answered (write-ahead log), so a killed process loses nothing it has answered.
    """

    def __init__(self, path: Path, requests_kept: int = REQUESTS_KEPT) -> None:
        self._requests_kept = requests_kept
        try:
            # One thread serves all requests, and opens the store before it does.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(str(error)) from None
        try:
            self._open()
        except (sqlite3.Error, StoreError) as error:
            self._db.close()
            raise StoreError(str(error)) from None

    def _open(self) -> None:
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        (written_by,) = self._db.execute("PRAGMA user_version").fetchone()
        if verdict != "ok":
            raise StoreError(verdict)
        if written_by not in {0, FORMAT}:
            raise StoreError(f"it was written in format {written_by}, and this version reads format {FORMAT}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(TABLES)
        self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        """Close the file; nothing waits to be written."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside, or none of them."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def objects(self, sandbox: str) -> Objects:
        """The objects of one sandbox."""
        return Objects(self._db, sandbox)

    def lagging_objects(self, sandbox: str, now: float, until: float) -> Objects:
        """The objects of one sandbox, whose changes readers do not see until a time."""
        self._db.execute("DELETE FROM lags WHERE until <= ?", (now,))
        return Objects(self._db, sandbox, until)

    def visible_objects(self, sandbox: str, now: float) -> Objects:
        """The objects of one sandbox as a reader sees them: without the changes that still lag."""
        return _VisibleObjects(self._db, sandbox, now)

    @property
    def global_settings(self) -> Objects:
        """What the local Platform keeps for itself, outside all sandboxes."""
        return Objects(self._db, GLOBAL)

    def reset(self) -> None:
        """Delete everything: objects, tokens, requests, global settings."""
        with self.transaction():
            for table in ("objects", "tokens", "requests", "lags"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand in the line above

    def remember_token(self, digest: str, client_id: str, expires_at: float) -> None:
        """Keep a token's digest, never the token: a copy of the file must not give access to anything."""
        self._db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", (digest, client_id, expires_at))

    def token_client(self, digest: str, now: float) -> str | None:
        """The client a token was issued to; None for a token that was never issued or has expired."""
        row = self._db.execute("SELECT client_id FROM tokens WHERE digest = ? AND expires_at > ?", (digest, now)).fetchone()
        return row[0] if row else None

    def forget_tokens(self) -> None:
        """Invalidate every token issued so far."""
        with self.transaction():
            self._db.execute("DELETE FROM tokens")

    def log(self, entry: Json) -> None:
        """Add an entry to the request log, and drop the oldest ones."""
        with self.transaction():
            seq = self._db.execute("INSERT INTO requests (entry) VALUES (?)", (json.dumps(entry),)).lastrowid or 0
            self._db.execute("DELETE FROM requests WHERE seq <= ?", (seq - self._requests_kept,))

    def requests_since(self, seq: int) -> list[Json]:
        """The entries of the request log after a sequence number, oldest first."""
        rows = self._db.execute("SELECT seq, entry FROM requests WHERE seq > ? ORDER BY seq", (seq,))
        return [{"seq": number, **json.loads(entry)} for number, entry in rows]


class Objects:
    """The objects of one sandbox: bodies by collection and id, oldest first."""

    def __init__(self, db: sqlite3.Connection, sandbox: str, lag_until: float | None = None) -> None:
        self._db = db
        self._lag_until = lag_until
        self.sandbox = sandbox

    @property
    def global_settings(self) -> Objects:
        """What the local Platform keeps for itself, outside all sandboxes."""
        return Objects(self._db, GLOBAL)

    def add(self, collection: str, object_id: str, body: Json) -> None:
        """Keep a new object."""
        self._lag(collection, object_id)
        self._db.execute(
            "INSERT INTO objects (sandbox, collection, id, body) VALUES (?, ?, ?, ?)",
            (self.sandbox, collection, object_id, json.dumps(body)),
        )

    def find(self, collection: str, object_id: str) -> Json | None:
        """An object's body, or None."""
        row = self._row(collection, object_id)
        return json.loads(row[1]) if row else None

    def replace(self, collection: str, object_id: str, body: Json) -> None:
        """Give an object another body; its place in the collection stays."""
        self._lag(collection, object_id)
        self._db.execute(
            "UPDATE objects SET body = ? WHERE sandbox = ? AND collection = ? AND id = ?",
            (json.dumps(body), self.sandbox, collection, object_id),
        )

    def put(self, collection: str, object_id: str, body: Json) -> None:
        """Keep an object, new or not."""
        (self.replace if self._row(collection, object_id) else self.add)(collection, object_id, body)

    def remove(self, collection: str, object_id: str) -> bool:
        """Delete an object; False if there was none."""
        self._lag(collection, object_id)
        deleted = self._db.execute(
            "DELETE FROM objects WHERE sandbox = ? AND collection = ? AND id = ?",
            (self.sandbox, collection, object_id),
        )
        return deleted.rowcount == 1

    def all(self, collection: str) -> list[Json]:
        """A collection's bodies, oldest first."""
        return [json.loads(body) for _, _, body in self._rows(collection)]

    def everything(self) -> dict[str, list[Json]]:
        """Per collection, its bodies."""
        rows = self._db.execute("SELECT DISTINCT collection FROM objects WHERE sandbox = ? ORDER BY 1", (self.sandbox,))
        return {collection: self.all(collection) for (collection,) in rows.fetchall()}

    def _row(self, collection: str, object_id: str) -> tuple[int, str] | None:
        row: tuple[int, str] | None = self._db.execute(
            "SELECT place, body FROM objects WHERE sandbox = ? AND collection = ? AND id = ?",
            (self.sandbox, collection, object_id),
        ).fetchone()
        return row

    def _rows(self, collection: str) -> list[tuple[str, int, str]]:
        return self._db.execute(
            "SELECT id, place, body FROM objects WHERE sandbox = ? AND collection = ? ORDER BY place",
            (self.sandbox, collection),
        ).fetchall()

    def _lag(self, collection: str, object_id: str) -> None:
        """Record an object as it is before a change that readers do not see at once."""
        if self._lag_until is None:
            return
        place, body = self._row(collection, object_id) or (None, None)
        self._db.execute(
            "INSERT INTO lags (sandbox, collection, id, place, body, until) VALUES (?, ?, ?, ?, ?, ?)",
            (self.sandbox, collection, object_id, place, body, self._lag_until),
        )


class _VisibleObjects(Objects):
    """The objects as a reader sees them: each as it was before the oldest of its changes that still lag."""

    def __init__(self, db: sqlite3.Connection, sandbox: str, now: float) -> None:
        super().__init__(db, sandbox)
        self._lags: dict[tuple[str, str], tuple[int, str] | None] = {}
        lags = db.execute(
            "SELECT collection, id, place, body FROM lags WHERE sandbox = ? AND until > ? ORDER BY seq", (sandbox, now)
        )
        for collection, object_id, place, body in lags:
            self._lags.setdefault((collection, object_id), None if body is None else (place, body))

    def _row(self, collection: str, object_id: str) -> tuple[int, str] | None:
        key = (collection, object_id)
        return self._lags[key] if key in self._lags else super()._row(collection, object_id)

    def _rows(self, collection: str) -> list[tuple[str, int, str]]:
        if not self._lags:
            return super()._rows(collection)
        rows = [row for row in super()._rows(collection) if (collection, row[0]) not in self._lags]
        rows += [(object_id, *old) for (where, object_id), old in self._lags.items() if where == collection and old]
        return sorted(rows, key=lambda row: row[1])
