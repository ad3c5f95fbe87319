"""Environments on the real engine: `stage` beside `dev`, objects shared by stacks, and invalid settings."""

import re
import shlex
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from stacking import ROOT, Stack, engine

PAGE = (ROOT / "docs" / "environments.md").read_text()
ACCOUNT = {"crm:environmentUrl": "https://acme.my.salesforce.com", "crm:clientId": "3MVG9"}
SHARED = "organization/aep/shared-dev"
PROD_RULES = ("--policy-pack", "policies", "--policy-pack-config", "policies/environments/prod.json")


def shown(language: str) -> str:
    """The page's code block in this language."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(block)


def another(stack: Stack, name: str, file: str = "", **config: str) -> Stack:
    """Another stack of the program, with this text as its file, or with this config in the existing file."""
    if file:
        (stack.folder / "stacks" / f"Pulumi.{name}.yaml").write_text(file)
    stack.pulumi("stack", "init", name)
    made = replace(stack, stack=name)
    configured(made, config)
    return made


def configured(stack: Stack, config: dict[str, str]) -> None:
    """Set these settings in the stack's file."""
    args = [word for key, value in config.items() for word in (_form(key), f"{key}={value}")]
    if args:
        stack.pulumi("config", "set-all", *args, "--stack", stack.stack)


def _form(key: str) -> str:
    return "--secret" if key == "crm:clientSecret" else "--plaintext"


def as_shown(stack: Stack) -> Stack:
    """Stack `stage` on the local Platform, set up by the commands of the page."""
    *commands, up = (shlex.split(line) for line in shown("sh").splitlines())
    for program, *args in commands:
        assert program == "pulumi"
        stack.pulumi(*args)
    assert up == ["pulumi", "up"]
    return replace(stack, stack="stage")


def held(stack: Stack, sandbox: str) -> dict[str, Any]:
    """All objects in the sandbox by kind, as they are."""
    objects: dict[str, Any] = requests.get(f"{stack.platform}/_local/objects", timeout=10).json()
    return {kind: items for kind, items in objects.get(sandbox, {}).items() if items}


def names(stack: Stack, sandbox: str) -> Counter[str]:
    """The number of objects of each kind in the sandbox."""
    return Counter({kind: len(items) for kind, items in held(stack, sandbox).items()})


def in_sentences(stack: Stack, *sentences: str, environment: dict[str, str] | None = None) -> None:
    """The preview ends with these sentences, without a traceback, and before any request."""
    output = replace(stack, environment=stack.environment | (environment or {})).preview(fails=True).output
    for sentence in sentences:
        assert sentence in output, output
    assert "Traceback" not in output
    assert "(create)" not in output
    assert stack.objects() == []


@pytest.mark.deployed
def test_stage_and_dev_are_independent(stack: Stack) -> None:
    stage = as_shown(stack)
    of_dev, in_dev, dev = stack.ids(), sorted(stack.objects("dev")), held(stack, "dev")
    assert stack.objects("stage") == []

    assert "14 created" in stage.up(*PROD_RULES[:-1], "policies/environments/stage.json").output
    in_stage = sorted(stack.objects("stage"))
    assert held(stack, "dev") == dev
    assert not set(in_dev) & set(in_stage)
    assert names(stack, "stage")["flows"] == 2
    stage.preview("--refresh", "--expect-no-changes")

    # The same commit deploys the same pipeline, with the stack's own schedule.
    paces = {
        each.stack: next(
            part["inputs"]["schedule"]
            for part in each.export()["deployment"]["resources"]
            if part["urn"].endswith("Dataflow::contacts-to-people")
        )
        for each in (stack, stage)
    }
    assert paces == {
        "dev": {"frequency": "minute", "interval": 30},
        "stage": {"frequency": "hour", "interval": 1, "backfill": False},
    }

    # Only dev's file allows its rows to be deleted.
    assert "protected" in stage.pulumi("destroy", "--yes", "--stack", "stage", fails=True).output
    assert sorted(stack.objects("stage")) == in_stage

    configured(stage, {"crm:namePrefix": "Stage: ", "aep:allowDestructive": "true"})
    assert "updated" in stage.up().output
    assert held(stack, "dev") == dev

    renamed = held(stack, "stage")
    stack.destroy()
    assert stack.objects("dev") == []
    assert held(stack, "stage") == renamed
    stack.up()
    dev = held(stack, "dev")
    stage.destroy()
    assert stack.objects("stage") == []
    assert held(stack, "dev") == dev
    assert stack.ids().keys() == of_dev.keys()
    assert len(stack.objects("dev")) == len(in_dev)


def test_prod_enforces_the_rules_of_production(stack: Stack) -> None:
    prod = another(stack, "prod", **{"aep:endpoint": "local", "crm:clientSecret": "pretended"})
    stack.pulumi("config", "rm-all", "aep:organization", "aep:clientId", "--stack", "prod")
    output = prod.up(*PROD_RULES).output
    assert "14 created" in output
    assert "mandatory" not in output
    assert "advisory" not in output
    kept = prod.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod", fails=True).output
    assert "protected" in kept


def test_stacks_share_an_account_and_a_schema(stack: Stack) -> None:
    shown_file = shown("yaml")
    config = yaml.safe_load(shown_file)["config"]
    assert config["crm:shared"] == SHARED
    # So that the datasets can be deleted at the end.
    config |= {"aep:allowDestructive": True}
    anna = another(stack, "anna", yaml.safe_dump({"config": config}))
    # Every pipeline may be a one-time run, as all of Bob's are.
    once = {"frequency": "once"}
    config |= {"crm:namePrefix": "Bob: ", "crm:schedules": {name: dict(once) for name in config["crm:pipelines"]}}
    bob = another(stack, "bob", yaml.safe_dump({"config": config}))
    in_sentences(anna, f'unknown stack "{SHARED}"')
    shared = another(
        stack,
        "shared-dev",
        **ACCOUNT | {"aep:endpoint": "local", "aep:sandbox": "dev", "crm:clientSecret": "pretended", "crm:pipelines": "[]"},
    )
    in_sentences(anna, f"crm:shared is '{SHARED}', but that stack has no output base_connection_id, schema_id")

    assert "3 created" in shared.up().output
    # A mapping is checked on the shared schema in the first preview.
    typo = ('"destination": "personalEmail.address"', '"destination": "personalEmail.adress"')
    stack.edit(*typo)
    assert "did you mean personalEmail.address?" in anna.preview(fails=True).output
    stack.edit(*reversed(typo))
    for each in (anna, bob):
        assert "12 created" in each.up().output
    for each in (anna, bob):
        each.preview("--expect-no-changes")
    schedules = [
        part["inputs"]["schedule"] for part in bob.export()["deployment"]["resources"] if part["type"].endswith(":Dataflow")
    ]
    assert schedules == [once] * 2
    assert names(stack, "dev") == {
        "connections": 1,
        "schemas": 1,
        **dict.fromkeys(("dataSets", "flows", "mappingSets", "sourceConnections", "targetConnections"), 4),
    }
    assert shared.ids().keys() == {"BaseConnection crm", "Schema person"}
    assert not set(anna.ids().values()) & (set(bob.ids().values()) | set(shared.ids().values()))

    file = stack.folder / "stacks" / "Pulumi.bob.yaml"
    before = file.read_text()
    file.write_text(before.replace("aep:sandbox: dev", "aep:sandbox: stage"))
    output = bob.preview(fails=True).output
    assert f"crm:shared is '{SHARED}', whose sandbox is 'dev', but this stack's is 'stage'" in output
    assert "Traceback" not in output
    file.write_text(before)

    in_use = shared.pulumi("destroy", "--yes", "--skip-preview", "--stack", "shared-dev", fails=True).output
    assert "delete the dataflows that use it first" in in_use
    assert "Traceback" not in in_use
    for each in (anna, bob, shared):
        each.destroy()
    assert stack.objects("dev") == []


def test_invalid_keys_in_a_stacks_file_are_one_sentence_each(stack: Stack) -> None:
    wrong = {
        "crm:colour": "blue",
        "crm:clientld": "x",
        "aep:sandbx": "x",
        "crm:pipelines": '["contact"]',
        "aep:organization": "YOUR-ORGANISATION@AdobeOrg",
    }
    configured(stack, wrong)
    in_sentences(
        stack,
        "crm:colour is not a valid setting: `pulumi config rm crm:colour` removes it",
        "crm:clientld is not a valid setting: did you mean clientId?",
        "did you mean aep:sandbox?",
        "crm:pipelines: 'contact' is not a pipeline: did you mean contacts?",
        "aep:organization is still a placeholder",
    )


def test_a_missing_key_is_one_sentence_with_the_command_that_sets_it(stack: Stack) -> None:
    stack.pulumi("config", "rm", "crm:clientId", "--stack", "dev")
    in_sentences(stack, "Missing required configuration variable 'crm:clientId'", "`pulumi config set crm:clientId <value>`")


def test_a_schedule_without_a_frequency_is_one_sentence(stack: Stack) -> None:
    stack.pulumi("config", "set", "--path", "crm:schedules.contacts.interval", "2", "--stack", "dev")
    in_sentences(stack, "schedule.frequency")


def test_a_real_sandbox_rejects_placeholders_the_published_passphrase_and_this_checkouts_backend(stack: Stack) -> None:
    state = stack.folder / ".pulumi" / "state"
    state.mkdir(parents=True)
    own = {"PULUMI_BACKEND_URL": f"file://{state}", "AEP_CLIENT_SECRET": "pretended"}
    stage = another(replace(stack, environment=stack.environment | own), "stage", **{"crm:clientSecret": "pretended"})
    in_sentences(
        stage,
        "aep:organization is still a placeholder",
        "Pulumi.stage.yaml: PULUMI_CONFIG_PASSPHRASE is the published one",
        "PULUMI_BACKEND_URL is this checkout's .pulumi",
    )


def make(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a target of the checkout's Makefile, as a new user."""
    given = {"HOME": str(folder), "PATH": f"{engine().parent}:/usr/bin:/bin", **environment}
    command = ["make", "--silent", "-o", str(ROOT / ".venv" / ".ready"), f"BIN={Path(sys.executable).parent}", *args]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def test_make_uses_the_checkouts_backend_and_passphrase_for_dev_only(tmp_path: Path) -> None:
    assert "PULUMI_BACKEND_URL" in make(tmp_path, "env").stdout
    output = make(tmp_path, "env", "STACK=stage").stdout
    assert "export PATH=" in output
    for variable in ("PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE"):
        assert variable not in output


@pytest.mark.parametrize("verb", ["up", "down"])
def test_make_names_what_another_stack_requires(tmp_path: Path, verb: str) -> None:
    output = make(tmp_path, verb, "STACK=stage")
    assert output.returncode
    assert "stack stage needs a backend of your team: set PULUMI_BACKEND_URL, or run `pulumi login`" in output.stderr
    output = make(tmp_path, verb, "STACK=stage", PULUMI_BACKEND_URL=f"file://{tmp_path}")
    assert output.returncode
    assert "stack stage needs a passphrase of your team: set PULUMI_CONFIG_PASSPHRASE" in output.stderr


@pytest.mark.parametrize("verb", ["up", "down"])
def test_make_rejects_a_stack_without_a_file(tmp_path: Path, verb: str) -> None:
    given = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "ours"}
    output = make(tmp_path, verb, "STACK=stgae", "YES=--yes", **given)
    assert output.returncode
    assert output.stdout == ""
    assert output.stderr.splitlines()[0] == (
        "make: stack stgae does not exist: correct its name, or add its settings in stacks/Pulumi.stgae.yaml"
    )
    assert not (tmp_path / ".pulumi" / "stacks").exists()


def test_make_without_a_terminal_fails_and_names_the_option(tmp_path: Path) -> None:
    given = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "ours"}
    output = make(tmp_path, "up", "STACK=stage", **given)
    assert output.returncode
    assert output.stderr.splitlines()[0] == (
        "make: stack stage requires confirmation, and there is no terminal to prompt on: add YES=--yes"
    )
    assert "YES=--yes" in PAGE
    assert not (tmp_path / ".pulumi" / "stacks").exists(), "not even the stack is created"


def test_make_down_without_a_stack_succeeds_for_dev_only(tmp_path: Path) -> None:
    given = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "ours", "AEP_HOME": str(tmp_path / "aep")}
    for stack, fails in (("stage", True), ("dev", False)):
        ran = make(tmp_path, "down", f"STACK={stack}", **given)
        assert bool(ran.returncode) == fails
        assert ran.stderr.startswith(f"make: there is nothing to destroy: the backend has no stack {stack}, or cannot be read")
