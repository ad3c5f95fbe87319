"""Benchmark of growth: how time and memory grow with the objects of one stack, on a file backend and on PostgreSQL.

`python tools/bench/growth.py [--pipelines 5,25,50,100] [--rounds 1] [--json FILE]`. PostgreSQL is started for the run, from
the programs on this machine, as an unprivileged user: it refuses to run as root. Without it, only the file backend is measured.
"""

import json
import sys
import tempfile
from pathlib import Path

from deployments import Bench, Measured, median, parsed, platform

sys.path.append(str(Path(__file__).parents[2] / "dev" / "servers"))
from postgres_server import postgres

OPERATIONS = ("up-first", "up-unchanged", "refresh", "destroy")


def main() -> None:
    """Measure, and print one line per measure."""
    options = parsed(__doc__, pipelines="5,25,50,100", rounds=1)
    rows = []
    with (
        tempfile.TemporaryDirectory() as name,
        platform(Path(name), options.latency_ms) as (url, environment),
        postgres(is_durable=True) as server,
    ):
        backends = {"file": None} | ({"postgres": server.database()} if server else {})
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
