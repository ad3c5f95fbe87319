"""Source connections: the example inputs, valid values, and external changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Example, Rejected, added, become, named, removed, replaced, seen, texts
from ground import GOOGLE_CLOUD, SALESFORCE, VEEVA, Ground
from hypothesis import strategies as st
from strategies import COLUMNS, JSON, NAMES, Decided, Draw, Edit, add, anew, edits_of_texts, without

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.source_connection import Column, SourceConnectionInputs, Xdm


def _column(name: str, **more: object) -> Values:
    return {"name": name, "type": "string", **more}


def example(ground: Ground) -> Example:
    """A table of Salesforce, and files."""
    name = named("source")
    minimal: Values = {
        "name": name,
        "base_connection_id": ground.salesforce,
        "connection_spec_id": SALESFORCE,
        "table_name": "Contact",
    }
    moment = {"type": "string", "format": "date-time"}
    full = minimal | {
        "description": "the description of the full example",
        "connection_spec_version": "1.0",
        "format": "tabular",
        "columns": [
            _column("Id"),
            _column("Email", original_type="String", xdm={"type": "string"}),
            _column("LastModifiedDate", original_type="DateTime", xdm=moment, xdm_type="date-time"),
        ],
        "row_filter": {"type": "PQL", "value": {"nodeType": "fnApply", "fnName": "like", "params": [{"literalType": "String"}]}},
    }
    files: Values = {
        "name": f"{name} of files",
        "base_connection_id": ground.google_cloud,
        "connection_spec_id": GOOGLE_CLOUD,
        "format": "delimited",
        "path": "/crm/contacts*.csv",
        "recursive": True,
    }
    columns = "/params/columns"
    return Example(
        minimal,
        full,
        {
            **texts("name"),
            "base_connection_id": become(
                ("base_connection_id", ground.salesforce_two),
                drift=Rejected((replaced("/baseConnectionId", ground.salesforce_two),)),
            ),
            "connection_spec_id": become(("connection_spec_id", VEEVA), drift=Rejected((replaced("/connectionSpec/id", VEEVA),))),
            "connection_spec_version": become(
                ("connection_spec_version", "2.0"), drift=Rejected((replaced("/connectionSpec/version", "2.0"),))
            ),
            "format": become(("format", "json"), drift=seen("format", replaced("/data/format", "json")), of="files"),
            "table_name": become(("table_name", "Lead"), drift=seen("table_name", replaced("/params/tableName", "Lead"))),
            "columns": become(
                ("columns[3]", _column("Phone")),
                drift=seen("columns", added(f"{columns}/-", {"name": "Phone", "type": "string"})),
            ),
            "columns[].name": become(
                ("columns[1].name", "Phone"), drift=seen("columns[1].name", replaced(f"{columns}/1/name", "Phone"))
            ),
            "columns[].type": become(
                ("columns[1].type", "boolean"), drift=seen("columns[1].type", replaced(f"{columns}/1/type", "boolean"))
            ),
            "columns[].original_type": become(
                ("columns[1].original_type", "Text"),
                drift=seen("columns[1].original_type", replaced(f"{columns}/1/meta/originalType", "Text")),
            ),
            "columns[].xdm": become(("columns[1].xdm", None), drift=seen("columns[1].xdm", removed(f"{columns}/1/xdm"))),
            "columns[].xdm.type": become(
                ("columns[1].xdm.type", "integer"),
                drift=seen("columns[1].xdm.type", replaced(f"{columns}/1/xdm/type", "integer")),
            ),
            "columns[].xdm.format": become(
                ("columns[2].xdm.format", "date"),
                drift=seen("columns[2].xdm.format", replaced(f"{columns}/2/xdm/format", "date")),
            ),
            "columns[].xdm_type": become(
                ("columns[2].xdm_type", "date"), drift=seen("columns[2].xdm_type", replaced(f"{columns}/2/meta:xdmType", "date"))
            ),
            "row_filter": become(
                ("row_filter.value.fnName", "="),
                drift=seen("row_filter.value.fnName", replaced("/params/filters/value/value/fnName", "=")),
            ),
            "path": become(
                ("path", "/crm/leads*.csv"), drift=seen("path", replaced("/params/path", "/crm/leads*.csv")), of="files"
            ),
            "recursive": become(
                ("recursive", False), drift=seen("recursive", replaced("/params/recursive", value=False)), of="files"
            ),
        },
        others={"files": files},
        numbered=lambda number: minimal | {"name": f"{name} {number}"},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    Xdm: lambda _: {"type": st.sampled_from(["string", "integer"]), "format": st.sampled_from(["date", "date-time"])},
    Column: lambda _: {
        "name": st.sampled_from(COLUMNS),
        "type": st.sampled_from(["string", "boolean"]),
        "original_type": NAMES,
        "xdm_type": NAMES,
    },
    SourceConnectionInputs: lambda ground: {
        "base_connection_id": st.just(ground.salesforce),
        "connection_spec_id": st.just(SALESFORCE),
        "connection_spec_version": st.just("1.0"),
        "table_name": st.sampled_from(["Contact", "Lead"]),
        "row_filter": st.dictionaries(NAMES, JSON, min_size=1, max_size=3),
        "path": NAMES,
    },
}


def fitted(draw: Draw, inputs: Values, ground: Ground, like: Values | None) -> Values:
    if like is not None:
        return inputs
    if inputs.get("format", "tabular") == "tabular":
        inputs = without(inputs, "path", "recursive")
        if "columns" in inputs:
            columns = {column["name"]: column for column in inputs["columns"]}
            inputs["columns"] = list(columns.values())
        # Every table here has the given columns.
        return inputs | {"table_name": inputs.get("table_name", "Contact")}
    inputs = without(inputs, "table_name", "columns", "row_filter")
    files = {"base_connection_id": ground.google_cloud, "connection_spec_id": GOOGLE_CLOUD}
    return inputs | files | {"path": inputs.get("path") or draw(NAMES)}


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    yield from edits_of_texts(inputs, ground)
    if "path" in inputs:
        yield anew("/params/path", "path")
        yield add("/params/recursive", not inputs.get("recursive", False), "recursive")
        return
    row_filter = inputs.get("row_filter", {})
    for value in ({"edited": True}, {**row_filter, "added": True}, {**row_filter, "added": None}):
        yield add("/params/filters", {"type": "PQL", "format": "pql/json", "value": value}, "row_filter")
    yield add("/params/columns", [{"name": name, "type": "string"} for name in COLUMNS], "columns")
