"""Programs and policy packs with the Pulumi CLI that engine.py returns, including the plugins beside a built one.

The resource is a memo: a file in the project's folder, so that the tests can check the disk.
"""

import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from processes import alive, becomes_true, descendants

pytestmark = pytest.mark.engine

ENGINE = Path(__file__).resolve().parents[2] / "dev" / "pulumi" / "engine.py"

MEMOS = """
import time
from pathlib import Path

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class MemoProvider(ResourceProvider):
    def create(self, props):
        Path(props["path"]).write_text(props["words"])
        if props["words"] == "slow":
            time.sleep(60)
        return CreateResult(props["path"], props)

    def diff(self, id_, olds, news):
        return DiffResult(changes=olds["words"] != news["words"])

    def update(self, id_, olds, news):
        Path(id_).write_text(news["words"])
        return UpdateResult(news)

    def read(self, id_, props):
        remote = {**props, "words": Path(id_).read_text()}
        return ReadResult(id_, remote, remote)

    def delete(self, id_, props):
        Path(id_).unlink()


class Memo(Resource):
    words: pulumi.Output[str]

    def __init__(self, name, path, words):
        super().__init__(MemoProvider(), name, {"path": path, "words": words})


runs = []
"""

PROGRAM = """
import os
import sys
from pathlib import Path

import memos
import pulumi

memos.runs.append(1)
config = pulumi.Config()
memo = memos.Memo("memo", str(Path(config.require("folder"), "memo.txt")), config.require("words"))
pulumi.export("words", memo.words)
pulumi.export("runs", len(memos.runs))
pulumi.export("virtualenv", os.environ.get("VIRTUAL_ENV"))
"""

PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def no_forbidden_words(resource, report):
    if resource.resource_type == "pulumi-python:dynamic:Resource" and resource.props["words"] == "forbidden":
        report("this word is forbidden")


rule = ResourceValidationPolicy("words", "Some words are forbidden.", no_forbidden_words, EnforcementLevel.MANDATORY)
PolicyPack("memos", [rule])
"""


@dataclass
class Project:
    """A Pulumi project with one stack, in a folder with its own backend."""

    folder: Path
    pulumi: Path
    options: dict[str, str] = field(default_factory=dict)
    main: str = "."

    @property
    def memo(self) -> Path:
        """The file of the program's only resource."""
        return self.folder / "memo.txt"

    @property
    def environment(self) -> dict[str, str]:
        """This machine's environment without its Pulumi settings; the plugins on PATH are those beside the CLI."""
        search = [self.pulumi.parent, Path(sys.executable).parent, os.environ["PATH"]]
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PULUMI", "VIRTUAL_ENV"))},
            # A command is too short to need garbage collection, which takes a tenth of its time.
            "GOGC": "off",
            "GOMEMLIMIT": "512MiB",
            "PATH": os.pathsep.join(map(str, search)),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "a passphrase",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONPATH": str(self.folder / "modules"),
        }

    def write(self, program: str = PROGRAM) -> None:
        """Write the project, its policy pack, and the module that the program and the provider import."""
        described = {"name": "memos", "main": self.main, "runtime": {"name": "python", "options": self.options}}
        pack = {"runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}}
        files = {
            "Pulumi.yaml": json.dumps(described),
            f"{self.main}/__main__.py": program,
            "modules/memos.py": MEMOS,
            "pack/PulumiPolicy.yaml": json.dumps(pack),
            "pack/__main__.py": PACK,
        }
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.folder / "backend").mkdir(exist_ok=True)

    def command(self, *words: str) -> list[str]:
        """Return a command line of the CLI without prompts and colours."""
        return [str(self.pulumi), "--non-interactive", "--color=never", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command of the CLI, which may fail."""
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def succeed(self, *words: str) -> str:
        """Run one command without warnings, and return what it printed."""
        answer = self.run(*words)
        output = answer.stdout + answer.stderr
        assert answer.returncode == 0, output
        assert "warning" not in output
        assert "Traceback" not in output
        return answer.stdout

    def configure(self, words: str) -> None:
        """Set the words of the memo, as `pulumi config set` writes them."""
        settings = self.folder / "Pulumi.dev.yaml"
        kept = settings.read_text().partition("config:")[0]
        settings.write_text(f"{kept}config:\n  memos:folder: {self.folder}\n  memos:words: {words}\n")

    def up(self) -> str:
        """Deploy the stack, and return the output of the CLI."""
        return self.succeed("up", "--yes", "--skip-preview")


@pytest.fixture(scope="session")
def pulumi() -> Path:
    """The Pulumi CLI of this machine; if there is none, the first test waits for the build."""
    answer = subprocess.run([sys.executable, ENGINE], check=True, stdout=subprocess.PIPE, text=True)
    return Path(answer.stdout.strip())


@pytest.fixture(scope="session")
def built_pulumi(pulumi: Path) -> Path:
    """The same CLI, if it has this project's plugins: an installed CLI has different ones."""
    if not (pulumi.parent / "language_host.py").exists():
        pytest.skip("an installed Pulumi has its own plugins")
    return pulumi


def initialised(project: Project) -> Project:
    """Return `project` with its files, a stack and configuration."""
    project.write()
    project.succeed("stack", "init", "dev")
    project.configure("hello")
    return project


@pytest.fixture
def project(pulumi: Path, tmp_path: Path) -> Project:
    return initialised(Project(tmp_path, pulumi))


@pytest.fixture(scope="session")
def previewed(pulumi: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose stack is only previewed, with the program of each test."""
    return initialised(Project(tmp_path_factory.mktemp("previewed"), pulumi))


def test_the_built_cli_has_the_pinned_version(built_pulumi: Path) -> None:
    answer = subprocess.run([built_pulumi, "version"], check=True, capture_output=True, text=True)
    assert answer.stdout == "v3.259.0\n"


def test_a_program_is_deployed_refreshed_repaired_and_destroyed(project: Project) -> None:
    assert "2 created" in project.succeed("up", "--yes")
    assert project.memo.read_text() == "hello"
    # Preview and update are two runs of one language host, which do not share imports.
    assert json.loads(project.succeed("stack", "output", "--json"))["runs"] == 1

    assert "2 unchanged" in project.succeed("preview", "--expect-no-changes")

    project.memo.write_text("written by hand")
    assert "1 updated" in project.succeed("refresh", "--yes", "--skip-preview")
    assert "1 updated" in project.up()
    assert project.memo.read_text() == "hello"

    assert "2 deleted" in project.succeed("destroy", "--yes", "--skip-preview")
    assert not project.memo.exists()


def test_a_secret_reaches_the_program_but_not_the_state(project: Project) -> None:
    program = PROGRAM.replace('config.require("words")', 'config.require_secret("words")')
    project.write(program)
    project.succeed("config", "set", "--secret", "words", "hunter2")
    project.up()
    assert project.memo.read_text() == "hunter2"
    assert "hunter2" not in project.succeed("stack", "export")


def test_a_policy_pack_rejects_a_violation(project: Project) -> None:
    pack = ("--policy-pack", "pack")
    project.configure("forbidden")
    rejected = project.run("preview", *pack)
    assert rejected.returncode != 0
    assert "this word is forbidden" in rejected.stdout
    project.configure("allowed")
    project.succeed("preview", *pack)


def test_a_program_that_raises_shows_only_its_own_traceback(previewed: Project) -> None:
    previewed.write(PROGRAM + "\ndef fail():\n    raise ValueError('no luck')\n\nfail()\n")
    answer = previewed.run("preview")
    assert answer.returncode != 0
    error = answer.stdout[answer.stdout.index("error: Program failed") :]
    assert f'File "{previewed.folder / "__main__.py"}"' in error
    assert "in fail" in error
    assert "ValueError: no luck" in error
    assert error.count("File ") == 2
    assert answer.stdout.count("Traceback") == 1


def test_a_run_error_is_a_sentence_without_a_traceback(previewed: Project) -> None:
    previewed.write("import pulumi\nraise pulumi.RunError('set the words first')\n")
    answer = previewed.run("preview")
    assert answer.returncode != 0
    assert "error: set the words first" in answer.stdout
    assert "Traceback" not in answer.stdout


def test_a_program_that_exits_is_an_error_with_its_code(previewed: Project) -> None:
    previewed.write("import sys\nsys.exit(7)\n")
    answer = previewed.run("preview")
    assert answer.returncode != 0
    assert "program exited with non-zero exit code: 7" in answer.stdout


def test_a_relative_virtualenv_is_relative_to_the_projects_folder_in_both_processes(built_pulumi: Path, tmp_path: Path) -> None:
    (tmp_path / "environment").symlink_to(sys.prefix)
    project = initialised(Project(tmp_path, built_pulumi, {"virtualenv": "environment"}, main="program"))
    project.up()
    assert project.memo.read_text() == "hello"
    assert project.succeed("stack", "output", "virtualenv") == f"{tmp_path / 'environment'}\n"


def test_a_missing_virtualenv_is_reported_with_its_path(project: Project) -> None:
    project.options["virtualenv"] = "nowhere"
    project.write()
    answer = project.run("preview")
    assert answer.returncode != 0
    assert str(project.folder / "nowhere") in answer.stdout
    assert "Traceback" not in answer.stdout


def test_an_environment_without_the_sdk_is_reported_with_its_python(built_pulumi: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "environment")
    environment = {"PATH": os.environ["PATH"], "PULUMI_RUNTIME_VIRTUALENV": str(tmp_path / "environment")}
    launcher = built_pulumi.with_name("pulumi-resource-pulumi-python")
    answer = subprocess.run([launcher], env=environment, capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.returncode) == ("", 1)
    assert answer.stderr.startswith(f"{tmp_path / 'environment' / 'bin' / 'python'} has no Pulumi SDK")
    assert "Traceback" not in answer.stderr


def test_no_process_outlives_an_engine_that_is_killed(built_pulumi: Path, tmp_path: Path) -> None:
    project = initialised(Project(tmp_path, built_pulumi))
    project.configure("slow")
    command = project.command("up", "--yes", "--skip-preview", "--policy-pack", "pack")
    with subprocess.Popen(
        command, cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as engine:
        assert becomes_true(project.memo.exists, within_s=30)
        processes = descendants(engine.pid)
        engine.kill()
    # The language host, the program, the policy pack, the dynamic provider.
    assert len(processes) == 4
    assert becomes_true(lambda: not alive(processes), within_s=5)
