"""Store: everything the local Platform remembers, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

# The collections that more than one service looks into.
BASE_CONNECTIONS = "connections"
SOURCE_CONNECTIONS = "sourceConnections"
TARGET_CONNECTIONS = "targetConnections"
FLOWS = "flows"
SCHEMAS = "schemas"
FIELD_GROUPS = "mixins"
DESCRIPTORS = "descriptors"
DATASETS = "dataSets"
MAPPING_SETS = "mappingSets"

FORMAT = 1
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
"""


class StoreError(Exception):
    """The file is no database of ours."""


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

    def shelf(self, sandbox: str) -> Shelf:
        """The objects of one sandbox."""
        return Shelf(self._db, sandbox)

    def reset(self) -> None:
        """Forget all objects, tokens and requests."""
        with self.transaction():
            for table in ("objects", "tokens", "requests"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand in the line above

    def remember_token(self, digest: str, client_id: str, expires_at: float) -> None:
        """Keep a token's digest, never the token: a copy of the file must open nothing."""
        self._db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", (digest, client_id, expires_at))

    def token_client(self, digest: str, now: float) -> str | None:
        """The client a token was issued to; None where it was never issued or has expired."""
        row = self._db.execute("SELECT client_id FROM tokens WHERE digest = ? AND expires_at > ?", (digest, now)).fetchone()
        return row[0] if row else None

    def log(self, entry: Json) -> None:
        """Add one line to the request log, and let the oldest go."""
        with self.transaction():
            seq = self._db.execute("INSERT INTO requests (entry) VALUES (?)", (json.dumps(entry),)).lastrowid or 0
            self._db.execute("DELETE FROM requests WHERE seq <= ?", (seq - self._requests_kept,))

    def requests_since(self, seq: int) -> list[Json]:
        """The request log after a line, oldest first."""
        rows = self._db.execute("SELECT seq, entry FROM requests WHERE seq > ? ORDER BY seq", (seq,))
        return [{"seq": number, **json.loads(entry)} for number, entry in rows]


class Shelf:
    """The objects of one sandbox: bodies by collection and id, in the order they came."""

    def __init__(self, db: sqlite3.Connection, sandbox: str) -> None:
        self._db = db
        self.sandbox = sandbox

    def add(self, collection: str, object_id: str, body: Json) -> None:
        """Keep a new object."""
        self._db.execute(
            "INSERT INTO objects (sandbox, collection, id, body) VALUES (?, ?, ?, ?)",
            (self.sandbox, collection, object_id, json.dumps(body)),
        )

    def find(self, collection: str, object_id: str) -> Json | None:
        """An object's body, or None."""
        row = self._db.execute(
            "SELECT body FROM objects WHERE sandbox = ? AND collection = ? AND id = ?",
            (self.sandbox, collection, object_id),
        ).fetchone()
        return json.loads(row[0]) if row else None

    def replace(self, collection: str, object_id: str, body: Json) -> None:
        """Give an object another body, in its old place."""
        self._db.execute(
            "UPDATE objects SET body = ? WHERE sandbox = ? AND collection = ? AND id = ?",
            (json.dumps(body), self.sandbox, collection, object_id),
        )

    def remove(self, collection: str, object_id: str) -> bool:
        """Drop an object; False where there was none."""
        dropped = self._db.execute(
            "DELETE FROM objects WHERE sandbox = ? AND collection = ? AND id = ?",
            (self.sandbox, collection, object_id),
        )
        return dropped.rowcount == 1

    def all(self, collection: str) -> list[Json]:
        """A collection's bodies, oldest first."""
        rows = self._db.execute(
            "SELECT body FROM objects WHERE sandbox = ? AND collection = ? ORDER BY place",
            (self.sandbox, collection),
        )
        return [json.loads(body) for (body,) in rows]

    def everything(self) -> dict[str, list[Json]]:
        """Per collection, its bodies."""
        rows = self._db.execute("SELECT DISTINCT collection FROM objects WHERE sandbox = ? ORDER BY 1", (self.sandbox,))
        return {collection: self.all(collection) for (collection,) in rows.fetchall()}
