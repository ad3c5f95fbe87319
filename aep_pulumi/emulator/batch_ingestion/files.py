"""Files: uploading the files of a batch, and a preview of their rows."""

from __future__ import annotations

import re
from typing import Any

from aep_pulumi.emulator.batch_ingestion import uploads
from aep_pulumi.emulator.batch_ingestion.batches import check_loading
from aep_pulumi.emulator.batch_ingestion.records import (
    FORMATS,
    PARQUET,
    CsvDialect,
    UnreadableFileError,
    flattened,
    records_of,
)
from aep_pulumi.emulator.catalog import batches, stored_batches
from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number

Json = dict[str, Any]

FILE_TYPE = "application/octet-stream"
CONTENT_RANGE = re.compile(r"bytes[ =](?P<first>\d{1,15})-(?P<last>\d{1,15})(/(\d{1,15}|\*))?")
PREVIEW_QUERY = ("format", "isMultiLineJson", "delimiter", "quote", "escape", "charset", "header", "nrow")


def put(call: Call) -> Reply:
    """Upload a small file, or replace it."""
    batch = _loading_batch(call)
    _check_type(call)
    existed = _find(call) is not None
    upload = uploads.start(call.objects, batch["id"], call.ids["dataset"], call.ids["path"])
    uploads.complete(call.objects, uploads.add_part(call.objects, upload, 0, call.raw))
    return Reply(200 if existed else 201)


def post(call: Call) -> Reply:
    """Begin or end the upload of a large file."""
    batch, action = _loading_batch(call), (call.query_value("action") or "").upper()
    if action == "INITIALIZE":
        upload = uploads.start(call.objects, batch["id"], call.ids["dataset"], call.ids["path"])
        return Reply(200, _file(upload))
    if action != "COMPLETE":
        raise errors.bad_request("The action must be INITIALIZE or COMPLETE.")
    upload = _existing(call)
    if upload.has_gaps:
        raise errors.bad_request(f"Parts of the file {upload.path} are missing.")  # inferred
    return Reply(200, _file(uploads.complete(call.objects, upload)))


def patch(call: Call) -> Reply:
    """Upload a part of a large file."""
    _loading_batch(call)
    _check_type(call)
    upload = _existing(call)
    given = CONTENT_RANGE.fullmatch(call.headers.get("content-range", "").strip())
    if upload.is_complete or not given:
        reason = "its upload has been completed" if given else "the header Content-Range must be like bytes 0-1023/4096"
        raise errors.bad_request(f"The file {upload.path} cannot take this part: {reason}.")
    first, last = int(given["first"]), int(given["last"])
    if last - first + 1 != len(call.raw):
        raise errors.bad_request(f"The Content-Range has {last - first + 1} bytes, but the body {len(call.raw)}.")
    upload = uploads.add_part(call.objects, upload, first, call.raw)
    return Reply(200, _file(upload), _range(upload))


def head(call: Call) -> Reply:
    """Return how much of a file has been uploaded."""
    batches.existing(call)
    return Reply(200, None, _range(_existing(call)))


def preview(call: Call) -> Reply:
    """Return the columns and rows of the files that have been uploaded for a dataset."""
    batch = _batch(call)
    given = {name: call.query_value(name) for name in PREVIEW_QUERY}
    file_format, count = (given["format"] or "").lower(), whole_number(given["nrow"] or "0")
    if file_format not in FORMATS or count is None:
        raise errors.bad_request("The format must be json, csv or parquet, and nrow a number.")
    if file_format == PARQUET:
        raise errors.problem(415, "The rows of Parquet files cannot be previewed.")
    dialect = CsvDialect(
        delimiter=given["delimiter"] or ",",
        quote='"' if given["quote"] is None else given["quote"],
        escape="\\" if given["escape"] is None else given["escape"],
        charset=given["charset"] or "UTF-8",
        header=(given["header"] or "true").lower() == "true",
    )
    if any(len(each) > 1 for each in (dialect.delimiter, dialect.quote, dialect.escape)):
        raise errors.bad_request("The delimiter, quote and escape must be single characters.")
    rows: list[dict[str, str]] = []
    for upload in uploads.files_of(call.objects, batch["id"]):
        if upload.dataset_id == call.ids["dataset"]:
            rows += _rows(call, upload, file_format, dialect, multi_line=(given["isMultiLineJson"] or "").lower() == "true")
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [{str(names.index(name)): value for name, value in row.items()} for row in rows[: count or None]]
    columns = [{"cid": str(place), "name": name} for place, name in enumerate(names)]
    params = {
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "charset": dialect.charset,
        "header": dialect.header,
        "format": file_format,
    }
    return Reply(200, {"formatParams": params, "preview": {"columns": columns, "rows": shown}})


def _rows(call: Call, upload: uploads.Upload, file_format: str, dialect: CsvDialect, *, multi_line: bool) -> list[dict[str, str]]:
    try:
        records = records_of(uploads.content_of(call.objects, upload), file_format, multi_line=multi_line, dialect=dialect)
    except UnreadableFileError as error:
        raise errors.bad_request(f"The file {upload.path} cannot be read: {error}.") from None
    return [dict(flattened(row)) for row in records.rows]


def _batch(call: Call) -> Json:
    batch = batches.existing(call)
    if call.ids["dataset"] not in stored_batches.datasets_of(batch):
        raise errors.problem(404, f"The batch {batch['id']} has no dataset {call.ids['dataset']}.")
    return batch


def _loading_batch(call: Call) -> Json:
    batch = _batch(call)
    check_loading(batch)
    return batch


def _check_type(call: Call) -> None:
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != FILE_TYPE:
        raise errors.problem(415, f"The content type of a file must be {FILE_TYPE}.")


def _find(call: Call) -> uploads.Upload | None:
    return uploads.find(call.objects, call.ids["id"], call.ids["dataset"], call.ids["path"])


def _existing(call: Call) -> uploads.Upload:
    if (upload := _find(call)) is None:
        raise errors.problem(404, f"The batch {call.ids['id']} has no file {call.ids['path']}.")
    return upload


def _file(upload: uploads.Upload) -> Json:
    return {"name": upload.path, "sizeInBytes": upload.size}


def _range(upload: uploads.Upload) -> dict[str, str]:
    return {"range": f"bytes=0-{max(upload.size - 1, 0)}"}
