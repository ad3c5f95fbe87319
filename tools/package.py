"""Builds the distributions, and checks them in clean environments, as a user would install them.

    python tools/package.py dist [--tag v0.1.0]
                                      builds both into dist/, checks their metadata, installs the wheel and tries it
    python tools/package.py sizes     prints the number of packages and MB that each extra installs

Exit code 1: a check failed.
"""

import subprocess
import sys
import tempfile
import venv
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "constraints.txt"
MAX_BEYOND_PULUMI = 12
"""Maximum number of packages that an installation without extras may add to those of pulumi itself."""
EVERY_NAME = "import aep_pulumi; print(*(getattr(aep_pulumi, name) for name in aep_pulumi.__all__))"
PULUMI, BARE, EXTRAS = "pulumi", "aep-pulumi", ("cli", "local", "policies", "all")


class CheckError(Exception):
    """A check failed: one sentence."""


@dataclass(frozen=True)
class Environment:
    """A clean environment with a distribution and its dependencies."""

    folder: Path
    requirement: str | Path

    @property
    def programs(self) -> Path:
        """The folder of its programs."""
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")

    def make(self) -> "Environment":
        """Create it without pip; the pip of this process installs the pinned versions into it."""
        venv.create(self.folder)
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", self.programs / "python"]
        done(*pip, "install", "--quiet", "--constraint", PINS, self.requirement)
        return self

    def packages(self) -> frozenset[str]:
        """The names of the installed packages."""
        return frozenset(each.metadata["Name"] for each in distributions(path=[str(path) for path in self._site_packages()]))

    def megabytes(self) -> float:
        """The size of the installed files in MB (1,000,000 bytes), without compiled bytecode."""
        files = (path for folder in self._site_packages() for path in folder.rglob("*"))
        return sum(path.stat().st_size for path in files if path.is_file() and path.suffix != ".pyc") / 1e6

    def run(self, *command: str) -> tuple[int, str]:
        """The exit code and the output of one of its programs, run outside the checkout."""
        ran = subprocess.run(
            [self.programs / command[0], *command[1:]],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout.strip()

    def expect(self, code: int, output: str, *command: str) -> None:
        """Check the exit code of a command, and that its output contains a text.

        Raises:
            CheckError: they differ, or the output has a traceback.
        """
        actual_code, actual_output = self.run(*command)
        if actual_code != code or output not in actual_output or "Traceback" in actual_output:
            raise CheckError(
                f"`{' '.join(command)}` exited with {actual_code} instead of {code}, or did not print {output!r}: {actual_output}"
            )

    def _site_packages(self) -> Sequence[Path]:
        return [path for path in self.folder.rglob("site-packages") if path.is_dir()]


def done(*command: str | Path) -> None:
    """Run a command.

    Raises:
        CheckError: it failed and has printed why.
    """
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise CheckError(f"`{' '.join(map(str, command[1:]))}` failed")


def built(folder: Path, *options: str) -> list[Path]:
    """The distributions, built into a folder."""
    done(sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", folder, ROOT)
    return sorted(path for path in folder.iterdir() if path.name.startswith("aep_pulumi-"))


def try_bare(bare: Environment) -> None:
    """Without extras: resources work, and everything else names the extra that it needs."""
    bare.expect(0, "BaseConnection", "python", "-c", EVERY_NAME)
    for command in (("aep",), ("aep", "--help"), ("aep", "policies"), ("python", "-m", "aep_pulumi", "runs")):
        bare.expect(1, 'aep: the commands need the extra cli: pip install "aep-pulumi[cli]"', *command)
    bare.expect(1, 'The local Platform needs the extra local: pip install "aep-pulumi[local]"', *PLATFORM)


def try_commands_alone(cli: Environment) -> None:
    """The commands without the other extras."""
    cli.expect(0, "Commands:", "aep", "--help")
    cli.expect(0, "Start it, unless it runs", "aep", "platform", "start", "--help")
    for verb in ("start", "stop", "status", "reset --yes"):
        needs = 'aep: the local Platform needs the extra local: pip install "aep-pulumi[local]"'
        cli.expect(1, needs, "aep", "platform", *verb.split())
    cli.expect(1, 'aep: the policy pack needs the extra policies: pip install "aep-pulumi[policies]"', "aep", "policies")


def try_all(everything: Environment) -> None:
    """Everything that works without a Pulumi CLI."""
    everything.expect(0, "_policies", "aep", "policies")
    everything.expect(0, "The local Platform runs on", "aep", "platform", "start")
    everything.expect(0, "The local Platform has stopped", "aep", "platform", "stop")


PLATFORM = ("python", "-m", "aep_pulumi.emulator", "--home", "platform")


def dist(tag: str) -> None:
    """Build both distributions and check them.

    Args:
        tag: the tag of the release, like `v0.1.0`; empty if this is not a release.

    Raises:
        CheckError: a check failed.
    """
    folder = ROOT / "dist"
    for old in folder.glob("aep_pulumi-*"):
        old.unlink()
    files = built(folder)
    (wheel,) = folder.glob("*.whl")
    if tag and wheel.name.split("-")[1] != tag.removeprefix("v"):
        raise CheckError(f"the tag {tag} does not match {wheel.name}: correct `version` in pyproject.toml, or the tag")
    print(f"{wheel.name}: {contents(wheel)}")
    with tempfile.TemporaryDirectory() as scratch:
        twine = Environment(Path(scratch, "twine"), f"{wheel}[release]").make()
        done(twine.programs / "python", "-m", "twine", "check", "--strict", *files)
        for extra, check in (("", try_bare), ("[cli]", try_commands_alone), ("[all]", try_all)):
            check(Environment(Path(scratch, extra or "bare"), f"{wheel}{extra}").make())
            print(f"aep-pulumi{extra}: installed in a clean environment and tried")


def contents(wheel: Path) -> str:
    """The number of files and the size of a wheel.

    Raises:
        CheckError: it lacks the policy pack.
    """
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    if "aep_pulumi/_policies/PulumiPolicy.yaml" not in names:
        raise CheckError(f"{wheel.name} has no policy pack")
    return f"{len(names)} files, {wheel.stat().st_size / 1000:.0f} kB"


def sizes() -> None:
    """Print the packages and MB of each extra.

    Raises:
        CheckError: an installation without extras has too many packages.
    """
    with tempfile.TemporaryDirectory() as scratch:
        (wheel,) = built(Path(scratch), "--wheel")
        print(f"{wheel.name}: {contents(wheel)}")
        print(f"{'installed':24} {'packages':>8} {'beyond pulumi':>14} {'MB':>6}", flush=True)
        pulumi: frozenset[str] = frozenset()
        for name in (PULUMI, BARE, *EXTRAS):
            requirement = PULUMI if name == PULUMI else str(wheel) if name == BARE else f"{wheel}[{name}]"
            environment = Environment(Path(scratch, name), requirement).make()
            packages = environment.packages()
            pulumi = pulumi or packages
            beyond = len(packages - pulumi)
            title = name if name in {PULUMI, BARE} else f"aep-pulumi[{name}]"
            print(f"{title:24} {len(packages):8} {beyond:14} {environment.megabytes():6.1f}", flush=True)
            if name == BARE and beyond > MAX_BEYOND_PULUMI:
                raise CheckError(
                    f"without extras, {beyond} packages beyond pulumi's are installed: the limit is {MAX_BEYOND_PULUMI}"
                )


def main() -> int:
    """Run the command."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["dist", "sizes"])
    parser.add_argument("--tag", default="", help="the tag of the release, which must match the version")
    options = parser.parse_args()
    try:
        dist(options.tag) if options.verb == "dist" else sizes()
    except CheckError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
