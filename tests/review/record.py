"""Records the real engine's events that the tests in this folder read. By hand: `python tests/review/record.py [NAME …]`.

Writes `events/NAME.jsonl` and, for new objects with dependencies, `events/NAME.plan.json`: without debug messages and
the paths of the machine.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ENGINE_TESTS = HERE.parent / "engine"
EVENTS = HERE / "events"
sys.path.insert(0, str(ENGINE_TESTS))

import review_scenarios  # noqa: E402 - the engine's tests are no package
from stacking import ROOT, Stack, deployable  # noqa: E402


def recorded(stack: Stack, *args: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The events and the plan of a preview."""
    log, plan = stack.folder / "log", stack.folder / "plan"
    for file in (log, plan):
        file.unlink(missing_ok=True)
    planned = ["--save-plan", str(plan)] if args[0] == "preview" else []
    command = ["pulumi", *args, "--non-interactive", "--stack", stack.stack, "--event-log", str(log), *planned]
    subprocess.run(
        command,
        cwd=stack.folder,
        env=stack.environment | {"PULUMI_DEBUG_COMMANDS": "true"},
        capture_output=True,
        check=False,
    )
    return [json.loads(line) for line in log.read_text().splitlines()], json.loads(plan.read_text()) if plan.exists() else {}


def is_read(event: dict[str, Any]) -> bool:
    """Whether a review reads the event: the rest is redundant, and makes the files long."""
    outputs = event.get("resOutputsEvent", {"metadata": {"type": "pulumi:pulumi:Stack"}})
    debugging = event.get("diagnosticEvent", {}).get("severity") == "debug"
    return outputs["metadata"]["type"] == "pulumi:pulumi:Stack" and not debugging and "policyRemediateSummaryEvent" not in event


def write(name: str, stack: Stack, events: list[dict[str, Any]], plan: dict[str, Any] | None = None) -> None:
    """Write what the reviews read, without anything specific to the machine."""
    kept = [event for event in events if is_read(event)]
    lines = "".join(json.dumps(event, sort_keys=True) + "\n" for event in kept)
    lines = lines.replace(str(stack.folder), "/home/dev/crm").replace(str(ROOT), "/home/dev/crm")
    assert "/tmp" not in lines, name  # noqa: S108 - it must not appear
    EVENTS.mkdir(exist_ok=True)
    (EVENTS / f"{name}.jsonl").write_text(lines)
    wiring = {
        urn: {"goal": {"propertyDependencies": {key: urns for key, urns in needed.items() if urns}}}
        for urn, planned in (plan or {}).get("resourcePlans", {}).items()
        if (needed := (planned.get("goal") or {}).get("propertyDependencies"))
    }
    if wiring and any(event.get("resourcePreEvent", {}).get("metadata", {}).get("op") == "create" for event in events):
        (EVENTS / f"{name}.plan.json").write_text(json.dumps({"resourcePlans": wiring}, indent=1, sort_keys=True) + "\n")


def main(names: list[str]) -> None:
    """Deploy the checkout's program once, and preview each edit of it; then the same for the program with the datasets."""
    for each in (record, record_losses):
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("Pulumi.yaml", "stacks", "policies"):
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, Path(scratch) / name)
            for stack in deployable(Path(scratch)):
                each(stack, names)


def record(stack: Stack, names: list[str]) -> None:
    """Preview a stack before and after it is deployed, with each edit."""
    policies = ("--policy-pack", "policies")
    if not names or "first" in names:
        write("first", stack, *recorded(stack, "preview", *policies))
    stack.up()
    for scenario in review_scenarios.ALL:
        if not names or scenario.name in names:
            with scenario.done_to(stack):
                write(scenario.name, stack, *recorded(stack, *scenario.command, *policies))
    if names:
        return
    (stack.folder / "rules.json").write_text('{"minimum-interval": {"minimum": 60}}')
    write("policy", stack, *recorded(stack, "preview", *policies, "--policy-pack-config", "rules.json"))
    stack.edit((stack.folder / review_scenarios.MAIN).read_text(), "")
    write("everything_goes", stack, *recorded(stack, "preview"))


def record_losses(stack: Stack, names: list[str]) -> None:
    """Preview the changes that lose rows, with the datasets protected (`NAME_protected`) and unprotected (`NAME`)."""
    program = stack.folder / review_scenarios.MAIN
    for suffix, edit in (("_protected", ("", "")), ("", review_scenarios.UNPROTECTED)):
        program.write_text(review_scenarios.DATASETS.replace(*edit))
        stack.up()
        scenarios = {scenario.name + suffix: scenario for scenario in review_scenarios.LOSING}
        for name, scenario in (scenarios | ({"forced": review_scenarios.FORCED} if suffix else {})).items():
            if not names or name in names:
                with scenario.done_to(stack):
                    write(name, stack, *recorded(stack, *scenario.command))


if __name__ == "__main__":
    main(sys.argv[1:])
