"""A fake Platform that returns the dataflows and runs of a test, and a `pulumi` that exports a state."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from json_server import json_server

NOW = 1_800_000_000
FLOWS = "/data/foundation/flowservice/flows"
RUNS = "/data/foundation/flowservice/runs"
PULUMI = """#!/bin/sh
case "$1" in
stack) /bin/cat "{folder}/state.json" ;;
config) /bin/cat "{folder}/config.json" ;;
esac
"""


def flow(name: str = "Leads", **more: Any) -> dict[str, Any]:
    """A dataflow that has run every hour for ten hours."""
    return {
        "name": name,
        "state": "enabled",
        "flowSpec": {"id": "spec"},
        "updatedAt": (NOW - 86_400) * 1000,
        "scheduleParams": {"startTime": str(NOW - 36_000), "frequency": "hour", "interval": "1"},
        **more,
    }


def run(began_s: int, status: str = "success", **more: Any) -> dict[str, Any]:
    """A run that took half a minute, with seven rows."""
    return {
        "id": f"run-{began_s}",
        "createdAt": began_s * 1000,
        "metrics": {
            "durationSummary": {"startedAtUTC": began_s * 1000, "completedAtUTC": (began_s + 30) * 1000},
            "recordSummary": {"inputRecordCount": 7, "outputRecordCount": 7},
            "statusSummary": {"status": status},
        },
        "activities": [],
        **more,
    }


def failed(began_s: int, *errors: dict[str, str], rows: int = 7) -> dict[str, Any]:
    """A run that lost rows: all of them, unless fewer are given."""
    made = run(began_s, "failed" if rows == 7 else "success")
    made["metrics"]["recordSummary"] = {"inputRecordCount": 7, "outputRecordCount": 7 - rows, "failedRecordCount": rows}
    made["metrics"]["statusSummary"]["errors"] = list(errors)
    return made


@dataclass
class FakePlatform:
    """The fake Platform, and the folder of the `pulumi`."""

    folder: Path
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    """Each request, as `GET /path`."""
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Responses that replace those to the next requests for runs."""

    def state(self, *resources: tuple[str, str, str]) -> None:
        """Export a stack with these dataflows: each its name in the program, its id, its name on Platform."""
        kept = [
            {
                "urn": f"urn:pulumi:dev::p::pulumi-python:dynamic/aep:Dataflow::{name}",
                "type": "pulumi-python:dynamic/aep:Dataflow",
                "id": flow_id,
                "inputs": {"name": known_as},
            }
            for name, flow_id, known_as in resources
        ]
        (self.folder / "state.json").write_text(json.dumps({"deployment": {"resources": kept}}))

    def reply(self, method: str, url: str) -> tuple[int, Any]:
        """The response to a request."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self.requests.append(f"{method} {parts.path}")
        if "/sandbox-management/" in parts.path:
            return 200, {"name": "dev", "type": "development", "state": "active"}
        if parts.path == RUNS and self.answers:
            return self.answers.pop(0)
        if method == "POST" and parts.path.startswith(RUNS):
            return 200, {"items": [{"id": "run-asked-for", "etag": '"1"'}]}
        if parts.path == RUNS:
            flow_id = query["property"][0].removeprefix("flowId==")
            items = sorted(self.runs.get(flow_id, []), key=_newest_first)
            first, most = int(query.get("continuationToken", ["0"])[0]), int(query["limit"][0])
            following = f"/runs?property=flowId=={flow_id}&limit={most}&continuationToken={first + most}"
            links = {"next": {"href": following}} if len(items) > first + most else {}
            return 200, {"items": items[first : first + most], "_links": links}
        if parts.path == FLOWS:
            return 200, {"items": [{"id": flow_id, **body} for flow_id, body in self.flows.items()]}
        flow_id = parts.path.rpartition("/")[2]
        known = self.flows.get(flow_id)
        return (200, {"items": [{"id": flow_id, **known}]}) if known else (404, {"message": "no such flow"})


def _newest_first(run: dict[str, Any]) -> float:
    created = run.get("createdAt")
    return -created if isinstance(created, int) else 0


@contextmanager
def fake_platform(folder: Path) -> Iterator[FakePlatform]:
    """A fake Platform on this machine for the duration of a test."""
    fake = FakePlatform(folder)
    program = folder / "pulumi"
    program.write_text(PULUMI.format(folder=folder))
    program.chmod(0o755)
    with json_server(lambda method, path, _headers: fake.reply(method, path), NOW) as url:
        config = {
            "aep:endpoint": url,
            "aep:organization": "A@AdobeOrg",
            "aep:sandbox": "dev",
            "aep:clientId": "client",
            "aep:accessToken": "a-token",
            "aep:deadlineS": "1",
        }
        (folder / "config.json").write_text(json.dumps({key: {"value": value} for key, value in config.items()}))
        yield fake
