"""Files: lists of the files of batches, and their content."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from aep_pulumi.emulator.batch_ingestion import ingestion, uploads
from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.core.objects import DATASETS
from aep_pulumi.emulator.data_access import data_files

Json = dict[str, Any]

MAX_LIMIT = 100
PREVIEWED_ROWS = 100
RANGE = re.compile(r"bytes=(?P<first>\d{0,15})-(?P<last>\d{0,15})")


def list_files(call: Call) -> Reply:
    """Return a page of the files of a batch."""
    batch = batches.existing(call)
    entries = [
        {
            "dataSetFileId": each["id"],
            "dataSetViewId": each["dataSetViewId"],
            "version": each["version"],
            "created": str(each["created"]),
            "updated": str(each["updated"]),
            "isValid": each["isValid"],
            "_links": {"self": {"href": _url(call, f"/files/{each['id']}")}},
        }
        for each in (data_files.catalog_entry(file, batch) for file in data_files.of_batch(call.objects, batch))
    ]
    return _page(call, f"/batches/{batch['id']}/files", entries)


def get_file(call: Call) -> Reply:
    """Return the details of a file or, by its path, its content."""
    file = data_files.find(call.objects, call.ids["id"])
    path = call.query_value("path")
    if file is None or path not in {None, file.path}:
        raise errors.problem(404, f"The file {call.ids['id']} was not found.")  # inferred
    if path is None:
        return _page(call, f"/files/{file.id}", [_entry(call, f"/files/{file.id}", file.path, file.size)])
    return _content(call, file.content())


def failed_files(call: Call) -> Reply:
    """Return the files of a failed batch or, by its path, the content of one."""
    batch = batches.existing(call)
    base, path = f"/batches/{batch['id']}/failed", call.query_value("path")
    found = {each.path: each for each in uploads.files_of(call.objects, batch["id"]) if batch["status"] == "failed"}
    if path is None:
        return _page(call, base, [_entry(call, base, each.path, each.size) for each in found.values()])
    if path not in found:
        raise errors.problem(404, f"The batch has no failed file {path}.")  # inferred
    return _content(call, uploads.content_of(call.objects, found[path]))


def metadata(call: Call) -> Reply:
    """Return a list of the diagnostic files of a batch or, by its path, the content of one."""
    batch = batches.existing(call)
    base, path = f"/batches/{batch['id']}/meta", (call.query_value("path") or "").strip("/")
    documents = _diagnostics(call, batch)
    if path in documents:
        return _content(call, documents[path])
    inside = {name: content for name, content in documents.items() if name.startswith(f"{path}/" if path else "")}
    if not inside and path not in {"", "input_files", "row_errors"}:
        raise errors.problem(404, f"The batch has no diagnostics {path}.")  # inferred
    entries = [_entry(call, base, name.rpartition("/")[2], len(content), name) for name, content in inside.items()]
    return _page(call, base, entries)


def preview(call: Call) -> Reply:
    """Return the first rows of a dataset, in the order in which they were ingested."""
    dataset_id = call.ids["id"]
    if call.objects.find(DATASETS, dataset_id) is None:
        raise errors.problem(404, f"The dataset {dataset_id} was not found.")
    return Reply(200, {"data": list(islice(data_files.rows_of(call.objects, dataset_id), PREVIEWED_ROWS))})


def _diagnostics(call: Call, batch: Json) -> dict[str, bytes]:
    """The diagnostic files of a batch by path: its input files, and the rows that could not be parsed or converted."""
    documents: dict[str, bytes] = {}
    if rows := data_files.diagnosed_rows(call.objects, batch["id"]):
        documents["row_errors/conversion_errors_0.json"] = rows
        documents["row_error_samples.json"] = b"".join(rows.splitlines(keepends=True)[:MAX_LIMIT])
    for number, path in enumerate(data_files.input_paths(call.objects, batch)):
        documents[f"input_files/fileMetaData{number + 1}.json"] = _json_lines([{"path": path}])
    corrupt, invalid = ingestion.diagnosed(call.objects, batch["id"])
    for name, failed in (("parsing_errors_0.json", corrupt), ("conversion_errors_0.json", invalid)):
        if failed:
            documents[f"row_errors/{name}"] = _json_lines(failed)
    if corrupt or invalid:
        documents["row_error_samples.json"] = _json_lines([*corrupt, *invalid][:MAX_LIMIT])
    return documents


def _json_lines(rows: Sequence[Json]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _content(call: Call, content: bytes) -> Reply:
    """A file, or the range of it that the request asks for."""
    headers = {"accept-ranges": "bytes"}
    given = RANGE.fullmatch(call.headers.get("range", "").strip())
    if not given or not (given["first"] or given["last"]):
        return Reply(200, headers=headers, content=content)
    end = len(content) - 1
    first = int(given["first"]) if given["first"] else max(0, len(content) - int(given["last"]))
    last = min(int(given["last"]), end) if given["first"] and given["last"] else end
    if first > last:
        raise errors.problem(416, f"The file has only {len(content)} bytes.")
    headers["content-range"] = f"bytes {first}-{last}/{len(content)}"
    return Reply(206, headers=headers, content=content[first : last + 1])


def _entry(call: Call, base: str, name: str, size: int, path: str = "") -> Json:
    href = _url(call, f"{base}?path={quote(path or name)}")
    return {"name": name, "length": str(size), "_links": {"self": {"href": href}}}


def _page(call: Call, path: str, entries: Sequence[Json]) -> Reply:
    first, limit = whole_number(call.query_value("start") or "0"), whole_number(call.query_value("limit") or str(MAX_LIMIT))
    if first is None or limit is None or not 1 <= limit <= MAX_LIMIT:
        raise errors.bad_request(f"The start must be a number, and the limit a number from 1 to {MAX_LIMIT}.")  # inferred
    body: Json = {"data": entries[first : first + limit], "_page": {"limit": limit, "count": len(entries)}}
    links = {"page": {"href": _url(call, f"{path}?start={first}&limit={limit}"), "templated": True}}
    if first + limit < len(entries):
        links = {"next": {"href": _url(call, f"{path}?start={first + limit}&limit={limit}")}, **links}
    return Reply(200, {**body, "_links": links})


def _url(call: Call, path: str) -> str:
    """A link that works: to this server, not to Adobe's."""
    return f"http://{call.headers['host']}{call.base}{path}"
