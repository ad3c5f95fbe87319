"""Store: the local Platform's database, a single SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.core.recording import BYTES_KEPT, REQUESTS_KEPT, Recorded, Recording

Json = dict[str, Any]

# The collections used by more than one service.
BASE_CONNECTIONS = "connections"
SOURCE_CONNECTIONS = "sourceConnections"
TARGET_CONNECTIONS = "targetConnections"
FLOWS = "flows"
DELETED_FLOWS = "deletedFlows"
SCHEMAS = "schemas"
FIELD_GROUPS = "mixins"
DESCRIPTORS = "descriptors"
DATASETS = "dataSets"
MAPPING_SETS = "mappingSets"

# The collections of what belongs to other objects, which no client has created as an object of its own.
AUDIT_LOG = "auditLog"
FILE_PARTS = "batchFileParts"
RUN_INPUTS = "runInputs"
RUN_PERIODS = "runPeriods"
RUN_BATCHES = "runBatches"
INGESTIONS = "batchIngestions"
# One collection per flow: this, and the id of the flow.
RUN_RESULTS = "runs of "
# One collection per batch of streamed rows: this, and the id of the batch.
STREAMED_ROWS = "rows of "
PARTS = (AUDIT_LOG, FILE_PARTS, RUN_INPUTS, RUN_PERIODS, RUN_BATCHES, DELETED_FLOWS, INGESTIONS)

FORMAT = 2

# How many answers of `Objects.until_changed` are kept.
ANSWERS_KEPT = 32

Answers = dict[tuple[object, ...], list[str]]

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

# The pseudo-sandbox of the global settings: fault rules, clock, added sandboxes. Not a valid sandbox name.
GLOBAL = ""


class StoreError(Exception):
    """The file is not a valid database of the local Platform."""


class Store:
    """The database, opened by a single writer.

    Writes are on disk (write-ahead log) before the response is sent, so a killed process loses no acknowledged write.
    """

    def __init__(self, path: Path, requests_kept: int = REQUESTS_KEPT, bytes_kept: int = BYTES_KEPT) -> None:
        self._answers: Answers = {}
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
        """Close the file; all writes are already on disk."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all writes in the block, or none of them."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self._answers.clear()
            raise
        self._db.execute("COMMIT")

    def objects(self, sandbox: str) -> Objects:
        """The objects of one sandbox."""
        return Objects(self._db, sandbox, self._answers)

    def delayed_objects(self, sandbox: str, now: float, until: float) -> Objects:
        """The objects of one sandbox, for changes that reads do not return before `until`, in seconds since the epoch."""
        self._db.execute("DELETE FROM delayed_changes WHERE until <= ?", (now,))
        return Objects(self._db, sandbox, self._answers, until)

    def visible_objects(self, sandbox: str, now: float) -> Objects:
        """The objects of one sandbox as reads return them, without delayed changes (eventual consistency)."""
        return _VisibleObjects(self._db, sandbox, self._answers, now)

    @property
    def global_settings(self) -> Objects:
        """The local Platform's own settings, outside all sandboxes."""
        return Objects(self._db, GLOBAL, self._answers)

    def reset(self) -> None:
        """Delete everything: objects, tokens, requests, global settings."""
        with self.transaction():
            for table in ("objects", "tokens", "delayed_changes"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constant table names
            self._recording.clear()
        self._answers.clear()

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


class Objects:
    """The objects of one sandbox: bodies by collection and id, oldest first."""

    def __init__(self, db: sqlite3.Connection, sandbox: str, answers: Answers, visible_at: float | None = None) -> None:
        self._db = db
        self._answers = answers
        self._visible_at = visible_at
        self.sandbox = sandbox

    @property
    def global_settings(self) -> Objects:
        """The local Platform's own settings, outside all sandboxes."""
        return Objects(self._db, GLOBAL, self._answers)

    def in_sandbox(self, sandbox: str) -> Objects:
        """The objects of another sandbox."""
        return Objects(self._db, sandbox, self._answers)

    def add(self, collection: str, object_id: str, body: Json) -> None:
        """Insert a new object."""
        self._record_change(collection, object_id)
        self._db.execute(
            "INSERT INTO objects (sandbox, collection, id, body) VALUES (?, ?, ?, ?)",
            (self.sandbox, collection, object_id, json.dumps(body)),
        )

    def find(self, collection: str, object_id: str) -> Json | None:
        """An object's body, or None."""
        row = self._row(collection, object_id)
        return json.loads(row[1]) if row else None

    def replace(self, collection: str, object_id: str, body: Json) -> None:
        """Replace an object's body; its position in the collection does not change."""
        self._record_change(collection, object_id)
        self._db.execute(
            "UPDATE objects SET body = ? WHERE sandbox = ? AND collection = ? AND id = ?",
            (json.dumps(body), self.sandbox, collection, object_id),
        )

    def put(self, collection: str, object_id: str, body: Json) -> None:
        """Insert or replace an object."""
        (self.replace if self._row(collection, object_id) else self.add)(collection, object_id, body)

    def remove(self, collection: str, object_id: str) -> bool:
        """Delete an object; False if it did not exist."""
        self._record_change(collection, object_id)
        deleted = self._db.execute(
            "DELETE FROM objects WHERE sandbox = ? AND collection = ? AND id = ?",
            (self.sandbox, collection, object_id),
        )
        return deleted.rowcount == 1

    def all(self, collection: str) -> list[Json]:
        """All bodies of a collection, oldest first."""
        return [json.loads(body) for _, _, body in self._rows(collection)]

    def values(self, collection: str, field: str) -> dict[str, Any]:
        """One field of all bodies of a collection whose changes are never delayed, by id."""
        rows = self._db.execute(
            "SELECT id, json_extract(body, ?) FROM objects WHERE sandbox = ? AND collection = ?",
            (f"$.{field}", self.sandbox, collection),
        )
        return dict(rows.fetchall())

    def clear_collection(self, collection: str) -> None:
        """Delete all objects of a collection."""
        self._answers.clear()
        self._db.execute("DELETE FROM objects WHERE sandbox = ? AND collection = ?", (self.sandbox, collection))

    def ids(self, collection: str) -> list[str]:
        """All ids of a collection, oldest first."""
        rows = self._db.execute(
            "SELECT id FROM objects WHERE sandbox = ? AND collection = ? ORDER BY place", (self.sandbox, collection)
        )
        return [object_id for (object_id,) in rows]

    def until_changed(self, question: tuple[object, ...], answer: Callable[[], list[str]]) -> list[str]:
        """The answer to a question about the objects, which is only computed again after any object has changed.

        Pages of a long list are read one by one: without this, each page would search the whole collection again.
        """
        key = (self.sandbox, *question)
        if key not in self._answers:
            if len(self._answers) >= ANSWERS_KEPT:
                self._answers.clear()
            self._answers[key] = answer()
        return self._answers[key]

    def clear(self) -> None:
        """Delete all objects of the sandbox."""
        self._answers.clear()
        self._db.execute("DELETE FROM objects WHERE sandbox = ?", (self.sandbox,))
        self._db.execute("DELETE FROM delayed_changes WHERE sandbox = ?", (self.sandbox,))

    def all_by_collection(self) -> dict[str, list[Json]]:
        """All bodies, by collection; without those of parts of other objects."""
        rows = self._db.execute("SELECT DISTINCT collection FROM objects WHERE sandbox = ? ORDER BY 1", (self.sandbox,))
        names = [name for (name,) in rows.fetchall() if name not in PARTS and not name.startswith((RUN_RESULTS, STREAMED_ROWS))]
        return {name: self.all(name) for name in names}

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

    def _record_change(self, collection: str, object_id: str) -> None:
        """Forget the answers about the objects, and record the state of an object before a delayed change."""
        self._answers.clear()
        if self._visible_at is None:
            return
        place, body = self._row(collection, object_id) or (None, None)
        self._db.execute(
            "INSERT INTO delayed_changes (sandbox, collection, id, place, body, until) VALUES (?, ?, ?, ?, ?, ?)",
            (self.sandbox, collection, object_id, place, body, self._visible_at),
        )


class _VisibleObjects(Objects):
    """The objects as reads return them: each as it was before its oldest delayed change."""

    def __init__(self, db: sqlite3.Connection, sandbox: str, answers: Answers, now: float) -> None:
        super().__init__(db, sandbox, answers)
        self._previous: dict[tuple[str, str], tuple[int, str] | None] = {}
        delayed_changes = db.execute(
            "SELECT collection, id, place, body FROM delayed_changes WHERE sandbox = ? AND until > ? ORDER BY seq", (sandbox, now)
        )
        for collection, object_id, place, body in delayed_changes:
            self._previous.setdefault((collection, object_id), None if body is None else (place, body))

    def ids(self, collection: str) -> list[str]:
        """All ids of a collection, oldest first."""
        return [row[0] for row in self._rows(collection)] if self._previous else super().ids(collection)

    def until_changed(self, question: tuple[object, ...], answer: Callable[[], list[str]]) -> list[str]:
        """The answer to a question, computed each time while there are delayed changes."""
        return answer() if self._previous else super().until_changed(question, answer)

    def _row(self, collection: str, object_id: str) -> tuple[int, str] | None:
        key = (collection, object_id)
        return self._previous[key] if key in self._previous else super()._row(collection, object_id)

    def _rows(self, collection: str) -> list[tuple[str, int, str]]:
        if not self._previous:
            return super()._rows(collection)
        rows = [row for row in super()._rows(collection) if (collection, row[0]) not in self._previous]
        rows += [(object_id, *old) for (where, object_id), old in self._previous.items() if where == collection and old]
        return sorted(rows, key=lambda row: row[1])
