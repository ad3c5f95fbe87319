"""Backends: reads the states of many stacks at once, without starting Pulumi's CLI for each.

A backend of files is read directly, one of PostgreSQL with one query. Any other, or one with an older layout, through the CLI.
"""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from aep_pulumi.errors import SettingsError
from aep_pulumi.extras import require
from aep_pulumi.fleet.states import Extract, Json, T

DIY = "organization"
"""The only organisation of a backend that is not Pulumi's cloud."""
_STACKS = ".pulumi/stacks"
_META = ".pulumi/meta.yaml"
_VERSION = re.compile(r"^version:\s*1\s*$", re.MULTILINE)
"""The layout with a folder for each project."""
_KEY = re.compile(rf"{re.escape(_STACKS)}/([^/]+)/([^/]+)\.json(\.gz|\.zst)?")
_AT_ONCE = 4
"""How many CLIs run at once: each uses a core."""


class Backend(Protocol):
    """Where the states are."""

    def stacks(self) -> list[str]:
        """The full names of all its stacks."""

    def read(self, names: Iterable[str], extract: Extract[T]) -> Iterator[tuple[str, T]]:
        """What `extract` makes of the state of each of these stacks; those without a state are left out."""


def backend_at(url: str, folder: Path, environ: Mapping[str, str] = os.environ) -> Backend:
    """The backend of a project.

    Args:
        url: its URL, as in PULUMI_BACKEND_URL.
        folder: the folder of the project, to which a relative URL refers.
        environ: the environment of the CLI.
    """
    if url.startswith("file://"):
        root = Path(url.removeprefix("file://").partition("?")[0]).expanduser()
        root = root if root.is_absolute() else folder / root
        if _has_projects(root):
            return FileBackend(root, CliBackend(url, environ))
    if url.startswith(("postgres://", "postgresql://")):
        return PostgresBackend(url, CliBackend(url, environ))
    return CliBackend(url, environ)


class FileBackend:
    """A folder."""

    def __init__(self, root: Path, otherwise: "CliBackend") -> None:
        self._root, self._otherwise = root, otherwise

    def stacks(self) -> list[str]:
        """See `Backend`."""
        files = (self._root / _STACKS).glob("*/*")
        return sorted({name for file in files if (name := _name_of(f"{_STACKS}/{file.parent.name}/{file.name}"))})

    def read(self, names: Iterable[str], extract: Extract[T]) -> Iterator[tuple[str, T]]:
        """See `Backend`."""
        others: list[str] = []
        for name in names:
            _organization, project, stack = name.split("/")
            plain = self._root / _STACKS / project / f"{stack}.json"
            try:
                text = plain.read_bytes() if plain.exists() else gzip.decompress(plain.with_suffix(".json.gz").read_bytes())
            except FileNotFoundError:
                others += [name] * plain.with_suffix(".json.zst").exists()
                continue
            except OSError as error:
                raise SettingsError(f"the state of {name} cannot be read: {error.strerror or error}") from None
            yield name, extract(_latest(name, text))
        yield from self._otherwise.read(others, extract)


class PostgresBackend:
    """Pulumi's table in a PostgreSQL database."""

    def __init__(self, url: str, otherwise: "CliBackend") -> None:
        # The CLI cannot take its place: on PostgreSQL, its list of a few stacks may never end.
        require("postgres", "states in PostgreSQL need")
        from aep_pulumi.journals.database import address_of, states_of  # noqa: PLC0415 - imports the extra's driver

        self._table, self._address, self._otherwise = states_of(url), address_of(url), otherwise
        parts = urlsplit(url)
        # The keys begin with the path of the URL, which is the name of the database.
        self._prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""

    def stacks(self) -> list[str]:
        """See `Backend`."""
        meta = [text for _key, text in self._rows("key = %s", [_META])]
        if meta and not _VERSION.search(meta[0].decode()):
            raise SettingsError("the states in PostgreSQL have a layout without projects: run `pulumi state upgrade`")
        keys = (key for key, _text in self._rows("key LIKE %s", [f"{_STACKS}/%"], with_data=False))
        return sorted({name for key in keys if (name := _name_of(key))})

    def read(self, names: Iterable[str], extract: Extract[T]) -> Iterator[tuple[str, T]]:
        """See `Backend`."""
        keys = [f"{_STACKS}/{name.partition('/')[2]}.json{suffix}" for name in names for suffix in ("", ".gz", ".zst")]
        others: list[str] = []
        for key, text in self._rows("key = ANY(%s)", [keys]) if keys else ():
            name = _name_of(key)
            if key.endswith(".zst"):
                others.append(name)
            else:
                yield name, extract(_latest(name, gzip.decompress(text) if key.endswith(".gz") else text))
        yield from self._otherwise.read(others, extract)

    def _rows(self, where: str, values: list[object], *, with_data: bool = True) -> Iterator[tuple[str, bytes]]:
        """The keys and contents, a few at a time: not all states are in memory at once."""
        import psycopg  # noqa: PLC0415 - part of the extra `fleet`
        from psycopg import sql  # noqa: PLC0415

        columns = "key, data->>'data'" if with_data else "key, ''"
        query = sql.SQL(f"SELECT {columns} FROM {{}} WHERE {where}").format(self._table)  # noqa: S608 - constants
        try:
            with psycopg.connect(self._address, connect_timeout=10) as connection, connection.cursor("states") as cursor:
                cursor.itersize = 50
                cursor.execute(query, [self._prefixed(value) for value in values])
                for key, data in cursor:
                    yield key.removeprefix(self._prefix), base64.b64decode(data)
        except psycopg.Error as error:
            # Its message may contain the address, but never the password.
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SettingsError(f"the states cannot be read from PostgreSQL: {reason}") from None

    def _prefixed(self, key: object) -> object:
        return [f"{self._prefix}{each}" for each in key] if isinstance(key, list) else f"{self._prefix}{key}"


class CliBackend:
    """Any backend, through the CLI: a third of a second for each stack."""

    def __init__(self, url: str, environ: Mapping[str, str]) -> None:
        self._environment = {**environ, "PULUMI_BACKEND_URL": url} if url else dict(environ)

    def stacks(self) -> list[str]:
        """See `Backend`."""
        listed: list[Json] = json.loads(self._run("list the stacks", "stack", "ls", "--all", "--json"))
        return sorted(str(each["name"]) for each in listed)

    def read(self, names: Iterable[str], extract: Extract[T]) -> Iterator[tuple[str, T]]:
        """See `Backend`."""

        def one(name: str) -> tuple[str, T]:
            exported = json.loads(self._run(f"export stack {name}", "stack", "export", "--stack", name))
            return name, extract(exported.get("deployment") or {})

        with ThreadPoolExecutor(_AT_ONCE, "export") as pool:
            yield from pool.map(one, names)

    def _run(self, what: str, *words: str) -> str:
        program = shutil.which("pulumi", path=self._environment.get("PATH"))
        if program is None:
            raise SettingsError("no `pulumi` on PATH")
        # Outside of a project, all names are full ones.
        with tempfile.TemporaryDirectory(prefix="aep-fleet-") as nowhere:
            ran = subprocess.run(  # noqa: S603 - the user's own pulumi
                [program, *words, "--non-interactive"],
                cwd=nowhere,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if ran.returncode:
            reason = next(iter(ran.stderr.strip().splitlines()), "no output").removeprefix("error: ")
            raise SettingsError(f"pulumi cannot {what}: {reason}")
        return ran.stdout


def _has_projects(root: Path) -> bool:
    try:
        return _VERSION.search((root / _META).read_text()) is not None
    except OSError:
        return False


def _name_of(key: str) -> str:
    """The full name of the stack whose state has this key, or ""."""
    found = _KEY.fullmatch(key)
    return f"{DIY}/{found[1]}/{found[2]}" if found else ""


def _latest(name: str, text: bytes) -> Json:
    try:
        latest = json.loads(text)["checkpoint"].get("latest")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingsError(
            f"the state of {name} is not one that this version can read: check it with `pulumi stack export`"
        ) from None
    return dict(latest or {})
