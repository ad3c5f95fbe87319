"""Dataflows: the example inputs, valid values, and external changes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from dynamic_host import Values
from examples import Acted, Example, Rejected, Unseen, become, named, replaced, seen, texts
from ground import CLOUD_STORAGE_TO_AEP, CRM_TO_AEP, Ground
from hypothesis import strategies as st
from sandbox import Json
from strategies import AHEAD_S, Decided, Draw, Edit, add, edits_of_texts, without

from aep_pulumi.resources._fields import Inputs
from aep_pulumi.resources.dataflow import DataflowInputs, DeltaColumn, Schedule


def example(ground: Ground) -> Example:
    """A table every half hour; a one-time run; and files."""
    name, ahead = named("flow"), int(time.time()) + 3600
    minimal: Values = {
        "name": name,
        "source_connection_id": ground.source,
        "target_connection_id": ground.target,
        "mapping_set_id": ground.mapping_set,
        "mapping_set_version": 0,
        "schedule": {"frequency": "minute", "interval": 15},
        "delta_column": {"name": "LastModifiedDate"},
    }
    full = minimal | {
        "description": "the description of the full example",
        "flow_spec_id": CRM_TO_AEP,
        "flow_spec_version": "1.0",
        "schedule": {"start_time": ahead, "frequency": "minute", "interval": 30, "backfill": True},
        "enabled": True,
        "error_diagnostics": True,
        "partial_ingestion_percent": 12.5,
        "delta_column": {"name": "LastModifiedDate", "date_format": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"},
    }
    once: Values = {key: value for key, value in minimal.items() if key != "delta_column"} | {"schedule": {"frequency": "once"}}
    files = once | {
        "flow_spec_id": CLOUD_STORAGE_TO_AEP,
        "source_connection_id": ground.source_of_files,
        "schedule": {"frequency": "day", "interval": 1},
    }
    delta = {"name": "LastModifiedDate", "dateFormat": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"}

    def copied(**other: str) -> Json:
        return replaced("/transformations/0", {"name": "Copy", "params": {"deltaColumn": delta | other}})

    def mapped(mapping_id: str, version: int) -> Json:
        return replaced("/transformations/1", {"name": "Mapping", "params": {"mappingId": mapping_id, "mappingVersion": version}})

    iso = "yyyy-MM-ddTHH:mm:ssZ"
    schedule = "/scheduleParams"
    return Example(
        minimal,
        full,
        {
            **texts("name"),
            "flow_spec_id": become(
                ("flow_spec_id", CLOUD_STORAGE_TO_AEP), drift=Rejected((replaced("/flowSpec/id", CLOUD_STORAGE_TO_AEP),))
            ),
            "flow_spec_version": become(("flow_spec_version", "2.0"), drift=Rejected((replaced("/flowSpec/version", "2.0"),))),
            "source_connection_id": become(
                ("source_connection_id", ground.source_two),
                drift=Rejected((replaced("/sourceConnectionIds/0", ground.source_two),)),
            ),
            "target_connection_id": become(
                ("target_connection_id", ground.target_two),
                drift=Rejected((replaced("/targetConnectionIds/0", ground.target_two),)),
            ),
            "mapping_set_id": become(
                ("mapping_set_id", ground.mapping_set_two), drift=seen("mapping_set_id", mapped(ground.mapping_set_two, 0))
            ),
            "mapping_set_version": become(
                ("mapping_set_version", 1), drift=seen("mapping_set_version", mapped(ground.mapping_set, 1))
            ),
            "schedule": become(
                ("schedule", {"start_time": ahead, "frequency": "day", "interval": 2, "backfill": False}),
                drift=seen(
                    {"schedule.frequency", "schedule.interval"},
                    replaced(f"{schedule}/frequency", "day"),
                    replaced(f"{schedule}/interval", 2),
                ),
            ),
            "schedule.start_time": become(
                ("schedule.start_time", ahead + 600), drift=Unseen((replaced(f"{schedule}/startTime", ahead + 900),))
            ),
            "schedule.frequency": become(
                ("schedule.frequency", "hour"), drift=seen("schedule.frequency", replaced(f"{schedule}/frequency", "hour"))
            ),
            "schedule.interval": become(
                ("schedule.interval", 45), drift=seen("schedule.interval", replaced(f"{schedule}/interval", 45))
            ),
            "schedule.backfill": become(
                ("schedule.backfill", False), drift=seen("schedule.backfill", replaced(f"{schedule}/backfill", value=False))
            ),
            "enabled": become(("enabled", False), drift=Acted("disable", frozenset({"enabled"}))),
            "error_diagnostics": become(
                ("error_diagnostics", False), drift=Rejected((replaced("/options/errorDiagnosticsEnabled", value=False),))
            ),
            "partial_ingestion_percent": become(
                ("partial_ingestion_percent", 5), drift=Rejected((replaced("/options/partialIngestionPercent", 5),))
            ),
            "delta_column": become(
                ("delta_column", {"name": "CreatedDate", "date_format": iso, "timezone": "GMT"}),
                drift=seen(
                    {"delta_column.name", "delta_column.date_format", "delta_column.timezone"},
                    copied(name="CreatedDate", dateFormat=iso, timezone="GMT"),
                ),
            ),
            "delta_column.name": become(
                ("delta_column.name", "CreatedDate"), drift=seen("delta_column.name", copied(name="CreatedDate"))
            ),
            "delta_column.date_format": become(
                ("delta_column.date_format", iso), drift=seen("delta_column.date_format", copied(dateFormat=iso))
            ),
            "delta_column.timezone": become(
                ("delta_column.timezone", "GMT"), drift=seen("delta_column.timezone", copied(timezone="GMT"))
            ),
        },
        others={"once": once, "files": files},
        # A second dataflow into one dataset would be rejected.
        numbered=lambda number: minimal | {"name": f"{name} {number}", "target_connection_id": ground.target_of(number)},
    )


STRATEGIES: Mapping[type[Inputs], Decided] = {
    Schedule: lambda _: {
        "start_time": st.integers(0, 600).map(lambda more: int(time.time()) + AHEAD_S + more) | st.just(1_567_411_548),
        "interval": st.integers(15, 90),
    },
    DeltaColumn: lambda _: {
        "name": st.sampled_from(["CreatedDate", "LastModifiedDate"]),
        "date_format": st.sampled_from(["yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ssZ"]),
        "timezone": st.just("UTC"),
    },
    DataflowInputs: lambda ground: {
        "flow_spec_id": st.just(CRM_TO_AEP),
        "flow_spec_version": st.just("1.0"),
        "source_connection_id": st.sampled_from([ground.source, ground.source_two]),
        "target_connection_id": st.sampled_from([ground.target, ground.target_two]),
        "mapping_set_id": st.sampled_from([ground.mapping_set, ground.mapping_set_two]),
        "mapping_set_version": st.integers(0, 1),
        "partial_ingestion_percent": st.sampled_from([0.5, 5, 100]),
    },
}


def fitted(draw: Draw, inputs: Values, ground: Ground, like: Values | None) -> Values:
    is_of_files = like["source_connection_id"] == ground.source_of_files if like else draw(st.integers(0, 4)) == 0
    schedule = inputs["schedule"]
    if is_of_files:
        inputs = without(inputs, "delta_column") | {
            "flow_spec_id": CLOUD_STORAGE_TO_AEP,
            "source_connection_id": ground.source_of_files,
        }
    elif like:
        # With its delta column it would be replaced.
        was_once = like["schedule"]["frequency"] == "once"
        if was_once != (schedule["frequency"] == "once"):
            schedule = schedule | {"frequency": "once" if was_once else "hour"}
    if schedule["frequency"] == "once":
        schedule, inputs = without(schedule, "interval", "backfill"), without(inputs, "delta_column")
    else:
        schedule = schedule | {"interval": schedule.get("interval", 15)}
        if not is_of_files and "delta_column" not in inputs:
            inputs = inputs | {"delta_column": {"name": "LastModifiedDate"}}
    return inputs | {"schedule": schedule}


def edits(inputs: Values, ground: Ground) -> Iterator[Edit]:
    yield from edits_of_texts(inputs, ground)
    yield Edit(("enabled",), action="disable" if inputs.get("enabled", True) else "enable")
    if inputs["schedule"]["frequency"] != "once":
        yield add("/scheduleParams/interval", inputs["schedule"]["interval"] + 1, "schedule", "interval")
        yield add("/scheduleParams/backfill", not inputs["schedule"].get("backfill", True), "schedule", "backfill")
    yield add("/scheduleParams/startTime", int(time.time()) + 2 * AHEAD_S)
