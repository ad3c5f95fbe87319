"""The real engine, on a copy of this checkout's program and its own local Platform."""

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
import yaml

from aep_pulumi.client import local

ROOT = Path(__file__).parents[2]
PASSPHRASE = "local"  # noqa: S105 - published, see the Makefile
START_S = 30.0
CONTROL = {"x-local-control": "yes"}
TWO_CRMS = """
import aep_pulumi as aep
import pulumi

secret = pulumi.Config("crm").require_secret("secret")
salesforce = aep.BaseConnection("salesforce", name="Salesforce", **aep.Salesforce.client_credentials(
    environment_url="https://acme.my.salesforce.com", client_id="3MVG9", client_secret=secret, api_version="60.0"))
dynamics = aep.BaseConnection("dynamics", name="Dynamics", **aep.Dynamics.service_principal(
    service_uri="https://acme.crm.dynamics.com", principal_id="me", principal_key=secret))
DETAILS = ["https://ns.adobe.com/xdm/context/profile-personal-details", "https://ns.adobe.com/xdm/context/profile-person-details"]
"""
"""The head of a program with accounts of both CRMs, and two field groups for people."""


@dataclass
class Ran:
    """The output of a command, and its exit code."""

    code: int
    output: str
    stdout: str = ""
    """The output without warnings and errors."""


@dataclass
class Stack:
    """A project folder, a stack in it, and the local Platform that it deploys to."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    stack: str = "dev"

    def pulumi(self, *args: str, fails: bool = False) -> Ran:
        """Run the CLI. It must succeed, unless `fails` is set."""
        return self.run("pulumi", *args, "--non-interactive", "--color", "never", fails=fails)

    def run(self, *args: str, fails: bool = False) -> Ran:
        """Run a command with the environment of `make env`."""
        ran = subprocess.run(
            args, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        output = ran.stdout + ran.stderr
        assert (ran.returncode != 0) == fails, output
        return Ran(ran.returncode, output, ran.stdout)

    def up(self, *args: str, fails: bool = False) -> Ran:
        """`pulumi up`, without a preview."""
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", self.stack, *args, fails=fails)

    def destroy(self, *args: str, fails: bool = False) -> Ran:
        """`pulumi destroy`, without a preview."""
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", self.stack, *args, fails=fails)

    def allow_loss(self) -> None:
        """Allow the stack's datasets to be deleted with their rows, as for a stack that is no longer needed."""
        self.configure({"aep:allowDestructive": "true"})
        self.up()

    def configure(self, settings: dict[str, Any]) -> None:
        """Write plain settings into the stack's file, as `pulumi config set` does."""
        stacks = self.folder / "stacks"
        file = (stacks if stacks.is_dir() else self.folder) / f"Pulumi.{self.stack}.yaml"
        values = (yaml.safe_load(file.read_text()) if file.exists() else None) or {}
        values["config"] = (values.get("config") or {}) | settings
        file.write_text(yaml.safe_dump(values))

    def preview(self, *args: str, fails: bool = False) -> Ran:
        """`pulumi preview`."""
        return self.pulumi("preview", "--stack", self.stack, *args, fails=fails)

    def export(self) -> dict[str, Any]:
        """The stack's state, as `pulumi stack export` prints it. A backend's folder is read directly, which takes no process."""
        backend = self.environment["PULUMI_BACKEND_URL"]
        if not backend.startswith("file://"):
            exported: dict[str, Any] = json.loads(self.pulumi("stack", "export", "--stack", self.stack).stdout)
            return exported
        project = re.search(r"^name: *(\S+)", (self.folder / "Pulumi.yaml").read_text(), re.MULTILINE)
        assert project is not None
        stored = json.loads(Path(backend[7:], ".pulumi", "stacks", project[1], f"{self.stack}.json").read_text())
        return {"version": stored["version"], "deployment": stored["checkpoint"]["latest"]}

    def ids(self) -> dict[str, str]:
        """Platform's id of each resource: `Dataset people` and so on."""
        return {
            f"{resource['type'].rpartition(':')[2]} {resource['urn'].rpartition('::')[2]}": resource["id"]
            for resource in self.export()["deployment"]["resources"]
            if "/aep:" in resource["type"]
        }

    def edit(self, old: str, new: str, file: str = "") -> None:
        """Edit the program: in this file, or in the first of the program's files that contains the text."""
        files = [self.folder / file] if file else sorted((self.folder / "stacks").rglob("*.py"))
        path = next((path for path in files if old in path.read_text()), None)
        assert path is not None, f"no file of the program contains {old}"
        path.write_text(path.read_text().replace(old, new))

    @property
    def platform(self) -> str:
        """The local Platform's address."""
        folder = Path(self.environment["AEP_HOME"])
        url = local.running_url(folder)
        if url is None:
            self._start(folder)
            end_s = time.monotonic() + START_S
            while url is None and time.monotonic() < end_s:
                time.sleep(0.05)
                url = local.running_url(folder)
        assert url is not None
        return url

    def _start(self, folder: Path) -> None:
        """Start the local Platform as the provider does, without the time of a command that imports the package to do so."""
        folder.mkdir(parents=True, exist_ok=True)
        command = 'exec "$0" -m aep_pulumi.emulator --home "$AEP_HOME" > "$AEP_HOME/platform.log" 2>&1 < /dev/null &'
        subprocess.run(
            ["/bin/sh", "-c", command, sys.executable], env=self.environment, cwd=folder, start_new_session=True, check=True
        )

    def requests(self) -> list[dict[str, Any]]:
        """The requests that the local Platform received, oldest first."""
        answer = requests.get(f"{self.platform}/_local/requests", timeout=10)
        logged: list[dict[str, Any]] = answer.json()["requests"]
        return logged

    def request_lines(self) -> list[str]:
        """The same, as `POST /data/foundation/flowservice/flows` without ids."""
        return [f"{request['method']} {request['path']}" for request in self.requests()]

    def objects(self, sandbox: str = "dev") -> list[str]:
        """The ids of all objects on the local Platform."""
        objects = requests.get(f"{self.platform}/_local/objects", timeout=10).json()
        return [item["id"] for items in objects.get(sandbox, {}).values() for item in items]


def platform_headers(stack: Stack) -> dict[str, str]:
    """The headers of any client, with a token requested as by any client."""
    form = {"grant_type": "client_credentials", "client_id": "local-client", "client_secret": "local-secret", "scope": "openid"}
    token = requests.post(f"{stack.platform}/ims/token/v3", data=form, timeout=10).json()["access_token"]
    return {
        "Authorization": f"Bearer {token}",
        "x-api-key": "local-client",
        "x-gw-ims-org-id": "LOCAL@AdobeOrg",
        "x-sandbox-name": "dev",
    }


@functools.cache
def engine() -> Path:
    """The Pulumi CLI that `make` uses."""
    path = subprocess.run([sys.executable, ROOT / "dev" / "pulumi" / "engine.py"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(path.stdout.strip())


def checked_out(folder: Path) -> None:
    """Copy the checkout's program, its stacks' files and the policy pack into this folder."""
    for name in ("Pulumi.yaml", "stacks", "policies"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)


def deployable(folder: Path) -> Iterator[Stack]:
    """A stack in this folder; its local Platform is stopped at the end."""
    stack = not_created(folder)
    stack.pulumi("stack", "init", "dev")
    yield from stopped_in_the_end(stack)


def not_created(folder: Path) -> Stack:
    """A stack in this folder that does not exist yet."""
    (folder / "state").mkdir()
    environment = {
        # A command of the CLI is too short to need garbage collection, which takes a tenth of its time.
        "GOGC": "off",
        "GOMEMLIMIT": "512MiB",
        # The local Platform is immediately consistent, unless a test sets eventual consistency.
        "AEP_SETTLE_S": "2",
        "AEP_HOME": str(folder / "platform"),
        **{name: value for name, value in os.environ.items() if name.startswith("AEP_LOCAL_")},
        "HOME": os.environ.get("HOME", "/"),
        "PATH": os.pathsep.join([str(engine().parent), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    return Stack(folder, environment)


def copied(original: Stack, folder: Path) -> Iterator[Stack]:
    """A copy of a stack whose local Platform has stopped: program, state, journal, Platform's objects and the request log."""
    shutil.copytree(original.folder, folder, dirs_exist_ok=True)
    environment = {name: value.replace(str(original.folder), str(folder)) for name, value in original.environment.items()}
    stack = replace(original, folder=folder, environment=environment)
    _select(original.folder, folder)
    yield from stopped_in_the_end(stack)


def _select(original: Path, folder: Path) -> None:
    """Select the same stack in the copy of a project, as `pulumi stack select` does: the CLI stores it by the project's path."""
    projects = (str(each / "Pulumi.yaml") for each in (original, folder))
    old, new = (hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest() for each in projects)
    for file in (folder / "home" / "workspaces").glob(f"*{old}*"):
        file.with_name(file.name.replace(old, new)).write_text(file.read_text().replace(str(original), str(folder)))


def stopped_in_the_end(stack: Stack) -> Iterator[Stack]:
    """The stack; its local Platform is stopped at the end in any case."""
    try:
        yield stack
    finally:
        local.stop(Path(stack.environment["AEP_HOME"]))


def field_groups(count: int) -> str:
    """A program of so many field groups, which do not depend on each other."""
    return f"""
import aep_pulumi as aep

for number in range({count}):
    aep.FieldGroup(
        f"group-{{number}}",
        title=f"Group {{number}}",
        class_ids=["https://ns.adobe.com/xdm/context/profile"],
        fields={{f"field{{number}}": {{"type": "string"}}}},
    )
"""
