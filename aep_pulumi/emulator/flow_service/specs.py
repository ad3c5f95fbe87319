"""Specs: the built-in connection specs and flow specs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aep_pulumi.emulator.flow_service.connectors import CONNECTORS, DATA_LAKE, PROVIDER
from aep_pulumi.emulator.flow_service.sources import FILES, HTTP_API, INLET, STREAM, TABLES

Json = dict[str, Any]

CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
CLOUD_STORAGE_TO_AEP = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
STREAMING = "d69717ba-71b4-4313-b654-49f9cf126d7a"
HTTP_API_RAW = "c1a19761-d2c7-4702-b9fa-fe91f0613e81"
HTTP_API_XDM = "d8a6f005-7eaf-4153-983e-e8574508b877"
STREAMING_PROVIDER = "521eee4d-8cbe-4906-bb48-fb6bd4450033"

DATA_LAKE_DOCUMENT: Json = {
    "id": DATA_LAKE,
    "name": "data-lake",
    "providerId": PROVIDER,
    "version": "1.0",
    "authSpec": [],
    "attributes": {"isTarget": True, "category": "data lake"},
}

# Sources, followed by the target.
CONNECTION_SPECS = [connector.document() for connector in CONNECTORS.values()] + [DATA_LAKE_DOCUMENT]

# The JSON Schema of schedules; `schedules` maps violations to error codes.
SCHEDULE: Json = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "startTime": {"description": "epoch time in seconds", "type": "integer"},
        "frequency": {"type": "string", "enum": ["once", "minute", "hour", "day", "week"]},
        "interval": {"type": "integer"},
        "backfill": {"type": "boolean", "default": True},
    },
    "required": ["startTime", "frequency"],
    "if": {"properties": {"frequency": {"const": "once"}}},
    "then": {"allOf": [{"not": {"required": ["interval"]}}, {"not": {"required": ["backfill"]}}]},
    "else": {
        "required": ["interval"],
        "if": {"properties": {"frequency": {"const": "minute"}}},
        "then": {"properties": {"interval": {"minimum": 15}}},
        "else": {"properties": {"interval": {"minimum": 1}}},
    },
}

COPY: Json = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "deltaColumn": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "dateFormat": {"type": "string"},
                "timezone": {"type": "string"},
            },
            "required": ["name"],
        }
    },
    "required": ["deltaColumn"],
}

MAPPING: Json = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "description": "defines various params required for different mapping from source to target",
    "properties": {"mappingId": {"type": "string"}, "mappingVersion": {"type": "string"}},
}

OPTIONS: Json = {
    "name": "OptionSpec",
    "spec": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "errorDiagnosticsEnabled": {"title": "Error diagnostics.", "type": "boolean", "default": False},
            "partialIngestionPercent": {"title": "Partial ingestion threshold.", "type": "number", "exclusiveMinimum": 0},
        },
    },
}


def _flow_spec(spec_id: str, name: str, sources: Sequence[str], transformations: Sequence[Json]) -> Json:
    return {
        "id": spec_id,
        "name": name,
        "providerId": PROVIDER,
        "version": "1.0",
        "sourceConnectionSpecIds": list(sources),
        "targetConnectionSpecIds": [DATA_LAKE],
        "optionSpec": OPTIONS,
        "transformationSpecs": list(transformations),
        "scheduleSpec": {"name": "PeriodicSchedule", "type": "Periodic", "spec": SCHEDULE},
        "attributes": {"isSourceFlow": True, "isDraftModeSupported": True, "frequency": "batch"},
    }


def _streaming_spec(spec_id: str, name: str, sources: Sequence[str], transformations: Sequence[Json]) -> Json:
    """A flow spec without a schedule and without runs."""
    features = {"uiAttributes": {"apiFeatures": {"flowRunsSupported": False}}}
    spec = _flow_spec(spec_id, name, sources, transformations)
    spec |= {"providerId": STREAMING_PROVIDER, "attributes": {**spec["attributes"], **features, "frequency": "streaming"}}
    del spec["scheduleSpec"], spec["optionSpec"]
    return spec


def _sources(*reads: str) -> list[str]:
    return [connector.id for connector in CONNECTORS.values() if connector.reads in reads]


FLOW_SPECS: Mapping[str, Json] = {
    spec["id"]: spec
    for spec in (
        _flow_spec(
            CRM_TO_AEP,
            "CRMToAEP",
            _sources(TABLES),
            ({"name": "Copy", "spec": COPY}, {"name": "Mapping", "spec": MAPPING}),
        ),
        _flow_spec(
            CLOUD_STORAGE_TO_AEP,
            "CloudStorageToAEP",
            _sources(FILES),
            ({"name": "Mapping", "spec": MAPPING},),
        ),
        _streaming_spec(
            STREAMING,
            "Stream data with optional transformation",
            _sources(STREAM, INLET),
            ({"name": "Mapping", "spec": MAPPING},),
        ),
        _streaming_spec(HTTP_API_RAW, "Stream data with transformation", [HTTP_API], ({"name": "Mapping", "spec": MAPPING},)),
        _streaming_spec(HTTP_API_XDM, "Stream data without transformation", [HTTP_API], ()),
    )
}

# The flow specs whose transformations may be left out.
OPTIONAL_MAPPING = {STREAMING, HTTP_API_XDM}
