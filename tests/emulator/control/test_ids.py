"""Ids that are derived from a seed: the same objects have the same ids again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pipelines as p
import pytest
import requests
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Json
from plain_client import Platform, Request, start

INLET = {"name": "inlet", "description": "", "sourceId": "crm", "dataType": "xdm"}


@contextmanager
def fresh(session: requests.Session, home: Path, seed: str | None = "demo") -> Iterator[Platform]:
    process = start(home)
    platform = Platform(session, process.url).log_in()
    if seed:
        assert platform.control("POST", "/ids", {"seed": seed}).json() == {"seed": seed}
    yield platform
    assert process.stop() == (0, "")


def emptied(platform: Platform, seed: str | None = "demo") -> Platform:
    """The same local Platform as if it were a fresh one."""
    assert platform.control("POST", "/reset").ok
    if seed:
        assert platform.control("POST", "/ids", {"seed": seed}).ok
    return platform.log_in()


def connect(platform: Platform, name: str) -> str:
    return str(platform.ok("POST", f"{FLOW}/connections", {**p.base_connection(), "name": name})["id"])


def pipeline(platform: Platform) -> dict[str, str]:
    """A pipeline whose objects always have the same names; their ids."""
    base = connect(platform, "base")
    source = platform.ok("POST", f"{FLOW}/sourceConnections", {**p.source_connection(base), "name": "source"})["id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", {**p.schema(), "title": "schema"})["$id"]
    dataset = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", {**p.dataset(schema), "name": "dataset"}))
    target = platform.ok("POST", f"{FLOW}/targetConnections", {**p.target_connection(schema, dataset), "name": "target"})["id"]
    mapping = platform.ok("POST", f"{PREP}/mappingSets", p.mapping_set(schema))["id"]
    descriptor = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(schema))["@id"]
    flow = platform.ok("POST", f"{FLOW}/flows", {**p.flow(source, target, mapping), "name": "flow"})["id"]
    inlet = platform.ok("POST", "/core/edge/inlet", INLET)["inletId"]
    return {
        "base": base,
        "source": source,
        "schema": schema,
        "dataset": dataset,
        "target": target,
        "mapping": mapping,
        "descriptor": descriptor,
        "flow": flow,
        "inlet": inlet,
    }


@pytest.mark.slow
def test_the_same_objects_have_the_same_ids(session: requests.Session, tmp_path: Path) -> None:
    with fresh(session, tmp_path / "a") as platform:
        first = pipeline(platform)
    with fresh(session, tmp_path / "b") as platform:
        assert pipeline(platform) == first
        for seed in ("another", None):
            assert set(pipeline(emptied(platform, seed)).values()) & set(first.values()) == set()


@pytest.mark.slow
def test_the_order_of_other_objects_does_not_matter(session: requests.Session, tmp_path: Path) -> None:
    with fresh(session, tmp_path) as platform:
        first = {name: connect(platform, name) for name in ("x", "y", "z")}
        emptied(platform)
        assert {name: connect(platform, name) for name in ("z", "x", "y")} == first


@pytest.mark.slow
def test_ids_do_not_repeat_after_a_deletion_or_a_restart(session: requests.Session, tmp_path: Path) -> None:
    seen: list[str] = []
    for _ in range(2):
        with fresh(session, tmp_path) as platform:
            seen += [connect(platform, "same"), connect(platform, "same")]
            platform.ok("DELETE", f"{FLOW}/connections/{seen[-1]}")
    assert len(set(seen)) == 4
    assert [uuid.UUID(each).version for each in seen] == [4] * 4, "they look like any others"


@pytest.mark.slow
def test_a_request_that_fails_takes_no_id(session: requests.Session, tmp_path: Path) -> None:
    with fresh(session, tmp_path) as platform:
        first = pipeline(platform)
        emptied(platform)
        invalid: Any = {**p.base_connection(), "name": "base", "connectionSpec": {"id": "none"}}
        assert not platform.send(Request("POST", f"{FLOW}/connections", invalid)).ok
        assert pipeline(platform) == first


def test_a_reset_returns_to_random_ids(session: requests.Session, tmp_path: Path) -> None:
    with fresh(session, tmp_path) as platform:
        first = connect(platform, "base")
        platform.control("POST", "/reset")
        platform.log_in()
        assert platform.control("GET", "/ids").json() == {"seed": None}
        assert connect(platform, "base") != first
        platform.control("POST", "/ids", {"seed": "demo"})
        assert connect(platform, "base") == first


@pytest.mark.parametrize("body", [{}, {"seed": ""}, {"seed": 1}, {"seed": "a", "more": 1}])
def test_an_invalid_seed_is_rejected(platform: Platform, body: Json) -> None:
    assert platform.control("POST", "/ids", body).status_code == 400
