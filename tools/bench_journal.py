"""Benchmark of the journal: what recording one create costs, in a folder, in PostgreSQL and in a bucket.

`python tools/bench_journal.py [--creates 200]` prints a line per journal: the median time that one create spends in the journal
(two reads, the claim before the POST, the completion), alone and with 16 at once. The database syncs to disk; the bucket is
moto's server on this machine, so that a real one adds its own latency to each request.
"""

import os
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from aep_pulumi.journals.entries import Entry, Journal
from aep_pulumi.journals.here import journal_here

sys.path.append(str(Path(__file__).parents[1] / "dev" / "servers"))
from object_server import KEYS, objects
from postgres_server import postgres

AT_ONCE = 16


def create(journal: Journal, number: int) -> float:
    """Record a create as the provider does; returns the seconds that it took."""
    began_s = time.perf_counter()
    content, urn = f"{number:032x}", f"urn:pulumi:dev::bench::aep:Dataset::{number}"
    journal.for_content(content)
    journal.pending(urn)
    entry = journal.claim(Entry(content, 1.0, urn=urn, stack="bench/dev", kind="Dataset", marks=("0123456789abcdef",)))
    journal.complete(entry, f"object-{number}")
    return time.perf_counter() - began_s


def backends(stack: ExitStack, folder: Path) -> Iterator[tuple[str, str]]:
    """The journals that can be measured here, with the URL of a backend."""
    yield "folder", f"file://{folder}"
    if server := stack.enter_context(postgres(is_durable=True)):
        yield "postgres", server.database()
    if bucket := stack.enter_context(objects()):
        yield "bucket", bucket.bucket()


def main() -> None:
    """Measure each journal, and print a line."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--creates", type=int, default=200)
    creates: int = parser.parse_args().creates
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        os.environ |= {**KEYS, "AEP_HOME": name}
        for kind, url in backends(stack, Path(name)):
            os.environ["PULUMI_BACKEND_URL"] = url
            began_s = time.perf_counter()
            journal = journal_here()
            create(journal, 0)
            first_ms = 1000 * (time.perf_counter() - began_s)
            alone_ms = 1000 * statistics.median(create(journal, number) for number in range(1, creates))
            began_s = time.perf_counter()
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda number: create(journal, number), range(creates, 2 * creates)))  # noqa: B023 - used at once
            together_ms = 1000 * (time.perf_counter() - began_s) / creates
            print(f"journal: {kind} first={first_ms:.0f}ms alone={alone_ms:.1f}ms at_once={together_ms:.1f}ms per create")


if __name__ == "__main__":
    main()
