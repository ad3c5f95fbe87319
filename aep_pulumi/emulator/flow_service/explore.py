"""Explore: the tables, folders and files behind a base connection."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.cloud_storage.files import File, folder_entries
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS
from aep_pulumi.emulator.crm.tables import Table
from aep_pulumi.emulator.flow_service import accounts, errors, provided_specs
from aep_pulumi.emulator.flow_service.connectors import Connector
from aep_pulumi.emulator.flow_service.sources import RESOURCE
from aep_pulumi.emulator.flow_service.stored import existing

Json = dict[str, Any]

QUERY = (
    "objectType",
    "object",
    "preview",
    "fileType",
    "FileType",
    "compressionType",
    "CompressionType",
    "columnDelimiter",
    "determineProperties",
)


def explore(call: Call) -> Reply:
    """Return the root of the source behind a base connection, or a table, folder or file."""
    base = existing(call.objects, BASE_CONNECTIONS, call.ids["id"])
    source = provided_specs.connector(call.objects, base["connectionSpec"]["id"])
    if source is None:
        raise errors.coded("1336-400", id=base["connectionSpec"]["id"])
    accounts.check(call.objects, base)
    return explored(call, source)


def explored(call: Call, source: Connector) -> Reply:
    """Return the root of a source, or a table, folder or file of it."""
    if source.reads == RESOURCE:
        raise errors.coded("1336-400", id=source.id)  # inferred: there is no REST API to ask
    object_type = call.query_value("objectType")
    if object_type is None:
        raise errors.coded("1359-400", name="objectType")
    match object_type.lower():
        case "root" if source.files:
            return Reply(200, folder_entries(source.files, source.root))
        case "root":
            return Reply(200, [table.listing_entry() for table in source.tables])
        case "table" if source.tables:
            return Reply(200, _table(call, source))
        case "folder" if source.files:
            return Reply(200, _folder(call, source))
        case "file" if source.files:
            return Reply(200, _file(call, source))
    raise errors.coded("1358-400")


def _object_path(call: Call, object_type: str) -> str:
    path = call.query_value("object")
    if not path:
        raise errors.coded("1337-400", name="object", object_type=object_type)
    return path


def _table(call: Call, source: Connector) -> Json:
    path = _object_path(call, "table")
    table = source.table(path)
    if table is None:
        raise errors.coded("1330-400", table=path)
    return _with_preview(call, table)


def _folder(call: Call, source: Connector) -> list[Json]:
    path = _object_path(call, "folder")
    entries = folder_entries(source.files, path)
    if entries is None:
        raise _path_not_found(path)
    return entries


def _file(call: Call, source: Connector) -> Json:
    path = _object_path(call, "file")
    file = source.file(path)
    # The tutorial uses fileType, OpenAPI FileType; values occur in upper and lower case.
    file_type = (call.query_value("fileType") or call.query_value("FileType") or "").lower()
    is_determined = (call.query_value("determineProperties") or "").lower() == "true"
    if is_determined and file_type:
        raise errors.uncoded("The properties of a file are either given or determined.")
    if is_determined and file is None:
        raise _path_not_found(path)
    if is_determined and file:
        return {"properties": _properties(file), **_with_preview(call, file.rows)}
    if not file_type:
        raise errors.coded("1359-400", name="fileType")
    if file_type not in source.formats:
        raise errors.coded("1399-400")
    if file is None:
        raise _path_not_found(path)
    if file.format != file_type:
        raise errors.coded("1396-400")  # inferred: the code fits, but is not documented for this case
    return _with_preview(call, file.rows)


def _properties(file: File) -> Json:
    """The properties of a file that Platform can determine; no sample file is compressed."""
    delimiter = {"columnDelimiter": ","} if file.format == "delimited" else {}
    return {"fileType": file.format, **delimiter}


def _path_not_found(path: str) -> PlatformError:
    """An error of the cloud storage; there is a generic code for these, and the message is inferred."""
    return errors.coded("1308-400", message=f"The path {path} was not found.")


def _with_preview(call: Call, table: Table) -> Json:
    preview = (call.query_value("preview") or "").lower() == "true"
    return {**table.schema(), "data": table.preview()} if preview else table.schema()
