"""The `aep` command: what it prints, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aep_pulumi.cli import aep
from aep_pulumi.cli.deployed import Row, deployed
from aep_pulumi.kinds import KINDS

DATASET = {
    "urn": "urn:pulumi:dev::aep::pulumi-python:dynamic/aep:Dataset::people",
    "type": "pulumi-python:dynamic/aep:Dataset",
    "id": "5ab5",
    "inputs": {"name": "People [prod]", "__provider": "gASV"},
}
STATE: dict[str, Any] = {
    "version": 3,
    "deployment": {
        "resources": [
            {"urn": "urn:pulumi:dev::aep::pulumi:pulumi:Stack::aep-dev", "type": "pulumi:pulumi:Stack"},
            DATASET,
            {
                "urn": "urn:pulumi:dev::aep::aep:components:CrmPipeline$pulumi-python:dynamic/aep:Schema::person",
                "type": "pulumi-python:dynamic/aep:Schema",
                "id": "https://ns.adobe.com/acme/schemas/1a",
                "inputs": {"title": "Person"},
            },
            {
                "urn": "urn:pulumi:dev::aep::pulumi-python:dynamic/aep:MappingSet::contacts",
                "type": "pulumi-python:dynamic/aep:MappingSet",
                "id": "m1",
                "inputs": {},
            },
        ]
    },
}


def run(*args: str, **environ: str) -> Result:
    return CliRunner().invoke(aep, args, env=environ, prog_name="aep")


def run_apart(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, in its own process."""
    program = [sys.executable, "-c", "from aep_pulumi.cli import main; main()", *args]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=60, env=environ)


@pytest.fixture
def pulumi(tmp_path: Path) -> Path:
    """A folder with a `pulumi` that exports STATE, and records its arguments."""
    (tmp_path / "state.json").write_text(json.dumps(STATE))
    program = tmp_path / "pulumi"
    program.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/words"\n/bin/cat "{tmp_path}/state.json"\n')
    program.chmod(0o755)
    return tmp_path


def broken(folder: Path, script: str) -> Path:
    """A folder with a `pulumi` that runs this script instead."""
    (folder / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "pulumi").chmod(0o755)
    return folder


# -- aep --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command_with_its_description(option: str) -> None:
    result = run(option)
    assert result.exit_code == 0
    for line in ("deployed", "List the objects of a stack", "platform", "policies", "Print the folder of the policy pack"):
        assert line in result.output


@pytest.mark.parametrize(
    "command",
    ["dataset", "deployed", "doctor", "mapping", "platform", "policies", "recover", "review", "run", "runs", "template"],
)
def test_every_command_has_its_own_help(command: str) -> None:
    result = run(command, "--help")
    assert (result.exit_code, f"Usage: aep {command}" in result.output) == (0, True)


def test_the_version_is_that_of_the_package() -> None:
    assert "0.1.0" in run("--version").output


def test_an_unknown_command_is_rejected_by_name() -> None:
    result = run("deploy")
    assert result.exit_code == 1, "2 is reserved for verdicts"
    assert "No such command 'deploy'" in result.output


def test_help_imports_no_command() -> None:
    program = (
        "import sys; from aep_pulumi.cli import aep; aep(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert {"rich", "requests", "pulumi", "aep_pulumi.cli.deployed"} & set(ran.stderr.split()) == set()


# -- aep policies, aep template ---------------------------------------------------------------------------------------


def test_the_template_exists_at_the_printed_path() -> None:
    result = run("template")
    assert result.exit_code == 0
    assert (Path(result.output.strip()) / "Pulumi.yaml").is_file()


def test_the_policy_pack_exists_at_the_printed_path() -> None:
    result = run("policies")
    assert result.exit_code == 0
    assert (Path(result.output.strip()) / "PulumiPolicy.yaml").is_file()


# -- aep deployed -----------------------------------------------------------------------------------------------------


def test_the_objects_of_a_state_are_those_of_our_kinds_with_their_display_names() -> None:
    assert list(deployed(STATE)) == [
        Row("Dataset", "People [prod]", "5ab5"),
        Row("Schema", "Person", "https://ns.adobe.com/acme/schemas/1a"),
        Row("MappingSet", "contacts", "m1"),
    ]


@pytest.mark.parametrize("state", [None, {}, {"deployment": None}, {"deployment": {}}, {"deployment": {"resources": None}}])
def test_a_stack_that_was_never_deployed_has_no_objects(state: object) -> None:
    assert list(deployed(state)) == []


def test_objects_are_listed_in_pipeline_order_with_exact_names_and_full_ids(pulumi: Path) -> None:
    result = run("deployed", PATH=str(pulumi))
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert lines[:4] == [
        "Kind Name Platform id",
        "Schema Person https://ns.adobe.com/acme/schemas/1a",
        "Dataset People [prod] 5ab5",
        "MappingSet contacts m1",
    ]
    assert "Try next" in result.output
    assert "make" not in result.output, "a project of a user has no Makefile"


def test_every_kind_has_a_place_in_the_order(pulumi: Path) -> None:
    resources = [{**DATASET, "type": kind.type} for kind in reversed(KINDS)]
    (pulumi / "state.json").write_text(json.dumps({"deployment": {"resources": resources}}))
    listed = json.loads(run("deployed", "--json", PATH=str(pulumi)).output)
    assert [row["kind"] for row in listed] == [kind.name for kind in KINDS]


def test_json_output_is_machine_readable(pulumi: Path) -> None:
    result = run("deployed", "--json", PATH=str(pulumi))
    assert json.loads(result.output)[0] == {"kind": "Schema", "name": "Person", "id": "https://ns.adobe.com/acme/schemas/1a"}


def test_another_stack_is_exported_by_name(pulumi: Path) -> None:
    run("deployed", "--stack", "prod", PATH=str(pulumi))
    assert (pulumi / "words").read_text() == "stack export --stack prod\n"


def test_without_pulumi_one_sentence_says_how_to_install_it(tmp_path: Path) -> None:
    ran = run_apart("deployed", PATH=str(tmp_path))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == 'aep: no `pulumi` on PATH: in a checkout, eval "$(make env)" puts it there\n'


def test_a_failed_export_is_one_sentence_that_quotes_pulumi(tmp_path: Path) -> None:
    ran = run_apart("deployed", PATH=str(broken(tmp_path, "echo 'error: no stack selected' >&2; exit 255")))
    assert (ran.returncode, ran.stderr) == (1, "aep: pulumi cannot export the stack: no stack selected\n")


# -- aep platform -----------------------------------------------------------------------------------------------------


def test_the_status_of_a_stopped_local_platform_is_an_error(tmp_path: Path) -> None:
    result = run("platform", "status", AEP_HOME=str(tmp_path))
    assert (result.exit_code, result.output) == (1, f"The local Platform is not running; its objects are in {tmp_path}.\n")
    assert json.loads(run("platform", "status", "--json", AEP_HOME=str(tmp_path)).output)["running"] is False


def test_stopping_a_stopped_local_platform_succeeds(tmp_path: Path) -> None:
    result = run("platform", "stop", AEP_HOME=str(tmp_path))
    assert (result.exit_code, result.output) == (0, "The local Platform was not running.\n")


def test_a_reset_requires_yes(tmp_path: Path) -> None:
    database = tmp_path / "platform.sqlite3"
    database.touch()
    assert run("platform", "reset", AEP_HOME=str(tmp_path)).exit_code == 1
    assert database.exists()
    assert run("platform", "reset", "--yes", AEP_HOME=str(tmp_path)).exit_code == 0
    assert not database.exists()


@pytest.mark.slow
def test_the_local_platform_starts_reports_its_objects_and_stops(tmp_path: Path) -> None:
    environ = {"AEP_HOME": str(tmp_path), "PATH": os.environ["PATH"], "http_proxy": "http://127.0.0.1:9"}
    started = run_apart("platform", "start", **environ)
    try:
        assert started.returncode == 0, started.stderr
        assert started.stdout.startswith("The local Platform is running on http://127.0.0.1:")
        assert "already running" in run_apart("platform", "start", **environ).stdout
        output = run("platform", "status", AEP_HOME=str(tmp_path)).output
        assert "  dev: nothing\n" in output
        rejected = run("platform", "start", "--port", "1", AEP_HOME=str(tmp_path))
        assert (rejected.exit_code, "already running on http://127.0.0.1:" in rejected.output) == (1, True)
    finally:
        stopped = run_apart("platform", "stop", **environ)
    assert stopped.stdout == "The local Platform has stopped; its objects are kept.\n"
    assert run("platform", "status", AEP_HOME=str(tmp_path)).exit_code == 1
