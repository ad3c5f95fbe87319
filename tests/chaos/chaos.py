"""Chaos: seeded runs of one program in one to three stacks, with faults and kills; then the states are compared with Platform.

    python tests/chaos/chaos.py --runs 200 --seed 1 [--journal folders|postgres]

prints a line per run and, last, the totals. The exit code is 1 if anything is duplicated, orphaned, lost, leaked, stuck or owned
by two stacks, or if a kind of fault never fired. Repeat a single run with `--runs 1 --seed N`.

With `--journal`, every stack has a machine of its own (an AEP_HOME): `postgres` keeps states and journal in one database,
`folders` keeps each stack's state and journal in its own folders. The faults and kills of a seed are the same.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from judging import COUNTS, Verdict
from seeded_run import AT_ONCE, FAULTS, ROOT, Run

sys.path.append(str(ROOT / "dev" / "servers"))
from postgres_server import PostgresServer, postgres

ENOUGH = 10 * len(FAULTS) // AT_ONCE
"""From this many runs on, a kind of fault that never fired is an error in the harness, not chance."""


def main() -> int:
    """Run the seeds and print the verdicts."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=8, help="runs at a time: they mostly wait")
    parser.add_argument("--wide", action="store_true", help="more creates than the engine runs at once, which is 64")
    parser.add_argument("--journal", choices=("folders", "postgres"), help="a machine for each stack; where the journals are")
    parser.add_argument("--keep", action="store_true", help="keep the folders of runs that went wrong, and name them")
    options = parser.parse_args()
    if options.journal == "postgres":
        with postgres() as server:
            if server is None:
                parser.error("--journal postgres needs PostgreSQL, which is not installed")
            return played(options, server)
    return played(options, None)


def played(options: Namespace, server: PostgresServer | None) -> int:
    """Run the seeds, optionally with states and journals on a database server."""
    tool = ROOT / "dev" / "pulumi" / "engine.py"
    engine = Path(subprocess.run([sys.executable, tool], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    again = f" JOURNAL={options.journal}" if options.journal else ""
    verdicts: list[Verdict] = []
    printing, began_s = threading.Lock(), time.monotonic()

    def play(seed: int) -> None:
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
        apart = server.database() if server else "" if options.journal else None
        run = Run(seed, folder, engine, is_wide=options.wide, apart=apart)
        verdict = run.play()
        kept = options.keep and not verdict.is_clean
        with printing:
            verdicts.append(verdict)
            took_s = time.monotonic() - began_s
            left_s = took_s / len(verdicts) * (options.runs - len(verdicts))
            line = "ok" if verdict.is_clean else "; ".join(verdict.reasons) + f"  (again: make chaos N=1 SEED={seed}{again})"
            print(
                f"seed {seed} ({run.layout}): {line}{f' in {folder}' if kept else ''}  "
                f"[{len(verdicts)} of {options.runs}, {took_s:.0f} s, about {left_s:.0f} s left]",
                flush=True,
            )
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(play, range(options.seed, options.seed + options.runs)))
    return summarize(verdicts)


def summarize(verdicts: list[Verdict]) -> int:
    """Print the totals and return the exit code."""
    faults = sum((verdict.faults for verdict in verdicts), Counter[str]())
    never = sorted(set(FAULTS) - set(faults))
    print(f"faults by kind: {dict(sorted(faults.items()))}" + (f"; never: {', '.join(never)}" if never else ""))
    counts = {name: sum(getattr(verdict, name) for verdict in verdicts) for name in COUNTS}
    totals = " ".join(f"{name}={count}" for name, count in counts.items())
    kills = sum(verdict.kills for verdict in verdicts)
    met, decided = (sum(getattr(verdict, name) for verdict in verdicts) for name in ("collisions", "decisions"))
    widest = max(verdict.in_flight for verdict in verdicts)
    print(
        f"chaos: runs={len(verdicts)} in_flight={widest} faults={faults.total()} kills={kills} collisions={met} "
        f"decisions={decided} {totals}"
    )
    return 1 if any(counts.values()) or (never and len(verdicts) >= ENOUGH) else 0


if __name__ == "__main__":
    sys.exit(main())
