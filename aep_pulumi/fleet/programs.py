"""Programs: how the program gets to the workers: packed once, unpacked once per worker, one copy per stack."""

import contextlib
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.jobs import Program
from aep_pulumi.review.wording import first_of

_SKIPPED = {".git", ".venv", "venv", "node_modules", "__pycache__", ".pulumi", ".aep", ".engine", ".mypy_cache", ".pytest_cache"}
_NEVER = re.compile(
    r"""
    ^ \.env (rc | \..*)? $ | \.env $                                            # variables
    | \. (pem | key | p8 | p12 | pfx | jks | keystore | ppk | kdbx) $        # keys
    | ^ id_ (rsa | dsa | ecdsa | ed25519) (_sk)? $
    | ^ [._]netrc $
    | ^ \. (npmrc | pypirc | pgpass | my\.cnf | git-credentials | htpasswd | dockercfg | vault-token) $
    | ^ (\.? credentials? | \.? secrets?) (\. (json | ya?ml | toml | ini | txt | cfg | csv))? $
    | ^ (application_default_credentials | client[_-]?secrets? .* | service[_-]account ([_-] .*)?) \. json $
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Names of files that hold secrets in clear: they are never sent."""
_NEVER_IN = {".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker"}
"""Folders of such files."""
_LARGEST = 50_000_000
_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_FETCHING = threading.Lock()


def pack(root: Path, folders: Iterable[Path]) -> tuple[Program, bytes, tuple[str, ...]]:
    """Pack folders of the program: in a Git checkout what Git does not ignore, elsewhere everything but environments and caches.

    Returns:
        The program; the archive; and the files that are not in it since they hold secrets by their names.

    Raises:
        SettingsError: it is too large.
    """
    packed = io.BytesIO()
    size = 0
    left_out: list[str] = []
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted({path for folder in folders for path in _files(folder)}):
            name = path.relative_to(root)
            if _NEVER.search(path.name) or not _NEVER_IN.isdisjoint(name.parts[:-1]):
                left_out.append(name.as_posix())
                continue
            found = archive.gettarinfo(path, arcname=name.as_posix())
            if not found.isfile():
                continue
            size += found.size
            if size > _LARGEST:
                raise SettingsError(
                    f"the program in {root} is larger than {_LARGEST // 1_000_000} MB: let Git ignore what is not part of it, or "
                    "deploy a commit with --commit"
                )
            found.uid = found.gid = 0
            found.uname = found.gname = ""
            with path.open("rb") as file:
                archive.addfile(found, file)
    content = packed.getvalue()
    compressed = gzip.compress(content, compresslevel=6, mtime=0)
    return Program(sha256=hashlib.sha256(content).hexdigest()), compressed, tuple(left_out)


def root_of(folders: Sequence[Path]) -> Path:
    """The folder that the workers' copy begins at: the Git checkout's, or the one that contains all project folders."""
    common = Path(os.path.commonpath([folder.resolve() for folder in folders]))
    return next((each for each in (common, *common.parents) if (each / ".git").exists()), common)


def commit_of(text: str, root: Path) -> Program:
    """The program of `--commit`: `URL#HASH`, or a commit of this checkout's repository.

    Raises:
        SettingsError: it is not a commit, or the URL contains credentials.
    """
    repository, _, commit = text.rpartition("#")
    _reject_credentials(text, "--commit")
    if not repository:
        commit = _git(root, "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}").strip()
        repository = _git(root, "remote", "get-url", "origin").strip() or str(root)
        _reject_credentials(repository, "the checkout's remote origin")
        if not commit:
            raise SettingsError(f"{text} is not a commit of {root}: use HASH, or URL#HASH")
    if not _HASH.fullmatch(commit):
        raise SettingsError(f"{commit} is not the whole hash of a commit: use URL#HASH")
    return Program(commit=commit, repository=repository)


def check_planned(program: Program, root: Path, folders: Iterable[Path]) -> None:
    """The sandbox of each stack is planned from the settings files here: they must be those of the commit.

    Raises:
        SettingsError: this checkout does not have the commit, or settings files of these folders differ from it.
    """
    short, planned = program.commit[:12], "from whose settings files the stacks' sandboxes are planned"
    if not _git(root, "rev-parse", "--verify", "--quiet", f"{program.commit}^{{commit}}"):
        raise SettingsError(f"commit {short} is not in the checkout {root}, {planned}: fetch it and check it out")
    paths = [folder.resolve().relative_to(root).as_posix() for folder in folders]
    listed = _git(root, "diff", "--name-only", "-z", program.commit, "--", *paths)
    listed += _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", *paths)
    names = [name for name in listed.split("\0") if Path(name).name.startswith("Pulumi.")]
    if names:
        raise SettingsError(
            f"{first_of(names)} not as in commit {short}, but the stacks' sandboxes are planned from the files here: check the "
            "commit out"
        )


def unpacked(program: Program, base: Path, fetch: Callable[[], bytes]) -> Path:
    """The program's folder on this worker; the first call fetches it.

    Args:
        program: which one.
        base: the worker's folder.
        fetch: returns the archive's content.

    Raises:
        SettingsError: it cannot be fetched, or is not what its hash says.
    """
    folder = base / program.key
    with _FETCHING:
        if not folder.exists():
            base.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=base, prefix="fetching-") as scratch:
                new = Path(scratch) / "program"
                new.mkdir()
                if program.commit:
                    _check_out(program, new)
                else:
                    _unpack(program, fetch(), new)
                new.rename(folder)
    return folder


def copy_for_stack(program: Path, folder: Path, stack: str) -> None:
    """Copy the program for one stack. The CLI writes to the project's and the stack's settings: they are copied, others linked.

    Args:
        program: the program's folder.
        folder: the copy, which does not exist yet.
        stack: the stack's name, without its project.
    """
    written = {f"Pulumi{each}.{extension}" for each in ("", f".{stack}") for extension in ("yaml", "yml", "json")}

    def link(source: str, target: str) -> None:
        if os.path.basename(source) not in written:  # noqa: PTH119 - a stack has many files, and a Path is slower
            with contextlib.suppress(OSError):
                os.link(source, target)
                return
        shutil.copy2(source, target)

    shutil.copytree(program, folder, copy_function=link, ignore=shutil.ignore_patterns(".git"), symlinks=True)


def _files(folder: Path) -> Iterator[Path]:
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
    if listed:
        found: Iterable[Path] = (folder / name for name in listed.split("\0") if name)
    else:
        found = (
            Path(place) / name
            for place, folders, names in os.walk(folder)
            if folders.__setitem__(slice(None), [each for each in folders if each not in _SKIPPED]) is None
            for name in names
        )
    yield from (path for path in found if path.is_file())


def _reject_credentials(url: str, where: str) -> None:
    """Reject a token or password in a URL. The user of SSH, such as `git@`, is none."""
    if re.search(r"\bhttps?://[^/?#]*@|://[^/@]*:[^/@]*@", url, re.IGNORECASE):
        raise SettingsError(
            f"the URL of {where} contains credentials, which would pass through the scheduler: remove what stands before the @, "
            "and let the workers' own Git credentials supply it"
        )


def _unpack(program: Program, sent: bytes, folder: Path) -> None:
    content = gzip.decompress(sent)
    if hashlib.sha256(content).hexdigest() != program.sha256:
        raise SettingsError("the program that arrived is not the one that was sent: its SHA-256 differs")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")


def _check_out(program: Program, folder: Path) -> None:
    git = ("git", "-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")
    for words in (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--depth", "1", "--", program.repository, program.commit),
        ("checkout", "--quiet", program.commit),
    ):
        ran = subprocess.run(  # noqa: S603 - git
            [*git, *words],
            cwd=folder,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise SettingsError(
                f"commit {program.commit[:12]} cannot be fetched from {program.repository}: {(ran.stderr.strip() or 'no output')}"
            )


def _git(folder: Path, *words: str) -> str:
    """What git prints; "" if it fails or is not installed."""
    try:
        ran = subprocess.run(  # noqa: S603 - git
            ["git", *words],  # noqa: S607 - from PATH
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return ran.stdout if ran.returncode == 0 else ""
