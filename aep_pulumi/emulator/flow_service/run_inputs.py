"""Run inputs: what a run depends on besides its time: source, filter, columns, mapping, schema, dataset, options.

A run is only executed when somebody looks at its result, maybe after a change of these. So the inputs are kept before the first
change after runs were due: they stay valid for these runs.
"""

from __future__ import annotations

import hashlib
import json
from itertools import islice, takewhile
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.objects import (
    DATASETS,
    FLOWS,
    MAPPING_SETS,
    RUN_INPUTS,
    RUN_PERIODS,
    SOURCE_CONNECTIONS,
    TARGET_CONNECTIONS,
    Objects,
)
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.crm import seeds
from aep_pulumi.emulator.data_prep import destinations
from aep_pulumi.emulator.flow_service import credentials, due_times
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS
from aep_pulumi.emulator.flow_service.slots import RUN_RECORD, next_due, slots
from aep_pulumi.emulator.rows.xdm_schema import narrowed, rows_schema
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]

UNREACHABLE = "CONNECTOR-2001-500"


class InputsReader:
    """Reads the inputs of the runs of flows; what several flows share is read once."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._schemas: dict[str, Json | None] = {}
        self._current: dict[str, Json] = {}
        self._periods: dict[str, list[tuple[float, str]]] = {}

    def at(self, flow: Json, moment: float) -> Json:
        """The inputs of a flow that were valid at a time."""
        if flow["id"] not in self._periods:
            self._periods[flow["id"]] = _periods(self._objects, flow)
        key = next((key for until, key in self._periods[flow["id"]] if moment <= until), None)
        kept = self._objects.find(RUN_INPUTS, key) if key else None
        return kept or self.current(flow)

    def current(self, flow: Json) -> Json:
        """The inputs of a flow that are valid now."""
        if flow["id"] not in self._current:
            self._current[flow["id"]] = self._read(flow)
        return self._current[flow["id"]]

    def _read(self, flow: Json) -> Json:
        source = self._first(SOURCE_CONNECTIONS, flow)
        target = self._first(TARGET_CONNECTIONS, flow)
        dataset_id = target.get("params", {}).get("dataSetId")
        transformations = {each["name"]: each.get("params", {}) for each in flow.get("transformations", [])}
        delta = flow[RUN_RECORD].get("delta_column") or transformations.get("Copy", {}).get("deltaColumn", {}).get("name")
        inputs: Json = {**_read_source(source), "deltaColumn": delta, "dataset": dataset_id, "options": flow.get("options", {})}
        if not source:
            return {**inputs, "problem": "The source connection of the dataflow does not exist any more."}
        if seed := seeds.record_of(self._objects, inputs["spec"]):
            inputs["seed"] = seed
        connector = CONNECTORS.get(inputs["spec"])
        if failure := credentials.run_failure(self._objects, source, connector.name if connector else ""):
            return {**inputs, "problem": failure["message"], "problemCode": failure["code"]}
        dataset = self._objects.find(DATASETS, dataset_id) if dataset_id else None
        schema = self._schema(dataset["schemaRef"]["id"]) if dataset else None
        if schema is None:
            return {**inputs, "problem": f"The dataset {dataset_id} does not exist any more."}
        if "mappingId" not in transformations.get("Mapping", {}):
            return {**inputs, "schema": schema}
        params = transformations["Mapping"]
        versions = (self._objects.find(MAPPING_SETS, params["mappingId"]) or {"versions": []})["versions"]
        number = int(params.get("mappingVersion", 0))
        if number >= len(versions):
            return {**inputs, "problem": f"The mapping set {params['mappingId']} does not exist any more."}
        version = versions[number]
        mapping = {
            "mappings": [{name: each[name] for name in ("source", "sourceType", "destination")} for each in version["mappings"]],
            "allowNullValues": version.get("allowNullValues", False),
        }
        resolved = [destinations.resolved(each["destination"], schema["properties"]) for each in mapping["mappings"]]
        # Columns are narrowed as far as there are objects; arrays are kept as a whole.
        paths = [[str(step) for step in takewhile(_is_name, steps)] for steps, _ in filter(None, resolved)]
        return {**inputs, "mapping": mapping, "schema": narrowed(schema, paths)}

    def _first(self, collection: str, flow: Json) -> Json:
        ids = flow.get(collection.removesuffix("s") + "Ids", ())
        return (self._objects.find(collection, ids[0]) if ids else None) or {}

    def _schema(self, schema_id: str) -> Json | None:
        if schema_id not in self._schemas:
            library = Library(self._objects)
            schema = library.schema(schema_id)
            self._schemas[schema_id] = rows_schema(library.fields(schema), library.required(schema)) if schema else None
        return self._schemas[schema_id]


def _is_name(step: object) -> bool:
    return isinstance(step, str)


def _read_source(source: Json) -> Json:
    params = source.get("params", {})
    read: Json = {"spec": source.get("connectionSpec", {}).get("id")}
    if "tableName" in params:
        read["table"] = params["tableName"]
    else:
        read |= {"path": params.get("path", ""), "recursive": params.get("recursive", False)}
    if "columns" in params:
        read["columns"] = [each["name"] for each in params["columns"]]
    if "filters" in params:
        read["filter"] = params["filters"].get("value")
    return read


# --- keeping them ---------------------------------------------------------------------------------------------------


def keep_before_change(store: Store, sandbox: str) -> None:
    """Keep the inputs of all runs of a sandbox that have become due, before a request that may change them."""
    if not due_times.may_have_passed(sandbox):
        return
    objects = store.objects(sandbox)
    reader = InputsReader(objects)
    with store.transaction():
        flows = objects.all(FLOWS)
        for flow in flows:
            keep(objects, flow, reader)
    due_times.looked_at(sandbox, min((next_due(flow) for flow in flows), default=float("inf")))


def keep(objects: Objects, flow: Json, reader: InputsReader | None = None) -> None:
    """Keep the inputs of the runs of a flow that have become due."""
    periods, now = _periods(objects, flow), clock.now()
    started = [slot.due for slot in islice((slot for slot in reversed(slots(flow)) if slot.due <= now), 1)]
    last = max([*started, *flow[RUN_RECORD]["again"].values()], default=None)
    if last is None or (periods and last <= periods[-1][0]):
        return
    inputs = (reader or InputsReader(objects)).current(flow)
    document = json.dumps(inputs, sort_keys=True)
    key = hashlib.sha256(document.encode()).hexdigest()
    if objects.find(RUN_INPUTS, key) is None:
        objects.add(RUN_INPUTS, key, inputs)
    if periods and periods[-1][1] == key:
        periods.pop()
    kept = [{"until": until, "inputs": each} for until, each in [*periods, (now, key)]]
    objects.put(RUN_PERIODS, flow["id"], {"periods": kept})


def _periods(objects: Objects, flow: Json) -> list[tuple[float, str]]:
    found = objects.find(RUN_PERIODS, flow["id"]) or {"periods": []}
    return [(each["until"], each["inputs"]) for each in found["periods"]]
