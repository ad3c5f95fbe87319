"""Findings: what a person should look at after an import, although it was imported."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from aep_pulumi.client import Client, flow_runs
from aep_pulumi.client.patch import value_at
from aep_pulumi.client.schema_registry import is_adobes
from aep_pulumi.errors import AepError
from aep_pulumi.importing.items import Item, Items, Key
from aep_pulumi.kinds import DATASET, KINDS, Kind
from aep_pulumi.models.flow_run import Run, RunOutcome

_WEEK_S = 7 * 86_400.0


def findings(platform: Client, items: Items, chosen: Collection[Key]) -> Iterator[str]:
    """Sentences about the imported objects.

    Args:
        platform: a client.
        items: all objects of the sandbox.
        chosen: those that are imported.
    """
    into: dict[Key, list[Item]] = defaultdict(list)
    for flow in (item for item in items.values() if item.law.is_scheduled and not item.reason):
        if flow.key in chosen:
            yield from _failing(platform, flow)
            yield from _old_version(items, flow)
        for _input, key in flow.references():
            if key in items:
                for _inner, target in items[key].references():
                    if target[0] == DATASET:
                        into[target].append(flow)
    for key, flows in into.items():
        if len(flows) > 1 and any(flow.key in chosen for flow in flows):
            named = items[key].described() if key in items else f"dataset {key[1]}"
            yield f"{len(flows)} dataflows write to {named}: {', '.join(each.described() for each in flows)}"


def unlisted_parts(items: Items, chosen: Collection[Key], unlisted: Collection[str], owned: Collection[Key]) -> Iterator[str]:
    """Sentences about objects whose parts are not imported, because the kinds of these could not be listed.

    Args:
        items: all objects of the sandbox.
        chosen: those that are imported.
        unlisted: the kinds that could not be listed.
        owned: the objects that are in a state already.
    """
    for law in (law for law in KINDS if law.name in unlisted):
        users = [items[key] for key in chosen if any(_is_unread(other, law, owned) for _input, other in items[key].references())]
        if users:
            named = ", ".join(each.described() for each in users)
            yield f"{law.plural} cannot be listed, so they are not imported, and the code contains their ids: {named}"


def _is_unread(key: Key, law: Kind, owned: Collection[Key]) -> bool:
    return key[0] == law.name and key not in owned and not is_adobes(key[1])


def _failing(platform: Client, flow: Item) -> Iterator[str]:
    """A dataflow whose runs have failed for a week. Only one whose last run failed is read."""
    last = value_at(flow.remote.body, "/lastRunDetails/state")
    if not isinstance(last, str) or "fail" not in last.lower():
        return
    reason = ""
    try:
        for each in flow_runs.newest(platform, flow.id):  # page by page: no more of them than a week has
            run = Run.model_validate(dict(each))
            if run.outcome in {RunOutcome.RUNNING, RunOutcome.WAITING}:
                continue
            if run.outcome is not RunOutcome.FAILED:
                return
            reason = reason or next((error.message for error in run.errors if error.message), "")
            if platform.now() - run.created_s >= _WEEK_S:
                yield f"{flow.described()} has failed for a week or longer" + (f": {reason}" if reason else "")
                return
    except (AepError, ValueError):
        return


def _old_version(items: Items, flow: Item) -> Iterator[str]:
    """A dataflow that uses an old version of its mapping set."""
    for name, properties in flow.law.also_sets.items():
        for own, output in properties.items():
            target = items.get((flow.law.depends_on[name], str(flow.resource.inputs.get(name))))
            newest = target.resource.outputs.get(output) if target else None
            pinned = flow.resource.inputs.get(own)
            if target and newest is not None and pinned != newest:
                yield f"{flow.described()} uses {output} {pinned} of its {target.law.noun}, whose newest is {newest}"
