"""Credentials: a secret that says it is wrong is rejected by the source, where Platform would report it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pipelines as p
import pytest
import requests
from pipelines import FLOW, Json
from plain_client import Platform, Request, code_of, start

SOURCES: list[tuple[str, str, Json, str]] = [
    (p.SALESFORCE, "Basic Authentication", {"environmentUrl": "x", "username": "x", "securityToken": "x"}, "password"),
    (
        p.SALESFORCE,
        "OAuth2 Client Credential",
        {"environmentUrl": "x", "clientId": "x", "apiVersion": "60.0"},
        "clientSecret",
    ),
    (p.DYNAMICS, "Basic Authentication for Dynamics-Online", {"serviceUri": "x", "username": "x"}, "password"),
    (
        p.DYNAMICS,
        "Service Principal Key Based Authentication",
        {"serviceUri": "x", "servicePrincipalId": "x"},
        "servicePrincipalKey",
    ),
    (p.GOOGLE_CLOUD, "Basic Authentication for google-cloud", {"accessKeyId": "x"}, "secretAccessKey"),
]


def base(spec_id: str, auth: str, params: Json) -> Json:
    spec = {"id": spec_id, "version": "1.0"}
    return {"name": p.unique("base"), "auth": {"specName": auth, "params": params}, "connectionSpec": spec}


def result_of(platform: Platform, base_id: str) -> Any:
    return platform.ok("GET", f"{FLOW}/connections/{base_id}/test")


def explored(platform: Platform, base_id: str) -> tuple[int, str | None]:
    response = platform.send(Request("GET", f"{FLOW}/connections/{base_id}/explore?objectType=root"))
    return response.status_code, None if response.ok else code_of(response)


@pytest.mark.parametrize(("spec_id", "auth", "params", "secret"), SOURCES)
def test_a_wrong_secret_fails_the_connection_test_and_explore(
    platform: Platform, spec_id: str, auth: str, params: Json, secret: str
) -> None:
    right, wrong = (
        platform.ok("POST", f"{FLOW}/connections", base(spec_id, auth, {**params, secret: value}))["id"]
        for value in ("opensesame", "wrong-or-expired")
    )
    assert (result_of(platform, right), explored(platform, right)) == ({"result": True}, (200, None))
    assert (result_of(platform, wrong), explored(platform, wrong)) == ({"result": False}, (400, "1308-400"))
    for suffix in ("configs", "explore?objectType=table&object=Contact&preview=true"):
        response = platform.send(Request("GET", f"{FLOW}/connections/{wrong}/{suffix}"))
        assert (response.status_code, code_of(response)) == (400, "1308-400")
    # Nobody sees from the masked secret that it is wrong.
    read = platform.ok("GET", f"{FLOW}/connections/{wrong}")["items"][0]
    assert read["auth"]["params"][secret] == "********"
    assert read["auth"] == platform.ok("GET", f"{FLOW}/connections/{right}")["items"][0]["auth"]
    (listed,) = platform.ok("GET", f"{FLOW}/connections?property=id=={wrong}")["items"]
    assert listed["auth"] == read["auth"]


def test_the_error_repeats_what_the_source_says(platform: Platform) -> None:
    spec_id, auth, params, secret = SOURCES[0]
    base_id = platform.ok("POST", f"{FLOW}/connections", base(spec_id, auth, {**params, secret: "Wrong!"}))["id"]
    response = platform.send(Request("GET", f"{FLOW}/connections/{base_id}/explore?objectType=root"))
    assert response.json()["errorMessage"] == (
        "The request could not be processed. Error message: INVALID_LOGIN: Invalid username, password, security token; or user "
        "locked out."
    )


@pytest.mark.parametrize(("value", "result"), [("Server=x;Password=wrong1", False), ("Server=x;Pwd=w", True), ("wrong", False)])
def test_a_connection_string_can_contain_a_wrong_password(platform: Platform, value: str, result: bool) -> None:  # noqa: FBT001
    postgres = "74a1c565-4e59-48d7-9d67-7c03b8a13137"
    desired = base(postgres, "Connection String Based Authentication", {"connectionString": value})
    base_id = platform.ok("POST", f"{FLOW}/connections", desired)["id"]
    assert result_of(platform, base_id) == {"result": result}


def test_only_secrets_can_be_wrong(platform: Platform) -> None:
    params = {"environmentUrl": "wrong", "username": "wrong", "securityToken": "x", "password": "not wrong"}
    base_id = platform.ok("POST", f"{FLOW}/connections", base(p.SALESFORCE, "Basic Authentication", params))["id"]
    assert result_of(platform, base_id) == {"result": True}


def test_an_update_of_another_field_does_not_make_a_secret_right_and_a_new_secret_does(platform: Platform) -> None:
    spec_id, auth, params, secret = SOURCES[0]
    made = platform.ok("POST", f"{FLOW}/connections", base(spec_id, auth, {**params, secret: "wrong"}))
    path, etag = f"{FLOW}/connections/{made['id']}", made["etag"]

    def patch(where: str, value: Any) -> bool:
        nonlocal etag
        change = [{"op": "replace", "path": where, "value": value}]
        etag = platform.ok("PATCH", path, change, **{"If-Match": etag})["etag"]
        return bool(result_of(platform, made["id"])["result"])

    assert not patch("/name", p.unique("renamed"))
    assert patch("/auth/params", {**params, secret: "opensesame"})
    assert not patch("/auth/params", {**params, secret: "wrong again"})


@pytest.fixture
def platform_with_a_clock(tmp_path: Path, session: requests.Session) -> Iterator[Platform]:
    """A local Platform of its own, as the test moves its clock."""
    local = start(tmp_path)
    yield Platform(session, local.url).log_in()
    assert local.stop() == (0, "")


@pytest.mark.slow
def test_runs_fail_while_the_account_is_wrong(platform_with_a_clock: Platform) -> None:
    for param, wrong, words in (
        ("password", "wrong", "INVALID_LOGIN"),
        ("environmentUrl", "https://typo.invalid", "typo.invalid is unknown"),
    ):
        check_runs(platform_with_a_clock, param, wrong, words)
        assert platform_with_a_clock.control("POST", "/reset").ok
        platform_with_a_clock.log_in()


def check_runs(platform: Platform, param: str, wrong: str, words: str) -> None:
    """The runs of a flow with a wrong parameter of its account, until it is corrected."""
    pipeline = p.create_pipeline(platform)
    params = p.base_connection()["auth"]["params"]
    etag = pipeline.base_etag

    def sign_in(**changed: str) -> None:
        nonlocal etag
        change = [{"op": "replace", "path": "/auth/params", "value": {**params, **changed}}]
        etag = platform.ok("PATCH", f"{FLOW}/connections/{pipeline.base}", change, **{"If-Match": etag})["etag"]

    def runs() -> list[Json]:
        found: list[Json] = platform.ok("GET", f"{FLOW}/runs?property=flowId=={pipeline.flow}&orderby=createdAt")["items"]
        return found

    sign_in(**{param: wrong})
    platform.control("POST", "/clock", {"ahead_s": 3_700})
    (failed,) = runs()
    assert failed["metrics"]["statusSummary"]["status"] == "failed", param
    (error,) = failed["metrics"]["statusSummary"]["errors"]
    assert (error["code"], words in error["message"]) == ("CONNECTOR-1001-500", True), param
    assert failed["metrics"]["recordSummary"]["inputRecordCount"] == 0
    # What has failed stays failed, until it is tried again.
    sign_in()
    platform.control("POST", "/clock", {"ahead_s": 1_800})
    before, after = (each["metrics"]["statusSummary"]["status"] for each in runs())
    assert (before, after) == ("failed", "success"), param
    platform.ok("POST", f"{FLOW}/runs/{failed['id']}/action?op=re_trigger")
    platform.control("POST", "/clock", {"ahead_s": 300})
    again = runs()[0]["metrics"]
    assert (again["statusSummary"]["status"], again["recordSummary"]["inputRecordCount"] > 1_000) == ("success", True)
