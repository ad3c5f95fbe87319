"""Files: exploring a cloud storage, and flows that read its files."""

from __future__ import annotations

from typing import Any

import mutations
import pipelines as p
import pytest
from pipelines import FLOW, Pipeline
from plain_client import Platform


@pytest.fixture
def base(platform: Platform) -> str:
    """A base connection to a cloud storage."""
    return str(platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"])


def explored(platform: Platform, base: str, query: str) -> Any:
    return platform.ok("GET", f"{FLOW}/connections/{base}/explore?{query}")


def test_a_storage_can_be_explored_from_its_root(platform: Platform, base: str) -> None:
    (crm,) = explored(platform, base, "objectType=root")
    assert crm == {"type": "folder", "name": "crm", "path": "/crm/", "canPreview": False, "canFetchSchema": False}
    files = explored(platform, base, f"objectType=folder&object={crm['path']}")
    assert [each["name"] for each in files] == ["accounts.json", "leads.csv", "orders.parquet"]
    assert files[1] == {
        "type": "file",
        "name": "leads.csv",
        "path": "/crm/leads.csv",
        "canPreview": True,
        "canFetchSchema": True,
    }
    assert explored(platform, base, "objectType=FOLDER&object=/crm") == files


@pytest.mark.parametrize(
    ("path", "file_type"), [("/crm/leads.csv", "delimited"), ("/crm/accounts.json", "JSON"), ("/crm/orders.parquet", "parquet")]
)
def test_a_file_can_be_explored_and_previewed(platform: Platform, base: str, path: str, file_type: str) -> None:
    query = f"objectType=file&object={path}&fileType={file_type}"
    remote = explored(platform, base, query)
    names = {column["name"] for column in remote["schema"]["columns"]}
    assert "id" in names
    assert "data" not in remote
    rows = explored(platform, base, f"{query}&preview=true")["data"]
    assert all(set(row) == names for row in rows)
    assert explored(platform, base, f"objectType=FILE&object={path}&FileType={file_type}") == remote


def test_the_secret_of_a_storage_connection_is_masked(platform: Platform, base: str) -> None:
    (remote,) = platform.ok("GET", f"{FLOW}/connections/{base}")["items"]
    assert remote["auth"]["params"] == {"accessKeyId": "GOOG", "secretAccessKey": "********"}


@pytest.mark.parametrize("data_format", ["delimited", "json", "parquet"])
def test_a_file_flow_is_returned_as_created(platform: Platform, pipeline: Pipeline, data_format: str) -> None:
    request = mutations.new_file_flow(platform, pipeline)
    base = platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"]
    desired_source = {**p.file_connection(base), "data": {"format": data_format}, "params": {"path": "/crm/", "recursive": True}}
    source = platform.ok("POST", f"{FLOW}/sourceConnections", desired_source)["id"]
    options = {"errorDiagnosticsEnabled": True, "partialIngestionPercent": 5}
    desired = {**request.body, "sourceConnectionIds": [source], "options": options}
    made = platform.ok("POST", f"{FLOW}/flows", desired)
    (flow,) = platform.ok("GET", f"{FLOW}/flows/{made['id']}")["items"]
    assert {name: flow[name] for name in desired} == desired
    (remote,) = platform.ok("GET", f"{FLOW}/sourceConnections/{source}")["items"]
    assert {name: remote[name] for name in desired_source} == desired_source


def test_a_flow_spec_lists_its_supported_sources(platform: Platform) -> None:
    specs = {each["name"]: each for each in platform.ok("GET", f"{FLOW}/flowSpecs")["items"]}
    assert p.GOOGLE_CLOUD in specs["CloudStorageToAEP"]["sourceConnectionSpecIds"]
    assert p.SALESFORCE not in specs["CloudStorageToAEP"]["sourceConnectionSpecIds"]
    assert p.GOOGLE_CLOUD not in specs["CRMToAEP"]["sourceConnectionSpecIds"]
    (spec,) = platform.ok("GET", f"{FLOW}/connectionSpecs/{p.GOOGLE_CLOUD}")["items"]
    (auth,) = spec["authSpec"]
    assert auth["spec"]["properties"]["secretAccessKey"] == {"type": "string", "format": "password"}
