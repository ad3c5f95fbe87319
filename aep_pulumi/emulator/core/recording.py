"""Recording: the request log's table, with what a replay needs of each request and its response. Bounded in rows and bytes."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

REQUESTS_KEPT = 20_000
BYTES_KEPT = 64 * 1024 * 1024

# How many requests a page of the recording has.
PAGE = 500

TABLES = """
CREATE TABLE IF NOT EXISTS requests (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS recordings (
    seq INTEGER PRIMARY KEY, size INTEGER NOT NULL, about TEXT NOT NULL, answer TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Recorded:
    """What a replay needs beside the entry of the request log. It contains no secrets."""

    headers: Json = field(default_factory=dict)
    """The headers of the request that change its response."""

    omitted: str | None = None
    """Why the request's body is not recorded, if it had one that is not."""

    response_headers: Json = field(default_factory=dict)
    response: str = "null"
    """The response's body, as JSON."""

    response_omitted: str | None = None
    """Why the response's body is not recorded."""


class Recording:
    """The table, in the store's database."""

    def __init__(self, db: sqlite3.Connection, requests_kept: int, bytes_kept: int) -> None:
        self._db, self._requests_kept, self._bytes_kept = db, requests_kept, bytes_kept
        self._deleted_at = max(1, requests_kept // 100)  # several at once cost less
        db.executescript(TABLES)
        self._size = self._size_until(None)

    def add(self, entry: Json, recorded: Recorded) -> None:
        """Append a request, and delete the oldest ones. Must be called in a transaction."""
        text = json.dumps(entry)
        about = json.dumps(
            {
                "headers": recorded.headers,
                "body_omitted": recorded.omitted,
                "response_headers": recorded.response_headers,
                "response_omitted": recorded.response_omitted,
            }
        )
        seq = self._db.execute("INSERT INTO requests (entry) VALUES (?)", (text,)).lastrowid or 0
        size = len(text) + len(about) + len(recorded.response)
        self._db.execute("INSERT INTO recordings VALUES (?, ?, ?, ?)", (seq, size, about, recorded.response))
        self._size += size
        if seq % self._deleted_at == 0 or self._size > self._bytes_kept:
            self._delete_oldest(seq)

    def entries_since(self, seq: int) -> list[Json]:
        """The request log's entries after a sequence number, oldest first."""
        rows = self._db.execute("SELECT seq, entry FROM requests WHERE seq > ? ORDER BY seq", (seq,))
        return [{"seq": number, **json.loads(entry)} for number, entry in rows]

    def page_since(self, seq: int) -> list[Json]:
        """A page of the recording: the entries after a sequence number with their headers and responses, oldest first."""
        rows = self._db.execute(
            "SELECT seq, entry, about, answer FROM requests JOIN recordings USING (seq) WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, PAGE),
        )
        return [
            {"seq": number, **json.loads(entry), **json.loads(about), "response": json.loads(response)}
            for number, entry, about, response in rows
        ]

    def clear(self) -> None:
        """Delete everything. Must be called in a transaction."""
        for table in ("requests", "recordings"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constant table names
        self._size = 0

    def _delete_oldest(self, newest: int) -> None:
        oldest, left = newest - self._requests_kept, self._size
        if left > self._bytes_kept:
            for seq, size in self._db.execute("SELECT seq, size FROM recordings ORDER BY seq"):
                oldest, left = max(oldest, seq), left - size
                if left <= self._bytes_kept:
                    break
        if oldest > 0:
            self._size -= self._size_until(oldest)
            self._db.execute("DELETE FROM requests WHERE seq <= ?", (oldest,))
            self._db.execute("DELETE FROM recordings WHERE seq <= ?", (oldest,))

    def _size_until(self, seq: int | None) -> int:
        where, values = ("", ()) if seq is None else (" WHERE seq <= ?", (seq,))
        row = self._db.execute(f"SELECT COALESCE(SUM(size), 0) FROM recordings{where}", values).fetchone()  # noqa: S608 - constant
        return int(row[0])
