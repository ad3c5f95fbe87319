"""Forms of the Schema Registry: what the Accept header asks for, and a resource in that form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, whole_number
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]

ACCEPT = re.compile(
    r"application/vnd\.adobe\.(?P<family>xed|xdm)(-(?P<form>[a-z0-9-]+))?\+json(\s*;\s*version=(?P<version>\d+)(\.\d+)?)?"
)

LOOKUPS = {None, "full", "notext", "full-notext", "full-desc", "deprecatefield"}
LISTS = {None, "id"}
DESCRIPTOR_LISTS = {None, "id", "link", "v2", "v2-id", "v2-link"}

LARGEST_PAGE = 300
PROPERTY = re.compile(r"(?P<field>[\w:$@.-]+?)((?P<operator>==|!=|<=|>=|<|>|~)(?P<value>.*))?", re.DOTALL)

OWN_TEXT = {"title", "description", "meta:enum", "meta:titleId", "meta:descriptionId"}


def lookup_form(call: Call) -> tuple[str | None, int]:
    """The form and the major version that a lookup asks for."""
    accept = call.headers.get("accept", "")
    found = ACCEPT.fullmatch(accept.strip())
    if not found or found["family"] != "xed" or found["form"] not in LOOKUPS or not found["version"]:
        raise refusals.registry("XDM-1007-400", accept=accept)
    return found["form"], int(found["version"])


def list_form(call: Call) -> str | None:
    """The form that a list asks for; a list has no version."""
    accept = call.headers.get("accept", "")
    found = ACCEPT.fullmatch(accept.strip())
    if not found or found["family"] != "xed" or found["form"] not in LISTS or found["version"]:
        raise refusals.registry("XDM-1006-400", accept=accept)
    return found["form"]


def descriptor_list_form(call: Call) -> str | None:
    """The form that a list of descriptors asks for."""
    accept = call.headers.get("accept", "")
    found = ACCEPT.fullmatch(accept.strip())
    if not found or found["family"] != "xdm" or found["form"] not in DESCRIPTOR_LISTS or found["version"]:
        raise refusals.registry("XDM-1008-400", accept=accept)
    return found["form"]


def check_descriptor_accept(call: Call) -> None:
    """A look at one descriptor needs no Accept; a wrong one is refused all the same."""
    accept = call.headers.get("accept", "").strip()
    if accept not in {"", "*/*", "application/json", "application/vnd.adobe.xdm+json"}:
        raise refusals.registry("XDM-1009-400", accept=accept)


def in_form(library: Library, resource: Json, form: str | None, descriptors: Sequence[Json] = ()) -> Json:
    """A resource as a lookup shows it: its references followed, its words left out, its descriptors added."""
    shown = resource
    if form and form.startswith("full"):
        shown = {name: value for name, value in resource.items() if name not in {"allOf", "definitions"}}
        shown["properties"] = library.fields(resource)
    if form and form.endswith("notext"):
        shown = _without_text(shown)
    if form == "full-desc":
        shown = {**shown, "meta:descriptors": list(descriptors)}
    return shown


def _without_text(node: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(node, list):
        return [_without_text(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # A field may be called "title": its name is no text about it.
        name: {field: _without_text(child) for field, child in value.items()}
        if name in {"properties", "definitions"} and isinstance(value, dict)
        else _without_text(value)
        for name, value in node.items()
        if name not in OWN_TEXT
    }


def card(resource: Json) -> Json:
    """A resource as `xed-id` lists it."""
    return {name: resource[name] for name in ("$id", "meta:altId", "version", "title")}


def page(call: Call, resources: Sequence[Json], show: Callable[[Json], object]) -> Json:
    """A page of a list: filtered, sorted, from `start` on."""
    matching = [each for each in resources if all(_has(each, wanted) for wanted in call.query.get("property", []))]
    orderby = call.one("orderby")
    for key in reversed(orderby.split(",") if orderby else []):
        name = key.strip().lstrip("+-")
        matching.sort(key=partial(_text_of, name), reverse=key.strip().startswith("-"))
    first, limit = _number(call, "start", 0), _number(call, "limit", LARGEST_PAGE)
    if call.one("limit") is not None and not orderby:
        raise refusals.bad_request("The limit parameter cannot be used without an orderby parameter.")
    shown = matching[first : first + min(limit, LARGEST_PAGE)]
    after = first + len(shown)
    following = str(after) if shown and after < len(matching) else None
    return {
        "results": [show(each) for each in shown],
        "_page": {"orderby": orderby or "updated", "next": following, "count": len(shown)},
        "_links": {"next": {"href": f"?start={following}"} if following else None},
    }


def _text_of(name: str, resource: Json) -> str:
    return str(resource.get(name, ""))


def _number(call: Call, name: str, default: int) -> int:
    number = whole_number(call.one(name) or str(default))
    if number is None:
        raise refusals.bad_request(f"The {name} parameter must be a number.")  # inferred
    return number


def _has(resource: Json, wanted: str) -> bool:
    found = PROPERTY.fullmatch(wanted)
    if not found:
        raise refusals.bad_request(f"The property filter {wanted} is not valid.")  # inferred
    field, sign, value = found["field"], found["operator"], found["value"]
    if sign is None:
        return field in resource
    held = resource.get(field)
    values = [str(each) for each in held] if isinstance(held, list) else [] if held is None else [str(held)]
    match sign:
        case "==":
            return value in values
        case "!=":
            return value not in values
        case "~":
            return any(_matches(value, each) for each in values)
        case "<" | "<=":
            return any(each < value or (sign == "<=" and each == value) for each in values)
    return any(each > value or (sign == ">=" and each == value) for each in values)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        raise refusals.bad_request(f"The expression {pattern} is not valid.") from None  # inferred
