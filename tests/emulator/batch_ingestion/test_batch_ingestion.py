"""Batch Ingestion and Data Access: files are uploaded into batches, and come back byte for byte."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pipelines as p
import pytest
import requests
from pipelines import CATALOG, Json
from plain_client import Platform, Request

pytestmark = pytest.mark.slow

IMPORT = "/foundation/import"
EXPORT = "/foundation/export"
FILE_TYPE = {"Content-Type": "application/octet-stream"}
ROWS = [{"person": {"name": {"firstName": "Ada"}}, "age": 36}, {"person": {"name": {"firstName": "Alan"}}}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
# Three rows of two columns, written by pyarrow.
PARQUET = base64.b64decode(
    "UEFSMRUAFTwVPCwVBhUAFQYVBhwAAAACAAAABgEBAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAVABUgFSAsFQYVABUGFQYcAAAAAgAAAAMDAQAAAGEBAAAAYhUE"
    "GTw1ABgGc2NoZW1hFQQAFQQlAhgCaWQAFQwlAhgBbiUATBwAAAAWBhkcGSwmABwVBBklBgAZGAJpZBUAFgYWYhZiJghJHBUAFQAVAgA8KQYZJgAGAAAAJgAc"
    "FQwZJQYAGRgBbhUAFgYWRhZGJmpJHBUAFQAVAgA8FgQZBhkmAgQAAAAWqAEWBiYIFqgBACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZLBwA"
    "ABwAAAC7AAAAUEFSMQ=="
)


@pytest.fixture
def dataset(platform: Platform) -> str:
    """A dataset of its own."""
    schema = platform.ok("POST", "/foundation/schemaregistry/tenant/schemas", p.schema())["$id"]
    return p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema)))


def parquet_of(rows: list[Json]) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as duck:
        source, target = Path(folder) / "rows.json", Path(folder) / "rows.parquet"
        source.write_text(json.dumps(rows))
        duck.execute(f"COPY (SELECT * FROM read_json('{source}')) TO '{target}' (FORMAT parquet)")  # noqa: S608 - paths of this test
        return target.read_bytes()


class Uploading:
    """A batch that files are uploaded to."""

    def __init__(self, platform: Platform, dataset: str, file_format: str = "json", **more: Any) -> None:
        self.platform, self.dataset = platform, dataset
        body = {"datasetId": dataset, "inputFormat": {"format": file_format}, **more}
        self.made = platform.ok("POST", f"{IMPORT}/batches", body)
        self.id = str(self.made["id"])

    def file(self, method: str, path: str, content: bytes | None = None, **headers: str) -> requests.Response:
        """Send a request for a file of the batch."""
        given = {**FILE_TYPE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        path = f"{IMPORT}/batches/{self.id}/datasets/{self.dataset}/files/{path}"
        return self.platform.send(Request(method, path, headers=given, raw=content))

    def act(self, action: str) -> requests.Response:
        """Complete, fail, abort or revert it."""
        return self.platform.send(Request("POST", f"{IMPORT}/batches/{self.id}?action={action}"))

    def read(self) -> Json:
        """The batch as Catalog returns it."""
        return dict(self.platform.ok("GET", f"{CATALOG}/batches/{self.id}")[self.id])

    def export(self, path: str) -> Any:
        """What Data Access returns, which must be JSON."""
        return self.platform.ok("GET", f"{EXPORT}/batches/{self.id}/{path}")

    def download(self, path: str, **headers: str) -> requests.Response:
        """Whatever Data Access returns."""
        return self.platform.send(Request("GET", f"{EXPORT}/batches/{self.id}/{path}", headers=headers))

    def follow(self, href: str, **headers: str) -> requests.Response:
        """Follow a link, which must be one to this server."""
        assert href.startswith(self.platform.url)
        parts = urlsplit(href)
        return self.platform.send(Request("GET", f"{parts.path.removeprefix('/data')}?{parts.query}", headers=headers))


@pytest.mark.parametrize(
    ("file_format", "content", "rows"), [("JSON", LINES, 2), ("Parquet", PARQUET, 3), ("csv", b"a,b\n1,2\n", 1)]
)
def test_uploaded_bytes_come_back_through_data_access(
    platform: Platform, dataset: str, file_format: str, content: bytes, rows: int
) -> None:
    batch = Uploading(platform, dataset, file_format)
    assert batch.read()["status"] == batch.made["status"] == "loading"
    assert batch.file("PUT", "day=1/people.data", b"first attempt").status_code == 201
    assert batch.file("PUT", "day=1/people.data", content).status_code == 200
    assert batch.act("COMPLETE").json()["status"] == "success"

    remote = batch.read()
    assert (remote["status"], remote["recordCount"], remote["failedRecordCount"], remote["size"]) == (
        "success",
        rows,
        0,
        len(content),
    )
    assert list(platform.ok("GET", f"{CATALOG}/batches?dataSet={dataset}&status=success")) == [batch.id]

    (listed,) = batch.export("files")["data"]
    details = batch.follow(listed["_links"]["self"]["href"]).json()["data"]
    assert [(each["name"], each["length"]) for each in details] == [("day=1/people.data", str(len(content)))]
    href = details[0]["_links"]["self"]["href"]
    assert batch.follow(href).content == content
    part = batch.follow(href, Range="bytes=1-4")
    assert (part.status_code, part.content) == (206, content[1:5])
    assert batch.follow(href, Range="bytes=-3").content == content[-3:]
    assert batch.follow(href, Range="bytes=9999-").status_code == 416
    files = platform.ok("GET", f"{CATALOG}/dataSetFiles?dataSetId={dataset}")
    assert list(files) == [listed["dataSetFileId"]]
    head = platform.send(Request("HEAD", f"{EXPORT}/files/{listed['dataSetFileId']}?path=day=1/people.data"))
    assert (head.headers["content-length"], head.content) == (str(len(content)), b"")


def test_a_large_file_is_uploaded_in_parts(platform: Platform, dataset: str) -> None:
    batch = Uploading(platform, dataset)
    assert batch.file("PATCH", "large.json", LINES, Content_Range=f"bytes 0-{len(LINES) - 1}/9").status_code == 404
    assert batch.file("POST", "large.json?action=INITIALIZE").ok
    half = len(LINES) // 2
    parts = [(half, LINES[half:]), (0, LINES[:half])]
    for number, (first, content) in enumerate(parts):
        if number == 1:
            assert "missing" in batch.file("POST", "large.json?action=COMPLETE").json()["detail"]
            assert "not complete" in batch.act("COMPLETE").json()["detail"]
        sent = batch.file("PATCH", "large.json", content, Content_Range=f"bytes {first}-{first + len(content) - 1}/{len(LINES)}")
        assert sent.json() == {"name": "large.json", "sizeInBytes": len(LINES)}
    wrong = batch.file("PATCH", "large.json", b"abc", Content_Range="bytes 0-9/10")
    assert wrong.status_code == 400
    assert batch.file("HEAD", "large.json").headers["range"] == f"bytes=0-{len(LINES) - 1}"
    assert batch.export("files")["data"] == []
    assert batch.file("POST", "large.json?action=COMPLETE").json()["sizeInBytes"] == len(LINES)
    assert batch.act("COMPLETE").json()["recordCount"] == 2
    (listed,) = batch.export("files")["data"]
    assert platform.send(Request("GET", f"{EXPORT}/files/{listed['dataSetFileId']}?path=large.json")).content == LINES


@pytest.mark.parametrize(("action", "status"), [("FAIL", "failed"), ("ABORT", "aborted"), ("REVERT", "inactive")])
def test_a_batch_can_be_failed_aborted_and_reverted(platform: Platform, dataset: str, action: str, status: str) -> None:
    batch = Uploading(platform, dataset)
    batch.file("PUT", "a.json", LINES)
    if action == "REVERT":
        batch.act("COMPLETE")
    assert batch.act(action).ok
    assert batch.read()["status"] == status
    assert len(batch.export("files")["data"]) == (0 if action == "REVERT" else 1)
    assert batch.act("COMPLETE").status_code == 400
    assert batch.file("PUT", "b.json", LINES).status_code == 400


def test_a_batch_that_replays_others_makes_them_inactive(platform: Platform, dataset: str) -> None:
    first, second = Uploading(platform, dataset), Uploading(platform, dataset, externalId=p.unique("mine"))
    for each in (first, second):
        each.file("PUT", "a.json", LINES)
        each.act("COMPLETE")
    replay = {"predecessors": ["$" + first.id], "predecessorsByExternalId": [second.made["externalId"]], "reason": "wrong"}
    third = Uploading(platform, dataset, replay=replay)
    third.file("PUT", "a.json", LINES)
    assert first.read()["status"] == "success"
    third.act("COMPLETE")
    assert [each.read()["status"] for each in (first, second, third)] == ["inactive", "inactive", "success"]


def test_rows_that_cannot_be_parsed_fail_the_batch_and_can_be_read(platform: Platform, dataset: str) -> None:
    broken = LINES + b"{missingQuotes: 'v1'}\n"
    strict = Uploading(platform, dataset)
    tolerant = Uploading(platform, dataset, enableErrorDiagnostics=True, partialIngestionPercent=50)
    for each in (strict, tolerant):
        each.file("PUT", "people.json", broken)
        each.act("COMPLETE")
    failed, ingested = strict.read(), tolerant.read()
    assert (failed["status"], failed["errors"][0]["code"], failed["recordCount"]) == ("failed", "INGEST-1211-400", 0)
    assert (ingested["status"], ingested["recordCount"], ingested["failedRecordCount"]) == ("success", 2, 1)
    assert [each["code"] for each in ingested["errors"]] == ["INGEST-1212-400", "INGEST-1401-400"]
    assert ingested["tags"]["acp_partialIngestionPercent"] == ["50"]

    (errors,) = tolerant.export("meta?path=row_errors")["data"]
    row = tolerant.follow(errors["_links"]["self"]["href"]).json()
    assert (row["_corrupt_record"], row["_filename"]) == ("{missingQuotes: 'v1'}", "people.json")
    (inputs,) = tolerant.export("meta?path=input_files")["data"]
    assert tolerant.follow(inputs["_links"]["self"]["href"]).json() == {"path": "people.json"}
    assert tolerant.download("meta?path=nothing").status_code == 404

    assert [each["name"] for each in strict.export("failed")["data"]] == ["people.json"]
    assert strict.download("failed?path=people.json").content == broken
    assert tolerant.export("failed")["data"] == []


@pytest.mark.parametrize(
    ("file_format", "content"),
    [("parquet", LINES), ("parquet", b"PAR1" + b"\xff" * 40 + b"\x10\0\0\0PAR1"), ("json", b"\xff\xfe"), ("csv", b"a\n\xff")],
)
def test_a_file_of_another_format_fails_its_batch(platform: Platform, dataset: str, file_format: str, content: bytes) -> None:
    batch = Uploading(platform, dataset, file_format)
    batch.file("PUT", "a.data", content)
    assert batch.act("COMPLETE").ok
    remote = batch.read()
    assert (remote["status"], remote["recordCount"]) == ("failed", 0)
    assert "a.data cannot be read" in remote["errors"][0]["description"]


@pytest.mark.parametrize("file_format", ["json", "parquet"])
def test_rows_that_break_the_schema_fail_and_can_be_read(platform: Platform, dataset: str, file_format: str) -> None:
    rows = [{"person": {"birthYear": 1815}}, {"person": {"birthYear": 0}}]
    content = parquet_of(rows) if file_format == "parquet" else "".join(json.dumps(row) + "\n" for row in rows).encode()
    batch = Uploading(platform, dataset, file_format, enableErrorDiagnostics=True, partialIngestionPercent=50)
    batch.file("PUT", "people.data", content)
    batch.act("COMPLETE")
    remote = batch.read()
    assert (remote["status"], remote["recordCount"], remote["failedRecordCount"]) == ("success", 1, 1)
    assert [each["code"] for each in remote["errors"]] == ["INGEST-1212-400", "DCVS-1107-400"]
    (entry,) = batch.export("meta?path=row_errors")["data"]
    row = batch.follow(entry["_links"]["self"]["href"]).json()
    assert (entry["name"], row["person"], row["_filename"]) == ("conversion_errors_0.json", {"birthYear": 0}, "people.data")
    assert (row["_errors"][0]["code"], row["_errors"][0]["column"]) == ("DCVS-1107-400", "person.birthYear")


def test_dates_in_parquet_are_valid_and_rows_of_csv_are_not_validated(platform: Platform, dataset: str) -> None:
    batch = Uploading(platform, dataset, "parquet")
    batch.file("PUT", "a.parquet", parquet_of([{"_repo": {"createDate": "2024-01-01T00:00:00Z"}}]))
    assert batch.act("COMPLETE").json()["recordCount"] == 1
    table = Uploading(platform, dataset, "csv")
    table.file("PUT", "a.csv", b"person\nnobody\n")
    assert table.act("COMPLETE").json()["recordCount"] == 1


def test_a_multi_line_file_has_one_record_or_a_list_of_them(platform: Platform, dataset: str) -> None:
    batch = Uploading(platform, dataset, inputFormat={"format": "json", "isMultiLineJson": True})
    batch.file("PUT", "list.json", json.dumps(ROWS, indent=2).encode())
    batch.file("PUT", "one.json", json.dumps(ROWS[0], indent=2).encode())
    assert batch.act("COMPLETE").json()["recordCount"] == 3


def test_a_preview_shows_columns_and_rows(platform: Platform, dataset: str) -> None:
    batch = Uploading(platform, dataset)
    batch.file("PUT", "a.json", LINES)
    path = f"{IMPORT}/batches/{batch.id}/datasets/{dataset}/preview"
    preview = platform.ok("GET", f"{path}?format=json")["preview"]
    assert preview["columns"] == [{"cid": "0", "name": "person/name/firstName"}, {"cid": "1", "name": "age"}]
    assert preview["rows"] == [{"0": "Ada", "1": "36"}, {"0": "Alan"}]
    assert len(platform.ok("GET", f"{path}?format=json&nrow=1")["preview"]["rows"]) == 1

    batch.file("PUT", "a.json", b"1;'a;b'\n2;c\n")
    answer = platform.ok("GET", f"{path}?format=csv&delimiter=;&quote='&header=false")
    assert answer["formatParams"] == {
        "delimiter": ";",
        "quote": "'",
        "escape": "\\",
        "charset": "UTF-8",
        "header": False,
        "format": "csv",
    }
    assert answer["preview"]["rows"] == [{"0": "1", "1": "a;b"}, {"0": "2", "1": "c"}]
    assert platform.send(Request("GET", f"{path}?format=parquet")).status_code == 415


def test_what_does_not_exist_or_has_another_type_is_rejected(platform: Platform, dataset: str) -> None:
    body = {"datasetId": dataset, "inputFormat": {"format": "json"}}
    wrongs: list[Json] = [{"datasetId": "none"}, {"inputFormat": {"format": "xml"}}, {"inputFormat": {}}]
    for wrong in wrongs:
        assert platform.send(Request("POST", f"{IMPORT}/batches", {**body, **wrong})).status_code == 400
    batch = Uploading(platform, dataset)
    assert batch.file("PUT", "a.json", LINES, Content_Type="text/plain").status_code == 415
    batch.dataset = "none"
    assert batch.file("PUT", "a.json", LINES).status_code == 404
    assert batch.act("EXPLODE").status_code == 400
    assert platform.send(Request("POST", f"{IMPORT}/batches/none?action=COMPLETE")).status_code == 404
    assert platform.send(Request("GET", f"{EXPORT}/files/none-1")).status_code == 404


def test_files_are_listed_by_pages(platform: Platform, dataset: str) -> None:
    batch = Uploading(platform, dataset)
    for number in range(3):
        batch.file("PUT", f"{number}.json", LINES)
    first = batch.export("files?start=0&limit=2")
    second = batch.follow(first["_links"]["next"]["href"]).json()
    ids = [each["dataSetFileId"] for each in first["data"] + second["data"]]
    assert ids == [f"{batch.id}-{number}" for number in (1, 2, 3)]
    assert first["_page"] == {"limit": 2, "count": 3}
    assert "next" not in second["_links"]


def test_uploads_are_not_in_the_request_log_and_are_deleted_with_their_dataset(platform: Platform, dataset: str) -> None:
    batch = Uploading(platform, dataset)
    batch.file("PUT", "a.json", b'{"mail": "ada@example.com"}')
    log = platform.control("GET", "/requests?since=0").json()["requests"]
    uploads = [each for each in log if each["path"].endswith(f"{batch.id}/datasets/{dataset}/files/a.json")]
    assert [each["body"] for each in uploads] == [None]
    assert batch.id in json.dumps(platform.control("GET", "/objects").json()["dev"])
    platform.ok("DELETE", f"{CATALOG}/dataSets/{dataset}")
    assert batch.download("files").status_code == 404
    held = platform.control("GET", "/objects").json()["dev"]
    assert batch.id not in json.dumps(held)


def test_the_first_rows_of_a_dataset_are_previewed(platform: Platform, dataset: str) -> None:
    path = f"{EXPORT}/datasets/{dataset}/preview"
    assert platform.ok("GET", path) == {"data": []}
    for number, content in enumerate((LINES, "".join(json.dumps({"n": n}) + "\n" for n in range(150)).encode())):
        batch = Uploading(platform, dataset)
        batch.file("PUT", f"rows{number}.json", content)
        batch.act("COMPLETE")
    aborted = Uploading(platform, dataset)
    aborted.file("PUT", "rows.json", LINES)
    rows = platform.ok("GET", path)["data"]
    assert rows == [*ROWS, *({"n": n} for n in range(100 - len(ROWS)))]
    assert platform.send(Request("GET", f"{EXPORT}/datasets/0/preview")).status_code == 404
