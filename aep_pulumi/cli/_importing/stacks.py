"""Stacks: which objects are in a state already, of the stack that is imported into or of others."""

from collections.abc import Iterable, Mapping, Sequence

from aep_pulumi.cli._stack import Json, resources_of
from aep_pulumi.engine_values import STACK_TYPE
from aep_pulumi.importing.items import Items, Key, Owner
from aep_pulumi.importing.layout import Place
from aep_pulumi.importing.program import COMPONENT, Declared
from aep_pulumi.kinds import BY_NAME, PIPELINE_TYPE


def owners_of(exported: Mapping[str, Json], here: Sequence[str], declared: Iterable[Declared]) -> dict[Key, Owner]:
    """The owners of all objects in these states.

    Args:
        exported: the states by the full names of their stacks.
        here: the stacks that this program deploys.
        declared: the resources that its code declares.
    """
    expressions = {(each.kind, each.name): each.expression for each in declared}
    owners: dict[Key, Owner] = {}
    for stack, state in exported.items():
        outputs = _outputs(state)
        resources = resources_of(state)
        urns = {each.urn: each for each in resources}
        for each in resources:
            if not each.kind or not each.id:
                continue
            parent = urns.get(each.parent)
            is_part = parent is not None and parent.type == PIPELINE_TYPE
            known = expressions.get((COMPONENT, parent.name) if is_part and parent else (each.kind, each.name), "")
            expression = f"{known}.{BY_NAME[each.kind].module}" if known and is_part else known
            expression = expression if stack in here else ""
            owners[each.kind, each.id] = Owner(stack, each.name, expression, outputs.get(each.id, ""), each.outputs)
    return owners


def names_in(state: Json) -> dict[str, set[str]]:
    """The names of the resources in a state, by kind."""
    names: dict[str, set[str]] = {}
    for each in resources_of(state):
        names.setdefault(each.kind or each.type, set()).add(each.name)
    return names


def not_everywhere(
    items: Items, places: Mapping[Key, Place], declared: Iterable[Declared], states: Mapping[str, Json]
) -> list[str]:
    """The objects that are not both in the code and in the state of their stack."""
    code = {(each.kind, each.name) for each in declared}
    # By kind too: the objects of two kinds may have one id, such as a schema and its profile enablement.
    owned = {stack: {(each.kind, each.id) for each in resources_of(state)} for stack, state in states.items()}
    missing = []
    for key, place in places.items():
        if ((COMPONENT, place.component) if place.component else (key[0], place.name)) not in code:
            missing.append(f"{items[key].described()} is not in the code")
        if key not in owned.get(place.stack, ()):
            missing.append(f"{items[key].described()} is not in the state of stack {place.stack}")
    return missing


def urns_of(entries: Json, stack: str, project: str) -> dict[str, str]:
    """The URN of each entry of an import file, with its id."""
    urns = {}
    for each in entries["resources"]:
        qualified = f"{PIPELINE_TYPE}${each['type']}" if each.get("parent") else each["type"]
        urns[f"urn:pulumi:{stack}::{project}::{qualified}::{each.get('logicalName', each['name'])}"] = each.get("id", "")
    return urns


def _outputs(state: Json) -> dict[str, str]:
    """The outputs of a stack by their values, as far as these are texts."""
    resources = (state.get("deployment") or {}).get("resources") or []
    root: Json = next((each for each in resources if each["type"] == STACK_TYPE), {})
    return {value: name for name, value in (root.get("outputs") or {}).items() if isinstance(value, str)}
