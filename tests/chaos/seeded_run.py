"""Seeded run: one chaos run, in a folder of its own: deploy and change a program of two pipelines while things go wrong."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from judging import CommandLines, Verdict, compare, files, leaks, working_in

ROOT = Path(__file__).parents[2]
CONTROL = {"x-local-control": "yes"}

# Every character that some encoding changes.
CANARIES = {
    "the client's secret of the first account": 'canary-7c1"e &/Ω',
    "the same, rotated": "canary-8d2<f +\\é",
    "the password of the second account": "canary-3a9'b %?ß",
    "the security token of the second account": "canary-5e4=c #|ü",
    "the passphrase": "canary-1f6-passphrase",
    "the client secret of Platform": "local-secret",
}
"""Secrets by what they are. An access token is known by its shape."""

PROGRAM = """
import aep_pulumi as aep
import pulumi

config = pulumi.Config("chaos")
changed = config.get_bool("changed") or False
DETAILS = ["https://ns.adobe.com/xdm/context/profile-personal-details", "https://ns.adobe.com/xdm/context/profile-person-details"]
accounts = {
    "Contact": aep.BaseConnection("crm", name="CRM", **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=config.require_secret("secret"),
        api_version="60.0")),
    "Lead": aep.BaseConnection("old", name="Old CRM", **aep.Salesforce.basic(
        environment_url="https://old.my.salesforce.com", username="aep", password=config.require_secret("password"),
        security_token=config.require_secret("securityToken"))),
}
for table, column, field in (("Contact", "Email", "personalEmail.address"), ("Lead", "LastName", "person.name.lastName")):
    aep.CrmPipeline(table.lower(), base_connection=accounts[table], table=table, field_groups=DETAILS,
        columns=[column, "FirstName"] if changed and table == "Lead" else [column],
        mappings={column: field} | ({"FirstName": "person.name.firstName"} if changed and table == "Lead" else {}),
        description="changed" if changed else None, enabled=(table == "Contact") is changed,
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
AT_ONCE = 5
"""How many kinds of faults fire in one phase of a run."""
VICTIMS = ("engine", "provider", "platform")
RECOVERIES = 4
"""How often the documented recovery is tried; the last time, Platform is well again."""
ELSEWHERE = 0.5
"""How often the recovery of a killed engine is that of another machine, which has no notes of what was begun."""
LONGEST_S = 300
"""How long a command may take before it counts as hanging."""
ENDED_S = 5
"""How long a process may live on after the engine that started it."""


class Run:
    """One seeded run in a folder of its own.

    Args:
        seed: what the dice of the run begin with.
        folder: an empty one.
        engine: the Pulumi CLI.
        looks_up: False for the counter-test: a copy of the package in which a lost answer is not looked up.
    """

    def __init__(self, seed: int, folder: Path, engine: Path, *, looks_up: bool = True) -> None:
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
            "PULUMI_CONFIG_PASSPHRASE": CANARIES["the passphrase"],
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        if not looks_up:
            self.environment["PYTHONPATH"] = str(without_look_ups(folder / "package"))
        self.said: list[str] = []
        self.verdict = Verdict(seed)

    def play(self) -> Verdict:
        """Deploy, change, recover, and judge."""
        with CommandLines() as lines:
            try:
                self._play()
            except subprocess.TimeoutExpired as hanging:
                self.verdict.add("unrecovered", f"hanging for {LONGEST_S} s: {hanging.cmd}")
            finally:
                self.command("aep", "platform", "stop")
        self.said.append(b"\n".join(lines.seen).decode(errors="replace"))
        self.search()
        return self.verdict

    def _play(self) -> None:
        self.begin()
        killed_at = self.dice.choice(("first", "second")) if self.dice.random() < 1 / 3 else ""
        victim = self.dice.choice(VICTIMS)
        for phase in ("first", "second"):
            if phase == "second":
                self.change()
            self._set_faults()
            killed = victim if killed_at == phase else None
            if self._up(killed) != 0:
                # Of a killed engine the state tells what was under way; of a killed provider the notes alone do.
                if killed == "engine" and self.dice.random() < ELSEWHERE:
                    shutil.rmtree(self.home / "begun", ignore_errors=True)
                self.recover()
        self._clear_faults()
        self.judge()

    def begin(self) -> None:
        """Make the stack, and start the local Platform."""
        self.pulumi("stack", "init", "dev")
        self.pulumi("config", "set-all", *(word for key, value in SETTINGS.items() for word in ("--plaintext", f"{key}={value}")))
        self.keep_secret("aep:clientSecret", "the client secret of Platform")
        self.keep_secret("chaos:secret", "the client's secret of the first account")
        self.keep_secret("chaos:password", "the password of the second account")
        self.keep_secret("chaos:securityToken", "the security token of the second account")
        self.command("aep", "platform", "start")

    def change(self) -> None:
        """Change the program's settings: schedules, columns, mappings, descriptions, and a rotated secret."""
        self.pulumi("config", "set", "chaos:changed", "true")
        self.keep_secret("chaos:secret", "the same, rotated")

    def keep_secret(self, key: str, canary: str) -> None:
        """Put a canary into the stack's config, as a person should: not on the command line."""
        assert self.command("pulumi", "config", "set", "--secret", key, "--stack", "dev", typed=CANARIES[canary])[0] == 0

    def recover(self) -> bool:
        """The documented recovery; a stack that it does not get going is counted."""
        for attempt in range(1, RECOVERIES + 1):
            if attempt == RECOVERIES:
                self._clear_faults()
            time.sleep(0.5)
            self.pulumi("cancel", "--yes")
            if self.command("aep", "recover", "--stack", "dev")[0] == 0 and self._up(None) == 0:
                return True
        self.verdict.add("unrecovered", f"stuck: {self.said[-1][-1500:]}")
        return False

    def judge(self) -> None:
        """Hold what the state says beside what Platform holds; all must be as the program says, and nothing of the run alive."""
        # With a refresh: what the state says must be so, not only be there.
        if not self.verdict.unrecovered and self.pulumi("preview", "--refresh", "--expect-no-changes") != 0:
            self.verdict.add("unrecovered", f"not silent: {self.said[-1][-1500:]}")
        state = json.loads(self._output("pulumi", "stack", "export"))
        held = requests.get(f"{self.url}/_local/objects", timeout=10).json()["dev"]
        compare(self.verdict, state, [item for items in held.values() for item in items])
        end_s = time.monotonic() + ENDED_S
        while (left := working_in(self.folder)) and time.monotonic() < end_s:
            time.sleep(0.1)
        for process in left:
            self.verdict.add("unrecovered", f"still alive: {process}")

    def search(self) -> None:
        """Look for the canaries in all that was printed, written and shown as a command line."""
        texts = [*(("the output", text.encode()) for text in self.said), *files(self.folder)]
        for leak in leaks(CANARIES, texts):
            self.verdict.add("leaks", f"leak of {leak}")

    @property
    def url(self) -> str:
        """The local Platform's address; it is started where it does not run."""
        with contextlib.suppress(OSError, requests.RequestException):
            url = str(json.loads((self.home / "platform.json").read_text())["url"])
            if requests.get(f"{url}/_local/health", timeout=10).ok:
                return url
        self.command("aep", "platform", "start")
        return str(json.loads((self.home / "platform.json").read_text())["url"])

    def pulumi(self, *words: str) -> int:
        """Run the CLI on the run's stack."""
        chosen = () if words[:2] == ("stack", "init") else ("--stack", "dev")
        return self.command("pulumi", *words, *chosen, "--non-interactive", "--color", "never")[0]

    def command(self, *words: str, typed: str | None = None) -> tuple[int, str]:
        """Run a command to its end; what it says is kept."""
        source: dict[str, Any] = {"stdin": subprocess.DEVNULL} if typed is None else {"input": typed}
        ran = subprocess.run(  # noqa: PLW1510 - its code is the answer
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=LONGEST_S, **source
        )
        self.said.append(ran.stdout + ran.stderr)
        return ran.returncode, ran.stdout + ran.stderr

    def strike(self, rules: list[dict[str, Any]], seed: int = 0) -> None:
        """Have these faults fire from now on."""
        body = {"seed": seed, "rules": rules}
        requests.post(f"{self.url}/_local/faults", json=body, headers=CONTROL, timeout=10).raise_for_status()

    def _output(self, *words: str) -> str:
        ran = subprocess.run(
            words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        return ran.stdout

    def _set_faults(self) -> None:
        self._count_faults()
        kinds = self.dice.sample(sorted(FAULTS), AT_ONCE)
        self.strike([{"kind": kind, **FAULTS[kind]} for kind in kinds], self.dice.randrange(10**6))

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
        try:
            code = engine.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            engine.kill()
            raise
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
        for process in working_in(self.folder):
            if "pulumi.dynamic" in process:
                yield int(process.split()[0])


def without_look_ups(folder: Path) -> Path:
    """A copy of the package that never looks up whether a lost write happened: what chaos must then find."""
    shutil.copytree(ROOT / "aep_pulumi", folder / "aep_pulumi", ignore=shutil.ignore_patterns("__pycache__"))
    once = folder / "aep_pulumi" / "resources" / "_once.py"
    kept = once.read_text()
    begin = "    waited_s, tries = 0.0, 0\n"
    assert kept.count(begin) == 1, "the look-up of _once.py has changed: change the counter-test with it"
    once.write_text(kept.replace(begin, f"    return []\n{begin}"))
    return folder
