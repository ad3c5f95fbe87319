"""Recovering: what `aep recover` determines about a create that a killed run left pending, on a local Platform.

A create dies in its own process, between its POST and the response; this leaves a pending operation in a state, an entry
in the journal, or both.
"""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest
from real_platform import LocalPlatform

from aep_pulumi.journals.entries import Candidate, Entry, digest
from aep_pulumi.journals.folder import FolderJournal
from aep_pulumi.resources import _once
from aep_pulumi.resources._create_request import Steps
from aep_pulumi.resources._creating import MARK
from aep_pulumi.resources._fields import Values
from aep_pulumi.resources._provider import URN, Provider
from aep_pulumi.resources._recovery import Decisions, Recovery, recover
from aep_pulumi.resources.base_connection import BaseConnectionProvider
from aep_pulumi.resources.dataset import DatasetProvider
from aep_pulumi.settings import Settings

pytestmark = pytest.mark.slow

LOGIN = {"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "hunter2", "apiVersion": "60.0"}
ACCOUNT: dict[str, Any] = {
    "name": "CRM",
    "connection_spec_id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
    "connection_spec_version": "1.0",
    "auth": {"spec_name": "OAuth2 Client Credential", "params": LOGIN},
}
PROVIDERS: Mapping[str, type[Provider[Any, Any]]] = {"BaseConnection": BaseConnectionProvider, "Dataset": DatasetProvider}
COLLECTIONS = {"BaseConnection": "connections", "Dataset": "dataSets"}
SOLE = {"soleWriter": "true"}
FORKED = "aep_pulumi.resources.base_connection", "aep_pulumi.resources.dataset", "aep_pulumi.resources._recovery", "pytest"
"""What the processes in which creates die have already imported, where they can be forked from one that has."""
PROCESSES: BaseContext = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
PROCESSES.set_forkserver_preload(list(FORKED))
KILLED = 9


def urn_of(kind: str, stack: str = "dev") -> str:
    return f"urn:pulumi:{stack}::aep::pulumi-python:dynamic/aep:{kind}::crm"


def create(folder: str, config: Mapping[str, str], kind: str, inputs: Values, stack: str, *, is_killed: bool) -> None:
    """Create the object in this process, as the engine would; a killed create exits once Platform has created it."""
    os.environ["AEP_HOME"] = folder
    provider = PROVIDERS[kind]()
    provider.keep(dict(config))
    checked = provider.check({}, {**inputs, URN: urn_of(kind, stack)}).inputs
    (Path(folder) / "mark").write_text(checked[MARK])
    if not is_killed:
        provider.create(checked)
        return
    desired, _ = provider.inputs.read(inputs)
    assert desired is not None
    request = provider.request(desired, checked)

    def make_and_die() -> Any:
        collection, body = provider.collection(provider.platform), provider.to_wire(desired, {})
        collection.create(collection.marked(body, request.mark) if request.stores_mark else body)  # type: ignore[attr-defined]
        os._exit(KILLED)

    _once.create_once(provider.platform, request, Steps(make_and_die, lambda _since_s: []))


class Machine:
    """A machine with its own journal, and the stacks that it runs."""

    def __init__(self, folder: Path, real: LocalPlatform, **settings: str) -> None:
        self.folder, self.real, self.settings = folder, real, {"settleS": "0.1"} | settings
        folder.mkdir(exist_ok=True)

    def run(self, kind: str = "BaseConnection", *, stack: str = "dev", is_killed: bool = False, **inputs: Any) -> int:
        """Run a create to completion, or to its death; 0 if the object was created."""
        given = (ACCOUNT if kind == "BaseConnection" else {"name": "Rows", "schema_id": self.schema()}) | inputs
        process = PROCESSES.Process(  # type: ignore[attr-defined]  # every context has it
            target=create,
            args=(str(self.folder), self.real.config(**self.settings), kind, given, stack),
            kwargs={"is_killed": is_killed},
        )
        process.start()
        process.join(60)
        self.inputs = given
        return process.exitcode or 0

    def schema(self) -> str:
        """A schema for a dataset."""
        object_ids = self.real.object_ids("schemas")
        return object_ids[0] if object_ids else self.real.make_schema()

    def journal(self) -> FolderJournal:
        """Its journal, as another process sees it."""
        return FolderJournal(self.folder / "journal", self.folder / "begun")

    def interrupted(self, kind: str = "BaseConnection", *, saved_s: float, mark: str | None = None) -> dict[str, Any]:
        """A state that was saved at a time, with the create in flight."""
        mark = (self.folder / "mark").read_text() if mark is None else mark
        resource = {
            "type": f"pulumi-python:dynamic/aep:{kind}",
            "urn": urn_of(kind),
            "inputs": self.inputs | {"__provider": "x"} | ({MARK: mark} if mark else {}),
        }
        manifest = {"time": datetime.fromtimestamp(saved_s, UTC).isoformat()}
        operations = [{"type": "creating", "resource": resource}]
        return {"deployment": {"manifest": manifest, "resources": [], "pending_operations": operations}}

    def recover(self, state: dict[str, Any], decisions: Decisions | None = None, *, settle: bool = False) -> Recovery:
        """The result of `aep recover` on this machine."""
        journal = self.journal()
        recovery = recover(state, self.real.config(**self.settings), journal, decisions or Decisions())
        if settle:
            recovery.write_journal()
        recovery.release()
        return recovery


def summary(recovery: Recovery) -> tuple[str, str, list[str]]:
    (settlement,) = recovery.writes
    return (
        settlement.outcome,
        settlement.id,
        [resource["id"] for resource in recovery.state["deployment"]["resources"] if "id" in resource],
    )


@pytest.fixture
def here(tmp_path: Path, real: LocalPlatform) -> Machine:
    """The machine of the killed run. Its stack is not set as the sole writer."""
    return Machine(tmp_path / "here", real)


# --- a pending operation in the state ---------------------------------------------------------------------------------


def test_a_create_is_not_adopted_without_proof_and_a_person_decides(here: Machine, real: LocalPlatform) -> None:
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    state = here.interrupted(saved_s=time.time())
    recovery = here.recover(state)
    assert summary(recovery) == ("unclear", made, [])
    (settlement,) = recovery.writes
    assert [(each.id, each.made_by) for each in settlement.candidates] == [(made, "local-client")]
    assert f"{made} (created by client local-client at 20" in settlement.words
    assert "--clear BaseConnection:crm" in settlement.words
    assert summary(here.recover(state, Decisions(adopt=frozenset({made})))) == ("adopted", made, [made])
    for name in ("crm", "BaseConnection:crm"):
        assert summary(here.recover(state, Decisions(clear=frozenset({name})))) == ("cleared", "", [])


def test_the_mark_of_a_create_proves_ownership_on_any_machine(here: Machine, real: LocalPlatform, tmp_path: Path) -> None:
    here.run("Dataset", is_killed=True)
    other = Machine(tmp_path / "twin", real)
    other.run("Dataset", stack="other")
    (twin,) = (entry.object_id for entry in other.journal().completed())
    (made,) = set(real.object_ids("dataSets")) - {twin}
    elsewhere = Machine(tmp_path / "elsewhere", real)
    elsewhere.inputs = here.inputs
    state = here.interrupted("Dataset", saved_s=time.time())
    for machine in (here, elsewhere):
        assert summary(machine.recover(state)) == ("adopted", made, [made])
    lost = here.interrupted("Dataset", saved_s=time.time(), mark="0123456789abcdef")
    assert summary(elsewhere.recover(lost)) == ("cleared", "", []), "objects of other requests are not candidates"


def test_the_sole_writer_adopts_what_was_created_after_the_state_was_saved(real: LocalPlatform, tmp_path: Path) -> None:
    here, elsewhere = (Machine(tmp_path / name, real, **SOLE) for name in ("here", "elsewhere"))
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    elsewhere.inputs = here.inputs
    assert summary(elsewhere.recover(here.interrupted(saved_s=time.time()))) == ("adopted", made, [made])
    # Created before the state was last saved: only the journal of the run's machine knows that the create was in flight then.
    later = here.interrupted(saved_s=time.time() + 20)
    assert summary(elsewhere.recover(later))[:2] == ("unclear", made)
    assert summary(here.recover(later)) == ("adopted", made, [made])


@pytest.mark.parametrize("kills_other", [True, False])
def test_the_sole_writer_does_not_adopt_what_the_journal_attributes_to_another_create(
    real: LocalPlatform,
    tmp_path: Path,
    kills_other: bool,  # noqa: FBT001 - a test parameter
) -> None:
    here = Machine(tmp_path / "here", real, **SOLE)
    here.run(stack="other", is_killed=kills_other)
    here.run(is_killed=True)
    theirs, ours = real.object_ids("connections")
    outcome, ids, _ = summary(here.recover(here.interrupted(saved_s=time.time())))
    assert outcome == "unclear"
    # The journal knows the owner of a completed create; a create that died may have created either object, if recent enough.
    assert ours in ids
    assert kills_other or theirs not in ids


def test_an_adopted_object_cannot_be_adopted_again(real: LocalPlatform, tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", real, **SOLE)
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    here.recover(here.interrupted(saved_s=time.time()), settle=True)
    assert here.run(stack="other") == 0
    assert len(real.object_ids("connections")) == 2, "the second stack creates its own object"
    assert made in real.object_ids("connections")


def test_what_a_person_clears_is_not_adopted_by_the_next_run(real: LocalPlatform, tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", real, **SOLE)
    here.run(is_killed=True)
    here.recover(here.interrupted(saved_s=time.time()), Decisions(clear=frozenset({"crm"})), settle=True)
    assert here.run() == 0
    assert len(real.object_ids("connections")) == 2


def test_a_successor_takes_its_predecessors_place_in_the_state(real: LocalPlatform, tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", real, **SOLE)
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    for is_deleted in (True, False):
        state = here.interrupted(saved_s=time.time())
        account = state["deployment"]["pending_operations"][0]["resource"] | {"id": "old"}
        user = {"urn": "urn:pulumi:dev::aep::x::u", "type": "x", "id": "u", "dependencies": [account["urn"]]}
        state["deployment"]["resources"] = [account | ({"pendingReplacement": True} if is_deleted else {}), user]
        after = here.recover(state).state["deployment"]["resources"]
        assert [(each["id"], each.get("delete", False)) for each in after] == [
            (made, False),
            *([] if is_deleted else [("old", True)]),
            ("u", False),
        ]


# --- an entry in the journal only -------------------------------------------------------------------------------------

EMPTY = {
    "deployment": {"resources": [{"urn": "urn:pulumi:dev::aep::pulumi:pulumi:Stack::aep-dev", "type": "pulumi:pulumi:Stack"}]}
}


def test_the_create_of_a_killed_provider_stops_the_next_run_and_is_decided_with_recover(
    here: Machine, real: LocalPlatform
) -> None:
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    assert summary(here.recover(EMPTY))[0] == "pending"
    assert here.run() != 0, "the lookup returns the object, but its owner is unproven"
    assert real.object_ids("connections") == [made]
    (settlement,) = here.recover(EMPTY).writes
    assert (settlement.outcome, settlement.id, settlement.name) == ("unclear", made, "crm")

    adopt = here.recover(EMPTY, Decisions(adopt=frozenset({made})), settle=True)
    assert [(each.outcome, each.id) for each in adopt.writes] == [("decided", made)]
    assert here.run() == 0
    assert real.object_ids("connections") == [made]
    assert here.journal().pending() == []


def test_what_a_person_clears_in_the_journal_is_created_anew(here: Machine, real: LocalPlatform) -> None:
    here.run(is_killed=True)
    assert here.run() != 0
    assert summary(here.recover(EMPTY, Decisions(clear=frozenset({"BaseConnection:crm"})), settle=True))[0] == "cleared"
    assert here.run() == 0
    assert len(real.object_ids("connections")) == 2
    assert here.journal().pending() == []


def test_an_adopted_object_is_updated_to_the_current_program(here: Machine, real: LocalPlatform) -> None:
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    assert here.run(description="changed meanwhile") != 0, "an earlier create of this resource may have created it"
    here.recover(EMPTY, Decisions(adopt=frozenset({made})), settle=True)
    assert here.run(description="changed meanwhile") == 0
    assert real.object_ids("connections") == [made]
    assert real.writes()[-1] == f"PATCH /data/foundation/flowservice/connections/{made} 200"


def test_the_mark_proves_ownership_to_the_next_run_too(here: Machine, real: LocalPlatform) -> None:
    here.run("Dataset", is_killed=True)
    (made,) = real.object_ids("dataSets")
    assert here.run("Dataset", description="changed meanwhile") == 0
    assert real.object_ids("dataSets") == [made]
    assert here.journal().pending() == []


def test_the_next_run_of_the_sole_writer_adopts_what_was_left(real: LocalPlatform, tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", real, **SOLE)
    here.run(is_killed=True)
    assert here.run() == 0
    assert len(real.object_ids("connections")) == 1
    assert here.journal().pending() == []


def test_another_stack_is_not_affected_by_pending_creates_of_this_one(here: Machine) -> None:
    here.run(is_killed=True)
    other = json.loads(json.dumps(EMPTY).replace(":dev::", ":other::"))
    assert here.recover(other).writes == []


def test_an_object_of_another_stack_is_not_a_candidate_and_cannot_be_adopted(real: LocalPlatform, tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", real)
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    assert here.run() != 0
    assert here.run(stack="other") == 0, "it creates its own"
    (theirs,) = set(real.object_ids("connections")) - {made}
    # Recorded before the other stack had completed its create.
    journal = here.journal()
    (entry,) = journal.pending()
    assert journal.inherit(entry)
    journal.update(replace(entry, candidates=(Candidate(theirs), Candidate(made))))
    journal.release(entry)
    (settlement,) = here.recover(EMPTY).writes
    assert settlement.id == made
    assert here.recover(EMPTY, Decisions(adopt=frozenset({theirs})), settle=True).writes[0].outcome == "unclear"
    journal.inherit(entry)
    journal.update(replace(entry, adopt=theirs))
    journal.release(entry)
    assert here.run() != 0
    assert sorted(real.object_ids("connections")) == sorted([made, theirs])


def test_each_of_two_unclear_creates_can_be_decided_alone(real: LocalPlatform, tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", real)
    for stack in ("dev", "other"):
        here.run(stack=stack, is_killed=True)
        assert here.run(stack=stack) != 0
    one, two = real.object_ids("connections")
    state = json.loads(json.dumps(EMPTY))
    assert here.recover(state).writes[0].outcome == "unclear"
    decided = here.recover(state, Decisions(adopt=frozenset({one, two})), settle=True)
    assert [each.outcome for each in decided.writes] == ["decided"]
    assert here.run() == 0
    assert here.run(stack="other") != 0, "the other stack's create is still undecided"


def test_after_the_engine_dies_with_a_completed_create_recover_reports_the_object(here: Machine, real: LocalPlatform) -> None:
    for kind in ("BaseConnection", "Dataset"):
        assert here.run(kind) == 0
        (made,) = real.object_ids(COLLECTIONS[kind])
        assert summary(here.recover(here.interrupted(kind, saved_s=time.time() - 60))) == ("adopted", made, [made])


def test_in_a_moved_checkout_a_create_is_looked_up_but_proves_nothing(
    here: Machine, real: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///old/checkout/.pulumi/state")
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///new/checkout/.pulumi/state")
    assert here.run() != 0
    assert real.object_ids("connections") == [made]
    here.recover(EMPTY, Decisions(adopt=frozenset({made})), settle=True)
    assert here.run() == 0
    assert real.object_ids("connections") == [made]
    assert here.journal().pending() == []


def test_the_sole_writer_may_have_created_an_equal_object_before(real: LocalPlatform, tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", real, **SOLE)
    assert here.run() == 0
    here.run(is_killed=True)
    assert here.run() == 0
    assert len(real.object_ids("connections")) == 2


def test_if_the_journal_cannot_be_written_nothing_is_sent(here: Machine, real: LocalPlatform) -> None:
    (here.folder / "journal").write_text("a file where the folder should be")
    assert here.run() != 0
    assert real.writes() == []


# --- entries of the previous version ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_sole", [True, False])
def test_an_entry_of_the_previous_version_records_when_its_create_started(
    real: LocalPlatform,
    tmp_path: Path,
    is_sole: bool,  # noqa: FBT001 - the parameter of a test
) -> None:
    here = Machine(tmp_path / "here", real, **(SOLE if is_sole else {}))
    here.run(is_killed=True)
    (made,) = real.object_ids("connections")
    as_before(here)
    state = here.interrupted(saved_s=time.time() + 20, mark="")
    expected = ("adopted", made, [made]) if is_sole else ("unclear", made, [])
    assert summary(here.recover(state)) == expected
    assert summary(here.recover(state, Decisions(adopt=frozenset({made})), settle=True)) == ("adopted", made, [made])
    assert here.journal().pending() == []


@pytest.mark.parametrize("is_sole", [True, False])
def test_the_next_run_looks_up_what_the_previous_version_left(
    real: LocalPlatform,
    tmp_path: Path,
    is_sole: bool,  # noqa: FBT001 - a test parameter
) -> None:
    here = Machine(tmp_path / "here", real, **(SOLE if is_sole else {}))
    here.run(is_killed=True)
    as_before(here)
    assert (here.run() == 0) is is_sole
    assert len(real.object_ids("connections")) == 1


def as_before(machine: Machine) -> None:
    """Convert the one pending entry into the format of the previous version: a number, in another folder."""
    (entry,) = machine.journal().pending()
    (machine.folder / "begun").mkdir()
    (machine.folder / "begun" / entry.key).write_text(str(entry.since_s))
    (machine.folder / "journal" / entry.key).unlink()


# --- the journal --------------------------------------------------------------------------------------------------------


def test_an_entry_names_the_create_but_not_its_content(here: Machine) -> None:
    here.run(is_killed=True)
    (path,) = (each for each in (here.folder / "journal").iterdir() if each.is_file())
    entry = json.loads(path.read_text())
    assert (entry["urn"], entry["stack"], entry["kind"], entry["sandbox"]) == (
        urn_of("BaseConnection"),
        "aep/dev",
        "BaseConnection",
        "dev",
    )
    assert entry["host"]
    assert entry["process"]
    assert not [part for part in ("CRM", "hunter2", "3MVG9", "acme") if part in path.read_text()]


def test_an_entry_of_a_live_process_is_left_alone(real: LocalPlatform, tmp_path: Path) -> None:
    settings = Settings.read(real.config(), {})
    journal, other = FolderJournal(tmp_path / "journal"), FolderJournal(tmp_path / "journal")
    alive = journal.claim(Entry(digest(settings, "the same"), 1.0, urn="urn"))
    (seen,) = other.for_content(alive.content)
    assert seen.is_alive
    assert not other.inherit(seen)
    journal.release(alive)
    (seen,) = other.for_content(alive.content)
    assert (seen.is_alive, seen.since_s) == (False, 1.0)
    assert other.inherit(seen)
    other.complete(seen, "object")
    assert other.pending() == []
    assert [entry.object_id for entry in journal.for_content(alive.content)] == ["object"]


def test_a_completed_entry_is_removed_once_it_cannot_be_needed(real: LocalPlatform, tmp_path: Path) -> None:
    settings = Settings.read(real.config(), {})
    journal = FolderJournal(tmp_path / "journal")
    for content in ("old", "needed"):
        entry = journal.claim(Entry(digest(settings, content), 1.0, urn=content))
        journal.complete(entry, "object")
    pending = journal.claim(Entry(digest(settings, "needed"), 1.0, urn="another"))
    long_ago = time.time() - 7200
    for path in (tmp_path / "journal" / "done").glob("*/*"):
        os.utime(path, (long_ago, long_ago))
    assert [entry.urn for entry in FolderJournal(tmp_path / "journal").completed()] == ["needed"]
    journal.withdraw(pending)
    assert FolderJournal(tmp_path / "journal").completed() == []


UNREADABLE = (
    *(b"", b"{", b"[]", b'"x"', b'{"since_s": 1', b"{}", b"\xff\xfe"),
    *(b'{"since_s": 1, "candidates": 5}', b'{"candidates": [{"x": 1}]}'),
)


def test_an_unreadable_entry_is_kept_and_proves_nothing(here: Machine) -> None:
    here.run(is_killed=True)
    (path,) = files = [each for each in (here.folder / "journal").iterdir() if each.is_file()]
    for content in UNREADABLE:
        for each in files:
            each.unlink()
        path.write_bytes(content)
        (entry,) = here.journal().pending()
        assert (entry.urn, entry.since_s) == ("", 0.0), content
        assert here.run() != 0, f"whatever it may have created must be looked up: {content!r}"
        files = [each for each in (here.folder / "journal").iterdir() if each.is_file()]
