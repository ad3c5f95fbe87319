"""Landing zone: its container and credentials, its files, and a flow that reads one."""

from __future__ import annotations

from datetime import date

import pipelines as p
import pytest
from pipelines import FLOW, Pipeline
from plain_client import Platform, Request, code_of

ZONE = "/foundation/connectors/landingzone"
SPEC = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
EXPLORE = f"{FLOW}/connectionSpecs/{SPEC}/explore"
FILE = "dlz-user-container/contacts.csv"


def test_the_container_is_the_one_of_adobes_page(platform: Platform) -> None:
    assert platform.ok("GET", f"{ZONE}?type=user_drop_zone") == {"containerName": "dlz-user-container", "containerTTL": "7"}
    for query in ("", "?type=other"):
        assert platform.send(Request("GET", ZONE + query)).status_code == 400


def test_credentials_stay_until_they_are_refreshed_and_belong_to_a_sandbox(platform: Platform) -> None:
    path = f"{ZONE}/credentials?type=user_drop_zone"
    first = platform.ok("GET", path)
    assert first == platform.ok("GET", path)
    assert (
        first["SASUri"]
        == f"https://{first['storageAccountName']}.blob.core.windows.net/{first['containerName']}?{first['SASToken']}"
    )
    assert date.fromisoformat(first["expiryDate"]) > date(2020, 1, 1)
    refreshed = platform.ok("POST", f"{path}&action=refresh")
    assert refreshed["SASToken"] != first["SASToken"]
    assert platform.ok("GET", path) == refreshed
    assert platform.in_sandbox("stage").ok("GET", path)["SASToken"] != refreshed["SASToken"]
    assert platform.send(Request("POST", path)).status_code == 400


def test_its_files_are_explored_without_a_base_connection(platform: Platform) -> None:
    root = {each["path"]: each["type"] for each in platform.ok("GET", f"{EXPLORE}?objectType=root")}
    assert root == {FILE: "file", "dlz-user-container/crm/": "folder"}
    (inside,) = platform.ok("GET", f"{EXPLORE}?objectType=folder&object=dlz-user-container/crm/")
    assert inside["path"] == "dlz-user-container/crm/accounts.json"


def test_the_properties_of_a_file_are_given_or_determined_and_not_both(platform: Platform) -> None:
    determined = platform.ok("GET", f"{EXPLORE}?objectType=file&object={FILE}&preview=True&determineProperties=True")
    assert determined["properties"] == {"fileType": "delimited", "columnDelimiter": ","}
    given = platform.ok("GET", f"{EXPLORE}?objectType=file&object={FILE}&preview=true&fileType=delimited")
    assert {name: value for name, value in determined.items() if name != "properties"} == given
    both = Request("GET", f"{EXPLORE}?objectType=file&object={FILE}&determineProperties=true&fileType=delimited")
    assert platform.send(both).status_code == 400
    neither = Request("GET", f"{EXPLORE}?objectType=file&object={FILE}")
    assert code_of(platform.send(neither)) == "1359-400"
    absent = Request("GET", f"{EXPLORE}?objectType=file&object=dlz-user-container/x.csv&determineProperties=true")
    assert code_of(platform.send(absent)) == "1308-400"


@pytest.mark.parametrize("with_base", [True, False])
def test_a_flow_reads_its_files(platform: Platform, pipeline: Pipeline, with_base: bool) -> None:  # noqa: FBT001 - a case
    body = {
        "name": p.unique("zone"),
        "data": {"format": "delimited"},
        "params": {"path": FILE},
        "connectionSpec": {"id": SPEC, "version": "1.0"},
    }
    if with_base:
        base = {"name": p.unique("zone"), "connectionSpec": {"id": SPEC, "version": "1.0"}}
        body["baseConnectionId"] = platform.ok("POST", f"{FLOW}/connections", base)["id"]
    source = platform.ok("POST", f"{FLOW}/sourceConnections", body)["id"]
    whole = p.flow(source, pipeline.target, pipeline.mapping)
    steps = [each for each in whole["transformations"] if each["name"] == "Mapping"]
    spec = {"id": p.CLOUD_STORAGE_TO_AEP, "version": "1.0"}
    made = platform.ok("POST", f"{FLOW}/flows", {**whole, "flowSpec": spec, "transformations": steps})["id"]
    (stored,) = platform.ok("GET", f"{FLOW}/flows/{made}")["items"]
    assert stored["inheritedAttributes"]["properties"] == {"isSourceFlow": True}
