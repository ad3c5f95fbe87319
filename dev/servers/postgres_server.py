"""A PostgreSQL server of one's own, for tests and benchmarks: started from the programs on this machine, removed afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

_INSTALLED = "/usr/lib/postgresql"
_LONGEST_S = 60.0
USER = "pulumi"


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs, or None if it is not installed."""
    if found := shutil.which("initdb"):
        own = Path(found).resolve().parent
        if (own / "postgres").exists():
            return own
    installed = sorted(Path(_INSTALLED).glob("*/bin"), reverse=True)
    return next((each for each in installed if (each / "postgres").exists()), None)


class PostgresServer:
    """A server on 127.0.0.1, which trusts everybody. Root runs it as nobody, because it refuses to run as root.

    Args:
        programs: the folder of PostgreSQL's programs.
        is_durable: whether it syncs to disk, which tests do not need.
    """

    def __init__(self, programs: Path, *, is_durable: bool = False) -> None:
        self._programs, self._is_durable = programs, is_durable
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        user: dict[str, int] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid}
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        self._options: dict[str, Any] = {
            "cwd": self._folder,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            **user,
        }
        self._numbers = count()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        words: list[str | Path] = [
            programs / "initdb",
            "-D",
            self._data,
            "-U",
            USER,
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ]
        subprocess.run(words, check=True, **self._options)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        words: list[str | Path] = [self._programs / "postgres", "-D", self._data, "-k", self._folder, "-h", "127.0.0.1"]
        words += ["-p", str(self.port), *([] if self._is_durable else ["-c", "fsync=off"]), "-c", "max_connections=200"]
        self._process = subprocess.Popen(words, **self._options)
        ready: list[str | Path] = [self._programs / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)]
        end_s = time.monotonic() + _LONGEST_S
        while subprocess.run(ready, check=False, **self._options).returncode:
            if self._process.poll() is not None or time.monotonic() > end_s:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it: connections are closed at once."""
        if self._process is not None:
            self._process.send_signal(2)  # SIGINT, a fast shutdown
            self._process.wait(_LONGEST_S)
            self._process = None

    def database(self, password: str = "") -> str:
        """A new database, as the URL of a backend. The password is not checked."""
        name = f"state{next(self._numbers)}"
        words: list[str | Path] = [self._programs / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, name]
        subprocess.run(words, check=True, **self._options)
        return f"postgres://{USER}{f':{password}' if password else ''}@127.0.0.1:{self.port}/{name}?sslmode=disable"

    def remove(self) -> None:
        """Stop it, and delete its files."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def postgres(*, is_durable: bool = False) -> Iterator[PostgresServer | None]:
    """A running server; None if PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        yield None
        return
    server = PostgresServer(programs, is_durable=is_durable)
    try:
        server.start()
        yield server
    finally:
        server.remove()
