"""engine.py, run from the command line, with shell scripts in place of `pulumi` and `go`."""

import os
import pty
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from processes import alive, becomes_true

pytestmark = pytest.mark.slow

TOOLS = Path(__file__).resolve().parents[2] / "dev" / "pulumi"
PINNED = "v3.259.0"

GO = f"""
echo "$*" >> "$WORLD/go.log"
case "$1 $2" in
version*) echo "go version go${{GO_VERSION:-1.26.8}} linux/amd64" ;;
"list -deps") echo fmt; echo os ;;
"list -mod=readonly") echo "$WORLD/sdk" ;;
"build -v")
    echo fmt >&2
    if [ -n "${{GO_FAILS:-}}" ]; then echo "disk full: no space left" >&2; exit 1; fi
    if [ -n "${{GO_TAKES:-}}" ]; then echo $$ > "$WORLD/go.pid"; /bin/sleep "$GO_TAKES"; fi
    printf '#!/bin/sh\\necho {PINNED}\\n' > "$4"
    /bin/chmod +x "$4"
    ;;
esac
"""


@dataclass
class World:
    """A checkout and the only folder on PATH."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        """The folder with a copy of this project's tools."""
        return self.folder / "checkout"

    @property
    def built(self) -> Path:
        """The path of a built CLI."""
        return self.checkout / ".engine" / "bin" / "pulumi"

    @property
    def builds(self) -> int:
        """The number of `go build` runs."""
        log = self.folder / "go.log"
        return log.read_text().count("build -v") if log.exists() else 0

    @property
    def environment(self) -> dict[str, str]:
        """The environment of engine.py."""
        return {"PATH": str(self.folder / "bin"), "WORLD": str(self.folder), **self.settings}

    @property
    def command(self) -> list[str]:
        """The command line of engine.py."""
        return [sys.executable, str(self.checkout / "dev" / "pulumi" / "engine.py")]

    def program(self, path: str, lines: str) -> Path:
        """Write a shell script and return its path."""
        program = self.folder / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
        return program

    def pulumi(self, version: str, path: str = "bin/pulumi") -> Path:
        """Install a CLI that prints `version`, with a language host beside it."""
        self.program(str(Path(path).with_name("pulumi-language-python")), "")
        return self.program(path, f'[ "$1" = version ] && echo {version}')

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run engine.py to its end; it may fail."""
        return subprocess.run(self.command, env=self.environment, capture_output=True, text=True, check=False, timeout=60)

    def start(self) -> subprocess.Popen[str]:
        """Start engine.py."""
        return subprocess.Popen(self.command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def files(self) -> list[str]:
        """Return the names in `.engine`, without the lock."""
        engine = self.checkout / ".engine"
        return sorted(path.name for path in engine.iterdir() if path.name != "lock") if engine.exists() else []


@pytest.fixture
def world(tmp_path: Path) -> World:
    shutil.copytree(TOOLS, tmp_path / "checkout" / "dev" / "pulumi", ignore=shutil.ignore_patterns("__pycache__"))
    world = World(tmp_path)
    world.program("bin/go", GO)
    world.program("sdk/python/cmd/pulumi-language-python-exec", "")
    return world


@pytest.mark.parametrize("version", ["v3.254.0", "v3.259.1", "v3.300.0-alpha.1763000000+dirty", "v4.0.0"])
def test_a_recent_pulumi_on_the_path_is_used(world: World, version: str) -> None:
    pulumi = world.pulumi(version)
    answer = world.run()
    assert (answer.stdout, answer.stderr, answer.returncode) == (f"{pulumi}\n", "", 0)


@pytest.mark.parametrize("version", ["v3.253.9", "v2.300.0", "3.99.1"])
def test_an_old_pulumi_on_the_path_is_reported_and_another_is_built(world: World, version: str) -> None:
    pulumi = world.pulumi(version)
    answer = world.run()
    assert answer.stdout == f"{world.built}\n"
    assert answer.stderr.splitlines()[0] == (
        f"{pulumi} is version {version.removeprefix('v')}, too old for this project, which requires 3.254.0 or newer: "
        f"the one built in {world.checkout / '.engine'} is used instead."
    )


def test_a_pulumi_that_cannot_run_python_is_reported_and_another_is_built(world: World) -> None:
    world.pulumi("v3.259.0").with_name("pulumi-language-python").unlink()
    answer = world.run()
    assert answer.stdout == f"{world.built}\n"
    assert "has no pulumi-language-python beside it" in answer.stderr.splitlines()[0]


def test_the_pulumi_of_the_variable_takes_precedence_over_the_one_on_the_path(world: World) -> None:
    world.pulumi("v3.259.0")
    specified = world.pulumi("v3.260.0", "elsewhere/pulumi")
    world.settings["PULUMI"] = str(specified)
    assert world.run().stdout == f"{specified}\n"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("elsewhere/old", "which is version 3.100.0, too old for this project, which requires 3.254.0 or newer"),
        ("elsewhere/silent", "which does not print a version with `pulumi version`"),
        ("elsewhere/missing", "which is not an executable file"),
        ("elsewhere", "which is not an executable file"),
    ],
)
def test_an_unusable_pulumi_of_the_variable_is_rejected_in_one_sentence(world: World, path: str, reason: str) -> None:
    world.pulumi("v3.100.0", "elsewhere/old")
    world.program("elsewhere/silent", "exit 3")
    world.settings["PULUMI"] = str(world.folder / path)
    answer = world.run()
    assert (answer.stdout, answer.returncode, world.builds) == ("", 1, 0)
    assert answer.stderr == (
        f"PULUMI is {world.folder / path}, {reason}: "
        "correct the variable PULUMI, or unset it to use the one on PATH or build one.\n"
    )


def test_without_a_pulumi_one_is_built_once_with_its_plugins_beside_it(world: World) -> None:
    first, second = world.run(), world.run()
    assert first.stdout == second.stdout == f"{world.built}\n"
    assert first.stderr.startswith(f"Building Pulumi {PINNED} with {world.folder / 'bin' / 'go'}: about 6 minutes")
    assert (second.stderr, world.builds) == ("", 1)
    beside = {path.name for path in world.built.parent.iterdir()}
    assert beside >= {"pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"}
    assert world.files() == ["bin"]


def test_the_built_one_on_the_path_is_built_again_when_the_modules_change(world: World) -> None:
    world.run()
    with (world.checkout / "dev" / "pulumi" / "go.sum").open("a") as sums:
        sums.write("\n")
    world.settings["PATH"] = f"{world.built.parent}:{world.folder / 'bin'}"
    assert world.run().stdout == f"{world.built}\n"
    assert world.builds == 2
    assert world.files() == ["bin"]


def test_a_changed_plugin_is_copied_without_a_build(world: World) -> None:
    world.run()
    (world.checkout / "dev" / "pulumi" / "watched.py").write_text("changed")
    world.run()
    assert (world.built.parent / "watched.py").read_text() == "changed"
    assert world.builds == 1


def test_a_failed_build_reports_the_reason_and_leaves_no_files(world: World) -> None:
    world.settings["GO_FAILS"] = "yes"
    answer = world.run()
    assert (answer.stdout, answer.returncode) == ("", 1)
    assert f"Pulumi {PINNED} cannot be built: `go build` failed: disk full: no space left." in answer.stderr
    assert "install Pulumi (https://www.pulumi.com/docs/install/)" in answer.stderr
    assert world.files() == []


def test_two_processes_at_once_build_once(world: World) -> None:
    world.settings["GO_TAKES"] = "1"
    both = [world.start(), world.start()]
    answers = [process.communicate(timeout=60) for process in both]
    assert [stdout for stdout, _ in answers] == [f"{world.built}\n"] * 2
    assert sum("Waiting for another process" in stderr for _, stderr in answers) == 1
    assert world.builds == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_neither_files_nor_processes(world: World, number: signal.Signals) -> None:
    world.settings["GO_TAKES"] = "60"
    pid_file = world.folder / "go.pid"
    process = world.start()
    assert becomes_true(lambda: pid_file.exists() and pid_file.read_text(), within_s=30)
    go = int(pid_file.read_text())
    assert alive([go])
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert (stdout, process.returncode) == ("", 130)
    assert stderr.endswith("Interrupted: the partial build was removed.\n")
    assert not alive([go])
    assert world.files() == []


def test_leftovers_of_a_killed_build_do_not_affect_the_next(world: World) -> None:
    partial = world.checkout / ".engine" / "bin.part" / "pulumi"
    partial.parent.mkdir(parents=True)
    partial.write_text("a partial build")
    assert world.run().stdout == f"{world.built}\n"
    assert world.files() == ["bin"]


def test_a_terminal_shows_the_number_of_compiled_packages(world: World) -> None:
    world.settings["GO_TAKES"] = "2"
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        with subprocess.Popen(world.command, env=world.environment, stdout=subprocess.DEVNULL, stderr=theirs):
            os.close(theirs)
            shown = b""
            while b"Built" not in shown:
                shown += terminal.read(1024)
        assert b"Compiling: 1 of 2 packages" in shown


def test_without_go_and_a_package_index_the_error_lists_the_remedies(world: World) -> None:
    world.settings |= {"GO_VERSION": "1.25.9", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    answer = world.run()
    assert (answer.stdout, answer.returncode, world.builds) == ("", 1, 0)
    error = answer.stderr.splitlines()[-1]
    assert error.startswith("Pulumi 3.254.0 or newer is not installed and cannot be built: Go 1.26.0 or newer is not on PATH")
    for remedy in ("Install Pulumi (https://", "or Go (https://", "make a package index reachable"):
        assert remedy in error
    assert world.files() == []
