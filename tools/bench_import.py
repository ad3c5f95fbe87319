"""Bench: `aep import` of a large sandbox: `python tools/bench_import.py [FLOWS]`, 200 by default, about six objects each.

Measured: the walk over all objects at 200 ms per response, and its requests; then one whole `aep import`, beside what the engine
itself needs to import and preview as many resources that do nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "engine")]
from clicked import SALESFORCE, Sandbox  # noqa: E402 - after the path
from stacking import Stack, deployable  # noqa: E402 - the same

FLOWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
DELAY_S = 0.2
WALK = """
import json, sys, time
from aep_pulumi.cli._importing.plan import providers_of, read
from aep_pulumi.client.read_only import read_only_client
from aep_pulumi.settings import Settings
config = {"aep:endpoint": "local"}
began = time.monotonic()
found = read(read_only_client(Settings.read(config)), providers_of(config), None, lambda line: None)
print(json.dumps([time.monotonic() - began, sum(map(len, found.objects.values()))]))
"""
NO_OP = """
import pulumi
from noop import Tuned
from pulumi.dynamic import Resource

from aep_pulumi.resources._registration import without_stack_trace


class NoOp(Resource):
    pass


for number in range({count}):
    with without_stack_trace():
        NoOp(Tuned(), f"r{{number}}", {{"name": f"object {{number}}"}}, pulumi.ResourceOptions(protect=True))
"""


def fill(stack: Stack) -> None:
    """Create the objects, by plain HTTP calls."""
    sandbox = Sandbox.of(stack)
    accounts = [sandbox.account(SALESFORCE, f"Account {number}") for number in range(4)]
    schemas = [sandbox.schema(f"Schema {number}") for number in range(FLOWS // 8)]

    def one(number: int) -> None:
        schema = schemas[number % len(schemas)]
        sandbox.flow(f"Flow {number}", SALESFORCE, accounts[number % 4], schema, sandbox.dataset(schema, f"Dataset {number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(FLOWS)))
    sandbox.settle()


def walk(stack: Stack) -> tuple[float, int, Counter[str]]:
    """The seconds of a walk at 200 ms per response, the objects, and its requests by collection."""
    sandbox = Sandbox.of(stack)
    sandbox.control("POST", "/faults", {"rules": [{"kind": "slow", "method": "GET", "path": "/data/", "delay_s": DELAY_S}]})
    before = len(stack.requests())
    seconds, objects = json.loads(run(stack, sys.executable, "-c", WALK))
    made = Counter(each["path"].rpartition("/")[2] for each in stack.requests()[before:] if each["method"] == "GET")
    sandbox.control("DELETE", "/faults")
    return seconds, objects, made


def run(stack: Stack, *command: str) -> str:
    """The output of a command, whatever its exit code."""
    ran = subprocess.run(
        command, cwd=stack.folder, env=stack.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False
    )
    return ran.stdout


def timed(stack: Stack, *command: str) -> float:
    """The seconds of a command that must succeed."""
    began = time.monotonic()
    ran = subprocess.run(
        command, cwd=stack.folder, env=stack.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}: {ran.stdout}{ran.stderr}")
    return time.monotonic() - began


def floor(stack: Stack, count: int) -> float:
    """The seconds that the engine needs to import and preview as many resources that do nothing."""
    shutil.copy(ROOT / "tools" / "bench" / "noop.py", stack.folder)
    program = stack.folder / "__main__.py"
    stack.pulumi("stack", "init", "floor")
    # One resource that was created shows how the SDK writes the provider into the state.
    program.write_text(NO_OP.format(count=1).replace("protect=True", "protect=False"))
    stack.pulumi("up", "--yes", "--skip-preview", "--stack", "floor")
    resource = json.loads(stack.pulumi("stack", "export", "--stack", "floor").output)["deployment"]["resources"][-1]
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "floor")
    entries = [
        {"type": resource["type"], "name": f"r{number}", "id": f"id-{number}", "inputs": values, "outputs": values}
        for number in range(count)
        for values in [{**resource["inputs"], "name": f"object {number}"}]
    ]
    (stack.folder / "floor.json").write_text(json.dumps({"resources": entries}))
    program.write_text(NO_OP.format(count=count))
    words = ("pulumi", "import", "--file", "floor.json", "--generate-code=false", "--yes", "--skip-preview", "--stack", "floor")
    importing = timed(stack, *words, "--non-interactive")
    previewing = timed(stack, "pulumi", "preview", "--expect-no-changes", "--stack", "floor", "--non-interactive")
    print(f"engine alone, {count} resources that do nothing: import {importing:.1f} s, preview {previewing:.1f} s")
    return importing + previewing


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
        (project / "__main__.py").write_text("")
        for stack in deployable(project):
            fill(stack)
            seconds, objects, made = walk(stack)
            print(f"walk over {objects} objects at {DELAY_S * 1000:.0f} ms per response: {seconds:.1f} s")
            print(f"its {made.total()} requests, half of them to find what changed meanwhile: {dict(made)}")
            whole = timed_import(stack)
            least = floor(stack, len(stack.ids()))
            print(f"aep import, walk included: {whole:.1f} s, {whole / least:.2f} times the engine alone ({least:.1f} s)")


def timed_import(stack: Stack) -> float:
    """The seconds of a whole `aep import`."""
    began = time.monotonic()
    run(stack, "aep", "import", "--yes", "--stack", "dev")
    seconds = time.monotonic() - began
    stack.preview("--expect-no-changes")
    return seconds


if __name__ == "__main__":
    os.environ.pop("PULUMI_BACKEND_URL", None)
    main()
