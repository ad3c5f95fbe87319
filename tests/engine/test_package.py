"""The README's program, in an empty folder, with the built wheel and nothing else of the checkout."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stacking import ROOT, deployable


def block(language: str, after: str) -> str:
    """The first code block of the README in this language after a heading."""
    readme = (ROOT / "README.md").read_text()
    found = re.search(rf"```{language}\n(.*?)```", readme[readme.index(after) :], re.DOTALL)
    assert found
    return found.group(1)


def run(*words: str | Path) -> None:
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.timeout(900)  # it installs packages
def test_the_readmes_program_works_with_the_wheel_in_an_empty_folder(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist", ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    install = (python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt")
    run(*install, wheel)

    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(block("yaml", "## A program"))
    (folder / "__main__.py").write_text(block("python", "## A program"))
    for stack in deployable(folder):
        stack.environment["PATH"] = os.pathsep.join([str(python.parent), stack.environment["PATH"]])
        stack.pulumi("config", "set", "--secret", "clientSecret", "not-yet")
        # Without extras the program runs, as far as it needs no local Platform.
        missing = stack.up(fails=True).output
        assert 'the local Platform needs the extra local: pip install "aep-pulumi[local]"' in missing
        assert "Traceback" not in missing
        run(*install, f"{wheel}[all]")
        pack = stack.run("aep", "policies").output.strip()
        assert Path(pack).is_relative_to(tmp_path / "venv")

        # The pipeline itself, which is no object of Platform's, was registered by the run that failed.
        assert "+ 7 created" in stack.up("--policy-pack", pack).output
        assert "8 unchanged" in stack.up("--policy-pack", pack, "--expect-no-changes").output
        assert "because it is protected" in stack.pulumi("destroy", "--yes", "--stack", "dev", fails=True).output
        assert len(stack.objects()) == 7
        stack.allow_loss()
        stack.destroy()
        assert stack.objects() == []


def test_the_program_is_of_twenty_lines() -> None:
    lines = [line for line in block("python", "## A program").splitlines() if line.strip()]
    assert len(lines) <= 20
