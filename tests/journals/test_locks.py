"""The journal's locks: which process works on a pending create, as other processes and the previous version see it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from journal_processes import line, process

from aep_pulumi.journals.entries import Entry
from aep_pulumi.journals.folder import FolderJournal

pytestmark = pytest.mark.slow

HOLD = """
import sys
from pathlib import Path
from aep_pulumi.journals.entries import Entry
from aep_pulumi.journals.folder import FolderJournal
journal = FolderJournal(Path(sys.argv[1]))
journal.claim(Entry("content", 1.0, urn="urn"))
print("held", flush=True)
sys.stdin.read()
"""
HOLD_AS_THE_VERSION_BEFORE = """
import fcntl, sys
file = open(sys.argv[1] + "/content-0000", "r+")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
COMPETE = """
import sys
from pathlib import Path
from aep_pulumi.journals.folder import FolderJournal
journal = FolderJournal(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
entries = [entry for _ in range(200) for entry in journal.pending()]
print(len(entries), sum(entry.is_alive for entry in entries), flush=True)
sys.stdin.readline()
print(sum(journal.inherit(entry) for entry in entries[:5]), flush=True)
sys.stdin.read()
"""
WITHOUT_LOCKS = """
import sys
sys.modules["fcntl"] = None
import warnings
warnings.simplefilter("ignore")
from pathlib import Path
from aep_pulumi.journals.entries import Entry
from aep_pulumi.journals.folder import FolderJournal
try:
    FolderJournal(Path(sys.argv[1])).claim(Entry("content", 1.0))
except Exception as error:
    print(type(error).__name__, error)
"""


def together(*started: subprocess.Popen[str]) -> list[str]:
    return [line(each) for each in started]


def go_on(*started: subprocess.Popen[str]) -> None:
    for each in started:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL, and a terminated process may clean up")
def test_a_lock_lasts_as_long_as_its_process(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    with process(HOLD, tmp_path) as holder:
        assert line(holder) == "held"
        (entry,) = journal.pending()
        assert (entry.is_alive, journal.inherit(entry)) == (True, False)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    (entry,) = journal.pending()
    assert (entry.is_alive, journal.inherit(entry)) == (False, True)
    journal.release(entry)


@pytest.mark.skipif(sys.platform == "win32", reason="the previous version did not run on Windows")
def test_an_entry_locked_by_the_previous_version_is_taken_over_once_its_process_has_ended(tmp_path: Path) -> None:
    (tmp_path / "content-0000").write_text("1.0")
    journal = FolderJournal(tmp_path)
    with process(HOLD_AS_THE_VERSION_BEFORE, tmp_path) as holder:
        assert line(holder) == "held"
        (entry,) = journal.pending()
        assert (entry.is_alive, journal.inherit(entry)) == (True, False)
    (entry,) = journal.pending()
    assert (entry.is_alive, journal.inherit(entry)) == (False, True)
    (seen,) = FolderJournal(tmp_path).pending()
    assert seen.is_alive
    journal.release(entry)


def test_readers_do_not_count_as_owners_and_only_one_process_takes_an_entry_over(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    for number in range(5):
        journal.release(journal.claim(Entry(f"content{number}", 1.0, urn="urn")))
    with process(COMPETE, tmp_path) as one, process(COMPETE, tmp_path) as other:
        both = (one, other)
        assert together(*both) == ["ready", "ready"]
        go_on(*both)
        assert together(*both) == ["1000 0", "1000 0"]
        go_on(*both)
        assert sum(map(int, together(*both))) == 5


def test_a_completed_entry_leaves_no_lock_and_a_pending_one_keeps_it(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    completed, made, pending = (journal.claim(Entry(content, 1.0, urn="urn")) for content in ("one", "two", "three"))
    journal.withdraw(completed)
    journal.complete(made, "object")
    journal.release(pending)
    assert [path.name for path in (tmp_path / "locks").iterdir() if path.name != "reading"] == [pending.key]


def test_a_lock_whose_process_died_before_its_entry_was_written_is_removed_later(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    pending = journal.claim(Entry("content", 1.0, urn="urn"))
    journal.release(pending)
    orphan = tmp_path / "locks" / "content-0000"
    orphan.touch()
    FolderJournal(tmp_path)
    assert orphan.exists()
    for path in (tmp_path / "locks").iterdir():
        os.utime(path, (0, 0))
    FolderJournal(tmp_path)
    assert not orphan.exists()
    assert (tmp_path / "locks" / pending.key).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows always has locks")
def test_without_file_locks_a_create_is_not_sent_and_fails_in_one_sentence(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT_LOCKS, tmp_path], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"JournalError the journal of pending creates in {tmp_path} cannot be locked (")
    assert "so nothing was sent" in ran.stdout
    assert "set AEP_HOME to another" in ran.stdout
    assert list(tmp_path.glob("content-*")) == []
