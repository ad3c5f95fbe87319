"""Chaos of a fleet: workers are killed at random moments of `aep fleet up`; then the states are compared with Platform.

    python tests/chaos/fleet_kills.py --kills 10 --seed 1

The states, the journal and the leases are in PostgreSQL. Every round changes all stacks, kills one of two workers, deletes all of
its folders, and starts another one. The counts are those of `chaos.py`; the exit code is 1 if one of them is not 0.
"""

import random
import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

import psutil
import requests

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "fleet"), str(ROOT / "tests" / "engine"), str(ROOT / "dev" / "servers")]

from dask_processes import Processes, processes  # noqa: E402 - from the tests' folder
from deploying import NAME, Deployed, deployed_in  # noqa: E402 - the same
from judging import COUNTS, Verdict, compare  # noqa: E402 - the same
from postgres_server import postgres  # noqa: E402 - the same
from stacking import Stack  # noqa: E402 - the same

SANDBOXES = ("dev", "stage", "prod")
STACKS = 6
RECOVERIES = 3
"""How often `aep fleet up` is run again."""


def main() -> int:
    """Play the rounds, and print a line for each, and the totals."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder, dice = Path(tempfile.mkdtemp(prefix="chaos-fleet-")), random.Random(options.seed)  # noqa: S311 - no secret
    verdict = Verdict(options.seed)
    with postgres() as server:
        if server is None:
            sys.exit("chaos: PostgreSQL is not installed")
        with deployed_in(folder, PULUMI_BACKEND_URL=server.database()) as estate:
            kills = _rounds(estate, folder, options.kills, dice, verdict)
    print("\n".join(verdict.reasons))
    print(f"chaos: fleet kills={kills} {_counts(verdict)}")
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if verdict.is_clean and kills else 1


def _rounds(estate: Deployed, folder: Path, rounds: int, dice: random.Random, verdict: Verdict) -> int:
    """Play the rounds. Returns the number of kills."""
    for number in range(STACKS):
        reads = {"shared": f"organization/{NAME}/s0"} if number else {}
        estate.stack(f"s{number}", SANDBOXES[number % len(SANDBOXES)], **reads)
    kills, homes = 0, list[Path]()
    with processes(folder / "dask", estate.keeper.environment) as dask:
        dask.start_scheduler()
        for _ in range(2):
            homes.append(_worker(dask, folder, len(homes)))
        for each in range(1, rounds + 1):
            for number in range(STACKS):
                settings = estate.project / f"Pulumi.s{number}.yaml"
                lines = [line for line in settings.read_text().splitlines() if f"{NAME}:datasets" not in line]
                settings.write_text("\n".join([*lines, f"  {NAME}:datasets: '{each + 1}'"]) + "\n")
            killed = _round(estate, dask, folder, homes, dice, verdict)
            kills += killed
            _judge(estate, verdict)
            what = "a worker was killed" if killed else "it ended before the kill"
            print(f"fleet {each} of {rounds}: {what}; {_counts(verdict)}", flush=True)
    return kills


def _round(estate: Deployed, dask: Processes, folder: Path, homes: list[Path], dice: random.Random, verdict: Verdict) -> int:
    """One `aep fleet up` in which a worker is killed; repeated until it completes. Returns the number of kills."""
    run = estate.start("up", "--yes", "--json", "--scheduler", dask.address)
    time.sleep(dice.uniform(3, 15))
    kills = 0
    if run.poll() is None:
        alive = [at for at, worker in enumerate(dask.workers) if worker.poll() is None]
        busy = [at for at in alive if psutil.Process(dask.workers[at].pid).children(recursive=True)]
        at = dice.choice(busy or alive)
        dask.workers[at].kill()
        kills = 1
        time.sleep(dice.uniform(0, 2))
        # As if the machine were gone.
        for lost in (dask.folder / f"worker{at}", homes[at]):
            shutil.rmtree(lost, ignore_errors=True)
        homes.append(_worker(dask, folder, len(homes)))
    output, code = run.communicate(timeout=400)[0], run.returncode
    for _ in range(RECOVERIES):
        if code == 0:
            return kills
        code, _events, output = estate.fleet("up", "--yes", "--scheduler", dask.address)
    if code:
        verdict.add("unrecovered", output[-2000:])
    return kills


def _worker(dask: Processes, folder: Path, number: int) -> Path:
    """Start a worker with a home folder of its own; its path."""
    home = folder / f"home{number}"
    dask.start_worker(AEP_HOME=str(home))
    return home


def _counts(verdict: Verdict) -> str:
    return " ".join(f"{name}={getattr(verdict, name)}" for name in COUNTS)


def _judge(estate: Deployed, verdict: Verdict) -> None:
    states = [Stack(estate.project, estate.keeper.environment, f"s{number}").export() for number in range(STACKS)]
    remote = requests.get(f"{estate.keeper.platform}/_local/objects", timeout=10).json()
    compare(verdict, states, [item for sandbox in SANDBOXES for items in remote.get(sandbox, {}).values() for item in items])


if __name__ == "__main__":
    sys.exit(main())
