"""Calls about sources without objects of them: exploring a connection spec, and what a source can be asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.store import BASE_CONNECTIONS
from aep_pulumi.emulator.flow_service import errors, explore
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS, DATA_LAKE, Connector, connector_of
from aep_pulumi.emulator.flow_service.sources import FILES, TABLES
from aep_pulumi.emulator.flow_service.stored import existing

Json = dict[str, Any]


def _connector(spec_id: str) -> Connector:
    connector = CONNECTORS.get(spec_id)
    if connector is None and spec_id == DATA_LAKE:
        raise errors.coded("1336-400", id=spec_id)
    if connector is None:
        raise errors.coded("1101-404", kind="connectionSpecs", id=spec_id)
    return connector


def _explore(call: Call) -> Reply:
    """Explore a source that needs no base connection; any other is explored through one."""
    connector = _connector(call.ids["id"])
    if connector.auth or connector.reads not in {TABLES, FILES}:
        raise errors.coded("1336-400", id=connector.id)
    return explore.explored(call, connector_of(call.objects, connector.id))


def _configs_of_spec(call: Call) -> Reply:
    return _configs(call, _connector(call.ids["id"]))


def _configs_of_connection(call: Call) -> Reply:
    base = existing(call.objects, BASE_CONNECTIONS, call.ids["id"])
    return _configs(call, explore.opened(call, base))


def _configs(call: Call, connector: Connector) -> Reply:
    """What can be explored, in the form of OpenAPI's schema; its example has columns, which need an object.

    Inferred: with `object` in the query, the columns of that table or file.
    """
    path = call.query_value("object")
    if path is None:
        return explore.explored(replace(call, query={"objectType": ["root"]}), connector)
    table = connector.table(path)
    rows = connector.file(path)
    source = table or (rows.rows if rows else None)
    if source is None:
        raise errors.coded("1330-400", table=path)
    columns: list[Json] = source.schema()["schema"]["columns"]
    named = [{"columnName": each["name"], "columnType": each.get("meta:xdmType", each["type"])} for each in columns]
    return Reply(200, named)


ROUTES = (
    Route("GET", "/connectionSpecs/{id}/explore", _explore, query=explore.QUERY),
    Route("GET", "/connectionSpecs/{id}/configs", _configs_of_spec, query=("object", "objectType")),
    Route("GET", "/connections/{id}/configs", _configs_of_connection, query=("object", "objectType")),
)
