"""PostgreSQL journal: the pending creates of all machines, in the database that also holds the states."""

import os
import socket
import time
import uuid
from dataclasses import replace

from aep_pulumi.errors import JournalError
from aep_pulumi.journals.database import STALE, Database, Rows
from aep_pulumi.journals.entries import KEPT_S, Entries, Entry, parsed, stored, warn_on_failure
from aep_pulumi.journals.owners import Owner, has_ended, place

TTL_S, RENEW_S = 30.0, 5.0
"""How long an owner that does not renew its record counts as alive, and how often it renews it."""

_NOTHING_SENT = "so nothing was sent"
_UNKNOWN = "so it is not known which creates are pending"
_KEPT = "so the entry stays as it is"
_IS_STALE = STALE.format(renewed="o.renewed", ttl=TTL_S)

_RENEW = """
INSERT INTO aep_owners (owner, host, place, process, renewed)
VALUES (%(owner)s, %(host)s, %(place)s, %(process)s, clock_timestamp())
ON CONFLICT (owner) DO UPDATE SET renewed = excluded.renewed
"""
_CLAIM = f"""
WITH renewed AS ({_RENEW})
INSERT INTO aep_creates (key, content, urn, is_pending, owner, hold, entry)
VALUES (%(key)s, %(content)s, %(urn)s, true, %(owner)s, %(hold)s, %(entry)s)
ON CONFLICT (key) DO NOTHING
"""  # noqa: S608 - no text of others is in it
_READ = f"""
SELECT c.key, c.entry, c.owner, o.place, o.process, o.owner IS NOT NULL AND NOT ({_IS_STALE})
FROM aep_creates AS c LEFT JOIN aep_owners AS o ON o.owner = c.owner
"""  # noqa: S608 - the same
_INHERIT = f"""
UPDATE aep_creates AS c SET owner = %(owner)s, hold = %(hold)s, changed = clock_timestamp()
WHERE c.key = %(key)s AND c.is_pending AND (
    c.hold = %(hold)s OR c.owner IS NULL OR c.owner = %(ended)s
    OR NOT EXISTS (SELECT 1 FROM aep_owners AS o WHERE o.owner = c.owner AND NOT ({_IS_STALE})))
RETURNING true
"""  # noqa: S608 - the same
_COMPLETE = """
INSERT INTO aep_creates (key, content, urn, is_pending, entry) VALUES (%(key)s, %(content)s, %(urn)s, false, %(entry)s)
ON CONFLICT (key) DO UPDATE SET is_pending = false, owner = NULL, hold = NULL, entry = excluded.entry, changed = excluded.changed
"""
_MINE = "WHERE key = %(key)s AND hold = %(hold)s AND is_pending"
_PRUNE = """
WITH outdated AS (
    DELETE FROM aep_creates AS c WHERE NOT c.is_pending AND c.changed < clock_timestamp() - %(kept_s)s * interval '1 second'
    AND NOT EXISTS (SELECT 1 FROM aep_creates AS p WHERE p.is_pending AND p.content = c.content))
DELETE FROM aep_owners AS o WHERE o.renewed < clock_timestamp() - %(kept_s)s * interval '1 second'
AND NOT EXISTS (SELECT 1 FROM aep_creates AS c WHERE c.owner = o.owner)
"""


class PostgresJournal:
    """The journal in two tables of the database. See `Journal`.

    Completed entries are rows of the same table. Every change is one statement, which may be repeated after a lost connection.
    """

    doubt_s = TTL_S

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = Owner(self._renew, RENEW_S, self._prune)
        self._holds: dict[str, str] = {}
        """What this process owns, each with the unique token of its claim."""

    def claim(self, entry: Entry) -> Entry:
        key, hold = f"{entry.content}-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
        claimed = replace(entry, key=key, host=socket.gethostname(), process=os.getpid(), time_s=time.time())
        self._owner.start()
        values = {"key": key, "content": entry.content, "urn": entry.urn, "hold": hold, "entry": stored(claimed)}
        self._database.run(_CLAIM, values | self._me(), consequence=_NOTHING_SENT)
        self._holds[key] = hold
        return claimed

    def inherit(self, entry: Entry) -> bool:
        if entry.key in self._holds:
            return False
        self._owner.start()
        rows = self._database.run(f"{_READ} WHERE c.key = %(key)s", {"key": entry.key}, consequence=_UNKNOWN)
        ended = next((owner for _key, _entry, owner, at, process, _ in rows if owner and has_ended(at or "", process or 0)), None)
        hold = uuid.uuid4().hex
        values = {"key": entry.key, "hold": hold, "owner": self._owner.id, "ended": ended}
        if not self._database.run(_INHERIT, values, consequence=_NOTHING_SENT):
            return False
        self._holds[entry.key] = hold
        return True

    def for_content(self, content: str) -> Entries:
        return self._read("WHERE c.content = %(content)s ORDER BY c.key", content=content)

    def pending(self, urn: str = "") -> Entries:
        return self._read(f"WHERE c.is_pending {'AND c.urn = %(urn)s' if urn else ''} ORDER BY c.key", urn=urn)

    def completed(self) -> Entries:
        return self._read("WHERE NOT c.is_pending ORDER BY c.key")

    def confirm(self, entry: Entry) -> None:
        statement = f"SELECT true FROM aep_creates {_MINE}"  # noqa: S608 - no text of others is in it
        if not self._database.run(statement, self._mine(entry), consequence="so nothing more was sent"):
            raise JournalError(
                f"this process could not reach {self._database.name} for {TTL_S:.0f} s, and another took over the create of "
                f"{entry.name}, so nothing more was sent: run `aep recover`, then `pulumi up`"
            )

    def update(self, entry: Entry) -> None:
        statement = f"UPDATE aep_creates SET entry = %(entry)s, changed = clock_timestamp() {_MINE}"  # noqa: S608 - the same
        with warn_on_failure(entry):
            self._database.run(statement, self._mine(entry) | {"entry": stored(entry)}, consequence=_KEPT)

    def complete(self, entry: Entry, object_id: str) -> None:
        completed = stored(replace(entry, object_id=object_id))
        values = {"key": entry.key, "content": entry.content, "urn": entry.urn, "entry": completed}
        with warn_on_failure(entry):
            self._database.run(_COMPLETE, values, consequence=_KEPT)
            self._holds.pop(entry.key, None)

    def withdraw(self, entry: Entry) -> None:
        with warn_on_failure(entry):
            self._database.run(f"DELETE FROM aep_creates {_MINE}", self._mine(entry), consequence=_KEPT)  # noqa: S608 - the same
            self._holds.pop(entry.key, None)

    def release(self, entry: Entry) -> None:
        if entry.key not in self._holds:
            return
        statement = f"UPDATE aep_creates SET owner = NULL, hold = NULL {_MINE}"  # noqa: S608 - no text of others is in it
        with warn_on_failure(entry):
            self._database.run(statement, self._mine(entry), consequence=_KEPT)
            self._holds.pop(entry.key, None)

    def _read(self, condition: str, **values: str) -> Entries:
        rows: Rows = self._database.run(f"{_READ} {condition}", values, consequence=_UNKNOWN)
        return [
            parsed(entry, key, is_alive=is_fresh and not has_ended(at or "", process or 0))
            for key, entry, _owner, at, process, is_fresh in rows
        ]

    def _me(self) -> dict[str, object]:
        return {"owner": self._owner.id, "host": socket.gethostname(), "place": place(), "process": os.getpid()}

    def _mine(self, entry: Entry) -> dict[str, str]:
        return {"key": entry.key, "hold": self._holds.get(entry.key, "")}

    def _renew(self) -> None:
        self._database.run(_RENEW, self._me(), consequence=_NOTHING_SENT)

    def _prune(self) -> None:
        self._database.run(_PRUNE, {"kept_s": KEPT_S}, consequence=_KEPT)
