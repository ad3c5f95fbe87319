"""Benchmark of `aep fleet plan`: 1,000 stacks of ten pipelines over 250 sandboxes, from files and from PostgreSQL.

`python tests/fleet/bench.py [--sandboxes 250] [--teams 3] [--pipelines 10]`, in the environment of `make env`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from estates import StackState, estate, files_in, project_in, rows_in

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "dev" / "servers"))


def main() -> None:
    """Measure, and print one line per backend."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("sandboxes", 250), ("teams", 3), ("pipelines", 10)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    stacks = estate(options.sandboxes, options.teams, options.pipelines)
    with tempfile.TemporaryDirectory() as name:
        folder = project_in(Path(name) / "project", stacks)
        url = files_in(Path(name) / "state", stacks)
        size_mb = sum(each.stat().st_size for each in (Path(name) / "state").rglob("*.json")) / 1e6
        print(f"fleet: stacks={len(stacks)} states={size_mb:.0f}MB", flush=True)
        measure("file", folder, url)
        in_postgres(folder, stacks)


def in_postgres(folder: Path, stacks: list[StackState]) -> None:
    """The same from PostgreSQL, whose table the CLI creates."""
    import psycopg  # noqa: PLC0415 - only here
    from postgres_server import postgres  # noqa: PLC0415 - on the path only from here

    with postgres() as server:
        if server is None:
            print("fleet: PostgreSQL is not installed")
            return
        url = server.database()
        subprocess.run(
            ["pulumi", "stack", "ls"], cwd=folder, env={**os.environ, "PULUMI_BACKEND_URL": url}, check=True, capture_output=True
        )
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM pulumi_state")
            with cursor.copy("COPY pulumi_state (key, data) FROM STDIN") as copy:
                for row in rows_in("postgres", stacks):
                    copy.write_row(row)
        measure("postgres", folder, url)


def measure(backend: str, folder: Path, url: str) -> None:
    """Plan three times; the middle one counts."""
    taken = []
    for _ in range(3):
        began = time.monotonic()
        ran = subprocess.run(
            ["/usr/bin/time", "-f", "%U %S %M", "aep", "fleet", "plan", "--json"],
            cwd=folder,
            env={**os.environ, "PULUMI_BACKEND_URL": url},
            capture_output=True,
            text=True,
            check=True,
        )
        user, system, peak = ran.stderr.splitlines()[-1].split()
        taken.append((time.monotonic() - began, float(user) + float(system), int(peak) / 1000))
    wall_s, cpu_s, peak_mb = sorted(taken)[1]
    print(f"fleet: backend={backend} wall={wall_s:.1f}s cpu={cpu_s:.1f}s peak={peak_mb:.0f}MB", flush=True)


if __name__ == "__main__":
    main()
