"""Fitting: whether a pipeline is what the component `CrmPipeline` declares, and with which arguments. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from aep_pulumi.components.crm_pipeline import PROFILE_CLASS, TITLES
from aep_pulumi.connectors import connector_of
from aep_pulumi.importing.items import Item, Items, Key
from aep_pulumi.kinds import DATAFLOW, DATASET, MAPPING_SET, SCHEMA, SOURCE_CONNECTION, TARGET_CONNECTION
from aep_pulumi.resources._fields import Values, same

_COVERED: Mapping[str, Collection[str]] = {
    SOURCE_CONNECTION: {"name", "description", "base_connection_id", "connection_spec_id", "table_name", "columns"},
    SCHEMA: {"title", "description", "class_id", "field_groups"},
    DATASET: {"name", "description", "schema_id", "tags"},
    TARGET_CONNECTION: {"name", "description", "dataset_id", "schema_id"},
    MAPPING_SET: {"schema_id", "mappings"},
    DATAFLOW: {
        "name",
        "description",
        "source_connection_id",
        "target_connection_id",
        "mapping_set_id",
        "mapping_set_version",
        "schedule",
        "delta_column",
        "enabled",
    },
}
"""The inputs that the component sets. All others must have their defaults."""
_REQUIRED = (SOURCE_CONNECTION, TARGET_CONNECTION, MAPPING_SET, DATAFLOW)
"""The parts that the component must declare itself. An existing schema or dataset can be passed to it."""


@dataclass(frozen=True)
class Fit:
    """A pipeline as the component declares it."""

    arguments: Values
    """The arguments that are plain values."""
    base_connection: Key
    connector: str
    """The connector's class, for an account that the stack does not declare."""
    field_groups: tuple[str, ...]
    """The ids of the field groups of its schema."""
    parts: frozenset[Key]
    """The objects that the component declares."""
    schema: Key
    dataset: Key


def fit(items: Items, keys: Collection[Key], defaults: Mapping[str, Values]) -> Fit | None:
    """The arguments for the component, or None if it does not declare exactly these objects.

    Args:
        items: all objects of the sandbox.
        keys: the objects of the pipeline's module.
        defaults: the default of each input, by kind.
    """
    of = {key[0]: items[key] for key in keys if key[0] in _COVERED}
    if any(kind not in of for kind in _REQUIRED) or len(of) != sum(key[0] in _COVERED for key in keys):
        return None
    values = {kind: item.resource.inputs for kind, item in of.items()}
    flow = values[DATAFLOW]
    title, description = flow["name"], flow.get("description")
    own = {kind for kind in of if kind in _REQUIRED or _is_of(kind, values[kind], title, description)}
    fits = (
        all(_is_of(kind, values[kind], title, description) for kind in _REQUIRED)
        and all(_is_covered(kind, values[kind], defaults[kind]) for kind in own)
        and _schemas(values, own) | {of[SCHEMA].id for kind in own if kind == SCHEMA} == {values[TARGET_CONNECTION]["schema_id"]}
        and _version(of[MAPPING_SET]) == flow["mapping_set_version"]
    )
    delta = _delta(flow, values[SOURCE_CONNECTION]) if fits else None
    if not fits or delta is None:
        return None
    source = values[SOURCE_CONNECTION]
    columns = source.get("columns")
    if columns is not None and all(each["name"] != flow.get("delta_column", {}).get("name") for each in columns):
        return None
    connector = connector_of(source["connection_spec_id"])
    arguments: Values = {"title": title, "description": description, "table": source["table_name"]}
    arguments |= {"columns": columns and [_short(each) for each in columns], **delta, "mappings": _mappings(values[MAPPING_SET])}
    schema = values[SCHEMA] if SCHEMA in own else {}
    if schema:
        arguments["class_id"] = None if schema["class_id"] == PROFILE_CLASS else schema["class_id"]
    if DATASET in own:
        arguments["tags"] = values[DATASET].get("tags")
    arguments |= {"schedule": flow["schedule"], "enabled": None if flow.get("enabled", True) else False}
    return Fit(
        {name: value for name, value in arguments.items() if value is not None},
        next(key for _input, key in of[SOURCE_CONNECTION].references()),
        connector.__name__ if connector else "",
        tuple(schema.get("field_groups") or ()),
        frozenset(of[kind].key for kind in own),
        (SCHEMA, values[TARGET_CONNECTION]["schema_id"]),
        (DATASET, values[TARGET_CONNECTION]["dataset_id"]),
    )


def _is_of(kind: str, values: Values, title: str, description: str | None) -> bool:
    """Whether a part has the title and the description that the component gives it."""
    if kind == MAPPING_SET:
        return "name" not in values
    name = values.get("title" if kind == SCHEMA else "name")
    expected = TITLES[kind].replace("{}", title)
    return name == expected and (values.get("description") or None) == (description or None)


def _is_covered(kind: str, values: Values, defaults: Values) -> bool:
    return all(same(value, defaults.get(name)) for name, value in values.items() if name not in _COVERED[kind])


def _delta(flow: Values, source: Values) -> Values | None:
    """The argument for the delta column; None if the component would set another one."""
    column, connector = flow.get("delta_column"), connector_of(source["connection_spec_id"])
    if flow["schedule"]["frequency"] == "once":
        return {} if column is None else None
    if column is None:
        return None
    if connector is None:
        return {"delta_column": column}
    if same(column, {"name": column["name"], "timezone": "UTC", "date_format": connector.date_format}):
        return {} if column["name"] == connector.delta_column else {"delta_column": column["name"]}
    return {"delta_column": column} if "date_format" in column else None


def _short(column: Values) -> Any:  # noqa: ANN401 - a name or a column in full
    return column["name"] if same(column, {"name": column["name"], "type": "string"}) else column


def _mappings(values: Values) -> Any:  # noqa: ANN401 - a mapping or a list
    """The mappings, as a mapping of columns to fields if that is all that they are."""
    given = values["mappings"]
    plain = {each["source"]: each["destination"] for each in given}
    is_plain = all(same(each, {"source_type": "ATTRIBUTE", **_pair(each)}) for each in given)
    return plain if is_plain and len(plain) == len(given) else given


def _schemas(values: Mapping[str, Values], own: Collection[str]) -> set[object]:
    """The schemas that the parts refer to."""
    return {values[kind].get("schema_id") for kind in own if kind in {MAPPING_SET, DATASET, TARGET_CONNECTION}}


def _pair(mapping: Values) -> Values:
    return {"source": mapping["source"], "destination": mapping["destination"]}


def _version(mapping_set: Item) -> object:
    return mapping_set.resource.outputs.get("version")
