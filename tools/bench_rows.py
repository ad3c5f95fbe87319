"""Bench: what dataflow runs of the local Platform cost: `python tools/bench_rows.py [ROWS ...]`.

Each number of rows goes through one run of 20 mapped columns, half of them expressions, into a Parquet file, in a process of its
own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.core import home
from aep_pulumi.emulator.rows.copy_run import Order, performed
from aep_pulumi.emulator.rows.transformation import Transformation
from aep_pulumi.emulator.rows.xdm_schema import rows_schema

Json = dict[str, Any]

ROWS = [int(each) for each in sys.argv[1:]] or [100_000, 1_000_000]
COLUMNS = 20
CHUNK = 5_000
MB = 1024


@dataclass(frozen=True)
class Made:
    """A source with rows that are made when they are read, so that only the run itself costs memory."""

    size: int
    name: str = "bench"

    def rows(self) -> Iterator[list[Json]]:
        """The rows, in chunks."""
        for first in range(0, self.size, CHUNK):
            numbers = range(first, min(first + CHUNK, self.size))
            yield [{f"c{column}": f" Value {number} of {column} " for column in range(COLUMNS)} for number in numbers]


def inputs() -> Json:
    """A mapping of 20 columns into a schema of two levels."""
    fields = {f"f{column}": {"type": "string"} for column in range(COLUMNS)}
    mappings = [
        {"sourceType": "EXPRESSION", "source": f"lower(trim(c{column}))", "destination": f"_tenant.f{column}"}
        if column % 2
        else {"sourceType": "ATTRIBUTE", "source": f"c{column}", "destination": f"_tenant.f{column}"}
        for column in range(COLUMNS)
    ]
    return {"mapping": {"mappings": mappings}, "schema": rows_schema({"_tenant": {"type": "object", "properties": fields}})}


def measured(size: int) -> Json:
    """Perform one run in this process."""
    given = inputs()
    with tempfile.TemporaryDirectory() as folder:
        home.set_folder(Path(folder))
        order = Order(Made(size), lambda: Transformation(given), given["schema"], Path(folder) / "batch", Path(folder))
        began = time.perf_counter()
        result = performed(order, lambda: False)
        seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
    cpu = time.process_time()
    return {"rows": result["written"], "seconds": seconds, "cpu": cpu, "memory": memory, "bytes": result["writtenBytes"]}


def main() -> None:
    """Print one line per number of rows."""
    for size in ROWS:
        code = f"import sys, json; sys.argv = ['', '1']; sys.path.insert(0, {str(Path(__file__).parent)!r}); import bench_rows"
        ran = subprocess.run(
            [sys.executable, "-c", f"{code}; print(json.dumps(bench_rows.measured({size})))"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found = json.loads(ran.stdout)
        print(
            f"{found['rows']} rows x {COLUMNS} columns: {found['seconds']:.1f} s ({found['cpu']:.1f} s of CPU), "
            f"{found['memory']:.0f} MB, a file of {found['bytes'] / 1e6:.1f} MB"
        )


if __name__ == "__main__":
    main()
