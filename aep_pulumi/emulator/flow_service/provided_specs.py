"""Provided specs: the built-in specs together with those that a service has created or replaced, which all sandboxes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.flow_service import specs
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS, EXPLORED, FORMATS, AuthSpec, Connector, connector_of
from aep_pulumi.emulator.flow_service.credentials import SECRETS
from aep_pulumi.emulator.flow_service.sources import RESOURCE, TABLES

Json = dict[str, Any]

CONNECTION_SPECS, FLOW_SPECS = "connectionSpecs", "flowSpecs"

BUILT_IN: Mapping[str, Mapping[str, Json]] = {
    CONNECTION_SPECS: {spec["id"]: spec for spec in specs.CONNECTION_SPECS},
    FLOW_SPECS: specs.FLOW_SPECS,
}


def everything(objects: Objects, collection: str) -> list[Json]:
    """All specs of a collection: the built-in ones, replaced or not, followed by the new ones."""
    stored = {spec["id"]: spec for spec in objects.global_settings.all(collection)}
    return list({**BUILT_IN[collection], **stored}.values())


def find(objects: Objects, collection: str, spec_id: str) -> Json | None:
    """One spec, as it was last created or replaced."""
    return objects.global_settings.find(collection, spec_id) or BUILT_IN[collection].get(spec_id)


def flow_spec(objects: Objects, spec_id: str) -> Json | None:
    """One flow spec."""
    return find(objects, FLOW_SPECS, spec_id)


def connector(objects: Objects, spec_id: str) -> Connector | None:
    """The source of a connection spec, with its seeded tables; None if there is no such spec, or it is no source's."""
    built_in = connector_of(objects, spec_id) if spec_id in CONNECTORS else None
    stored = objects.global_settings.find(CONNECTION_SPECS, spec_id)
    if stored is None or (built_in is None and spec_id in BUILT_IN[CONNECTION_SPECS]):
        return built_in
    auth = tuple(_auth_spec(each) for each in stored.get("authSpec", ()))
    attributes = stored.get("attributes", {})
    if built_in:
        # Its tables and files remain what they are.
        filters = bool(attributes.get("filterAtSource", built_in.filters_at_source))
        return replace(built_in, name=stored["name"], version=stored["version"], auth=auth, filters_at_source=filters)
    reads = _reads(stored)
    return Connector(
        spec_id,
        stored["name"],
        str(attributes.get("category", "")),
        auth,
        (),
        filters_at_source=bool(attributes.get("filterAtSource")),
        formats=FORMATS[reads],
        version=stored["version"],
        reads=reads,
        required_params=tuple(_schema(stored.get("sourceSpec", {})).get("required", ())),
        known_params=frozenset(_schema(stored.get("sourceSpec", {})).get("properties", {})),
    )


def _reads(stored: Json) -> str:
    """What a source reads, by its explore spec: tables, files, or the resources of a REST API."""
    explored = stored.get("exploreSpec", {}).get("type")
    kinds = {**{name: kind for kind, name in EXPLORED.items()}, "Tabular": TABLES}
    return kinds.get(explored, RESOURCE)


def _auth_spec(document: Json) -> AuthSpec:
    schema = _schema(document)
    parameters: Mapping[str, Json] = schema.get("properties", {})
    required = tuple(schema.get("required", ()))
    return AuthSpec(
        document["name"],
        document.get("type", ""),
        required,
        tuple(name for name in parameters if name not in required),
        secrets=frozenset(name for name, each in parameters.items() if each.get("format") == "password") | SECRETS,
        structured=frozenset(name for name, each in parameters.items() if not _types(each).isdisjoint({"object", "array"})),
    )


def _types(parameter: Json) -> set[str]:
    given = parameter.get("type", [])
    return {given} if isinstance(given, str) else set(given)


def _schema(part: Json) -> Json:
    """The JSON Schema in a part of a connection spec."""
    schema: Json = part.get("spec", {})
    return schema
