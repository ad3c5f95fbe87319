"""Selection: which stacks a command is about, and what is known of them without running a program."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from aep_pulumi.errors import SettingsError
from aep_pulumi.fleet.backends import DIY, backend_at
from aep_pulumi.fleet.changes import Program, changed_since
from aep_pulumi.fleet.estate import FleetStack
from aep_pulumi.fleet.fleet_file import NAME, Limits, Member, read
from aep_pulumi.fleet.projects import Config, Project
from aep_pulumi.fleet.reading import reads_of
from aep_pulumi.fleet.states import Json, StateFacts, facts_of
from aep_pulumi.kinds import nearest
from aep_pulumi.review.wording import first_of
from aep_pulumi.settings import Settings


@dataclass(frozen=True)
class Choice:
    """What a user specifies."""

    patterns: Sequence[str] = ()
    """Names of stacks, or patterns with * and ?: of the stack, of `project/stack`, or of the full name."""
    exclude: Sequence[str] = ()
    sandboxes: Sequence[str] = ()
    since: str | None = None
    """Only stacks whose files changed since this commit, and those that depend on them."""
    fleet: Path | None = None
    """The fleet file; defaults to `fleet.yaml` in the folder, else to the project of the folder."""


@dataclass(frozen=True)
class Selected:
    """A selected stack, with all that is known of it."""

    stack: FleetStack
    project: Project
    config: Config
    """From its settings file; without one, what the last update had."""
    facts: StateFacts


@dataclass(frozen=True)
class Selection:
    """The selected stacks."""

    members: Mapping[str, Selected]
    """By full name."""
    listed: Mapping[str, Sequence[str]]
    """The full names of all stacks, selected or not, by the URL of their backend."""
    limits: Limits = field(default_factory=Limits)
    backends: Mapping[str, str] = field(default_factory=dict)
    """The URL of the backend of each project, by the project's name; "" where only the CLI knows it."""
    notes: tuple[str, ...] = ()
    """What is not known, one sentence each."""
    changed: frozenset[str] | None = None
    """With `since`: the selected stacks whose own files changed."""

    def states(self, names: Iterable[str], environ: Mapping[str, str] = os.environ) -> Iterator[tuple[str, Json]]:
        """The whole last states of some of the stacks, with secrets encrypted; read again, as a selection keeps only facts."""
        by_url: dict[tuple[str, Path], list[str]] = {}
        for name in names:
            project = self.members[name].project
            by_url.setdefault((self.backends[project.name], project.folder), []).append(name)
        for (url, folder), here in by_url.items():
            yield from backend_at(url, folder, environ).read(here, dict)

    def others(self, environ: Mapping[str, str] = os.environ) -> Iterator[tuple[str, StateFacts]]:
        """The facts of all stacks of the backends that are not selected."""
        folder = next((each.project.folder for each in self.members.values()), None)
        if folder is None:
            return
        for url, names in self.listed.items():
            yield from backend_at(url, folder, environ).read([each for each in names if each not in self.members], facts_of)

    @property
    def existing(self) -> frozenset[str]:
        """The full names of all stacks of the backends, selected or not."""
        return frozenset(name for names in self.listed.values() for name in names)

    @property
    def stacks(self) -> list[FleetStack]:
        """The stacks, by name."""
        return [each.stack for each in self.members.values()]


@dataclass(frozen=True)
class _Candidate:
    """A stack that can be selected."""

    name: str
    project: Project


def select(choice: Choice, folder: Path, environ: Mapping[str, str] = os.environ) -> Selection:
    """Select stacks.

    Args:
        choice: what the user specifies.
        folder: the current folder.
        environ: the environment of the CLI.

    Raises:
        SettingsError: nothing matches, or a file or a state is invalid.
    """
    projects, limits = _projects(choice, folder)
    urls = {project.name: backend_url(project, environ) for project, _member in projects}
    backends = {url: backend_at(url, projects[0][0].folder, environ) for url in dict.fromkeys(urls.values())}
    listed = {url: backend.stacks() for url, backend in backends.items()}
    existing = frozenset(name for names in listed.values() for name in names)
    candidates: dict[str, _Candidate] = {}
    for project, member in projects:
        names = [name for name in listed[urls[project.name]] if name.split("/")[-2:-1] == [project.name]]
        new = _with_settings_alone(project, names, urls[project.name], [*member.stacks, *choice.patterns])
        of_project = _matching({name: _Candidate(name, project) for name in [*names, *new]}, member.stacks, member.exclude)
        candidates |= of_project
    if not candidates:
        raise SettingsError(f"project {projects[0][0].name} has no stack in its backend: create one with `pulumi stack init`")
    chosen = _matching(candidates, choice.patterns, choice.exclude)
    # Who depends on what changed is known only when the states of all are.
    read_ = candidates if choice.since else chosen
    facts: dict[str, StateFacts] = {}
    for url, backend in backends.items():
        here = [each.name for each in read_.values() if urls[each.project.name] == url and each.name in existing]
        facts |= backend.read(here, facts_of)
    known = frozenset(name.rpartition("/")[0] for name in existing | read_.keys())
    members = {name: _selected(each, facts.get(name), known, environ) for name, each in sorted(read_.items())}
    changed = _changed(choice.since, members) if choice.since else None
    kept = members if changed is None else {name: members[name] for name in members if name in with_dependents(members, changed)}
    kept = {name: each for name, each in kept.items() if name in chosen}
    kept = _in_sandboxes(kept, choice.sandboxes, members)
    notes = list(_unknown(kept.values()))
    return Selection(kept, listed, limits, urls, tuple(notes), None if changed is None else changed & kept.keys())


def backend_url(project: Project, environ: Mapping[str, str] = os.environ) -> str:
    """The URL of a project's backend, found in the order in which the CLI looks for it; "" if it is logged in nowhere."""
    if url := environ.get("PULUMI_BACKEND_URL") or project.backend:
        return url
    home = Path(environ.get("PULUMI_HOME") or Path(environ.get("HOME") or Path.home()) / ".pulumi")
    try:
        return str(json.loads((home / "credentials.json").read_text()).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def with_dependents(members: Mapping[str, Selected], names: Iterable[str]) -> set[str]:
    """These stacks, and those that read any of them, directly or through others."""
    found = set(names)
    while more := {name for name, each in members.items() if name not in found and found.intersection(each.stack.reads)}:
        found |= more
    return found


def _projects(choice: Choice, folder: Path) -> tuple[list[tuple[Project, Member]], Limits]:
    file = choice.fleet or next((each for each in (folder / NAME,) if each.is_file()), None)
    return read(file) if file else ([(Project.here(folder), Member())], Limits())


def _with_settings_alone(project: Project, names: Sequence[str], url: str, patterns: Sequence[str]) -> list[str]:
    """The stacks that only have a settings file yet, if a pattern names them: without one, a template would be deployed."""
    if not patterns:
        return []
    organization = next((name.split("/")[0] for name in names), "" if url.startswith("http") else DIY)
    own = {name.rpartition("/")[2] for name in names}
    return [
        f"{organization}/{project.name}/{each}" for each in project.stacks_with_settings() if organization and each not in own
    ]


def _matching(candidates: dict[str, _Candidate], patterns: Sequence[str], exclude: Sequence[str]) -> dict[str, _Candidate]:
    """The candidates that a pattern matches (all, if there is none) and that are not excluded. Each pattern must match one."""
    chosen: set[str] = set() if patterns else set(candidates)
    for pattern in patterns:
        chosen |= _matches(candidates, pattern)
    for pattern in exclude:
        chosen -= _matches(candidates, pattern)
    return {name: each for name, each in candidates.items() if name in chosen}


def _matches(candidates: Mapping[str, _Candidate], pattern: str) -> set[str]:
    depth = pattern.count("/") + 1
    found = {name for name in candidates if fnmatchcase("/".join(name.split("/")[-depth:]), pattern)}
    if not found:
        short = {"/".join(name.split("/")[-depth:]) for name in candidates}
        raise SettingsError(f"no stack matches {pattern!r}: {_near(pattern, short)}")
    return found


def _in_sandboxes(members: dict[str, Selected], sandboxes: Sequence[str], all_: Mapping[str, Selected]) -> dict[str, Selected]:
    if not sandboxes:
        return members
    known = {each.stack.sandbox for each in all_.values() if each.stack.sandbox}
    for sandbox in sandboxes:
        if not any(fnmatchcase(each, sandbox) for each in known):
            raise SettingsError(f"no selected stack writes to sandbox {sandbox!r}: {_near(sandbox, known)}")
    return {name: each for name, each in members.items() if any(fnmatchcase(each.stack.sandbox, one) for one in sandboxes)}


def _near(word: str, options: Iterable[str], most: int = 10) -> str:
    options = sorted(options)
    if near := nearest(word, options):
        return f"did you mean {near}?"
    return f"there {'is' if len(options) == 1 else 'are'} {first_of(options, most) or 'none'}"


def _selected(candidate: _Candidate, facts: StateFacts | None, projects: frozenset[str], environ: Mapping[str, str]) -> Selected:
    state = facts or StateFacts()
    own = candidate.project.config(candidate.name.rpartition("/")[2])
    config = own or Config(state.config)
    try:
        endpoint, organization, sandbox = Settings.place(config.values, environ)
    except SettingsError as error:
        raise error.about(f"stack {candidate.name}") from None
    # A value that is encrypted, or comes from an environment of Pulumi's cloud: where the objects are, the stack writes.
    first = state.objects[0] if state.objects else None
    stack = FleetStack(
        name=candidate.name,
        project_folder=candidate.project.folder,
        organization=organization or (first.organization if first else ""),
        sandbox=sandbox or (first.sandbox if first else ""),
        endpoint=endpoint,
        reads=reads_of(candidate.name, state, config.values, projects),
        objects=len(state.objects),
        is_new=state.is_empty,
    )
    return Selected(stack, candidate.project, config, state)


def _changed(reference: str, members: Mapping[str, Selected]) -> frozenset[str]:
    """The stacks whose program or settings file changed."""
    programs: dict[Path, Program] = {}
    changed: set[str] = set()
    files: dict[Path, frozenset[Path]] = {}
    for name, each in members.items():
        folder = each.project.folder
        if folder not in programs:
            programs[folder], files[folder] = Program(each.project), changed_since(reference, folder)
        if programs[folder].changed(files[folder], each.stack.stack):
            changed.add(name)
    return frozenset(changed)


def _unknown(members: Iterable[Selected]) -> Iterator[str]:
    nowhere = [each for each in members if not (each.stack.sandbox and each.stack.organization)]
    if not nowhere:
        return
    names = first_of([each.stack.name for each in nowhere], 5)
    imports = any(each.config.imports for each in nowhere)
    reason = "they import an environment of Pulumi's cloud" if imports else "set aep:sandbox and aep:organization"
    yield f"the sandbox or organisation is not known of {names}: {reason}"
