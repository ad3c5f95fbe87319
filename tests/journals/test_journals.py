"""The law of journals, in each place where they are kept: what processes on one machine or two see of each other's creates."""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from journal_processes import go_on, line, process
from postgres_server import PostgresServer

from aep_pulumi.errors import JournalError
from aep_pulumi.journals import backend as backends, here
from aep_pulumi.journals.database import database
from aep_pulumi.journals.entries import Candidate, Entry, Journal
from aep_pulumi.journals.folder import FolderJournal

pytestmark = pytest.mark.slow

A, B = "a" * 32, "b" * 32
ENTRY = Entry(
    A, 5.0, urn="urn::crm", stack="crm/dev", backend="b", organization="ORG", sandbox="dev", kind="Dataset", marks=("m2", "m1")
)

AS_OTHER = """
import sys
from dataclasses import replace
from aep_pulumi.journals.entries import Entry
from aep_pulumi.journals.here import journal_here
journal = journal_here()
"""
HOLD = f"""{AS_OTHER}
journal.claim(Entry("{A}", 5.0, urn="urn::crm"))
print("held", flush=True)
sys.stdin.read()
"""
COMPETE = f"""{AS_OTHER}
print("ready", flush=True)
sys.stdin.readline()
entries = [entry for _ in range(10) for entry in journal.pending()]
print(len(entries), sum(entry.is_alive for entry in entries), flush=True)
sys.stdin.readline()
print(sum(journal.inherit(entry) for entry in entries[:5]), flush=True)
sys.stdin.read()
"""
CLAIM_MANY = f"""{AS_OTHER}
from concurrent.futures import ThreadPoolExecutor
print("ready", flush=True)
sys.stdin.readline()
def create(number):
    entry = journal.claim(Entry(f"{{number:032x}}", 5.0, urn=f"urn::{{number}}"))
    journal.complete(entry, f"object {{number}}")
start = int(sys.argv[1])
with ThreadPoolExecutor(16) as pool:
    list(pool.map(create, range(start, start + 40)))
print("done", flush=True)
"""


@pytest.fixture
def journal(backend: str, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """The journal of this process; processes that a test starts have the same backend."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend)
    return here.journal_here()


def kept(entry: Entry) -> Entry:
    return replace(entry, key="", host="", process=0, time_s=0.0, is_alive=False)


def test_a_claimed_create_is_pending_and_alive_until_it_is_completed(journal: Journal) -> None:
    claimed = journal.claim(ENTRY)
    assert (kept(claimed), bool(claimed.key), bool(claimed.host), claimed.process > 0) == (ENTRY, True, True, True)
    (seen,) = journal.pending()
    assert (kept(seen), seen.is_alive, seen.is_pending, seen.key) == (ENTRY, True, True, claimed.key)
    assert [each.key for each in journal.for_content(A)] == [claimed.key]
    assert (journal.for_content(B), journal.completed()) == ([], [])
    assert (journal.pending("urn::crm"), journal.pending("urn::other")) == ([seen], [])
    assert not journal.inherit(seen), "its process is alive"
    journal.confirm(claimed)

    journal.complete(claimed, "object")
    assert journal.pending() == []
    (completed,) = journal.completed()
    assert (completed.object_id, completed.is_pending, completed.urn) == ("object", False, "urn::crm")
    assert [each.object_id for each in journal.for_content(A)] == ["object"]
    assert not journal.inherit(completed), "its outcome is known"


def test_a_withdrawn_create_leaves_nothing(journal: Journal) -> None:
    first, second = journal.claim(ENTRY), journal.claim(ENTRY)
    journal.withdraw(first)
    assert [each.key for each in journal.for_content(A)] == [second.key]
    journal.withdraw(second)
    assert (journal.pending(), journal.completed(), journal.for_content(A)) == ([], [], [])


def test_a_released_create_stays_as_it_is_and_is_taken_over_once(journal: Journal) -> None:
    claimed = journal.claim(ENTRY)
    decided = replace(claimed, candidates=(Candidate("one", 7.0, "me"), Candidate("two")), adopt="one")
    journal.update(decided)
    journal.release(decided)
    (seen,) = journal.pending()
    assert (seen.candidates, seen.adopt, seen.is_alive) == (decided.candidates, "one", False)
    assert (journal.inherit(seen), journal.inherit(seen)) == (True, False)
    (seen,) = journal.pending()
    assert seen.is_alive
    journal.release(seen)
    journal.release(seen)  # changes nothing
    assert journal.inherit(seen)
    journal.complete(seen, "one")
    assert [each.object_id for each in journal.completed()] == ["one"]


def test_a_create_of_another_process_is_alive_until_that_process_is_killed(journal: Journal) -> None:
    with process(HOLD) as holder:
        assert line(holder) == "held"
        (entry,) = journal.pending()
        assert (entry.is_alive, journal.inherit(entry)) == (True, False)
        holder.kill()
        holder.wait()
    (entry,) = journal.pending()
    assert (entry.is_alive, journal.inherit(entry)) == (False, True)
    (entry,) = journal.pending()
    assert entry.is_alive, "this process works on it now"
    journal.withdraw(entry)


def test_only_one_of_several_processes_takes_an_entry_over(journal: Journal) -> None:
    for number in range(5):
        journal.release(journal.claim(Entry(f"{number:032x}", 1.0, urn="urn")))
    with process(COMPETE) as one, process(COMPETE) as two, process(COMPETE) as three:
        started = (one, two, three)
        assert [line(each) for each in started] == ["ready"] * 3
        go_on(*started)
        assert [line(each) for each in started] == ["50 0"] * 3
        go_on(*started)
        assert sum(int(line(each)) for each in started) == 5
        assert all(each.is_alive for each in journal.pending())
    assert not any(each.is_alive for each in journal.pending())


def test_threads_of_several_processes_record_their_creates_at_once(journal: Journal) -> None:
    with process(CLAIM_MANY, "0") as one, process(CLAIM_MANY, "100") as two:
        assert [line(each) for each in (one, two)] == ["ready"] * 2
        go_on(one, two)
        assert [line(each) for each in (one, two)] == ["done"] * 2
    assert journal.pending() == []
    expected = Counter(f"object {number}" for number in (*range(40), *range(100, 140)))
    assert Counter(each.object_id for each in journal.completed()) == expected


# --- PostgreSQL ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def database_journal(database_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Journal]:
    """A journal in PostgreSQL, and the URL of its backend."""
    backend = database_server.database("pass-word")
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend)
    monkeypatch.setenv("AEP_HOME", str(tmp_path / "home"))
    return backend, here.journal_here()


def move_elsewhere(backend: str) -> None:
    """Let all owners be processes of another machine, of which nothing is known but what they renew."""
    database(backend).run("UPDATE aep_owners SET place = 'elsewhere', host = 'elsewhere'", consequence="")


def test_a_process_of_another_machine_is_alive_while_it_renews_and_dead_some_time_after(
    database_journal: tuple[str, Journal],
) -> None:
    backend, journal = database_journal
    with process(HOLD) as holder:
        assert line(holder) == "held"
        move_elsewhere(backend)
        time.sleep(6)
        age = "SELECT extract(epoch FROM clock_timestamp() - renewed)::float8 FROM aep_owners"
        assert database(backend).run(age, consequence="")[0][0] < 5.5, "it was renewed"
        holder.kill()
    (entry,) = journal.pending()
    assert (entry.is_alive, journal.inherit(entry)) == (True, False), "it may be alive: it renewed a moment ago"
    database(backend).run("UPDATE aep_owners SET renewed = renewed - interval '31 seconds'", consequence="")
    end_s = time.monotonic() + 60  # the whole time again after the database's start, which may be recent
    while journal.pending()[0].is_alive and time.monotonic() < end_s:
        time.sleep(0.5)
    assert journal.inherit(entry)


def test_a_restart_of_the_database_kills_nobody(database_journal: tuple[str, Journal], database_server: PostgresServer) -> None:
    backend, journal = database_journal
    with process(HOLD) as holder:
        assert line(holder) == "held"
        move_elsewhere(backend)
        mine = journal.claim(replace(ENTRY, content=B))
        database(backend).run("UPDATE aep_owners SET renewed = renewed - interval '1 hour'", consequence="")
        database_server.stop()
        database_server.start()
        assert [each.is_alive for each in journal.pending()] == [True, True]
        journal.complete(mine, "object")
    assert [each.object_id for each in journal.completed()] == ["object"]


def test_a_database_that_is_stopped_for_a_while_is_waited_for(
    database_journal: tuple[str, Journal], database_server: PostgresServer
) -> None:
    _backend, journal = database_journal
    with process(CLAIM_MANY, "0") as creating:
        assert line(creating) == "ready"
        database_server.stop()
        go_on(creating)
        time.sleep(2)
        database_server.start()
        assert line(creating) == "done"
    assert len(journal.completed()) == 40


def test_a_create_that_another_machine_took_over_is_not_sent_again(database_journal: tuple[str, Journal]) -> None:
    backend, journal = database_journal
    claimed = journal.claim(ENTRY)
    database(backend).run("UPDATE aep_creates SET owner = 'another', hold = 'another'", consequence="")
    with pytest.raises(JournalError, match="another took over the create of crm, so nothing more was sent: run `aep recover`"):
        journal.confirm(claimed)
    journal.withdraw(claimed)
    journal.release(claimed)
    assert len(journal.pending()) == 1, "it is the other's"
    journal.complete(claimed, "object")
    assert [each.object_id for each in journal.completed()] == ["object"], "the object is this stack's all the same"


def test_a_database_that_rejects_tables_is_one_sentence_without_the_password(database_journal: tuple[str, Journal]) -> None:
    backend, _journal = database_journal
    database(backend).run("CREATE ROLE reader LOGIN", consequence="")
    database(backend).run("REVOKE CREATE ON SCHEMA public FROM public", consequence="")
    database(backend).run("DROP TABLE aep_leases", consequence="")
    limited = backend.replace("pulumi:", "reader:")
    with pytest.raises(JournalError) as failure:
        database(limited).run("SELECT 1", consequence="so nothing was sent")
    assert "so nothing was sent: let the database's user create tables" in str(failure.value)
    assert "pass-word" not in str(failure.value)


# --- which journal ------------------------------------------------------------------------------------------------------


def test_entries_that_this_machine_wrote_before_the_state_moved_are_still_found(
    database_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    before, other = FolderJournal(), FolderJournal(tmp_path / "journal")
    left = before.claim(ENTRY)
    before.release(left)
    monkeypatch.setenv("PULUMI_BACKEND_URL", database_server.database())
    journal = here.journal_here()
    new = journal.claim(replace(ENTRY, urn="urn::new"))
    assert sorted(each.urn for each in journal.for_content(A)) == ["urn::crm", "urn::new"]
    (seen,) = journal.pending("urn::crm")
    assert journal.inherit(seen)
    journal.withdraw(seen)
    journal.complete(new, "object")
    assert (other.pending(), journal.pending(), len(journal.completed())) == ([], [], 1)


def test_the_backend_is_the_environments_then_the_projects_then_that_of_the_last_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.delenv("PULUMI_CREDENTIALS_PATH", raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    (tmp_path / "project" / "program").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "program")
    assert backends.current() == ""
    (tmp_path / "pulumi").mkdir()
    (tmp_path / "pulumi" / "credentials.json").write_text('{"current": "s3://login"}')
    assert backends.current() == "s3://login"
    project = tmp_path / "project" / "Pulumi.yaml"
    project.write_text("name: crm\nruntime: python\n")
    assert backends.current() == "s3://login"
    project.write_text("name: crm\nruntime: python\nbackend:\n  url: postgres://project/db\n")
    assert backends.current() == "postgres://project/db"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///environment")
    assert backends.current() == "file:///environment"


def test_one_backend_is_the_same_on_every_machine_however_its_address_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def digest(url: str) -> str:
        monkeypatch.setenv("PULUMI_BACKEND_URL", url)
        return here.this_backend()

    ones = {digest("postgres://me:one@db.internal/state"), digest("postgres://you:two@10.0.0.7:5432/state?sslmode=disable")}
    assert len(ones) == 1
    assert digest("postgres://me:one@db.internal/state?table=other") not in ones
    assert digest("s3://states?region=eu-west-1") == digest("s3://states?region=eu-west-1&profile=me")
    assert digest("file:///one") != digest("file:///two")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://me:pass-word@db.internal:5432/state?sslmode=require", "postgres://db.internal:5432/state"),
        ("s3://states/team?region=eu-west-1", "s3://states/team"),
    ],
)
def test_messages_name_a_backend_without_credentials(url: str, shown: str) -> None:
    assert backends.shown(url) == shown


def test_a_missing_driver_is_one_sentence_that_names_the_extra(tmp_path: Path) -> None:
    for url, extra in (("postgres://me:pass-word@db/state", "postgres"), ("s3://states", "bucket")):
        program = f"""
import os, sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name in ("psycopg", "obstore") else find(name, *rest)
os.environ.update(PULUMI_BACKEND_URL={url!r}, AEP_HOME={str(tmp_path)!r})
from aep_pulumi.errors import AepError
from aep_pulumi.journals.here import journal_here
try:
    journal_here()
except AepError as error:
    print(error, flush=True)
"""
        with process(program) as started:
            assert line(started) == (
                f"the journal of pending creates beside the state in {backends.shown(url)} needs the extra {extra}: "
                f'pip install "aep-pulumi[{extra}]"'
            )


def test_a_provider_imports_no_driver_that_it_does_not_use() -> None:
    program = """
import sys
import aep_pulumi.resources._once
print(sorted({"psycopg", "obstore", "yaml.loader", "boto3"} & set(sys.modules)), flush=True)
"""
    with process(program) as started:
        assert line(started) in {"[]", "['yaml.loader']"}, "the SDK imports yaml itself"
