"""An estate of real stacks on the local Platform: a shared one, and others that read it, in several sandboxes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "engine")]

from commands_here import ended
from sleeping import events_of
from stacking import CONTROL, Stack, deployable

NAME = "estate"
PROGRAM = """
import aep_pulumi as aep
import pulumi

config, stack = pulumi.Config("estate"), pulumi.get_stack()
PROFILE, DETAILS = "https://ns.adobe.com/xdm/context/profile", "https://ns.adobe.com/xdm/context/profile-personal-details"
title = pulumi.Output.from_input("Rows")
if shared := config.get("shared"):
    title = pulumi.StackReference(shared).get_output("title")
if config.get("fails"):
    raise ValueError("the table of this stack is not known")
pulumi.export("title", title)
schema = aep.Schema("person", title=f"Person of {stack}.", class_id=PROFILE, field_groups=[DETAILS])
if config.get("account"):
    aep.BaseConnection("old", name=f"Old CRM of {stack}.", **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=pulumi.Output.secret("a-secret"),
        api_version="60.0"))
for number in range(config.get_int("datasets") or 1):
    name = title.apply(lambda title, number=number: f"{title} {number} of {stack}.")
    aep.Dataset(f"rows{number}", name=name, schema_id=schema.id, force_destroy=True)
for number in range(config.get_int("pipelines") or 0):
    account = aep.BaseConnection(f"crm{number}", name=f"CRM {number} of {stack}.", **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=config.require_secret("secret"),
        api_version="60.0"))
    aep.CrmPipeline(f"contacts{number}", table="Contact", title=f"Contacts {number} of {stack}.", base_connection=account,
        field_groups=[DETAILS], columns=["Email"], mappings={"Email": "personalEmail.address"},
        schedule={"frequency": "hour", "interval": 1})
"""


@dataclass
class Deployed:
    """Real stacks of one project, and the local Platform they deploy to."""

    keeper: Stack

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.keeper.folder / NAME

    def stack(self, name: str, sandbox: str, **settings: str) -> None:
        """A stack that was never deployed."""
        url = self.keeper.platform
        config = {
            "aep:endpoint": url,
            "aep:imsEndpoint": url,
            "aep:organization": "LOCAL@AdobeOrg",
            "aep:sandbox": sandbox,
            "aep:clientId": "local-client",
            "aep:clientSecret": "local-secret",
            "aep:allowProduction": "true",
            "aep:allowDestructive": "true",  # otherwise datasets are protected, also from `destroy`
        } | {f"{NAME}:{key}": value for key, value in settings.items()}
        lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in config.items())
        (self.project / f"Pulumi.{name}.yaml").write_text(f"config:\n{lines}")
        Stack(self.project, self.keeper.environment, name).pulumi("stack", "init", name)

    def fleet(self, *args: str) -> tuple[int, list[dict[str, Any]], str]:
        """Run `aep fleet … --json`; exit code, events, and all output."""
        if "--scheduler" in args:
            here = ended(Stack(self.project, self.keeper.environment), "fleet", *args, "--json")
            return here.code, events_of(here.stdout), here.output
        # The run's own cluster starts processes with the environment of this one.
        ran = subprocess.run(
            [sys.executable, "-m", "aep_pulumi", "fleet", *args, "--json"],
            cwd=self.project,
            env=self.keeper.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, events_of(ran.stdout), ran.stdout + ran.stderr

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Start `aep fleet …`."""
        return subprocess.Popen(
            [sys.executable, "-m", "aep_pulumi", "fleet", *args],
            cwd=self.project,
            env=self.keeper.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for_create(self, run: "subprocess.Popen[str]") -> None:
        """Wait until a run that deploys has begun to create something."""
        while not any(each["method"] == "POST" and each["sandbox"] for each in self.keeper.requests()):
            assert run.poll() is None, run.communicate()[0]
            time.sleep(0.05)

    def completed(self, run: "subprocess.Popen[str]", address: str) -> str:
        """Wait for `aep fleet up`; if it failed, another one must succeed. Returns the output of the first."""
        output = run.communicate(timeout=300)[0]
        if run.returncode:
            code, _events, again = self.fleet("up", "--yes", "--scheduler", address)
            assert code == 0, output + again
        return output

    def check_objects(self, sandbox: str, stacks: Sequence[str], accounts: int = 0) -> None:
        """Every object in a sandbox is in exactly one state of these stacks, which have a schema and a dataset each."""
        assert sorted(self.objects(sandbox)) == sorted(self.owned(stacks))
        assert len(self.objects(sandbox)) == 2 * len(stacks) + accounts

    def writers(self) -> dict[str, list[tuple[str, str]]]:
        """For each sandbox, the stacks that created something there, each with the time of every create, in order."""
        found: dict[str, list[tuple[str, str]]] = {}
        for request in self.keeper.requests():
            words = json.dumps(request["body"] or {})
            _, of, rest = words.partition(" of ")
            if request["method"] == "POST" and of:
                found.setdefault(request["sandbox"], []).append((rest.partition(".")[0], str(request["time"])))
        return found

    def objects(self, sandbox: str) -> list[str]:
        """The ids of all objects in a sandbox."""
        return self.keeper.objects(sandbox)

    def owned(self, stacks: Sequence[str]) -> list[str]:
        """The ids in the states of these stacks."""
        return [found for name in stacks for found in Stack(self.project, self.keeper.environment, name).ids().values()]

    def fault(self, **rule: Any) -> None:
        """Set a fault of the local Platform."""
        url = f"{self.keeper.platform}/_local/faults"
        requests.post(url, json={"rules": [rule]}, headers=CONTROL, timeout=10).raise_for_status()


@contextmanager
def deployed_in(folder: Path, **environment: str) -> Iterator[Deployed]:
    """A project without stacks in this folder; its local Platform is stopped at the end.

    Args:
        folder: an empty folder.
        environment: variables beside those of `deployable`.
    """
    (folder / "Pulumi.yaml").write_text("name: keeper\nruntime: python\n")
    with contextmanager(deployable)(folder) as keeper:
        keeper.environment.update(environment)
        estate = Deployed(keeper)
        estate.project.mkdir()
        (estate.project / "Pulumi.yaml").write_text(f"name: {NAME}\nruntime: python\n")
        (estate.project / "__main__.py").write_text(PROGRAM)
        yield estate


def status(events: Sequence[dict[str, Any]]) -> dict[str, str]:
    """How each stack ended, by its name in the project."""
    return {event["stack"].rpartition("/")[2]: event["status"] for event in events if event["event"] == "finished"}


def turns(writers: Sequence[tuple[str, str]]) -> list[str]:
    """The stacks in the order in which they wrote, each as often as it began to write again."""
    found: list[str] = []
    for stack, _time in writers:
        if not found or found[-1] != stack:
            found.append(stack)
    return found
