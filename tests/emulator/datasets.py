"""Datasets: the rows of datasets, read as a client does: batches, their files, and the content of these."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import duckdb
import requests
from pipelines import CATALOG, FLOW, Json
from plain_client import Platform, Request

EXPORT = "/foundation/export"


def batches_of(platform: Platform, dataset: str) -> dict[str, Json]:
    """All batches of a dataset, oldest first."""
    found: dict[str, Json] = {}
    while page := platform.ok("GET", f"{CATALOG}/batches?dataSet={dataset}&orderBy=asc:created&limit=100&start={len(found)}"):
        found |= page
    return found


def rows_of(platform: Platform, batch_id: str) -> list[Json]:
    """The rows of a batch, in XDM shape, without nulls."""
    rows: list[Json] = []
    for file in platform.ok("GET", f"{EXPORT}/batches/{batch_id}/files")["data"]:
        for part in platform.ok("GET", f"{EXPORT}/files/{file['dataSetFileId']}")["data"]:
            path = f"{EXPORT}/files/{file['dataSetFileId']}?path={part['name']}"
            content = platform.send(Request("GET", path)).content
            assert len(content) == int(part["length"])
            rows += read_parquet(content)
    return rows


def rows_in(platform: Platform, dataset: str) -> list[Json]:
    """All rows of a dataset, batch by batch."""
    return [row for batch_id in batches_of(platform, dataset) for row in rows_of(platform, batch_id)]


def diagnostics_of(platform: Platform, batch_id: str) -> list[Json]:
    """The rows of a batch with errors."""
    found: list[Json] = []
    for entry in platform.ok("GET", f"{EXPORT}/batches/{batch_id}/meta?path=row_errors")["data"]:
        answer = platform.send(Request("GET", f"{EXPORT}/batches/{batch_id}/meta?path=row_errors/{entry['name']}"))
        found += [json.loads(line) for line in answer.text.splitlines()]
    return found


def look_at_runs(platform: Platform, flow: str) -> None:
    """Have the runs of a flow executed, from any thread; the local Platform may be killed meanwhile."""
    with requests.Session() as session:
        session.trust_env = False
        looking = Platform(session, platform.url)
        looking.client_id, looking.token = platform.client_id, platform.token
        with suppress(requests.ConnectionError):
            looking.send(Request("GET", f"{FLOW}/runs?property=flowId=={flow}"))


def read_parquet(content: bytes) -> list[Json]:
    """The rows of a Parquet file, without nulls."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        path.write_bytes(content)
        found = _duck().execute("SELECT to_json(each) FROM read_parquet(?) AS each", [str(path)]).fetchall()
    return [_without_nulls(json.loads(document)) for (document,) in found]


@cache
def _duck() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _without_nulls(row: Json) -> Json:
    return {name: _without_nulls(value) if isinstance(value, dict) else value for name, value in row.items() if value is not None}
