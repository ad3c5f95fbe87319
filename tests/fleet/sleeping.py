"""Estates of stand-in stacks: a project with settings files and states, and a `pulumi` that sleeps and records."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))  # also outside of pytest

from in_process import run_here

HERE = Path(__file__).parent
PROJECT = "estate"


@dataclass
class Estate:
    """A project with many stacks, whose CLI is a stand-in."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.project.mkdir(parents=True)
        self.behaviour.mkdir()
        (self.project / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        (self.project / "__main__.py").write_text("")
        self.environment = {
            "AEP_HOME": str(self.folder / "aep"),
            "HOME": str(self.folder),
            "PATH": os.pathsep.join([str(HERE / "stand_in"), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_HOME": str(self.folder / "pulumi"),
            "STAND_IN": str(self.behaviour),
            "TMPDIR": str(self.folder),
        }

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder / "project"

    @property
    def behaviour(self) -> Path:
        """What the stand-in does with each stack, and its log."""
        return self.folder / "behaviour"

    def stack(self, name: str, sandbox: str = "dev", *, reads: Sequence[str] = (), objects: int = 0, **behaviour: object) -> None:
        """Add a stack that exists, with so many datasets in its state."""
        lines = [
            "config:",
            "  aep:organization: LOCAL@AdobeOrg",
            f"  aep:sandbox: {sandbox}",
            "  aep:endpoint: http://127.0.0.1:9",
        ]
        lines += [f"  estate:reads{number}: organization/{PROJECT}/{read}" for number, read in enumerate(reads)]
        (self.project / f"Pulumi.{name}.yaml").write_text("\n".join(lines) + "\n")
        states = self.folder / "state" / ".pulumi" / "stacks" / PROJECT
        states.mkdir(parents=True, exist_ok=True)
        full = f"organization/{PROJECT}/{name}"
        urn = f"urn:pulumi:{name}::{PROJECT}::"
        resources = [{"urn": f"{urn}pulumi:pulumi:Stack::{PROJECT}-{name}", "type": "pulumi:pulumi:Stack"}]
        dataset = "pulumi-python:dynamic/aep:Dataset"
        resources += [
            {"urn": f"{urn}{dataset}::rows{number}", "type": dataset, "id": f"{name}-{number}"} for number in range(objects)
        ]
        checkpoint = {"stack": full, "latest": {"manifest": {}, "resources": resources}}
        (states / f"{name}.json").write_text(json.dumps({"version": 3, "checkpoint": checkpoint}))
        (self.folder / "state" / ".pulumi" / "meta.yaml").write_text("version: 1\n")
        self.behave(name, **behaviour)

    def behave(self, name: str, **behaviour: object) -> None:
        """Set what the stand-in does with a stack."""
        (self.behaviour / name).write_text("".join(f"{key}='{value}'\n" for key, value in behaviour.items()))

    def hold(self, name: str) -> None:
        """Let the stand-in go on with a stack until it is let go."""
        (self.behaviour / f"hold-{name}").touch()

    def let_go(self, name: str) -> None:
        """Let it end."""
        (self.behaviour / f"hold-{name}").unlink()

    def rejected(self, *args: str, code: int = 1) -> str:
        """Run `aep fleet …`, which is rejected before anything runs, in this process; its output, stderr last."""
        ran = run_here("fleet", *args, cwd=self.project, environ=self.environment)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def fleet(self, *args: str, code: int = 0, **variables: str) -> str:
        """Run `aep fleet …`; its output, stderr last."""
        ran = subprocess.run(
            [sys.executable, "-m", "aep_pulumi", "fleet", *args],
            cwd=self.project,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        output = ran.stdout + ran.stderr
        assert ran.returncode == code, output
        return output

    def start(self, *args: str, **variables: str) -> "subprocess.Popen[str]":
        """Start `aep fleet …` in its own process group."""
        return subprocess.Popen(
            [sys.executable, "-m", "aep_pulumi", "fleet", *args],
            cwd=self.project,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def log(self) -> list[tuple[str, str, str, int, float]]:
        """What the stand-in recorded: what happened, verb, stack, process, time."""
        path = self.behaviour / "log"
        rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [(row[0], row[1], row[2], int(row[3]), float(row[4])) for row in rows]

    def intervals(self, verb: str = "up") -> dict[str, list[tuple[float, float]]]:
        """When each stack's engine ran."""
        began: dict[int, tuple[str, float]] = {}
        found: dict[str, list[tuple[float, float]]] = {}
        for what, its, stack, process, at_s in self.log():
            if its == verb and what == "began":
                began[process] = (stack, at_s)
            elif its == verb and what == "ended":
                found.setdefault(stack, []).append((began.pop(process)[1], at_s))
        return found


def events_of(output: str) -> list[dict[str, Any]]:
    """The events that `--json` printed."""
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
