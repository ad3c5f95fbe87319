"""Plan: what an import would do, determined without changing anything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from aep_pulumi.cli._importing.stacks import names_in, owners_of, urns_of
from aep_pulumi.cli._stack import Json
from aep_pulumi.client import Client, schema_registry
from aep_pulumi.client.collection import Collection
from aep_pulumi.client.survey import Survey, recheck, survey
from aep_pulumi.errors import AepError
from aep_pulumi.importing.cache import Cache
from aep_pulumi.importing.entries import import_file
from aep_pulumi.importing.findings import findings, unlisted_parts
from aep_pulumi.importing.generating import Context, Written, generate
from aep_pulumi.importing.graph import skip_incomplete
from aep_pulumi.importing.items import Item, Items, Key, Providers, items_of
from aep_pulumi.importing.layout import Taken, layout
from aep_pulumi.importing.program import PACKAGE, Declared, Program
from aep_pulumi.importing.selection import Selection
from aep_pulumi.resources import KINDS

Report = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """The stacks of an import, by their short names; the first one gets the shared objects."""

    project: str
    names: Mapping[str, str]
    """The full name of each."""
    exported: Mapping[str, Json] = field(repr=False)
    """The state of each."""
    others: Mapping[str, Json] = field(repr=False)
    """The states of other stacks, by their full names."""
    spread: Sequence[tuple[str, str]] = ()
    """For pipelines with names of a pattern, their stack."""

    @property
    def main(self) -> str:
        """The stack of shared objects."""
        return next(iter(self.names))

    def stack_of(self, pipeline: str) -> str:
        """The stack for a pipeline."""
        return next((stack for stack, pattern in self.spread if pipeline and fnmatchcase(pipeline, pattern)), self.main)


@dataclass
class Plan:
    """What an import does."""

    items: Items
    chosen: list[Key]
    written: Written
    entries: dict[str, Json]
    """The import file of each stack."""
    urns: dict[str, dict[str, str]]
    """The URNs that each stack gets, with the ids."""
    files: dict[Path, str]
    unlisted: dict[str, AepError]
    """What could not be listed, by noun."""
    without_kind: list[str]
    """Objects that no kind manages."""
    findings: list[str]
    main: str
    """The stack of shared objects, which has all accounts."""

    @property
    def skipped(self) -> list[Item]:
        """The selected objects that are not imported, each with its reason."""
        return [item for item in self.items.values() if item.reason]

    @property
    def referenced(self) -> list[Item]:
        """The objects that are in a state already."""
        return [item for item in self.items.values() if item.owner is not None]


def providers_of(config: Mapping[str, str]) -> dict[str, Any]:
    """The provider of each kind, for a stack's config."""
    providers = {}
    for kind in KINDS:
        providers[kind.__name__] = provider = kind.provider()
        provider.keep(dict(config))
    return providers


def collections_of(platform: Client, providers: Providers) -> dict[str, Collection]:
    """The collection of each kind, and those of objects that no kind manages."""
    return {name: type(each).collection(platform) for name, each in providers.items()} | dict(
        schema_registry.without_kind(platform)
    )


def read(platform: Client, providers: Providers, cache: Cache | None, report: Report) -> Survey:
    """Read the sandbox, and check that it did not change in the meantime."""
    collections = collections_of(platform, providers)
    plural = {name: each.law.plural for name, each in providers.items()}
    found = survey(
        collections,
        keeper=cache,
        report=lambda kind, count: report(f"read {count} {plural.get(kind, f'objects of type {kind}')}"),
    )
    recheck(found, collections)
    if found.changes and cache is not None and cache.is_resumed:
        report("the sandbox has changed since then: reads it again")
        cache.clear()
        return read(platform, providers, cache, report)
    return found


def planned(
    platform: Client,
    providers: Providers,
    found: Survey,
    program: Program,
    target: Target,
    selection: Selection,
    names: Mapping[Key, str],
) -> Plan:
    """Determine what to import."""
    items = items_of(found, providers)
    declared = list(program.declared())
    exported = {target.names[name]: state for name, state in target.exported.items()} | dict(target.others)
    owners = owners_of(exported, list(target.names.values()), declared)
    for item in items.values():
        item.owner = owners.get(item.key)
        item.reason = "" if item.owner else item.reason
    _require_free(names, items, declared, program, target)
    skip_incomplete(items, found.objects.keys() - found.unlisted.keys())
    selection.require_matches(items, found.unlisted)
    selected = selection.of(items)
    kept = {key: item for key, item in items.items() if key in selected or not item.reason}
    chosen = [key for key, item in items.items() if key in selected and item.is_importable]
    taken = {kind: set(each) for state in target.exported.values() for kind, each in names_in(state).items()}
    for each in declared:
        taken.setdefault(each.kind, set()).add(each.name)
    modules = {path.stem for path in program.package.glob("*.py")}
    given = set(names.values())
    free = {kind: each - given for kind, each in taken.items()}
    arranged = layout(items, chosen, target.stack_of, Taken(free if names else taken, modules), names)
    context = Context(items, owners, providers, _titles(platform, items, chosen), PACKAGE, target.names)
    written = generate(context, arranged)
    in_code = {(each.kind, each.name) for each in declared}
    new = {key: place for key, place in written.places.items() if (key[0], place.name) not in in_code}
    modules_of = {stack: [each.name for each in arranged.modules if each.stack == stack] for stack in target.names}
    files = program.changed(written.modules, modules_of) if new else {}
    entries = {stack: import_file(items, written.places, providers, stack) for stack in target.names}
    nouns = {name: each.law.plural for name, each in providers.items()}
    return Plan(
        {key: item for key, item in kept.items() if key in selected},
        chosen,
        written,
        {stack: each for stack, each in entries.items() if each["resources"]},
        {stack: urns_of(each, stack, target.project) for stack, each in entries.items() if each["resources"]},
        files,
        {nouns.get(kind, f"objects of type {kind}"): error for kind, error in found.unlisted.items()},
        _without_kind(found, providers, selection) if selection.is_everything else [],
        [
            *findings(platform, items, chosen),
            *unlisted_parts(items, chosen, {kind for kind in found.unlisted if kind in providers}, owners),
            *(f"{sentence} (in {', '.join(modules)})" for sentence, modules in written.by_id.items()),
        ],
        target.main,
    )


def _require_free(names: Mapping[Key, str], items: Items, declared: Sequence[Declared], program: Program, target: Target) -> None:
    """Reject a name that the user chose for an object if another one has it.

    Raises:
        AepError: it is taken.
    """
    loaded = program.modules().get(target.main, [])
    in_state = names_in(target.exported[target.main])
    for (kind, object_id), name in names.items():
        item = items.get((kind, object_id))
        if item is None or item.owner is not None:
            continue
        noun = item.law.noun
        if name in in_state.get(kind, ()):
            raise AepError(f"the name {name!r} is taken by a {noun} in the state of stack {target.main}: choose another one")
        for each in declared:
            if (each.kind, each.name) == (kind, name) and each.module and each.module not in loaded:
                raise AepError(
                    f"the name {name!r} is taken by the {noun} that {PACKAGE}/{each.module}.py declares for another stack: "
                    "choose another one"
                )


def _titles(platform: Client, items: Items, chosen: Sequence[Key]) -> dict[str, str]:
    """The titles of Adobe's classes and field groups, if an object refers to any."""
    refers = any(
        isinstance(each, str) and schema_registry.is_adobes(each)
        for key in chosen
        for value in items[key].resource.inputs.values()
        for each in (value if isinstance(value, list) else [value])
    )
    titles: dict[str, str] = {}
    for kind in ("classes", "fieldgroups") if refers else ():
        try:
            titles |= schema_registry.titles(platform, kind)
        except AepError:
            continue  # the ids are written as they are
    return titles


def _without_kind(found: Survey, providers: Providers, selection: Selection) -> list[str]:
    others = [
        (kind, str(each.body.get("title") or each.body.get("name") or ""), each.id)
        for kind, objects in found.objects.items()
        for each in objects.values()
        if kind not in providers
    ]
    return [f"{kind} {title!r} ({object_id})" for kind, title, object_id in others if not selection.excludes(title)]
