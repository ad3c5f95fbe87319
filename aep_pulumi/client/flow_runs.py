"""Flow runs: lists, triggers and retries the runs of a dataflow.

API quirks: only flows of frequency `once` can be triggered, and the response has one of three formats; a failed run restarts
under the same id; times are in milliseconds, but in seconds in a trigger request.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body
from aep_pulumi.client.flow_service import BASE, pages
from aep_pulumi.client.patch import value_at
from aep_pulumi.errors import ResponseError, TimedOutError

_PATH = f"{BASE}/runs"
_PAGE = 100


def newest(platform: Client, flow_id: str | None, *, page: int = _PAGE) -> Iterator[Body]:
    """The runs of a flow, or with None of all flows of the sandbox: newest first, requested page by page as they are consumed."""
    query: dict[str, str | list[str]] = {"orderby": "-createdAt", "limit": str(page)}
    if flow_id is not None:
        query["property"] = [f"flowId=={flow_id}"]
    for body in pages(platform, _PATH, query):
        items = value_at(body, "/items")
        if not isinstance(items, list):
            # A missing `items` key is a malformed response, not an empty list.
            raise ResponseError(status=200, method="GET", path=_PATH, message="the response contains no list of runs")
        yield from (item for item in items if isinstance(item, Mapping))


def trigger(platform: Client, flow_id: str, *, at_s: int, window_s: tuple[int, int], delta_column: str | None) -> str:
    """Trigger a run of a flow of frequency `once`.

    Args:
        platform: the client.
        flow_id: the flow.
        at_s: the start time, in epoch seconds.
        window_s: the time window of the changed rows to read, start and end, in epoch seconds.
        delta_column: the column that holds the time of a row's last change: required for a flow's first triggered run.

    Returns:
        The run's id, or "" if Platform does not return it.
    """
    params: dict[str, object] = {"startTime": at_s, "windowStartTime": window_s[0], "windowEndTime": window_s[1]}
    if delta_column:
        params["deltaColumn"] = {"name": delta_column}
    body = _once(platform, _PATH, {"flowId": flow_id, "params": params}, {})
    run_id = value_at(body, "/items/0/id") or value_at(body, "/id")
    return run_id if isinstance(run_id, str) else ""


def retry(platform: Client, run_id: str) -> None:
    """Retry a failed run."""
    _once(platform, f"{_PATH}/{quote(run_id, safe='')}/action", None, {"op": "RE_TRIGGER"})


def _once(platform: Client, path: str, body: object, query: Mapping[str, str]) -> object:
    try:
        return platform.call("POST", path, body=body, query=dict(query)).body()
    except TimedOutError as error:
        raise error.advise("check with `aep runs` whether it is running before you try again") from None
