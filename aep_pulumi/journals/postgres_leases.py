"""Leases in PostgreSQL: a row each, by the database's clock."""

import json

from aep_pulumi.journals.database import STALE, Database
from aep_pulumi.journals.leases import Holder, Taken

_CONSEQUENCE = "so nothing was started"
_KEPT = "so a lease is kept until it is stale"
_STALE = STALE.format(renewed="l.renewed", ttl="l.ttl_s")
_TAKE = f"""
INSERT INTO aep_leases AS l (name, token, holder, ttl_s, since, renewed)
VALUES (%(name)s, %(token)s, %(holder)s, %(ttl_s)s, clock_timestamp(), clock_timestamp())
ON CONFLICT (name) DO UPDATE
SET token = excluded.token, holder = excluded.holder, ttl_s = excluded.ttl_s, since = excluded.since, renewed = excluded.renewed
WHERE l.token = excluded.token OR (l.token = %(before)s AND {_STALE})
RETURNING true
"""  # noqa: S608 - no text of others is in it
_ONE = f"SELECT token, holder, extract(epoch FROM since)::float8, {_STALE} FROM aep_leases AS l WHERE name = %(name)s"  # noqa: S608 - the same
_ALL = f"SELECT name, holder, extract(epoch FROM since)::float8, {_STALE} FROM aep_leases AS l"  # noqa: S608 - the same


class PostgresLeases:
    """The leases in a table of the database. See `Leases`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, token: str, holder: Holder, ttl_s: float) -> Taken | Holder:
        stored = json.dumps(holder.stored())
        values = {"name": name, "token": token, "holder": stored, "ttl_s": ttl_s}
        while True:
            before, replaced = "", None
            for its, other, since_s, is_stale in self._database.run(_ONE, values, consequence=_CONSEQUENCE):
                before, replaced = its, Holder.of(json.loads(other), since_s)
                if not is_stale:
                    return replaced
            if self._database.run(_TAKE, {**values, "before": before}, consequence=_CONSEQUENCE):
                return Taken(replaced)
            # Taken in between: look again.

    def renew(self, name: str, token: str, patience_s: float) -> bool:
        statement = "UPDATE aep_leases SET renewed = clock_timestamp() WHERE name = %(name)s AND token = %(token)s RETURNING true"
        values = {"name": name, "token": token}
        return bool(self._database.run(statement, values, consequence="so it is lost", patience_s=patience_s))

    def release(self, name: str, token: str) -> None:
        statement = "DELETE FROM aep_leases WHERE name = %(name)s AND token = %(token)s"
        self._database.run(statement, {"name": name, "token": token}, consequence=_KEPT)

    def all(self) -> list[tuple[str, Holder, bool]]:
        rows = self._database.run(f"{_ALL} ORDER BY name", consequence="so leases are not known")
        return [(name, Holder.of(json.loads(holder), since_s), is_stale) for name, holder, since_s, is_stale in rows]

    def clear(self, name: str) -> bool:
        statement = f"DELETE FROM aep_leases AS l WHERE name = %(name)s AND {_STALE} RETURNING true"  # noqa: S608 - as above
        return bool(self._database.run(statement, {"name": name}, consequence=_KEPT))
