"""Objects: the objects of one sandbox in the database, and their collections."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

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


# The pseudo-sandbox of the global settings: fault rules, clock, added sandboxes. Not a valid sandbox name.
GLOBAL = ""

# How many results of `Objects.until_changed` are kept.
RESULTS_KEPT = 32

# How many rows of the global settings are kept, and of each of their collections.
SETTINGS_KEPT = 100


@dataclass
class Memory:
    """What is kept of the database: results about objects, and the global settings, which every request needs."""

    results: dict[tuple[object, ...], list[str]] = field(default_factory=dict)
    row: dict[tuple[str, str], tuple[int, str] | None] = field(default_factory=dict)
    rows: dict[str, list[tuple[str, int, str]]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything."""
        self.results.clear()
        self.row.clear()
        self.rows.clear()


class Objects:
    """The objects of one sandbox: bodies by collection and id, oldest first."""

    def __init__(self, db: sqlite3.Connection, sandbox: str, memory: Memory, visible_at: float | None = None) -> None:
        self._db = db
        self._memory = memory
        self._visible_at = visible_at
        self.sandbox = sandbox

    @property
    def global_settings(self) -> Objects:
        """The local Platform's own settings, outside all sandboxes."""
        return GlobalSettings(self._db, GLOBAL, self._memory)

    def in_sandbox(self, sandbox: str) -> Objects:
        """The objects of another sandbox."""
        return Objects(self._db, sandbox, self._memory)

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
        """One field of all bodies of a collection, by id, oldest first; for reads, only if its changes are never delayed."""
        rows = self._db.execute(
            "SELECT id, json_extract(body, ?) FROM objects WHERE sandbox = ? AND collection = ? ORDER BY place",
            (f"$.{field}", self.sandbox, collection),
        )
        return dict(rows.fetchall())

    def clear_collection(self, collection: str) -> None:
        """Delete all objects of a collection."""
        self._memory.clear()
        self._db.execute("DELETE FROM objects WHERE sandbox = ? AND collection = ?", (self.sandbox, collection))

    def ids(self, collection: str) -> list[str]:
        """All ids of a collection, oldest first."""
        rows = self._db.execute(
            "SELECT id FROM objects WHERE sandbox = ? AND collection = ? ORDER BY place", (self.sandbox, collection)
        )
        return [object_id for (object_id,) in rows]

    def until_changed(self, query: tuple[object, ...], compute: Callable[[], list[str]]) -> list[str]:
        """The result of a query about the objects, which is only computed again after any object has changed.

        Pages of a long list are read one by one: without this, each page would search the whole collection again.
        """
        key = (self.sandbox, *query)
        results = self._memory.results
        if key not in results:
            if len(results) >= RESULTS_KEPT:
                results.clear()
            results[key] = compute()
        return results[key]

    def clear(self) -> None:
        """Delete all objects of the sandbox."""
        self._memory.clear()
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
        """Forget the results about the objects, and record the state of an object before a delayed change."""
        self._memory.results.clear()
        if self._visible_at is None:
            return
        place, body = self._row(collection, object_id) or (None, None)
        self._db.execute(
            "INSERT INTO delayed_changes (sandbox, collection, id, place, body, until) VALUES (?, ?, ?, ?, ?, ?)",
            (self.sandbox, collection, object_id, place, body, self._visible_at),
        )


class GlobalSettings(Objects):
    """The global settings, read from memory: nobody else writes the file."""

    def _row(self, collection: str, object_id: str) -> tuple[int, str] | None:
        key, known = (collection, object_id), self._memory.row
        if key not in known:
            if len(known) >= SETTINGS_KEPT:
                known.clear()
            known[key] = super()._row(collection, object_id)
        return known[key]

    def _rows(self, collection: str) -> list[tuple[str, int, str]]:
        rows = self._memory.rows[collection] if collection in self._memory.rows else super()._rows(collection)
        if len(rows) <= SETTINGS_KEPT:
            self._memory.rows[collection] = rows
        return rows

    def _record_change(self, collection: str, object_id: str) -> None:
        super()._record_change(collection, object_id)
        self._memory.clear()


class VisibleObjects(Objects):
    """The objects as reads return them: each as it was before its oldest delayed change."""

    def __init__(self, db: sqlite3.Connection, sandbox: str, memory: Memory, now: float) -> None:
        super().__init__(db, sandbox, memory)
        self._previous: dict[tuple[str, str], tuple[int, str] | None] = {}
        delayed_changes = db.execute(
            "SELECT collection, id, place, body FROM delayed_changes WHERE sandbox = ? AND until > ? ORDER BY seq", (sandbox, now)
        )
        for collection, object_id, place, body in delayed_changes:
            self._previous.setdefault((collection, object_id), None if body is None else (place, body))

    def ids(self, collection: str) -> list[str]:
        """All ids of a collection, oldest first."""
        return [row[0] for row in self._rows(collection)] if self._previous else super().ids(collection)

    def until_changed(self, query: tuple[object, ...], compute: Callable[[], list[str]]) -> list[str]:
        """The result of a query, computed each time while there are delayed changes."""
        return compute() if self._previous else super().until_changed(query, compute)

    def _row(self, collection: str, object_id: str) -> tuple[int, str] | None:
        key = (collection, object_id)
        return self._previous[key] if key in self._previous else super()._row(collection, object_id)

    def _rows(self, collection: str) -> list[tuple[str, int, str]]:
        if not self._previous:
            return super()._rows(collection)
        rows = [row for row in super()._rows(collection) if (collection, row[0]) not in self._previous]
        rows += [(object_id, *old) for (where, object_id), old in self._previous.items() if where == collection and old]
        return sorted(rows, key=lambda row: row[1])
