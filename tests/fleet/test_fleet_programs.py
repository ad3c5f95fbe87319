"""How the program gets to a worker: what is packed, and that nothing else than that is unpacked."""

import gzip
import subprocess
from pathlib import Path

import pytest
from sleeping import Estate

from aep_pulumi.cli.policies import pack as pack_of_the_package
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
    program, content, left_out = pack(project.parent, [project])
    folder = unpacked(program, tmp_path / "worker", lambda: content)
    assert names(folder) == WANTED
    assert left_out == ("project/.env", "project/server.pem")


@pytest.mark.parametrize(
    "name",
    [
        *(
            ".envrc",
            ".env.local",
            "prod.env",
            ".netrc",
            "_netrc",
            ".npmrc",
            ".pypirc",
            ".pgpass",
            "id_rsa",
            "id_ed25519",
            "a.KEY",
        ),
        *("credentials.json", "credentials", "secrets.yaml", "service-account-prod.json", "client_secret_1.json", ".aws/config"),
    ],
)
def test_files_of_secrets_are_left_out(project: Path, tmp_path: Path, name: str) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("x")
    program, content, left_out = pack(project.parent, [project])
    assert f"project/{name}" in left_out
    assert names(unpacked(program, tmp_path / "worker", lambda: content)) == WANTED


@pytest.mark.parametrize(
    "name", ["credentials.py", "secrets.py", "environment.py", "env", "keys.csv", "id_rsa.pub", "tokens.json"]
)
def test_files_of_the_program_are_sent(project: Path, name: str) -> None:
    (project / name).write_text("x")
    assert pack(project.parent, [project])[2] == ("project/.env", "project/server.pem")


def test_in_a_checkout_what_git_ignores_is_left_out(project: Path, tmp_path: Path) -> None:
    git(project.parent, "init", "-q")
    (project.parent / ".gitignore").write_text("ignored/\n.venv/\n.pulumi/\n")
    (project / "ignored").mkdir()
    (project / "ignored" / "file").write_text("x")
    (project / "not-added-yet.py").write_text("x")
    assert root_of([project]) == project.parent
    program, content, _left_out = pack(root_of([project]), [project])
    folder = unpacked(program, tmp_path / "worker", lambda: content)
    assert names(folder) == sorted([*WANTED, "project/not-added-yet.py"])


def test_the_same_program_has_the_same_hash(project: Path) -> None:
    assert pack(project.parent, [project]) == pack(project.parent, [project, project / "stacks"])


def test_it_is_fetched_once(project: Path, tmp_path: Path) -> None:
    program, content, _left_out = pack(project.parent, [project])
    calls: list[int] = []

    def fetch() -> bytes:
        calls.append(1)
        return content

    assert unpacked(program, tmp_path / "worker", fetch) == unpacked(program, tmp_path / "worker", fetch)
    assert len(calls) == 1


def test_what_has_another_hash_is_rejected(project: Path, tmp_path: Path) -> None:
    program, _content, _left_out = pack(project.parent, [project])
    with pytest.raises(SettingsError, match="the program that arrived is not the one that was sent: its SHA-256 differs"):
        unpacked(program, tmp_path / "worker", lambda: gzip.compress(b"something else"))
    assert not (tmp_path / "worker" / program.key).exists()


def test_a_stacks_copy_can_be_changed(project: Path, tmp_path: Path) -> None:
    program, content, _left_out = pack(project.parent, [project])
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


CREDENTIALS = [
    "https://me:canary@example.com/x.git",
    "https://canary@example.com/x.git",
    "HTTP://canary@example.com/x.git",
    "ssh://git:canary@example.com/x.git",
]


@pytest.mark.parametrize("url", CREDENTIALS)
@pytest.mark.parametrize("end", [f"#{'0' * 40}", "#main", ""])
def test_credentials_in_the_url_of_a_commit_are_rejected(project: Path, url: str, end: str) -> None:
    with pytest.raises(SettingsError, match="the URL of --commit contains credentials, which would pass") as raised:
        commit_of(f"{url}{end}", project.parent)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("url", CREDENTIALS)
def test_credentials_in_the_url_of_the_checkout_are_rejected(project: Path, url: str) -> None:
    git(project.parent, "init", "-q")
    git(project.parent, "add", "-A")
    git(project.parent, "commit", "-q", "-m", "first")
    git(project.parent, "remote", "add", "origin", url)
    with pytest.raises(SettingsError, match="the URL of the checkout's remote origin contains credentials") as raised:
        commit_of("HEAD", project.parent)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("url", ["git@example.com:x.git", "ssh://git@example.com/x.git", "https://example.com/a@b.git"])
def test_the_user_of_ssh_is_no_credential(project: Path, url: str) -> None:
    assert commit_of(f"{url}#{'0' * 40}", project.parent).repository == url


# -- the command's options --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_in_git", [False, True])
def test_a_folder_beside_the_project_is_included(estate: Estate, *, is_in_git: bool) -> None:
    estate.stack("a", "dev")
    (estate.folder / "lib").mkdir()
    (estate.folder / "lib" / "x.py").write_text("")
    if is_in_git:
        git(estate.project, "init", "-q")
    assert "1 changed" in estate.fleet("up", "--yes", "--include", "../lib")


def test_what_is_left_out_is_named(estate: Estate) -> None:
    estate.stack("a", "dev")
    for number in range(6):
        (estate.project / f"{number}.pem").write_text("")
    output = " ".join(estate.fleet("up", "--yes").split())
    files = "0.pem, 1.pem, 2.pem, 3.pem, 4.pem and 1 more"
    assert f"aep: not part of the program that workers get, since files of these names hold secrets: {files}" in output


def test_an_included_folder_has_no_part_in_a_commit(estate: Estate) -> None:
    estate.stack("a", "dev")
    output = estate.rejected("up", "--yes", "--include", ".", "--commit", "HEAD")
    assert output == (
        "aep: --include adds a folder to the archive of the program, and with --commit none is sent: omit one of them\n"
    )


def test_a_policy_pack_is_relative_to_the_current_folder(estate: Estate) -> None:
    estate.stack("a", "dev")
    git(estate.folder, "init", "-q")
    (estate.project / "policies").mkdir()
    (estate.project / "policies" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    estate.fleet("up", "--yes", "--policy-pack", "policies", "--policy-pack", str(pack_of_the_package()))
    ran = [line.split() for line in (estate.behaviour / "commands").read_text().splitlines()]
    for words in (each for each in ran if each[0] in {"preview", "up"}):
        own, others = (words[at + 1] for at, word in enumerate(words) if word == "--policy-pack")
        assert own.endswith("/program/project/policies")
        assert others == str(pack_of_the_package())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nowhere", "nowhere is not a folder that exists: name one, relative to the current folder"),
        ("../rules", "../rules is not part of the program that workers get: move it there, or use --include"),
    ],
)
@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_policy_pack_that_no_worker_has_is_rejected(estate: Estate, verb: str, given: str, words: str) -> None:
    estate.stack("a", "dev")
    (estate.folder / "rules").mkdir()
    yes = ("--yes",) if verb == "up" else ()
    assert estate.rejected(verb, *yes, "--policy-pack", given) == f"aep: the policy pack {words}\n"
    assert not estate.intervals(verb)
    if given == "../rules":
        estate.fleet(verb, *yes, "--policy-pack", given, "--include", given, code=2 if verb == "preview" else 0)
        assert estate.intervals(verb)


@pytest.mark.parametrize("option", ["--markdown", "--html"])
@pytest.mark.parametrize("path", ["nowhere/review", "Pulumi.yaml/review"])
def test_a_review_that_cannot_be_written_is_rejected_before_the_run(estate: Estate, option: str, path: str) -> None:
    estate.stack("a", "dev")
    output = estate.rejected("up", "--yes", option, path)
    assert output.startswith(f"aep: the review cannot be written to {path}: ")
    assert len(output.splitlines()) == 1
    assert not estate.intervals()


def test_an_earlier_review_is_kept_until_the_end_of_the_run(estate: Estate) -> None:
    estate.stack("a", "dev")
    review = estate.folder / "review.md"
    review.write_text("earlier")
    estate.rejected("up", "no-such-stack", "--yes", "--markdown", str(review))
    estate.rejected("up", "--markdown", str(review))
    assert review.read_text() == "earlier"
    estate.fleet("up", "--yes", "--markdown", str(review))
    assert "1 changed" in review.read_text()
