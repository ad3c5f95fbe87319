"""How the program gets to a worker: what is packed, and that nothing else than that is unpacked."""

import gzip
import subprocess
from pathlib import Path

import pytest

from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.jobs import Program
from aep_pulumi.fleet.programs import commit_of, copy_for_stack, pack, root_of, unpacked

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "repository" / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    (folder / "stacks" / "__main__.py").write_text("print(1)\n")
    (folder / ".env").write_text("TOKEN=x\n")
    (folder / "server.pem").write_text("key\n")
    (folder / ".venv" / "lib").mkdir(parents=True)
    (folder / ".venv" / "lib" / "big.py").write_text("x\n")
    (folder / ".pulumi").mkdir()
    (folder / ".pulumi" / "state.json").write_text("{}\n")
    return folder


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


WANTED = ["project/Pulumi.dev.yaml", "project/Pulumi.yaml", "project/stacks/__main__.py"]


def test_an_archive_has_the_program_and_no_secrets_or_environments(project: Path, tmp_path: Path) -> None:
    program, content = pack(project.parent, [project])
    folder = unpacked(program, tmp_path / "worker", lambda: content)
    assert names(folder) == WANTED


def test_in_a_checkout_what_git_ignores_is_left_out(project: Path, tmp_path: Path) -> None:
    git(project.parent, "init", "-q")
    (project.parent / ".gitignore").write_text("ignored/\n.venv/\n.pulumi/\n")
    (project / "ignored").mkdir()
    (project / "ignored" / "file").write_text("x")
    (project / "not-added-yet.py").write_text("x")
    assert root_of([project]) == project.parent
    program, content = pack(root_of([project]), [project])
    folder = unpacked(program, tmp_path / "worker", lambda: content)
    assert names(folder) == sorted([*WANTED, "project/not-added-yet.py"])


def test_the_same_program_has_the_same_hash(project: Path) -> None:
    assert pack(project.parent, [project]) == pack(project.parent, [project, project / "stacks"])


def test_it_is_fetched_once(project: Path, tmp_path: Path) -> None:
    program, content = pack(project.parent, [project])
    calls: list[int] = []

    def fetch() -> bytes:
        calls.append(1)
        return content

    assert unpacked(program, tmp_path / "worker", fetch) == unpacked(program, tmp_path / "worker", fetch)
    assert len(calls) == 1


def test_what_has_another_hash_is_rejected(project: Path, tmp_path: Path) -> None:
    program, _content = pack(project.parent, [project])
    with pytest.raises(SettingsError, match="the program that arrived is not the one that was sent: its SHA-256 differs"):
        unpacked(program, tmp_path / "worker", lambda: gzip.compress(b"something else"))
    assert not (tmp_path / "worker" / program.key).exists()


def test_a_stacks_copy_can_be_changed(project: Path, tmp_path: Path) -> None:
    program, content = pack(project.parent, [project])
    folder = unpacked(program, tmp_path / "worker", lambda: content)
    copy_for_stack(folder, tmp_path / "stack", "dev")
    for file in ("Pulumi.yaml", "Pulumi.dev.yaml"):
        (tmp_path / "stack" / "project" / file).write_text("encryptionsalt: x\n")
    assert (folder / "project" / "Pulumi.yaml").read_text() == "name: x\nruntime: python\n"
    assert (folder / "project" / "Pulumi.dev.yaml").read_text() == "config: {}\n"
    assert names(tmp_path / "stack") == WANTED


def test_a_commit_is_named_by_any_revision(project: Path, tmp_path: Path) -> None:
    git(project.parent, "init", "-q")
    git(project.parent, "add", "-A")
    git(project.parent, "commit", "-q", "-m", "first")
    commit = git(project.parent, "rev-parse", "HEAD")
    program = commit_of("HEAD", project.parent)
    assert program == Program(commit=commit, repository=str(project.parent))
    folder = unpacked(program, tmp_path / "worker", lambda: b"")
    assert (folder / "project" / "Pulumi.yaml").exists()
    with pytest.raises(SettingsError, match="nothing is not a commit of"):
        commit_of("nothing", project.parent)
    with pytest.raises(SettingsError, match="is not the whole hash of a commit"):
        commit_of("https://example.com/x.git#main", project.parent)
    with pytest.raises(SettingsError, match="the repository's URL contains a password"):
        commit_of(f"https://me:token@example.com/x.git#{commit}", project.parent)
