"""Identity Service: namespaces of an organisation's own are made and changed, and never deleted."""

from __future__ import annotations

import pipelines as p
import pytest
from plain_client import Ask, Platform

NAMESPACES = "/core/idnamespace/identities"


@pytest.fixture
def code(platform: Platform) -> str:
    """A namespace of this test's own."""
    code = p.unique("Crm").replace(" ", "")
    platform.ok("POST", NAMESPACES, {"name": code, "code": code, "idType": "Cross_device", "description": "of the CRM"})
    return code


def id_of(platform: Platform, code: str) -> int:
    return int(platform.ok("GET", f"{NAMESPACES}/{code}")["id"])


def test_an_update_changes_name_and_description_and_answers_a_list(platform: Platform, code: str) -> None:
    at = f"{NAMESPACES}/{id_of(platform, code)}"
    before = platform.ok("GET", at)
    # OpenAPI spells the types of an update in capitals.
    changed = {"name": "renamed", "code": code, "idType": "CROSS_DEVICE", "description": "described anew"}
    (answered,) = platform.ok("PUT", at, changed)
    after = platform.ok("GET", at)
    assert answered == after
    assert after == before | {"name": "renamed", "description": "described anew", "updateTime": after["updateTime"]}


@pytest.mark.parametrize(("field", "value"), [("code", "Another"), ("idType", "Email")])
def test_code_and_type_are_not_editable(platform: Platform, code: str, field: str, value: str) -> None:
    at = f"{NAMESPACES}/{id_of(platform, code)}"
    before = platform.ok("GET", at)
    answer = platform.send(Ask("PUT", at, {"name": "n", "code": code, "idType": "Cross_device"} | {field: value}))
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_REQUEST_PARAMS")
    assert platform.ok("GET", at) == before


def test_nobody_deletes_a_namespace(platform: Platform, code: str) -> None:
    at = f"{NAMESPACES}/{id_of(platform, code)}"
    answer = platform.send(Ask("DELETE", at))
    assert (answer.status_code, answer.json()["error"]) == (401, "CLIENT_ID_NOT_AUTHORIZED")
    assert platform.ok("GET", at)["code"] == code


@pytest.mark.parametrize("namespace", ["6", "10999999"])
def test_what_is_not_the_organisations_own_is_not_found_by_an_update(platform: Platform, namespace: str) -> None:
    answer = platform.send(Ask("PUT", f"{NAMESPACES}/{namespace}", {"name": "mine"}))
    assert (answer.status_code, answer.json()["error"]) == (404, "NAMESPACE_NOT_FOUND")
