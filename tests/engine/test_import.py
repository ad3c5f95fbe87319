"""`aep import` with the real CLI: a sandbox that people filled by clicking becomes code, and the next preview is empty."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from clicked import FLOW, PREP, SALESFORCE, Sandbox
from commands_here import aep
from stacking import Stack, copied, deployable

Json = dict[str, Any]

PROJECT = "name: crm\nruntime: python\n"
OWN_PROGRAM = '''"""A person's program."""

import aep_pulumi as aep
import pulumi

# A comment of theirs.
CONTEXT = "https://ns.adobe.com/xdm/context"
GROUPS = [f"{CONTEXT}/profile-person-details", f"{CONTEXT}/profile-personal-details"]
schema = aep.Schema("own", title="Own", class_id=f"{CONTEXT}/profile", field_groups=GROUPS)
pulumi.export( "schema_id", schema.id )   # formatted as they like
'''


def projected(folder: Path, program: str) -> Iterator[Stack]:
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "__main__.py").write_text(program)
    yield from deployable(folder)


def with_two_dataflows(folder: Path) -> Iterator[Stack]:
    """An empty program, on a sandbox with two dataflows."""
    for stack in projected(folder, ""):
        sandbox = Sandbox.of(stack)
        account, schema = sandbox.account(SALESFORCE, "CRM"), sandbox.schema("People")
        for name in ("Leads", "Contacts"):
            sandbox.flow(name, SALESFORCE, account, schema, sandbox.dataset(schema, name))
        sandbox.settle()
        yield stack


@pytest.fixture(scope="session")
def clicked(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """An empty program, on a sandbox that people have filled; tests use copies of it."""
    folder = tmp_path_factory.mktemp("clicked")
    for stack in projected(folder, ""):
        Sandbox.of(stack).fill()
    closed(stack)
    return stack


@pytest.fixture(scope="session")
def imported_once(clicked: Stack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Stack, Json]:
    """The same after `aep import`, with its report and what it wrote to Platform."""
    folder = tmp_path_factory.mktemp("imported")
    for stack in copied(clicked, folder):
        before = len(stack.requests())
        report = imported(stack)
        report["written"] = written_to_platform(stack, before)
    closed(stack)
    return stack, report


@pytest.fixture
def filled(clicked: Stack, tmp_path: Path) -> Iterator[Stack]:
    """An empty program, on the filled sandbox."""
    yield from copied(clicked, tmp_path)


@pytest.fixture
def stack(imported_once: tuple[Stack, Json], tmp_path: Path) -> Iterator[Stack]:
    """A program that `aep import` wrote, and its sandbox."""
    yield from copied(imported_once[0], tmp_path)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Stack]:
    """An empty program, on a sandbox with two dataflows."""
    yield from with_two_dataflows(tmp_path)


def closed(stack: Stack) -> None:
    """Wait until the local Platform has closed its database, so that it can be copied."""
    deadline = time.monotonic() + 20
    while list((stack.folder / "platform").glob("*-wal")) and time.monotonic() < deadline:
        time.sleep(0.05)


def imported(stack: Stack, *args: str, code: int = 3) -> Json:
    """The report of `aep import`, which requires an empty preview itself."""
    ran = aep(stack, "import", "--yes", "--json", "--stack", stack.stack, *args, code=code)
    report: Json = json.loads(next(line for line in ran.output.splitlines() if line.startswith("{")))
    return report


def written_to_platform(stack: Stack, since: int) -> list[str]:
    """The requests since then that could change something."""
    harmless = ("/ims/", "/data/foundation/conversion/languages")
    logged = [each for each in stack.requests()[since:] if each["method"] != "GET"]
    return [f"{each['method']} {each['path']}" for each in logged if not each["path"].startswith(harmless)]


# -- 1: an empty preview -----------------------------------------------------------------------------------------------


def test_everything_is_imported_or_skipped_with_a_reason_and_a_second_run_adds_nothing(
    imported_once: tuple[Stack, Json], stack: Stack
) -> None:
    _original, report = imported_once
    assert report["written"] == [], "nothing is written to Platform"
    stack.preview("--expect-no-changes")
    counted = Sandbox.of(stack).counted()
    of_kinds = [each for each in report["imported"] if each["kind"] != "ProfileEnablement"]  # a tag of a schema, no object
    assert len(of_kinds) + len(report["skipped"]) + len(report["unsupported"]) == counted.total()
    assert len(stack.ids()) == len(report["imported"])
    assert (stack.folder / "__main__.py").read_text().splitlines() == [
        "import imported  # noqa: E402, F401 - declares what `aep import` found"
    ]
    protected = [
        each["protect"] for each in stack.export()["deployment"]["resources"] if each["type"].startswith("pulumi-python:")
    ]
    assert all(protected)

    reasons = {each["title"]: each["reason"] for each in report["skipped"] if each["kind"] == "Dataflow"}
    assert set(reasons) == {"   ", "A draft", "Files", "Stream", "Orphan"}
    assert reasons["A draft"] == "state is draft: publish it, or delete it"
    assert "data.properties.columnDelimiter is not supported by SourceConnection" in reasons["Files"]
    assert "schedule" in reasons["Stream"]
    assert "does not exist: it was deleted" in reasons["Orphan"]
    assert any("uses version 0 of its mapping set, whose newest is 1" in each for each in report["findings"])
    assert any("2 dataflows write to dataset 'Two writers'" in each for each in report["findings"])

    # A second run adds nothing.
    before = {path: path.read_text() for path in stack.folder.rglob("*.py")}
    state = stack.export()["deployment"]["resources"]
    again = imported(stack)
    assert again["imported"] == again["files"] == []
    assert {path: path.read_text() for path in stack.folder.rglob("*.py")} == before
    assert stack.export()["deployment"]["resources"] == state


def check_types(stack: Stack, config: pytest.Config) -> None:
    """Check the types of the code, with a cache of what mypy finds in the packages that it imports."""
    cache = getattr(config, "cache", None)  # absent with -p no:cacheprovider
    folder = cache.mkdir("mypy") if cache else stack.folder / ".mypy_cache"
    words = ("mypy", "--strict", "--config-file", "", "--cache-dir", str(folder), "imported")
    subprocess.run([sys.executable, "-m", *words], cwd=stack.folder, check=True)


def test_the_code_is_formatted_typed_and_names_are_data(stack: Stack, pytestconfig: pytest.Config) -> None:
    package = stack.folder / "imported"
    subprocess.run([sys.executable, "-m", "ruff", "format", "--check", "--isolated", package], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "--isolated", "imported"], cwd=stack.folder, check=True)
    check_types(stack, pytestconfig)
    sources = "".join(path.read_text() for path in package.glob("*.py"))
    assert "\u202e" not in sources
    assert "s3cret" not in sources
    for needless in (
        "backfill",
        "start_time",
        "error_diagnostics",
        "connection_spec_version",
        "flow_spec",
        "enabled=True",
        "starts_at",
    ):
        assert needless not in sources
    assert "DEMOGRAPHIC_DETAILS" in sources


def test_a_program_of_a_person_gets_one_line_once_its_own_preview_is_empty(small: Stack) -> None:
    program = small.folder / "__main__.py"
    program.write_text(OWN_PROGRAM)
    before = small.export()
    ran = aep(small, "import", "--yes", "--stack", "dev", code=1)
    assert "contains changes of the program itself (create own" in ran.output.replace("\n", " ")
    assert program.read_text() == OWN_PROGRAM
    assert not (small.folder / "imported").exists()
    assert small.export()["deployment"].get("resources") == before["deployment"].get("resources")

    small.up()
    sandbox, schema = Sandbox.of(small), small.ids()["Schema own"]
    sandbox.flow("On own", SALESFORCE, sandbox.id_of("connections", "CRM"), schema, sandbox.dataset(schema, "On own"))
    sandbox.settle()
    plan = aep(small, "import", "--dry-run", "--stack", "dev").output
    assert "one line at its end: import imported" in plan
    assert program.read_text() == OWN_PROGRAM
    report = imported(small, code=0)
    assert program.read_text() == f"{OWN_PROGRAM}\nimport imported  # noqa: E402, F401 - declares what `aep import` found\n"
    assert {each["kind"] for each in report["referenced"]} == {"Schema"}
    # The program imports the package, which can therefore not import the program.
    assert any(
        "the code contains the id of schema 'own', because your program declares it" in each for each in report["findings"]
    )


# -- 2: changes of the code, and secrets -------------------------------------------------------------------------------


def auth_writes(stack: Stack) -> list[Json]:
    """The updates of accounts, as the local Platform logged them: names without values."""
    return [each for each in stack.requests() if each["method"] == "PATCH" and "/connections/" in each["path"]]


def test_only_what_is_changed_is_updated_and_secrets_of_an_account_only_all_at_once(stack: Stack) -> None:
    stack.edit('name="HubSpot"', 'name="HubSpot, renamed"', "imported/shared.py")
    stack.edit(
        '"source": "FirstName", "destination": "person.name.firstName"',
        '"source": "LastName", "destination": "person.name.lastName"',
        "imported/leads.py",
    )
    # A secret that is never set is never a change, nor does a refresh find one.
    output = stack.preview("--refresh").output
    assert "leads-mapping update" in output
    assert "~ 3 to update" in output  # the account, the mapping set, and the version that its dataflow uses
    assert "[diff: ~name]" in output
    assert "[diff: ~mappings]" in output
    assert "[diff: ~mapping_set_version]" in output
    assert "3 updated" in stack.up("--refresh").output
    # The secrets were not sent.
    assert [[each["path"] for each in update["body"]] for update in auth_writes(stack)] == [["/name"]]
    sandbox = Sandbox.of(stack)
    flow = sandbox.ok("GET", f"{FLOW}/flows/{stack.ids()['Dataflow leads-dataflow']}")["items"][0]
    used = next(each["params"] for each in flow["transformations"] if each["name"] == "Mapping")
    content = sandbox.ok("GET", f"{PREP}/mappingSets/{used['mappingId']}?version={used['mappingVersion']}")
    assert [each["source"] for each in content["mappings"]] == ["LastName", "lower(Email)"]

    other = ('client_id="hub"', 'client_id="other"')
    stack.edit(other[0], other[1], "imported/shared.py")
    refused = stack.preview(fails=True).output
    assert "a change of auth.params needs all secrets" in refused
    for name in ("clientSecret", "accessToken", "refreshToken"):
        assert f"auth.params.{name}" in refused
    stack.edit(other[1], other[0], "imported/shared.py")

    stack.pulumi("config", "set-all", *secrets("clientSecret", "accessToken"), "--stack", "dev")
    refused = stack.preview(fails=True).output
    assert "a change of auth.params needs all secrets" in refused
    assert "auth.params.refreshToken is aep.KEEP: set it too" in refused
    stack.pulumi("config", "set-all", *secrets("refreshToken"), "--stack", "dev")
    stack.up()
    _renamed, update = auth_writes(stack)
    assert [(each["path"], set(each["value"])) for each in update["body"]] == [
        ("/auth/params", {"clientId", "clientSecret", "accessToken", "refreshToken"})
    ]
    stack.preview("--refresh", "--expect-no-changes")
    assert "n3w" not in json.dumps(stack.export())


def secrets(*names: str) -> list[str]:
    """The options that set these secrets of the account."""
    return [word for name in names for word in ("--secret", f"imported:hubspot-{name}=n3w")]


# -- 3: interruptions --------------------------------------------------------------------------------------------------


def _runs_an_import_file(pid: int) -> bool:
    for child in psutil.Process(pid).children(recursive=True):
        try:
            if {"import", "--file"} <= set(child.cmdline()):
                return True
        except psutil.NoSuchProcess:
            continue
    return False


def signalled_while_it_imports(stack: Stack, number: signal.Signals) -> int:
    """Send a signal to `aep import` and to its `pulumi import`: the exit code of the first."""
    process = subprocess.Popen(
        ["aep", "import", "--yes", "--stack", "dev"],  # noqa: S607 - on the stack's PATH
        cwd=stack.folder,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not _runs_an_import_file(process.pid):
        assert process.poll() is None, "the command ended before `pulumi import` began"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    if number == signal.SIGINT:
        time.sleep(1)  # it is at work
    os.killpg(process.pid, number)
    return process.wait(timeout=60)


def test_a_killed_import_is_repeated_with_the_same_result(filled: Stack, imported_once: tuple[Stack, Json]) -> None:
    signalled_while_it_imports(filled, signal.SIGKILL)
    assert not (filled.folder / "imported").exists()  # code without its state would create everything again
    # Names and code are the same in every run.
    assert imported(filled)["imported"] == imported_once[1]["imported"]
    assert sorted(filled.ids()) == sorted(imported_once[0].ids())
    for path in (imported_once[0].folder / "imported").glob("*.py"):
        assert (filled.folder / "imported" / path.name).read_text() == path.read_text()


def test_ctrl_c_restores_code_and_state(filled: Stack) -> None:
    before = filled.export()["deployment"].get("resources")
    assert signalled_while_it_imports(filled, signal.SIGINT) == 1
    assert filled.export()["deployment"].get("resources") == before
    assert not (filled.folder / "imported").exists()
    assert not list((filled.folder / "state" / ".pulumi" / "locks").rglob("*.json"))
    assert not list((filled.folder / "platform").rglob("transaction.json"))


def test_a_service_that_answers_403_does_not_stop_the_others(small: Stack) -> None:
    sandbox = Sandbox.of(small)
    sandbox.control("POST", "/permissions", {"deny": ["conversion"]})
    report = imported(small)
    assert list(report["unlisted"]) == ["mapping sets"]
    assert "403" in report["unlisted"]["mapping sets"]
    assert sum(each["kind"] == "Dataflow" for each in report["imported"]) == 2
    assert not any(each["kind"] == "MappingSet" for each in report["imported"])
    assert 'mapping_set_id="' in (small.folder / "imported" / "leads.py").read_text()


def test_objects_that_change_during_the_walk_are_named_and_not_half_imported(small: Stack) -> None:
    sandbox = Sandbox.of(small)
    # The second list of flows waits, and in the meantime somebody changes one.
    rule = {"kind": "slow", "method": "GET", "path": f"{FLOW}/targetConnections", "times": 1, "delay_s": 3}
    sandbox.control("POST", "/faults", {"rules": [rule]})
    process = subprocess.Popen(
        ["aep", "import", "--yes", "--json", "--stack", "dev"],  # noqa: S607 - on the stack's PATH
        cwd=small.folder,
        env=small.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    before = len(small.requests())
    deadline = time.monotonic() + 30
    while not any(each["path"].endswith("/flows") for each in small.requests()[before:]) and time.monotonic() < deadline:
        time.sleep(0.1)
    other = sandbox.as_other()
    flow = other.ok("GET", f"{FLOW}/flows/{sandbox.id_of('flows', 'Leads')}")["items"][0]
    change = [{"op": "add", "path": "/description", "value": "changed meanwhile"}]
    other.ok("PATCH", f"{FLOW}/flows/{flow['id']}", change, If_Match=flow["etag"])
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 3
    report = json.loads(output)
    reasons = {(each["kind"], each["title"]): each["reason"] for each in report["skipped"]}
    assert reasons["Dataflow", "Leads"].startswith("it was changed by ")
    assert "while the sandbox was read: run the command again" in reasons["Dataflow", "Leads"]
    assert {kind for kind, _title in reasons} == {"SourceConnection", "TargetConnection", "MappingSet", "Dataflow"}
    assert {each["module"] for each in report["imported"]} == {"shared", "contacts"}


COMPONENT = """
import aep_pulumi as aep
import pulumi

account = aep.BaseConnection(
    "crm",
    name="CRM",
    **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com",
        client_id="3MVG9",
        client_secret=pulumi.Output.secret("s3cret"),
        api_version="60.0",
    ),
)
aep.CrmPipeline(
    "leads",
    title="Leads",
    description="Leads of the CRM",
    tags={"owner": ["crm-team"]},
    base_connection=account,
    table="Lead",
    columns=["Id", "FirstName", "Email"],
    field_groups=["https://ns.adobe.com/xdm/context/profile-personal-details", "https://ns.adobe.com/xdm/context/profile-person-details"],
    mappings={"FirstName": "person.name.firstName", "Email": "personalEmail.address"},
    schedule={"frequency": "hour", "interval": 1},
)
"""


def test_parts_that_fit_the_component_become_one(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    for stack in projected(tmp_path, COMPONENT):
        stack.up()
        Sandbox.of(stack).settle()
        ids = sorted(stack.ids().values())
        (stack.folder / "__main__.py").write_text("")
        stack.pulumi("stack", "init", "anew")
        stack.stack = "anew"
        imported(stack, code=0)
        code = (stack.folder / "imported" / "leads.py").read_text()
        assert "pipeline = aep.CrmPipeline(" in code
        assert "aep.SourceConnection(" not in code
        assert 'mappings={"FirstName": "person.name.firstName"' in code.replace("\n        ", "").replace(
            "mappings={", "mappings={", 1
        )
        assert "delta_column" not in code
        assert sorted(stack.ids().values()) == ids
        check_types(stack, pytestconfig)
