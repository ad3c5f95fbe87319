"""Packaging: which extra each part requires, and what the package imports. `make dist` checks the same with the built wheel."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from aep_pulumi.extras import MODULES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
OPTIONAL = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

WITHOUT = """
import sys
missing = set(sys.argv.pop(1).split(","))

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in missing else self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""
EVERY_MODULE = """
import importlib, pkgutil, warnings
warnings.filterwarnings("ignore", "only soft file lock is available")
import aep_pulumi
modules = [module.name for module in pkgutil.walk_packages(aep_pulumi.__path__, "aep_pulumi.")]
# On Windows, Dask's own dependency needs msvcrt, and `aep fleet up` and its sisters say that they need another system.
of_dask = {f"aep_pulumi.fleet.{name}" for name in ("clusters", "guard", "running", "working")}
for name in modules:
    if "_policies" not in name and name not in of_dask:
        importlib.import_module(name)
print(len(modules), "fcntl" in sys.modules)
"""


def without(missing: str, program: str, *args: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program in its own process, with these modules not installed."""
    environ = {**os.environ, **({"AEP_HOME": str(home)} if home else {})}
    command = [sys.executable, "-c", WITHOUT + program, missing, *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environ)


def aep(missing: str, *args: str, home: Path | None = None) -> tuple[int, str, str]:
    ran = without(missing, "from aep_pulumi.__main__ import main; main()", *args, home=home)
    return ran.returncode, ran.stdout, ran.stderr


def modules(extra: str) -> str:
    return ",".join(MODULES[extra])


@pytest.mark.parametrize("extra", sorted(MODULES))
def test_an_extra_matches_the_package_metadata(extra: str) -> None:
    declared = {re.split(r"[<>=\[]", each)[0] for each in OPTIONAL[extra] if not each.startswith("aep-pulumi[")}
    distributions = packages_distributions()
    assert {distributions[module][0].replace("_", "-") for module in MODULES[extra]} == declared


def test_all_contains_every_extra_and_dev_contains_all() -> None:
    assert OPTIONAL["all"] == [f"aep-pulumi[{','.join(sorted(MODULES))}]"]
    assert "aep-pulumi[all]" in OPTIONAL["dev"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows never has it")
def test_every_module_can_be_imported_where_fcntl_does_not_exist() -> None:
    ran = without("fcntl", EVERY_MODULE)
    assert ran.returncode == 0, ran.stderr
    count, has_fcntl = ran.stdout.split()
    assert int(count) > 100
    assert has_fcntl == "False"


@pytest.mark.parametrize("args", [(), ("--help",), ("policies",), ("runs", "--json")])
def test_without_the_extra_cli_every_command_names_it(args: tuple[str, ...]) -> None:
    sentence = 'aep: the commands need the extra cli: pip install "aep-pulumi[cli]"\n'
    assert aep("click", *args) == aep("rich", *args) == (1, "", sentence)


@pytest.mark.parametrize("args", [("start",), ("stop",), ("status", "--json"), ("reset", "--yes")])
def test_without_the_extra_local_commands_that_need_the_local_platform_name_it(args: tuple[str, ...], tmp_path: Path) -> None:
    sentence = 'aep: the local Platform needs the extra local: pip install "aep-pulumi[local]"\n'
    assert aep(modules("local"), "platform", *args, home=tmp_path) == (1, "", sentence)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_local_its_commands_still_have_their_help() -> None:
    code, output, _ = aep(modules("local"), "platform", "start", "--help")
    assert (code, "Usage: aep platform start" in output) == (0, True)


def test_without_the_extra_local_a_program_that_needs_the_local_platform_names_it(tmp_path: Path) -> None:
    program = "from aep_pulumi.client import Client; from aep_pulumi.settings import Settings\n"
    program += "try: Client(Settings.read({}, {})).call('GET', '/data')\n"
    program += "except Exception as error: print(type(error).__name__, error)"
    ran = without(modules("local"), program, home=tmp_path)
    assert 'MissingExtraError the local Platform needs the extra local: pip install "aep-pulumi[local]"' in ran.stdout, ran


def test_without_the_extra_local_the_local_platform_itself_names_it(tmp_path: Path) -> None:
    program = "import runpy; sys.argv[0] = 'x'; runpy.run_module('aep_pulumi.emulator', run_name='__main__', alter_sys=True)"
    ran = without(modules("local"), program, "--home", str(tmp_path / "home"))
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert ran.stderr.startswith('The local Platform needs the extra local: pip install "aep-pulumi[local]"')


def test_without_the_extra_policies_the_command_and_the_pack_name_it() -> None:
    sentence = 'aep: the policy pack needs the extra policies: pip install "aep-pulumi[policies]"\n'
    assert aep(modules("policies"), "policies") == (1, "", sentence)
    program = f"import runpy; runpy.run_path({str(ROOT / 'policies')!r}, run_name='__main__')"
    ran = without(modules("policies"), program)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", sentence)


def test_a_pulumi_program_needs_no_extra() -> None:
    every = ",".join(map(modules, MODULES))
    ran = without(every, "import aep_pulumi; print(*(getattr(aep_pulumi, name) for name in aep_pulumi.__all__))")
    assert ran.returncode == 0, ran.stderr
    assert "CrmPipeline" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows always has locks")
def test_without_file_locks_the_local_platform_reports_an_error(tmp_path: Path) -> None:
    program = "import runpy, warnings; warnings.simplefilter('ignore')\n"
    program += "runpy.run_module('aep_pulumi.emulator', run_name='__main__', alter_sys=True)"
    ran = without("fcntl", program, "--home", str(tmp_path))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"The local Platform cannot lock {tmp_path / 'platform.lock'} (")
    assert "Traceback" not in ran.stderr
