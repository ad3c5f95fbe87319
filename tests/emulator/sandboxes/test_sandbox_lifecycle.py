"""Sandbox lifecycle: created, renamed, reset and deleted through the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pipelines as p
import pytest
import requests
from pipelines import FLOW
from plain_client import Json, Platform, Request, start

SANDBOXES = "/foundation/sandbox-management/sandboxes"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, session: requests.Session) -> Iterator[Platform]:
    """A local Platform of this module, as its clock is moved."""
    home: Path = tmp_path_factory.mktemp("sandboxes")
    local = start(home)
    yield Platform(session, local.url).log_in()
    local.stop()


@pytest.fixture
def name(own: Platform) -> str:
    """An active sandbox."""
    name = p.unique("acme").replace(" ", "-")
    own.ok("POST", SANDBOXES, {"name": name, "title": "Acme", "type": "development"})
    wait(own)
    return name


def wait(platform: Platform) -> None:
    """Let provisioning end."""
    platform.control("POST", "/clock", {"ahead_s": 5})


def read(platform: Platform, name: str) -> Json:
    return dict(platform.ok("GET", f"{SANDBOXES}/{name}"))


def test_a_new_sandbox_becomes_active_and_is_empty(own: Platform) -> None:
    name = p.unique("new").replace(" ", "-")
    response = own.send(Request("POST", SANDBOXES, {"name": name, "title": "New", "type": "production"}))
    assert response.status_code == 202
    assert response.json() == {"name": name, "title": "New", "state": "creating", "type": "production", "region": "VA7"}
    assert read(own, name)["state"] == "creating"
    wait(own)
    remote = read(own, name)
    assert (remote["state"], remote["isDefault"], remote["eTag"]) == ("active", False, 1)
    assert own.in_sandbox(name).ok("GET", f"{FLOW}/connections")["items"] == []

    taken = own.send(Request("POST", SANDBOXES, {"name": name, "title": "Again", "type": "production"}))
    assert taken.status_code == 409


@pytest.mark.parametrize("change", [{"name": "Has Space"}, {"type": "other"}, {"title": None}])
def test_an_invalid_sandbox_is_rejected(own: Platform, change: Json) -> None:
    body = {"name": "valid-name", "title": "Valid", "type": "development"} | change
    assert own.send(Request("POST", SANDBOXES, body)).status_code == 400
    assert own.send(Request("GET", f"{SANDBOXES}/valid-name")).status_code == 404


def test_only_the_title_changes(own: Platform, name: str) -> None:
    before = read(own, name)
    changed = own.ok("PATCH", f"{SANDBOXES}/{name}", {"title": "Renamed"})
    after = read(own, name)
    assert changed == after
    assert after == before | {"title": "Renamed", "eTag": 2, "lastModifiedDate": after["lastModifiedDate"]}


def test_a_reset_deletes_all_objects_of_one_sandbox(own: Platform, name: str) -> None:
    for sandbox in (name, "dev"):
        own.in_sandbox(sandbox).ok("POST", f"{FLOW}/connections", p.base_connection())
    checked = own.send(Request("PUT", f"{SANDBOXES}/{name}?validationOnly=true", {"action": "reset"}))
    assert (checked.status_code, checked.json()["state"]) == (202, "active")
    assert own.in_sandbox(name).ok("GET", f"{FLOW}/connections")["items"]

    assert own.send(Request("PUT", f"{SANDBOXES}/{name}", {"action": "restart"})).status_code == 400
    response = own.send(Request("PUT", f"{SANDBOXES}/{name}", {"action": "reset"}))
    assert (response.status_code, response.json()["state"]) == (202, "resetting")
    assert own.in_sandbox(name).ok("GET", f"{FLOW}/connections")["items"] == []
    assert own.in_sandbox("dev").ok("GET", f"{FLOW}/connections")["items"]
    assert own.send(Request("PUT", f"{SANDBOXES}/{name}", {"action": "reset"})).status_code == 400
    wait(own)
    assert read(own, name)["state"] == "active"


def test_a_deleted_sandbox_can_be_read_but_not_used(own: Platform, name: str) -> None:
    own.in_sandbox(name).ok("POST", f"{FLOW}/connections", p.base_connection())
    assert own.ok("DELETE", f"{SANDBOXES}/{name}?validationOnly=true")["state"] == "active"
    response = own.send(Request("DELETE", f"{SANDBOXES}/{name}"))
    assert (response.status_code, response.json()["state"]) == (202, "deleted")
    assert read(own, name)["state"] == "deleted"
    assert own.in_sandbox(name).send(Request("GET", f"{FLOW}/connections")).status_code == 404
    available = {each["name"] for each in own.ok("GET", "/foundation/sandbox-management/")["sandboxes"]}
    everything = {each["name"] for each in own.ok("GET", SANDBOXES)["sandboxes"]}
    assert (name in available, name in everything) == (False, True)

    own.ok("POST", SANDBOXES, {"name": name, "title": "Again", "type": "development"})
    wait(own)
    assert own.in_sandbox(name).ok("GET", f"{FLOW}/connections")["items"] == []


def test_the_default_sandbox_cannot_be_deleted(own: Platform) -> None:
    assert own.send(Request("DELETE", f"{SANDBOXES}/prod")).status_code == 400
    assert read(own, "prod")["state"] == "active"


def test_a_list_is_filtered_sorted_and_paged(own: Platform) -> None:
    def names(query: str) -> list[str]:
        return [each["name"] for each in own.ok("GET", f"{SANDBOXES}?{query}")["sandboxes"]]

    assert names("property=name==dev") == ["dev"]
    assert "prod" in names("property=type==production")
    assert "dev" not in names("property=type==production")
    assert names("property=type==development&property=name!=dev&property=name~^(dev|stage)$") == ["stage"]
    initial = "property=name~^(dev|stage|prod)$"
    assert names(f"{initial}&orderBy=asc:name") == ["dev", "prod", "stage"]
    assert names(f"{initial}&orderBy=desc:name") == ["stage", "prod", "dev"]
    page = own.ok("GET", f"{SANDBOXES}?{initial}&orderBy=name&limit=1&offset=1")
    assert [each["name"] for each in page["sandboxes"]] == ["prod"]
    assert page["_page"] == {"limit": 1, "count": 1}
    assert set(page["_links"]) == {"page", "next", "prev"}
    assert own.send(Request("GET", f"{SANDBOXES}?limit=1")).status_code == 400
    assert own.send(Request("GET", f"{SANDBOXES}?property=name")).status_code == 400


def test_types_are_those_that_can_be_created(own: Platform) -> None:
    types = own.ok("GET", "/foundation/sandbox-management/sandboxTypes")["sandboxTypes"]
    assert types == [{"id": "production", "title": "Production"}, {"id": "development", "title": "Development"}]
    for each in ("production", "development"):
        name = p.unique(each).replace(" ", "-")
        own.ok("POST", SANDBOXES, {"name": name, "title": each, "type": each})
        assert read(own, name)["type"] == each


def test_a_reset_deletes_batches_their_files_and_the_audit_log(own: Platform, name: str) -> None:
    platform = own.in_sandbox(name)
    schema = platform.ok("POST", f"{p.REGISTRY}/tenant/schemas", p.schema())
    dataset = p.dataset_id(platform.ok("POST", f"{p.CATALOG}/dataSets", p.dataset(schema["$id"])))
    body = {"datasetId": dataset, "inputFormat": {"format": "json"}}
    batch = platform.ok("POST", "/foundation/import/batches", body)["id"]
    path = f"/foundation/import/batches/{batch}/datasets/{dataset}/files/a.json"
    platform.send(Request("PUT", path, raw=b"{}\n", headers={"Content-Type": "application/octet-stream"}))
    log = f"{p.REGISTRY}/rpc/auditlog/{p.by_id(schema['$id'])}"
    assert len(platform.ok("GET", log)) == 1
    assert len(platform.ok("GET", f"/foundation/export/batches/{batch}/files")["data"]) == 1

    own.ok("PUT", f"{SANDBOXES}/{name}", {"action": "reset"})
    wait(own)
    assert platform.ok("GET", f"{p.CATALOG}/batches") == {}
    for gone in (log, f"/foundation/export/batches/{batch}/files", f"/foundation/export/files/{batch}-1?path=a.json"):
        assert platform.send(Request("GET", gone)).status_code == 404
