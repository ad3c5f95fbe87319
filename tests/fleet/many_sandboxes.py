"""Many sandboxes behind one fake Flow Service, which counts requests and fails as a test wants."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from json_server import json_server

NOW = 1_800_000_000
FLOWS, RUNS = "/data/foundation/flowservice/flows", "/data/foundation/flowservice/runs"
_PAGE = 100


@dataclass
class ManySandboxes:
    """The dataflows and runs of each sandbox."""

    url: str = ""
    flows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By sandbox and id."""
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By sandbox, the newest first."""
    denied: set[str] = field(default_factory=set)
    """Sandboxes that the credential has no access to."""
    production: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    """Each request, as `dev GET /path`."""

    def flow(self, sandbox: str, flow_id: str, **more: Any) -> None:
        """Add a dataflow that has run every hour for ten hours."""
        schedule = {"startTime": str(NOW - 36_000), "frequency": "hour", "interval": "1"}
        body = {
            "id": flow_id,
            "name": flow_id,
            "state": "enabled",
            "flowSpec": {"id": "spec"},
            "scheduleParams": schedule,
            **more,
        }
        self.flows.setdefault(sandbox, {})[flow_id] = body

    def run(self, sandbox: str, flow_id: str, ago_s: int, *errors: tuple[str, str], lost: int = 0) -> None:
        """Add a run of ten rows."""
        began = (NOW - ago_s) * 1000
        status = {
            "status": "failed" if lost == 10 else "success",
            "errors": [{"code": code, "message": text} for code, text in errors],
        }
        metrics = {
            "durationSummary": {"startedAtUTC": began, "completedAtUTC": began + 30_000},
            "recordSummary": {"inputRecordCount": 10, "outputRecordCount": 10 - lost, "failedRecordCount": lost},
            "statusSummary": status,
        }
        of_sandbox = self.runs.setdefault(sandbox, [])
        of_sandbox.append(
            {"id": f"{flow_id}-{ago_s}", "flowId": flow_id, "createdAt": began, "metrics": metrics, "activities": []}
        )
        of_sandbox.sort(key=lambda each: -each["createdAt"])

    def answer(self, method: str, sandbox: str, url: str) -> tuple[int, Any]:
        """The response to a request."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self.requests.append(f"{sandbox} {method} {parts.path}")
        if "/sandbox-management/" in parts.path:
            return 200, {
                "name": sandbox,
                "type": "production" if sandbox in self.production else "development",
                "state": "active",
            }
        if sandbox in self.denied:
            return 403, {"error_code": "403025", "message": "No access to this sandbox"}
        known = self.flows.get(sandbox, {})
        if parts.path == RUNS:
            flow_id = query.get("property", [""])[0].removeprefix("flowId==")
            return 200, self._page([each for each in self.runs.get(sandbox, []) if flow_id in {"", each["flowId"]}], query)
        if parts.path == FLOWS:
            return 200, self._page(list(known.values()), query)
        flow_id = parts.path.removeprefix(f"{FLOWS}/").removesuffix("/action")
        if flow_id not in known:
            return 404, {"message": "no such flow"}
        if method == "POST":
            known[flow_id]["state"] = {"enable": "enabled", "disable": "disabled"}[query["op"][0]]
        return 200, {"items": [known[flow_id]]}

    @staticmethod
    def _page(items: list[dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
        """A page, whose continuation is only a token, as Platform's lists have it."""
        first, most = int(query.get("continuationToken", ["0"])[0]), min(int(query["limit"][0]), _PAGE)
        token = {"continuationToken": str(first + most)} if len(items) > first + most else {}
        return {"items": items[first : first + most], **token}


@contextmanager
def many_sandboxes() -> Iterator[ManySandboxes]:
    """The service on this machine, for the duration of a test."""
    many = ManySandboxes()
    with json_server(lambda method, path, headers: many.answer(method, headers["x-sandbox-name"], path), NOW) as many.url:
        yield many
