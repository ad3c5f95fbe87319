"""Programs and policy packs on the Pulumi CLI that engine.py gives: the plugins beside a built one do their part.

The kind is a note: a file in the project's folder, so that what stands on disk is the referee.
"""

import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from processes import alive, comes_true, descendants

pytestmark = pytest.mark.engine

ENGINE = Path(__file__).resolve().parents[2] / "dev" / "pulumi" / "engine.py"

NOTES = """
import time
from pathlib import Path

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class NoteProvider(ResourceProvider):
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
        found = {**props, "words": Path(id_).read_text()}
        return ReadResult(id_, found, found)

    def delete(self, id_, props):
        Path(id_).unlink()


class Note(Resource):
    words: pulumi.Output[str]

    def __init__(self, name, path, words):
        super().__init__(NoteProvider(), name, {"path": path, "words": words})


runs = []
"""

PROGRAM = """
import os
import sys
from pathlib import Path

import notes
import pulumi

notes.runs.append(1)
config = pulumi.Config()
note = notes.Note("note", str(Path(config.require("folder"), "note.txt")), config.require("words"))
pulumi.export("words", note.words)
pulumi.export("runs", len(notes.runs))
pulumi.export("virtualenv", os.environ.get("VIRTUAL_ENV"))
"""

PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def no_forbidden_words(resource, report):
    if resource.resource_type == "pulumi-python:dynamic:Resource" and resource.props["words"] == "forbidden":
        report("this word is forbidden")


rule = ResourceValidationPolicy("words", "Words are chosen with care.", no_forbidden_words, EnforcementLevel.MANDATORY)
PolicyPack("notes", [rule])
"""


@dataclass
class Project:
    """A Pulumi project with one stack, in a folder with a backend of its own."""

    folder: Path
    pulumi: Path
    options: dict[str, str] = field(default_factory=dict)
    main: str = "."

    @property
    def note(self) -> Path:
        """The file that the program's one resource is."""
        return self.folder / "note.txt"

    @property
    def environment(self) -> dict[str, str]:
        """This machine's environment without its own Pulumi settings; plugins on PATH are those beside the CLI."""
        search = [self.pulumi.parent, Path(sys.executable).parent, os.environ["PATH"]]
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PULUMI", "VIRTUAL_ENV"))},
            "PATH": os.pathsep.join(map(str, search)),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "a passphrase",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONPATH": str(self.folder / "modules"),
        }

    def write(self, program: str = PROGRAM) -> None:
        """Write the project, its policy pack, and the module that both of its processes import."""
        described = {"name": "notes", "main": self.main, "runtime": {"name": "python", "options": self.options}}
        pack = {"runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}}
        files = {
            "Pulumi.yaml": json.dumps(described),
            f"{self.main}/__main__.py": program,
            "modules/notes.py": NOTES,
            "pack/PulumiPolicy.yaml": json.dumps(pack),
            "pack/__main__.py": PACK,
        }
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.folder / "backend").mkdir(exist_ok=True)

    def command(self, *words: str) -> list[str]:
        """Return a command line of the CLI that asks nobody and paints nothing."""
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
        """Run one command and return what it printed; nothing but its own words may be there."""
        answer = self.run(*words)
        said = answer.stdout + answer.stderr
        assert answer.returncode == 0, said
        assert "warning" not in said
        assert "Traceback" not in said
        return answer.stdout

    def say(self, words: str, *, secret: bool = False) -> None:
        """Set the words of the note."""
        self.succeed("config", "set", *(["--secret"] if secret else []), "words", words)

    def up(self) -> str:
        """Bring the stack up, and return what the CLI said."""
        return self.succeed("up", "--yes", "--skip-preview")


@pytest.fixture(scope="session")
def pulumi() -> Path:
    """The Pulumi CLI of this machine; on one without, the first test waits for the build."""
    answer = subprocess.run([sys.executable, ENGINE], check=True, stdout=subprocess.PIPE, text=True)
    return Path(answer.stdout.strip())


@pytest.fixture(scope="session")
def built_pulumi(pulumi: Path) -> Path:
    """The same, where the plugins are ours: those that an installed CLI brings differ."""
    if not (pulumi.parent / "language_host.py").exists():
        pytest.skip("an installed Pulumi brings plugins of its own")
    return pulumi


def initialised(project: Project) -> Project:
    """Return `project` with its files, a stack, and something to say."""
    project.write()
    project.succeed("stack", "init", "dev")
    project.succeed("config", "set-all", "--plaintext", f"folder={project.folder}", "--plaintext", "words=hello")
    return project


@pytest.fixture
def project(pulumi: Path, tmp_path: Path) -> Project:
    return initialised(Project(tmp_path, pulumi))


def test_the_built_one_answers_the_pinned_version(built_pulumi: Path) -> None:
    answer = subprocess.run([built_pulumi, "version"], check=True, capture_output=True, text=True)
    assert answer.stdout == "v3.259.0\n"


def test_a_program_goes_up_drifts_is_repaired_and_goes_down(project: Project) -> None:
    assert "2 created" in project.succeed("up", "--yes")
    assert project.note.read_text() == "hello"
    # Preview and update are two runs of one language host: the second does not see what the first imported.
    assert json.loads(project.succeed("stack", "output", "--json"))["runs"] == 1

    assert "2 unchanged" in project.succeed("preview", "--expect-no-changes")

    project.note.write_text("written by hand")
    assert "1 updated" in project.succeed("refresh", "--yes", "--skip-preview")
    assert "1 updated" in project.up()
    assert project.note.read_text() == "hello"

    assert "2 deleted" in project.succeed("destroy", "--yes", "--skip-preview")
    assert not project.note.exists()


def test_a_secret_reaches_the_program_and_stays_out_of_the_state(project: Project) -> None:
    program = PROGRAM.replace('config.require("words")', 'config.require_secret("words")')
    project.write(program)
    project.say("hunter2", secret=True)
    project.up()
    assert project.note.read_text() == "hunter2"
    assert "hunter2" not in project.succeed("stack", "export")


def test_a_policy_pack_refuses(project: Project) -> None:
    pack = ("--policy-pack", "pack")
    project.say("forbidden")
    refused = project.run("preview", *pack)
    assert refused.returncode != 0
    assert "this word is forbidden" in refused.stdout
    project.say("allowed")
    project.succeed("preview", *pack)


def test_a_program_that_raises_shows_its_own_traceback_alone(project: Project) -> None:
    project.write(PROGRAM + "\ndef fail():\n    raise ValueError('no luck')\n\nfail()\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    told = answer.stdout[answer.stdout.index("error: Program failed") :]
    assert f'File "{project.folder / "__main__.py"}"' in told
    assert "in fail" in told
    assert "ValueError: no luck" in told
    assert told.count("File ") == 2
    assert answer.stdout.count("Traceback") == 1


def test_a_run_error_is_a_sentence_without_a_traceback(project: Project) -> None:
    project.write("import pulumi\nraise pulumi.RunError('set the words first')\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    assert "error: set the words first" in answer.stdout
    assert "Traceback" not in answer.stdout


def test_a_program_that_exits_is_an_error_with_its_code(project: Project) -> None:
    project.write("import sys\nsys.exit(7)\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    assert "program exited with non-zero exit code: 7" in answer.stdout


def test_a_relative_virtualenv_means_the_projects_folder_for_both_processes(built_pulumi: Path, tmp_path: Path) -> None:
    (tmp_path / "environment").symlink_to(sys.prefix)
    project = initialised(Project(tmp_path, built_pulumi, {"virtualenv": "environment"}, main="program"))
    project.up()
    assert project.note.read_text() == "hello"
    assert project.succeed("stack", "output", "virtualenv") == f"{tmp_path / 'environment'}\n"


def test_a_missing_virtualenv_is_a_sentence_that_names_it(project: Project) -> None:
    project.options["virtualenv"] = "nowhere"
    project.write()
    answer = project.run("preview")
    assert answer.returncode != 0
    assert str(project.folder / "nowhere") in answer.stdout
    assert "Traceback" not in answer.stdout


def test_an_environment_without_the_sdk_is_a_sentence_that_names_its_python(built_pulumi: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "environment")
    environment = {"PATH": os.environ["PATH"], "PULUMI_RUNTIME_VIRTUALENV": str(tmp_path / "environment")}
    launcher = built_pulumi.with_name("pulumi-resource-pulumi-python")
    answer = subprocess.run([launcher], env=environment, capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.returncode) == ("", 1)
    assert answer.stderr.startswith(f"{tmp_path / 'environment' / 'bin' / 'python'} has no Pulumi SDK")
    assert "Traceback" not in answer.stderr


def test_no_process_outlives_an_engine_that_is_killed(built_pulumi: Path, tmp_path: Path) -> None:
    project = initialised(Project(tmp_path, built_pulumi))
    project.say("slow")
    command = project.command("up", "--yes", "--skip-preview", "--policy-pack", "pack")
    with subprocess.Popen(
        command, cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as engine:
        assert comes_true(project.note.exists, within_s=30)
        family = descendants(engine.pid)
        engine.kill()
    # The language host, the program, the policy pack, the dynamic provider.
    assert len(family) == 4
    assert comes_true(lambda: not alive(family), within_s=5)
