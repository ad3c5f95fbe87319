"""Seeded run: one chaos run in its own folder: stacks of one program deploy and change it concurrently while faults fire."""

import base64
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import requests
from judging import CommandLines, Verdict, collisions, compare, files, ids_in, in_flight, leaks, working_in

from aep_pulumi.kinds import BY_NAME

ROOT = Path(__file__).parents[2]
CONTROL = {"x-local-control": "yes"}

# Contains every character that some encoding changes.
CANARIES = {
    "the client's secret of the first account": 'canary-7c1"e &/Ω',
    "the same, rotated": "canary-8d2<f +\\é",
    "the password of the second account": "canary-3a9'b %?ß",
    "the security token of the second account": "canary-5e4=c #|ü",
    "the passphrase": "canary-1f6-passphrase",
    "the client secret of Platform": "local-secret",
    "the password of the database": "canary-6d3-database",
}
"""Secrets by name. An access token is recognised by its pattern."""

PROGRAM = """
import aep_pulumi as aep
import pulumi

config = pulumi.Config("chaos")
changed, prefix = config.get_bool("changed") or False, config.get("prefix") or ""
DETAILS = ["https://ns.adobe.com/xdm/context/profile-personal-details", "https://ns.adobe.com/xdm/context/profile-person-details"]
first = aep.BaseConnection("crm", name=prefix + "CRM", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=config.require_secret("secret"),
    api_version="60.0"))
second = aep.BaseConnection("old", name=prefix + "Old CRM", **aep.Salesforce.basic(
    environment_url="https://old.my.salesforce.com", username="aep", password=config.require_secret("password"),
    security_token=config.require_secret("securityToken")))
title = prefix + (config.get("title") or "Own")
aep.Schema("own", title=title, class_id="https://ns.adobe.com/xdm/context/profile", field_groups=DETAILS)
# The shared schema and account are of no stack: what stands on them is the same in every stack.
TABLES = (("Contact", "Email", "personalEmail.address"), ("Lead", "LastName", "person.name.lastName"))
numbers = range(config.get_int("pipelines") or 1)
for number, (table, column, field) in ((number, each) for number in numbers for each in TABLES):
    columns = [column, "FirstName"] if changed and table == "Lead" else [column]
    name = table + (f" {number}" if number else "")
    aep.CrmPipeline(name.lower().replace(" ", "-"), title=prefix + name,
        base_connection=config.require("account") if table == "Lead" else first,
        connector=aep.Salesforce, table=table, columns=columns, force_destroy=True, parts={"schema": config.require("schema")},
        mappings={column: field} | ({"FirstName": "person.name.firstName"} if changed and table == "Lead" else {}),
        description="changed" if changed else None, enabled=(table == "Contact") is changed,
        schedule={"frequency": "hour", "interval": 2 if changed else 1})
"""

# Short timeouts, so that a run takes seconds; the defaults are meant for production use.
SETTINGS = {"aep:readTimeoutS": "2", "aep:connectTimeoutS": "2", "aep:settleS": "2", "aep:deadlineS": "60", "aep:readyS": "15"}

SECRETS = {
    "aep:clientSecret": "the client secret of Platform",
    "chaos:secret": "the client's secret of the first account",
    "chaos:password": "the password of the second account",
    "chaos:securityToken": "the security token of the second account",
}
"""The secret settings, and the canary in each."""

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
WIDE = 20
"""The pipelines per table of a wide run, and the operations that its engine runs at once: more creates are ready than that."""
PARALLEL = 64
AT_ONCE = 5
"""How many kinds of faults are active in one phase of a run."""
VICTIMS = ("engine", "provider", "platform")
RECOVERIES = 5
"""How often the documented recovery is attempted; no faults are active on the last attempt."""
ELSEWHERE = 0.5
"""How often a killed engine is recovered as if on another machine, without the journal."""
LONGEST_S = 300
"""How long a command may take before it counts as hanging, in seconds."""
ENDED_S = 5
"""How long a process may outlive the engine that started it, in seconds."""


@dataclass(frozen=True)
class Layout:
    """Which stacks a run has.

    Attributes:
        stacks: how many.
        one_home: whether they run on one machine: one AEP_HOME, one backend. Otherwise each has its own, with equal names.
        prefixed: whether each stack uses its own names, so that no two stacks create the same content.
        sole_writer: whether the stacks set aep:soleWriter; only where it is true.
        one_title: whether the stacks have a schema with the same title, which Platform accepts only once.
        changes: whether a change follows the first deployment.
    """

    stacks: int = 1
    one_home: bool = True
    prefixed: bool = False
    sole_writer: bool = True
    one_title: bool = False
    changes: bool = True

    @classmethod
    def thrown(cls, dice: random.Random) -> "Layout":
        """A random layout: mostly identical stacks."""
        stacks = dice.choice((1, 2, 2, 2, 2, 2, 3))
        prefixed = dice.random() < 0.2
        sole_writer = (stacks == 1 or prefixed) and dice.random() < 0.5
        one_home, one_title, changes = (dice.random() < share for share in (0.5, 0.3, 1 if stacks == 1 else 0.25))
        return cls(stacks, one_home, prefixed, sole_writer, one_title, changes)

    def __str__(self) -> str:
        stacks = f"{self.stacks} {'stack' if self.stacks == 1 else 'prefixed stacks' if self.prefixed else 'equal stacks'}"
        return f"{stacks}, {'one AEP_HOME' if self.one_home else 'one AEP_HOME each'}{', soleWriter' if self.sole_writer else ''}"


@dataclass
class Member:
    """One of a run's stacks."""

    folder: Path
    stack: str
    environment: dict[str, str] = field(repr=False)
    output: list[str] = field(default_factory=list, repr=False)

    @property
    def log(self) -> Path:
        """Its request log."""
        return Path(self.environment["AEP_LOG"])

    def pulumi(self, *args: str) -> int:
        """Run the CLI on the stack."""
        chosen = () if args[:2] == ("stack", "init") else ("--stack", self.stack)
        return self.command("pulumi", *args, *chosen, "--non-interactive", "--color", "never")[0]

    def command(self, *args: str, typed: str | None = None) -> tuple[int, str]:
        """Run a command to completion; its output is kept."""
        source: dict[str, Any] = {"stdin": subprocess.DEVNULL} if typed is None else {"input": typed}
        ran = subprocess.run(  # noqa: PLW1510 - the exit code is the result
            args, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=LONGEST_S, **source
        )
        self.output.append(ran.stdout + ran.stderr)
        return ran.returncode, ran.stdout

    @property
    def backend(self) -> str:
        """Where its state is."""
        return self.environment["PULUMI_BACKEND_URL"]

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def state(self) -> dict[str, Any]:
        """The state."""
        # Read from the backend: `pulumi stack export` returns the same, but takes a process.
        (content,) = stored(self.backend, f".pulumi/stacks/chaos/{self.stack}.json").values()
        return {"deployment": json.loads(content)["checkpoint"].get("latest") or {}}


class Run:
    """One seeded run in its own folder.

    Args:
        seed: the seed of the run's random numbers.
        folder: an empty folder.
        engine: the Pulumi CLI.
        layout: which stacks it has; random by default.
        is_wide: whether the program has so many pipelines that the engine runs as many operations as it can at once.
        has_lookups: False for the counter-test: a copy of the package that does not look up ambiguous creates.
        apart: if set, each stack has a machine of its own, whatever the layout says: the database with the states and the journal
            of all, or "" for folders on each machine.
    """

    def __init__(
        self,
        seed: int,
        folder: Path,
        engine: Path,
        *,
        layout: Layout | None = None,
        is_wide: bool = False,
        has_lookups: bool = True,
        apart: str | None = None,
    ) -> None:
        self.seed, self.folder, self.dice = seed, folder, random.Random(seed)  # noqa: S311 - not used for cryptography
        self.is_wide = is_wide
        self.layout = Layout.thrown(self.dice) if layout is None else layout
        if apart is not None:
            self.layout = replace(self.layout, one_home=False)
        self.database = apart
        self.home = folder / "platform"
        self.port = _free_port()
        environment = {
            "AEP_LOCAL_STRICT": "1",
            **{name: value for name, value in os.environ.items() if name.startswith("AEP_LOCAL_")},
            "HOME": os.environ.get("HOME", "/"),
            "PATH": os.pathsep.join([str(engine.parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PULUMI_CONFIG_PASSPHRASE": CANARIES["the passphrase"],
            # Not in the URL, which the CLI writes into its own files. The server does not check it.
            "PGPASSWORD": CANARIES["the password of the database"],
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        if not has_lookups:
            environment["PYTHONPATH"] = str(without_lookups(folder / "package"))
        self.keeper = Member(folder, "", environment | {"AEP_HOME": str(self.home), "AEP_LOG": str(folder / "requests.log")})
        self.members = [self._member(f"s{number}", environment) for number in range(self.layout.stacks)]
        self.others: set[str] = set()
        self.verdict = Verdict(seed)

    def _member(self, name: str, environment: dict[str, str]) -> Member:
        folder = self.folder / name
        (folder / "state").mkdir(parents=True)
        (self.folder / "state").mkdir(exist_ok=True)
        (folder / "Pulumi.yaml").write_text("name: chaos\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM)
        one = self.layout.one_home
        mine = {
            "AEP_HOME": str(self.home if one else folder / "aep"),
            "AEP_LOG": str(folder / "requests.log"),
            "PULUMI_BACKEND_URL": self.database or f"file://{(self.folder if one else folder) / 'state'}",
            "PULUMI_HOME": str(folder / "home"),
        }
        return Member(folder, name if one or self.database else "dev", environment | mine)

    def play(self) -> Verdict:
        """Deploy, change, recover, and judge."""
        with CommandLines(self.folder) as lines:
            try:
                self._play()
            except subprocess.TimeoutExpired as hanging:
                self.verdict.add("unrecovered", f"hanging for {LONGEST_S} s: {hanging.cmd}")
            finally:
                self.keeper.command("aep", "platform", "stop")
        self.keeper.output.append(b"\n".join(lines.seen).decode(errors="replace"))
        self.search()
        return self.verdict

    def _play(self) -> None:
        self.begin()
        phases = ("first", "second") if self.layout.changes else ("first",)
        killed_at = self.dice.choice(phases) if self.dice.random() < 1 / 3 else ""
        kill = (self.dice.choice(VICTIMS), self.dice.randrange(len(self.members)), self.dice.uniform(0.8, 4.0))
        for phase in phases:
            if phase == "second":
                self.change()
            self._set_faults()
            self.deploy(kill if killed_at == phase else None)
        self._clear_faults()
        self.verdict.collisions = collisions(member.log for member in self.members)
        self.verdict.in_flight = max(in_flight(member.log) for member in self.members)
        self.judge()

    def begin(self) -> None:
        """Start the local Platform, create the shared objects, and create the stacks."""
        self._start()
        self.common = self._common()
        for number, member in enumerate(self.members):
            where = {"aep:endpoint": "local"} if self.layout.one_home else self._where()
            settings = SETTINGS | where | {f"chaos:{name}": value for name, value in self.common.items()}
            settings |= {"chaos:prefix": f"{number}: "} if self.layout.prefixed else {}
            settings |= {} if self.layout.one_title else {"chaos:title": f"Own {number}"}
            settings |= {"chaos:pipelines": f"{WIDE}", "aep:readTimeoutS": "4"} if self.is_wide else {}
            settings |= {"aep:soleWriter": "true"} if self.layout.sole_writer else {}
            salt, secrets = encrypted(member)
            lines = [f"encryptionsalt: {salt}", "config:", *(f"  {key}: {json.dumps(value)}" for key, value in settings.items())]
            lines += [f"  {key}: {{secure: {secrets[canary]}}}" for key, canary in SECRETS.items()]
            member.settings.write_text("\n".join(lines) + "\n")
            assert member.pulumi("stack", "init", member.stack) == 0, member.output[-1]

    def _where(self) -> dict[str, str]:
        url = self.url
        return {"aep:endpoint": url, "aep:imsEndpoint": url, "aep:organization": "LOCAL@AdobeOrg", "aep:sandbox": "dev"} | {
            "aep:clientId": "local-client"
        }

    def _common(self) -> dict[str, str]:
        """Create a schema and an account outside of the stacks; return their ids."""
        session = requests.Session()
        form = {
            "grant_type": "client_credentials",
            "client_id": "local-client",
            "client_secret": "local-secret",
            "scope": "openid",
        }
        token = session.post(f"{self.url}/ims/token/v3", data=form | {"scope": "openid"}, timeout=10).json()["access_token"]
        session.headers.update(HEADERS | {"Authorization": f"Bearer {token}"})
        profile = "https://ns.adobe.com/xdm/context/profile"
        parts = [{"$ref": part} for part in (profile, f"{profile}-personal-details", f"{profile}-person-details")]
        body: dict[str, Any] = {"type": "object", "title": "Common", "description": "", "allOf": parts}
        schema = session.post(f"{self.url}/data/foundation/schemaregistry/tenant/schemas", json=body, timeout=10).json()["$id"]
        login = {"environmentUrl": "https://acme.my.salesforce.com", "username": "aep", "password": "x", "securityToken": "y"}
        spec = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
        body = {"name": "Common", "auth": {"specName": "Basic Authentication", "params": login}, "connectionSpec": spec}
        account = session.post(f"{self.url}/data/foundation/flowservice/connections", json=body, timeout=10).json()["id"]
        self.others = {schema, account}
        return {"schema": schema, "account": account}

    def change(self) -> None:
        """Change the program's settings: schedules, columns, mappings, descriptions, and a rotated secret."""
        for member in self.members:
            secrets = encrypted(member)[1]
            old, new = (secrets[canary] for canary in (SECRETS["chaos:secret"], "the same, rotated"))
            member.settings.write_text(member.settings.read_text().replace(old, new) + '  chaos:changed: "true"\n')

    def deploy(self, kill: tuple[str, int, float] | None = None) -> None:
        """Run `pulumi up` in all stacks at once, optionally kill a process, then recover one stack after the other."""
        with ThreadPoolExecutor(len(self.members)) as pool:
            runs = [
                pool.submit(self._up, member, kill if kill and kill[1] == number else None)
                for number, member in enumerate(self.members)
            ]
            codes = [run.result() for run in runs]
        if kill and kill[0] == "engine" and self.dice.random() < ELSEWHERE:
            self._forget(self.members[kill[1]])
        for member, code in zip(self.members, codes, strict=True):
            if code != 0:
                self.recover(member)

    def recover(self, member: Member, attempts: int = RECOVERIES) -> bool:
        """The documented recovery, as the error messages describe it; a stack that cannot be recovered is counted."""
        for attempt in range(1, attempts + 1):
            if attempt == attempts:
                self._clear_faults()
            time.sleep(0.5)
            if "XDM-1521-400" in member.output[-1]:
                # "otherwise choose another title"
                member.pulumi("config", "set", "chaos:title", f"Own of {member.folder.name}")
            # All ambiguous operations at once.
            if self._is_recovered(member) and self._up(member, None, "--continue-on-error") == 0:
                return True
        self.verdict.add("unrecovered", f"stuck: {member.output[-1][-1500:]}")
        return False

    def _is_recovered(self, member: Member) -> bool:
        """Run `aep recover`; where ownership is unclear, decide as a person would who checks the other stacks' states."""
        if "aep recover" not in member.output[-1] and not self.state_is_open(member):
            return True  # no error names a pending create, and nothing was killed
        member.pulumi("cancel", "--yes")
        args = ("aep", "recover", "--stack", member.stack)
        code, report = member.command(*args, "--json")
        if code == 0:
            return True
        try:
            operations = json.loads(report)["operations"]
        except ValueError:
            return False
        claimed = {object_id for each in self.members for object_id in ids_in(each.state())}
        claimed |= {each["id"] for each in operations if each["outcome"] == "adopted"}
        decisions: list[str] = []
        for operation in (each for each in operations if each["outcome"] == "unclear"):
            free = [each for each in operation["candidates"] if each["id"] not in claimed]
            name = f"{operation['kind']}:{operation['name']}"
            # A person would compare the object's creation time with the creates in each stack's request log.
            free.sort(key=lambda each: self._evidence(member, operation["kind"], each["made_at_s"]), reverse=True)
            decisions += ("--adopt", f"{name}={free[0]['id']}") if free else ("--clear", name)
            claimed |= {each["id"] for each in free[:1]}
            self.verdict.decisions += 1
        return member.command(*args, *decisions)[0] == 0

    def _evidence(self, member: Member, kind: str, made_at_s: float | None) -> tuple[bool, bool]:
        """Whether this stack sent a create of a kind at that time, and whether no other stack did."""
        path, sent = BY_NAME[kind].path, {}
        for each in self.members:
            lines = map(json.loads, each.log.read_text().splitlines()) if each.log.exists() else ()
            posts = [line for line in lines if line["method"] == "POST" and line["path"] == path]
            began = [(datetime.fromisoformat(line["time"]).timestamp(), line["duration_ms"] / 1000) for line in posts]
            sent[each.stack, each.folder] = any(at - 0.5 <= (made_at_s or 0) <= at + took_s + 0.5 for at, took_s in began)
        return sent[member.stack, member.folder], not any(
            was for key, was in sent.items() if key != (member.stack, member.folder)
        )

    def state_is_open(self, member: Member) -> bool:
        """Whether a run of the stack was killed (the state has pending operations)."""
        is_locked = any(f"/{member.stack}/" in path for path in stored(member.backend, ".pulumi/locks"))
        return is_locked or bool(member.state()["deployment"].get("pending_operations"))

    def judge(self) -> None:
        """Compare the states with Platform; everything must match the program, and no process of the run may be alive."""
        self.match_programs()
        self.match_objects()
        self.match_processes()

    def match_programs(self) -> None:
        """A preview must report no change."""
        # With a refresh: the remote objects must match the state, not only exist. One of several identical stacks is enough.
        for member in [self.dice.choice(self.members)] if not self.verdict.unrecovered else ():
            if member.pulumi("preview", "--refresh", "--expect-no-changes") != 0:
                self.verdict.add("unrecovered", f"not silent: {member.output[-1][-1500:]}")

    def match_objects(self) -> None:
        """The states must have the objects that are on Platform."""
        remote = requests.get(f"{self.url}/_local/objects", timeout=10).json()["dev"]
        objects = [item for items in remote.values() for item in items if item["id"] not in self.others]
        compare(self.verdict, [member.state() for member in self.members], objects)

    def match_processes(self, ended_s: float = ENDED_S) -> None:
        """All processes of the run must have ended, if not yet, then soon."""
        end_s = time.monotonic() + ended_s
        while (left := working_in(self.folder)) and time.monotonic() < end_s:
            time.sleep(0.1)
        for process in left:
            self.verdict.add("unrecovered", f"still alive: {process}")

    def search(self) -> None:
        """Search all output, files and command lines for the canaries."""
        texts_printed = [text for member in (self.keeper, *self.members) for text in member.output]
        texts = [*(("the output", text.encode()) for text in texts_printed), *files(self.folder)]
        for leak in leaks(CANARIES, texts):
            self.verdict.add("leaks", f"leak of {leak}")

    # -- the local Platform ---------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self.keeper.command("aep", "platform", "start", "--port", str(self.port))

    @property
    def url(self) -> str:
        """The local Platform's address; started if it is not running."""
        with contextlib.suppress(OSError, requests.RequestException):
            url = str(json.loads((self.home / "platform.json").read_text())["url"])
            if requests.get(f"{url}/_local/health", timeout=10).ok:
                return url
        self._start()
        return str(json.loads((self.home / "platform.json").read_text())["url"])

    def strike(self, rules: list[dict[str, Any]], seed: int = 0) -> None:
        """Activate these faults."""
        body = {"seed": seed, "rules": rules}
        requests.post(f"{self.url}/_local/faults", json=body, headers=CONTROL, timeout=10).raise_for_status()

    def _set_faults(self) -> None:
        self._count_faults()
        kinds = self.dice.sample(sorted(FAULTS), AT_ONCE)
        # The creates of a wide run take long enough for others to be sent meanwhile.
        last = [{"kind": "slow", "delay_s": 2.2, "method": "POST"}] if self.is_wide else []
        self.strike([*({"kind": kind, **FAULTS[kind]} for kind in kinds), *last], self.dice.randrange(10**6))

    def _clear_faults(self) -> None:
        self._count_faults()
        requests.delete(f"{self.url}/_local/faults", headers=CONTROL, timeout=10)

    def _count_faults(self) -> None:
        fired = requests.get(f"{self.url}/_local/faults", timeout=10).json()["fired"]
        self.verdict.faults += Counter({kind: count for kind, count in fired.items() if not (self.is_wide and kind == "slow")})

    # -- kills ----------------------------------------------------------------------------------------------------------

    def _up(self, member: Member, kill: tuple[str, int, float] | None, *more: str) -> int:
        args = (
            "pulumi",
            "up",
            "--yes",
            "--skip-preview",
            "--non-interactive",
            "--color",
            "never",
            "--stack",
            member.stack,
            *(("--parallel", f"{PARALLEL}") if self.is_wide else ()),
            *more,
        )
        if kill is None:
            return member.command(*args)[0]
        victim, _number, after_s = kill
        log = member.folder / "killed.log"
        with log.open("w") as printed:
            engine = subprocess.Popen(
                args, cwd=member.folder, env=member.environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed
            )
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(after_s)
        if engine.poll() is None:
            self._kill(victim, engine.pid, member)
        try:
            code = engine.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            engine.kill()
            raise
        member.output.append(log.read_text(errors="replace"))
        return code

    def _kill(self, victim: str, engine: int, member: Member) -> None:
        pids = [engine]
        if victim == "provider":
            pids = list(self._providers(member))
        elif victim == "platform":
            pids = [int(json.loads((self.home / "platform.json").read_text())["pid"])]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.verdict.kills += 1
        if victim == "platform":
            self._start()  # with a fixed port, nothing else restarts it

    def _providers(self, member: Member) -> Iterator[int]:
        for process in working_in(member.folder):
            if "pulumi.dynamic" in process:
                yield int(process.split()[0])

    def _forget(self, member: Member) -> None:
        """Go on as another machine would: without this one's folder, so without the pending entries of a journal in it."""
        if self.database:
            member.environment["AEP_HOME"] += "-of-another-machine"
            return
        in_flight = {each["resource"]["urn"] for each in member.state()["deployment"].get("pending_operations") or []}
        for path in (Path(member.environment["AEP_HOME"]) / "journal").glob("*-*"):
            with contextlib.suppress(ValueError):
                if json.loads(path.read_text())["urn"] in in_flight:
                    path.unlink()


def stored(backend: str, prefix: str) -> dict[str, str]:
    """The files of a backend below a prefix: their contents by path."""
    if backend.startswith("file://"):
        folder = Path(backend.removeprefix("file://"))
        found = (folder / prefix, *(folder / prefix).rglob("*"))
        return {str(path.relative_to(folder)): path.read_text() for path in found if path.is_file()}
    # In a database, the CLI's files are below the database's name.
    name = urlsplit(backend).path.strip("/")
    statement = "SELECT key, data->>'data' FROM pulumi_state WHERE key = %(path)s OR starts_with(key, %(path)s || '/')"
    with psycopg.connect(backend) as connection:
        rows = connection.execute(statement, {"path": f"{name}/{prefix}"}).fetchall()
    return {key: base64.b64decode(data).decode() for key, data in rows}


_encrypted: list[tuple[str, dict[str, str]]] = []
_encrypting = threading.Lock()


def encrypted(member: Member) -> tuple[str, dict[str, str]]:
    """The salt of a settings file, and each canary encrypted. This is done once per process: the passphrase is the same."""
    with _encrypting:
        if not _encrypted:
            folder = Path(tempfile.mkdtemp(prefix="chaos-settings-"))
            scratch = Member(folder, "dev", member.environment | {"PULUMI_BACKEND_URL": f"file://{folder}"})
            (folder / "Pulumi.yaml").write_text("name: chaos\nruntime: python\n")
            assert scratch.pulumi("stack", "init", "dev") == 0, scratch.output[-1]
            for number, canary in enumerate(CANARIES):
                # Over stdin, not on the command line, as recommended to users.
                args = ("pulumi", "config", "set", "--secret", f"chaos:canary{number}", "--stack", "dev")
                assert scratch.command(*args, typed=CANARIES[canary])[0] == 0, scratch.output[-1]
            lines = [line.split() for line in scratch.settings.read_text().splitlines()]
            salt = next(line[1] for line in lines if line[0] == "encryptionsalt:")
            secure = [line[1] for line in lines if line[0] == "secure:"]
            _encrypted.append((salt, dict(zip(CANARIES, secure, strict=True))))
            shutil.rmtree(folder)
        return _encrypted[0]


HEADERS = {"x-api-key": "local-client", "x-gw-ims-org-id": "LOCAL@AdobeOrg", "x-sandbox-name": "dev"}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def without_lookups(folder: Path) -> Path:
    """A copy of the package that never looks up ambiguous creates: the chaos checker must detect the duplicates."""
    shutil.copytree(ROOT / "aep_pulumi", folder / "aep_pulumi", ignore=shutil.ignore_patterns("__pycache__"))
    once = folder / "aep_pulumi" / "resources" / "_once.py"
    kept = once.read_text()
    begin = "    waited_s, tries = 0.0, 0\n"
    assert kept.count(begin) == 1, "the lookup in _once.py has changed: adapt the counter-test"
    once.write_text(kept.replace(begin, f"    return []\n{begin}"))
    return folder
