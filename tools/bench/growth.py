"""Benchmark of growth: how time and memory grow with the objects of one stack, on a file backend and on PostgreSQL.

`python tools/bench/growth.py [--pipelines 5,25,50,100] [--rounds 1] [--json FILE]`. PostgreSQL is started for the run, from
the programs on this machine, as an unprivileged user: it refuses to run as root. Without it, only the file backend is measured.
"""

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployments import Bench, Measured, median, parsed, platform

OPERATIONS = ("up-first", "up-unchanged", "refresh", "destroy")
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs, or None."""
    if found := shutil.which("initdb"):
        own = Path(found).resolve().parent
        if (own / "postgres").exists():
            return own
    return next((each for each in BINARIES if (each / "postgres").exists()), None)


@contextmanager
def postgres(folder: Path) -> Iterator[str | None]:
    """A PostgreSQL server, as the address of a backend; None if it is not installed."""
    programs = binaries()
    if programs is None:
        yield None
        return
    folder.mkdir()
    # Root starts it as nobody; anybody else as themselves.
    user: dict[str, int] = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        for above in (folder, *folder.parents):
            if above.stat().st_uid == 0 and above != Path("/"):
                above.chmod(above.stat().st_mode | 0o011)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run([programs / "initdb", "-D", data, "-U", "bench", "--auth=trust"], check=True, **user, **quiet)  # type: ignore[call-overload]
    words = [programs / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(words, **user, **quiet) as server:  # type: ignore[call-overload]
        try:
            ready = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
            while subprocess.run(ready, check=False, **quiet).returncode:  # type: ignore[call-overload]
                if server.poll() is not None:
                    raise SystemExit("bench: PostgreSQL did not start")
            yield f"postgres://bench@127.0.0.1:{port}/postgres?sslmode=disable"
        finally:
            server.terminate()


def main() -> None:
    """Measure, and print one line per measure."""
    options = parsed(__doc__, pipelines="5,25,50,100", rounds=1)
    rows = []
    with (
        tempfile.TemporaryDirectory() as name,
        platform(Path(name), options.latency_ms) as (url, environment),
        postgres(Path(name) / "postgres") as address,
    ):
        backends = {"file": None} | ({"postgres": address} if address else {})
        bench = Bench(Path(name), url, environment)
        for size in options.pipelines:
            for backend, at in backends.items():
                taken: dict[str, list[Measured]] = {}
                for _ in range(options.rounds):
                    for operation, measured in bench.round("ours", size, OPERATIONS, backend=at).items():
                        taken.setdefault(operation, []).append(measured)
                for operation, each in taken.items():
                    middle = median(each)
                    row = {
                        "backend": backend,
                        "pipelines": size,
                        "objects": 6 * size + 1,
                        "op": operation,
                        "wall": f"{middle.wall_s:.2f}s",
                        "cpu": f"{middle.cpu_s:.2f}s",
                        "peak": f"{middle.peak_mb:.0f}MB",
                    }
                    rows.append(row)
                    print("growth: " + " ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"latency_ms": options.latency_ms, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
