"""Postman collections, run by newman: no request gets a server error, nor the page for unknown routes where there is a route.

AEP_POSTMAN_COLLECTIONS names a folder of collections, such as Adobe's samples; a small one of our own runs in any case.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import newman
import pytest
from newman import Execution, problems
from plain_client import CREDENTIALS, Platform
from servers import answering

OWN = Path(__file__).with_name("own.postman_collection.json")
FOLDER = "AEP_POSTMAN_COLLECTIONS"

pytestmark = pytest.mark.slow

FLOWS = "/data/foundation/flowservice/flows"


def collections() -> list[Path]:
    """The collections of the user's folder."""
    files = sorted(Path(os.environ[FOLDER]).rglob("*.json")) if os.environ.get(FOLDER) else []
    return [file for file in files if "item" in json.loads(file.read_text(encoding="utf-8"))]


NONE = pytest.param(None, marks=pytest.mark.skip(reason=f"{FOLDER} names no folder with collections"))
THEIRS: list[Any] = list(collections()) or [NONE]


@pytest.fixture
def gateway(fresh: Platform, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An empty local Platform over TLS, for newman."""
    if newman.command() is None:
        pytest.skip("newman is not installed: npm install --global newman")
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate with openssl")
    with newman.over_tls(fresh.url, tmp_path) as address:
        yield address


def run(collection: Path, platform: Platform, gateway: tuple[str, Path], folder: Path, proxy: str = newman.NOWHERE) -> newman.Run:
    """Run a collection with the variables that Adobe's collections use."""
    variables = {
        "ACCESS_TOKEN": platform.token,
        "API_KEY": CREDENTIALS["client_id"],
        "CLIENT_SECRET": CREDENTIALS["client_secret"],
        "CONTAINER_ID": "tenant",
        "IMS": gateway[0],
        "IMS_ORG": "LOCAL@AdobeOrg",
        "SANDBOX_NAME": platform.sandbox,
        "TENANT_ID": "_localtenant",
    }
    return newman.run(collection, *gateway, variables, folder, proxy)


@pytest.mark.parametrize("collection", THEIRS, ids=lambda file: file.stem.removesuffix(".postman_collection") if file else "")
def test_a_collection_of_the_users_folder(
    collection: Path,
    fresh: Platform,
    gateway: tuple[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran = run(collection, fresh, gateway, tmp_path)
    with capsys.disabled():
        print(f"\n{collection.name}", *(each.line for each in ran.executions), sep="\n  ")  # noqa: T201 - the report
    assert ran.executions
    assert problems(ran.executions) == []


def test_our_own_collection_passes(fresh: Platform, gateway: tuple[str, Path], tmp_path: Path) -> None:
    ran = run(OWN, fresh, gateway, tmp_path)
    assert ran.failures == []
    assert [each.status for each in ran.executions] == [201, 200, 204, 404, 404]
    assert [each.name for each in ran.executions][:2] == ["Create a base connection", "Read it"]
    assert problems(ran.executions) == []


def test_a_server_error_and_a_failed_assertion_are_reported(fresh: Platform, gateway: tuple[str, Path], tmp_path: Path) -> None:
    fresh.control("POST", "/faults", {"rules": [{"kind": "outage_before", "method": "DELETE", "status": 503}]})
    ran = run(OWN, fresh, gateway, tmp_path)
    (problem,) = problems(ran.executions)
    assert problem.startswith(" 503  DELETE /data/foundation/flowservice/connections/")
    assert problem.endswith("(Delete it)")
    assert [each.split(":")[0] for each in ran.failures] == ["Delete it", "Read it again"]


def test_a_request_to_another_host_goes_nowhere(fresh: Platform, gateway: tuple[str, Path], tmp_path: Path) -> None:
    collection = json.loads(OWN.read_text(encoding="utf-8"))
    request = {"method": "GET", "url": "https://platform.adobe.io/data/foundation/flowservice/flows"}
    (tmp_path / "other.json").write_text(json.dumps({**collection, "item": [{"name": "elsewhere", "request": request}]}))
    with answering(b"") as (proxy, received):
        ran = run(tmp_path / "other.json", fresh, gateway, tmp_path, proxy=proxy)
    assert [(each.status, each.is_here) for each in ran.executions] == [(None, False)]
    assert received[0].startswith(b"CONNECT platform.adobe.io:443 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("execution", "is_problem"),
    [
        (Execution("", "GET", FLOWS, 500, "application/json"), True),
        (Execution("", "GET", FLOWS, 200, "application/json"), False),
        (Execution("", "GET", f"{FLOWS}/none", 404, "application/json"), False),
        (Execution("", "GET", f"{FLOWS}/none", 404, "text/html; charset=utf-8"), True),
        (Execution("", "PUT", f"{FLOWS}/none", 404, "text/html; charset=utf-8"), False),
        (Execution("", "GET", "/data/core/ups/config/mergePolicies", 404, "text/html; charset=utf-8"), False),
        (Execution("", "GET", FLOWS, None, ""), True),
        (Execution("", "GET", FLOWS, None, "", is_here=False), False),
    ],
)
def test_a_problem_is_no_response_a_server_error_or_a_missing_route(execution: Execution, *, is_problem: bool) -> None:
    assert bool(problems([execution])) == is_problem
