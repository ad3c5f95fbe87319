"""Identity Service: custom namespaces can be created and updated, but not deleted."""

from __future__ import annotations

import pipelines as p
import pytest
from plain_client import Platform, Request

NAMESPACES = "/core/idnamespace/identities"


@pytest.fixture
def code(platform: Platform) -> str:
    """The code of a custom namespace."""
    code = p.unique("Crm").replace(" ", "")
    platform.ok("POST", NAMESPACES, {"name": code, "code": code, "idType": "Cross_device", "description": "of the CRM"})
    return code


def id_of(platform: Platform, code: str) -> int:
    return int(platform.ok("GET", f"{NAMESPACES}/{code}")["id"])


def test_an_update_changes_name_and_description_and_returns_a_list(platform: Platform, code: str) -> None:
    at = f"{NAMESPACES}/{id_of(platform, code)}"
    before = platform.ok("GET", at)
    # OpenAPI uses uppercase types for updates.
    changed = {"name": "renamed", "code": code, "idType": "CROSS_DEVICE", "description": "described anew"}
    (answered,) = platform.ok("PUT", at, changed)
    after = platform.ok("GET", at)
    assert answered == after
    assert after == before | {"name": "renamed", "description": "described anew", "updateTime": after["updateTime"]}


@pytest.mark.parametrize(("field", "value"), [("code", "Another"), ("idType", "Email")])
def test_code_and_type_are_immutable(platform: Platform, code: str, field: str, value: str) -> None:
    at = f"{NAMESPACES}/{id_of(platform, code)}"
    before = platform.ok("GET", at)
    response = platform.send(Request("PUT", at, {"name": "n", "code": code, "idType": "Cross_device"} | {field: value}))
    assert (response.status_code, response.json()["error"]) == (400, "INVALID_REQUEST_PARAMS")
    assert platform.ok("GET", at) == before


def test_a_namespace_cannot_be_deleted(platform: Platform, code: str) -> None:
    at = f"{NAMESPACES}/{id_of(platform, code)}"
    response = platform.send(Request("DELETE", at))
    assert (response.status_code, response.json()["error"]) == (401, "CLIENT_ID_NOT_AUTHORIZED")
    assert platform.ok("GET", at)["code"] == code


@pytest.mark.parametrize("namespace", ["6", "10999999"])
def test_only_existing_custom_namespaces_can_be_updated(platform: Platform, namespace: str) -> None:
    response = platform.send(Request("PUT", f"{NAMESPACES}/{namespace}", {"name": "mine"}))
    assert (response.status_code, response.json()["error"]) == (404, "NAMESPACE_NOT_FOUND")


def test_the_paths_with_an_organisation_show_custom_namespaces_to_their_own_one_only(platform: Platform, code: str) -> None:
    own, other = ("/core/idnamespace/orgs/LOCAL@AdobeOrg/identities", "/core/idnamespace/orgs/OTHER@AdobeOrg/identities")
    assert platform.ok("GET", own) == platform.ok("GET", NAMESPACES)
    assert platform.ok("GET", f"{own}/{code}") == platform.ok("GET", f"{NAMESPACES}/{code}")
    shared = [each["code"] for each in platform.ok("GET", other)]
    assert ("Email" in shared, code in shared) == (True, False)
    assert platform.send(Request("GET", f"{other}/{code}")).status_code == 404
    assert platform.ok("GET", f"{other}/Email")["code"] == "Email"
