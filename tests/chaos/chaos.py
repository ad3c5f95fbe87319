"""Chaos: seeded runs of a program of two pipelines, with faults and kills; afterwards Platform is asked what exists.

    python tests/chaos/chaos.py --runs 200 --seed 1

prints a line per run and, last, the sum. Exit code 1 unless nothing is twice, orphaned, lost, leaked or stuck. A single run is
repeated with `--runs 1 --seed N`.
"""

import base64
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

CONTROL = {"x-local-control": "yes"}
CANARY = 'canary-7c1"e &/Ω'
"""A secret with every character that some encoding changes."""

PROGRAM = """
import aep_pulumi as aep
import pulumi

config = pulumi.Config("chaos")
changed = config.get_bool("changed")
secret = config.require_secret("secret")
account = aep.BaseConnection("crm", name="CRM", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=secret, api_version="60.0"))
DETAILS = ["https://ns.adobe.com/xdm/context/profile-personal-details", "https://ns.adobe.com/xdm/context/profile-person-details"]
for table, column, field in (("Contact", "Email", "personalEmail.address"), ("Lead", "LastName", "person.name.lastName")):
    aep.CrmPipeline(table.lower(), base_connection=account, table=table, field_groups=DETAILS,
        columns=[column, "FirstName"] if changed and table == "Lead" else [column],
        mappings={column: field} | ({"FirstName": "person.name.firstName"} if changed and table == "Lead" else {}),
        description="changed" if changed else None,
        schedule={"frequency": "hour", "interval": 2 if changed else 1})
"""

# Impatient, so that a run takes seconds: the defaults wait as a person would want.
SETTINGS = {"aep:readTimeoutS": "2", "aep:connectTimeoutS": "2", "aep:settleS": "2", "aep:deadlineS": "60", "aep:readyS": "15"}

FAULTS: dict[str, dict[str, Any]] = {
    "throttled": {"rate": 0.15, "retry_after_s": 0.2},
    "throttled_bare": {"rate": 0.1},
    "outage_before": {"rate": 0.08},
    "outage_after": {"rate": 0.1, "method": "POST"},
    "outage_html": {"rate": 0.05},
    "slow": {"rate": 0.1, "delay_s": 0.4},
    "slow_after": {"rate": 0.05, "delay_s": 3},
    "reset_before": {"rate": 0.06},
    "reset_after": {"rate": 0.1},
    "truncated": {"rate": 0.06},
    "garbled": {"rate": 0.05},
    "token_expired": {"rate": 0.05, "times": 2},
    "stale_etag": {"rate": 0.4},
    "lagging_reads": {"rate": 0.15, "delay_s": 0.8},
    "transient": {"rate": 0.15, "delay_s": 0.8},
    "ims_html": {"rate": 0.2, "times": 1},
    "ims_outage": {"rate": 0.3, "times": 2},
}
VICTIMS = ("engine", "provider", "platform")


@dataclass
class Verdict:
    """What went wrong in a run, and how much was done to it."""

    seed: int
    duplicates: int = 0
    orphans: int = 0
    lost: int = 0
    leaks: int = 0
    unrecovered: int = 0
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    words: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.duplicates or self.orphans or self.lost or self.leaks or self.unrecovered)


class Run:
    """One seeded run in a folder of its own."""

    def __init__(self, seed: int, folder: Path, engine: Path) -> None:
        self.seed, self.folder, self.dice = seed, folder, random.Random(seed)  # noqa: S311 - dice, no secret
        self.home = folder / "platform"
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text("name: chaos\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        self.environment = {
            "AEP_HOME": str(self.home),
            "AEP_LOG": str(folder / "requests.log"),
            "HOME": os.environ.get("HOME", "/"),
            "PATH": os.pathsep.join([str(engine.parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "chaos",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self.said: list[str] = []
        self.verdict = Verdict(seed)

    def play(self) -> Verdict:
        """Deploy, change, recover, and judge."""
        self.pulumi("stack", "init", "dev")
        for key, value in SETTINGS.items():
            self.pulumi("config", "set", key, value)
        self.pulumi("config", "set", "--secret", "chaos:secret", CANARY)
        self.command("aep", "platform", "start")
        killed_at = self.dice.choice(("first", "second")) if self.dice.random() < 1 / 3 else ""
        victim = self.dice.choice(VICTIMS)
        for phase in ("first", "second"):
            if phase == "second":
                self.pulumi("config", "set", "chaos:changed", "true")
            self._set_faults()
            ended = self._up(victim if killed_at == phase else None)
            if ended != 0 and not self._recover():
                self.verdict.unrecovered += 1
                self.verdict.words.append(f"stuck after {phase}: {self.said[-1][-1500:]}")
        self._clear_faults()
        if not self.verdict.unrecovered and self.pulumi("preview", "--expect-no-changes") != 0:
            self.verdict.unrecovered += 1
            self.verdict.words.append(f"not silent: {self.said[-1][-1500:]}")
        self.judge()
        self.command("aep", "platform", "stop")
        return self.verdict

    def judge(self) -> None:
        """Hold what the state says beside what Platform holds, and look for the secret everywhere."""
        exported = json.loads(self._output("pulumi", "stack", "export"))
        resources = exported["deployment"].get("resources") or []
        known = {resource["id"] for resource in resources if "/aep:" in resource["type"]}
        held = [item for items in requests.get(f"{self.url}/_local/objects", timeout=10).json()["dev"].values() for item in items]
        ours = Counter(item.get("name") for item in held if item["id"] in known)
        for item in held:
            if item["id"] not in known:
                twin = ours[item.get("name")] > 0
                self.verdict.duplicates += twin
                self.verdict.orphans += not twin
                self.verdict.words.append(f"{'duplicate' if twin else 'orphan'}: {item}")
        for missing in known - {item["id"] for item in held}:
            self.verdict.lost += 1
            self.verdict.words.append(f"lost: {missing}")
        for where, form in leaks(self.folder, self.said):
            self.verdict.leaks += 1
            self.verdict.words.append(f"leak in {where}: {form}")

    @property
    def url(self) -> str:
        """The local Platform's address; it is started where it does not run."""
        self.command("aep", "platform", "start")
        return str(json.loads((self.home / "platform.json").read_text())["url"])

    def pulumi(self, *words: str) -> int:
        """Run the CLI on the run's stack."""
        chosen = () if words[:2] == ("stack", "init") else ("--stack", "dev")
        return self.command("pulumi", *words, *chosen, "--non-interactive", "--color", "never")[0]

    def command(self, *words: str) -> tuple[int, str]:
        """Run a command to its end; what it says is kept."""
        ran = subprocess.run(  # noqa: PLW1510 - its code is the answer
            words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
        )
        self.said.append(ran.stdout + ran.stderr)
        return ran.returncode, ran.stdout + ran.stderr

    def _output(self, *words: str) -> str:
        ran = subprocess.run(
            words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        return ran.stdout

    def _set_faults(self) -> None:
        self._count_faults()
        kinds = self.dice.sample(sorted(FAULTS), 5)
        rules = [{"kind": kind, **FAULTS[kind]} for kind in kinds]
        body = {"seed": self.dice.randrange(10**6), "rules": rules}
        requests.post(f"{self.url}/_local/faults", json=body, headers=CONTROL, timeout=10).raise_for_status()

    def _clear_faults(self) -> None:
        self._count_faults()
        requests.delete(f"{self.url}/_local/faults", headers=CONTROL, timeout=10)

    def _count_faults(self) -> None:
        self.verdict.faults += Counter(requests.get(f"{self.url}/_local/faults", timeout=10).json()["fired"])

    def _up(self, victim: str | None) -> int:
        words = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", "dev")
        if victim is None:
            return self.command(*words)[0]
        log = self.folder / "killed.log"
        with log.open("w") as heard:
            engine = subprocess.Popen(
                words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=heard, stderr=heard
            )
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(self.dice.uniform(0.8, 4.0))
        if engine.poll() is None:
            self._kill(victim, engine.pid)
        code = engine.wait(300)
        self.said.append(log.read_text(errors="replace"))
        return code

    def _kill(self, victim: str, engine: int) -> None:
        pids = [engine]
        if victim == "provider":
            pids = list(self._providers())
        elif victim == "platform":
            pids = [int(json.loads((self.home / "platform.json").read_text())["pid"])]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.verdict.kills += 1

    def _providers(self) -> Iterator[int]:
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                is_provider = entry.name.isdigit() and b"pulumi.dynamic" in (entry / "cmdline").read_bytes()
                if is_provider and (entry / "cwd").readlink() == self.folder:
                    yield int(entry.name)

    def _recover(self) -> bool:
        """The documented recovery. The last time, Platform is well again."""
        for attempt in range(4):
            if attempt == 3:
                self._clear_faults()
            time.sleep(0.5)
            self.pulumi("cancel", "--yes")
            if self.command("aep", "recover", "--stack", "dev")[0] == 0 and self._up(None) == 0:
                return True
        return False


def leaks(folder: Path, said: list[str]) -> Iterator[tuple[str, str]]:
    """Where the canary stands, in which form: in what was printed, and in every file."""
    forms = {
        "clear": CANARY.encode(),
        "base64": base64.b64encode(CANARY.encode()),
        "url": quote(CANARY).encode(),
        "json": json.dumps(CANARY)[1:-1].encode(),
    }
    texts = [("the output", text.encode()) for text in said]
    texts += [(str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    for where, text in texts:
        for name, form in forms.items():
            if form in text:
                yield where, name


def main() -> int:
    """Play the runs and say what came of them."""
    asked = ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--runs", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--jobs", type=int, default=4, help="runs at a time: they mostly wait")
    asked.add_argument("--keep", action="store_true", help="keep the folders of runs that went wrong")
    words = asked.parse_args()
    tool = Path(__file__).parents[2] / "tools" / "pulumi" / "engine.py"
    engine = Path(subprocess.run([sys.executable, tool], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    verdicts: list[Verdict] = []
    printing = threading.Lock()

    def play(seed: int) -> None:
        folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
        verdict = Run(seed, folder, engine).play()
        with printing:
            verdicts.append(verdict)
            print(f"seed {seed}: {'ok' if verdict.is_clean else '; '.join(verdict.words)}", flush=True)
        if verdict.is_clean or not words.keep:
            shutil.rmtree(folder, ignore_errors=True)

    with ThreadPoolExecutor(words.jobs) as pool:
        list(pool.map(play, range(words.seed, words.seed + words.runs)))
    faults = sum((verdict.faults for verdict in verdicts), Counter())
    never = sorted(set(FAULTS) - set(faults))
    print(f"faults by kind: {dict(sorted(faults.items()))}" + (f"; never: {', '.join(never)}" if never else ""))
    names = ("duplicates", "orphans", "lost", "leaks", "unrecovered")
    counts = {name: sum(getattr(verdict, name) for verdict in verdicts) for name in names}
    said = " ".join(f"{name}={count}" for name, count in counts.items())
    kills = sum(verdict.kills for verdict in verdicts)
    print(f"chaos: runs={len(verdicts)} faults={faults.total()} kills={kills} {said}")
    return 1 if any(counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
