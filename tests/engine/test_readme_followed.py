"""The README, word for word: its commands and its program in an empty folder, with the wheel of this tree; and its output."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stacking import ROOT, Stack, engine

from aep_pulumi.settings import Settings

README = (ROOT / "README.md").read_text()
INSTALLED = '"aep-pulumi[all]"'
PACKS = (("--policy-pack", "policies"), ("--policy-pack", "policies", "--policy-pack-config", "policies/environments/dev.json"))


def blocks(heading: str, language: str) -> list[str]:
    """The README's code blocks under a heading."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks_: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert blocks_
    return blocks_


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    args = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    subprocess.run(args, capture_output=True, check=True)
    (built,) = folder.glob("*.whl")
    return built


class Shell:
    """The shell of a new user: a home, a PATH with `pulumi`, the machine's pip settings, and where the local Platform records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "empty"
        self.folder.mkdir()
        path = (engine().parent, Path(sys.base_prefix) / "bin", "/usr/local/bin", "/usr/bin", "/bin")
        # The CLI takes the home directory from the user database, not from HOME, so it needs its own variable.
        home = {"HOME": str(folder), "PULUMI_HOME": str(folder / ".pulumi")}
        recorded = {"AEP_LOCAL_RECORD": os.environ["AEP_LOCAL_RECORD"]}
        self.environment = home | recorded | {"PATH": os.pathsep.join(map(str, path))} | _pip()
        self.exported = ""

    def run(self, script: str, *, typed: str = "") -> str:
        """Run these lines as if typed after the previous ones."""
        lines = f"set -e\n{self.exported}{script}\nprintf '\\n%s\\n' \"$PWD\" >&3; export -p >&3\n"
        kept = self.folder.with_name("shell")
        ran = subprocess.run(
            ["/bin/sh", "-c", f"exec 3>{kept}\n{lines}"],
            cwd=self.folder,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        output = ran.stdout + ran.stderr
        assert ran.returncode == 0, output
        folder, _, variables = kept.read_text().lstrip().partition("\n")
        self.folder, self.exported = Path(folder), variables + "\n"
        return output


def _pip() -> dict[str, str]:
    """The environment of this machine's pip, with its cache."""
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False).stdout
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    # Modules are compiled when they are imported, which most never are. (pip takes 0 for yes: the variable sets "compile".)
    settings["PIP_NO_COMPILE"] = "0"
    return settings | ({"PIP_CACHE_DIR": cache.strip()} if cache.strip() else {})


@pytest.mark.timeout(900)
def test_following_the_readme_word_for_word_deploys_a_pipeline(tmp_path: Path, wheel: Path) -> None:
    commands, for_platform = blocks("Your own project", "sh")
    (program,) = blocks("Your own project", "python")
    (shown,) = blocks("Your own project", "text")
    assert INSTALLED in commands
    shell = Shell(tmp_path)
    try:
        # The one substitution: the wheel of this tree, with the same extras, replaces the package of that name.
        first = shell.run(commands.replace(INSTALLED, f'"{wheel}[all]"'))
        assert (shell.folder.name, (shell.folder / "__main__.py").read_text()) == ("crm", program)
        assert re.search(r"Resources:\n    \+ 9 created\n", shown)
        assert re.search(r"Outputs:\n    dataset_id: \"[0-9a-f]{24}\"\n", shown)
        assert re.search(r"Outputs:\n    dataset_id: \"[0-9a-f]{24}\"\n\nResources:\n    \+ 9 created\n", first)
        up = commands.splitlines()[-1]
        assert up.startswith("pulumi up ")
        second = shell.run(up)
        assert "9 unchanged" in second
        for output in (first, second):
            assert "✅ aep@v" in output
            assert re.search(r"advisory|mandatory|warning:|Traceback", output) is None, output
        assert "`9 unchanged`" in README

        objects = json.loads(shell.run("aep platform status --json"))["objects"]["dev"]
        assert (objects["flows"], objects["dataSets"], objects["connections"]) == (1, 1, 1)

        shell.run(for_platform, typed="a-secret")
        values = json.loads(shell.run("pulumi config --json --show-secrets"))
        settings = Settings.read({name: each["value"] for name, each in values.items()}, {})
        assert settings.endpoint == "https://platform.adobe.io"
        assert settings.client_secret
        assert settings.client_secret.get_secret_value() == "a-secret"
    finally:
        shell.run("if command -v aep; then aep platform stop; fi")


def test_the_tutorials_stack_matches_the_readme_and_raises_no_advisory(stack: Stack) -> None:
    (shown,) = blocks("Try it", "text")
    first = stack.pulumi("up", "--yes", "--stack", "dev", *PACKS[1]).output
    assert "8 created" in first
    again = stack.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", *PACKS[0]).output
    assert "8 unchanged" in again
    for output in (first, again):
        assert "✅ aep@v" in output
        assert "advisory" not in output
        assert "mandatory" not in output
    assert names_of(stack.run("aep", "deployed", "--stack", "dev").output) == names_of(shown)
    assert "8 deleted" in stack.destroy().output
    for count in ("`8 unchanged`", "`8 deleted`"):
        assert count in README


def names_of(table: str) -> list[list[str]]:
    """Kind and name of each row that `aep deployed` lists."""
    lines = table[table.index("Kind ") :].partition("\n\n")[0].splitlines()
    return [re.split(r"\s{2,}", line)[:2] for line in lines]
