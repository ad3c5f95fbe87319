"""Database: this process's connection to the PostgreSQL database that also holds the states.

Every operation is one statement that takes effect once, however often it is sent: after a lost connection it is sent again on
a new one, until a time limit. Times are the database's.
"""

import atexit
import os
import threading
import time
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import pq, sql

from aep_pulumi.client.redaction import redacted
from aep_pulumi.errors import JournalError
from aep_pulumi.journals import backend

Rows: TypeAlias = list[tuple[Any, ...]]

PATIENCE_S = 60.0
"""How long an operation waits for a database that cannot be reached."""
_LONGEST_PAUSE_S = 1.0
_TEMPORARY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)
"""The errors of a connection that is lost, or that leads to a server which is not the primary any more."""
_SCHEMA_LOCK = 0x61657031
"""The key of the advisory lock under which tables are created."""
_STATES = "pulumi_state"
_DEFAULTS = {
    "application_name": "aep-pulumi",
    "connect_timeout": "5",
    # A machine that has vanished is noticed within seconds.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}

STALE = "clock_timestamp() - greatest({renewed}, pg_postmaster_start_time()) > {ttl} * interval '1 second'"
"""Whether something that must be renewed was not. After the database's restart everyone has the whole time again: while it was
stopped, nobody could renew anything."""

_TABLES = """
CREATE TABLE IF NOT EXISTS aep_owners (
    owner text PRIMARY KEY, host text NOT NULL, place text NOT NULL, process bigint NOT NULL,
    renewed timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE IF NOT EXISTS aep_creates (
    key text PRIMARY KEY, content text NOT NULL, urn text NOT NULL, is_pending boolean NOT NULL, owner text, hold text,
    entry text NOT NULL, changed timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX IF NOT EXISTS aep_creates_content ON aep_creates (content);
CREATE INDEX IF NOT EXISTS aep_creates_pending ON aep_creates (urn) WHERE is_pending;
CREATE TABLE IF NOT EXISTS aep_leases (
    name text PRIMARY KEY, token text NOT NULL, holder text NOT NULL, ttl_s double precision NOT NULL,
    since timestamptz NOT NULL, renewed timestamptz NOT NULL);
"""
_NEWEST = "aep_leases"
"""The table that is created last."""


class Database:
    """The database of a backend. One connection per process; threads share it, one statement at a time.

    Args:
        url: the backend's URL, as for Pulumi's CLI.
    """

    def __init__(self, url: str) -> None:
        self.name = backend.shown(url)
        self._url = url
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._has_tables = False
        self._lock = threading.Lock()

    @property
    def states(self) -> sql.Identifier:
        """The table of the states."""
        return states_of(self._url)

    def run(
        self,
        statement: str | sql.Composed,
        parameters: Mapping[str, object] | None = None,
        *,
        consequence: str,
        patience_s: float = PATIENCE_S,
    ) -> Rows:
        """Run a statement in a transaction of its own, which is durable when this returns.

        Args:
            statement: the statement. It may be sent more than once, so repeating it must change nothing.
            parameters: its parameters, by name.
            consequence: what an error means, such as `so nothing was sent`.
            patience_s: how long to wait for a database that cannot be reached.

        Raises:
            JournalError: the database cannot be reached in time, or rejects the statement.
        """
        end_s, pause_s = time.monotonic() + patience_s, 0.05
        while True:
            try:
                with self._lock:
                    return self._run(statement, parameters)
            except _TEMPORARY as error:
                if time.monotonic() + pause_s > end_s:
                    raise JournalError(
                        f"{self.name}, which has the journal of pending creates, could not be reached for {patience_s:.0f} s "
                        f"({self._reason(error)}), {consequence}: start the database, or correct its address in "
                        f"{backend.BACKEND_VARIABLE}, and run the command again"
                    ) from None
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            except psycopg.Error as error:
                raise JournalError(
                    f"{self.name}, which has the journal of pending creates, rejects it ({self._reason(error)}), {consequence}: "
                    "let the database's user create tables and write to the tables aep_owners, aep_creates and aep_leases"
                ) from None

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _run(self, statement: str | sql.Composed, parameters: Mapping[str, object] | None) -> Rows:
        try:
            cursor = self._connected().execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
        except _TEMPORARY:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            raise

    def _connected(self) -> "psycopg.Connection[tuple[Any, ...]]":
        if self._connection is None:
            # No prepared statements: they do not survive a pooler between here and the database.
            connection = psycopg.connect(address_of(self._url), autocommit=True, prepare_threshold=None)
            try:
                # An entry must survive the database's crash, whatever is configured for this user.
                connection.execute("SET synchronous_commit = on")
                if not self._has_tables:
                    self._create_tables(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _create_tables(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        """Create the tables if they do not exist. Two processes that do it at once would fail, hence the lock."""
        (found,) = connection.execute("SELECT to_regclass(%s)", [_NEWEST]).fetchone() or (None,)
        if found is None:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
                connection.execute(_TABLES)
        self._has_tables = True

    def _reason(self, error: psycopg.Error) -> str:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        return redacted(" ".join(first.split()), [*backend.secrets_in(self._url), os.environ.get("PGPASSWORD", "")])


_databases: dict[str, Database] = {}
_databases_lock = threading.Lock()


def database(url: str) -> Database:
    """The database of a backend: one per process."""
    with _databases_lock:
        if url not in _databases:
            _databases[url] = Database(url)
            atexit.register(_databases[url].close)
        return _databases[url]


def states_of(url: str) -> sql.Identifier:
    """The table of the states in a database."""
    (table, *_) = backend.parameters_of(urlsplit(url)).get("table") or [_STATES]
    return sql.Identifier(*table.split("."))


def address_of(url: str) -> str:
    """The address for libpq. Pulumi's own parameters, and those of its driver, are unknown to it."""
    parts = urlsplit(url)
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    given = {name: values[-1] for name, values in backend.parameters_of(parts).items() if name in known}
    # Pulumi's driver requires TLS unless it is told otherwise.
    mode = {} if "PGSSLMODE" in os.environ else {"sslmode": "require"}
    return urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(_DEFAULTS | mode | given), ""))
