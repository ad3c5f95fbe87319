"""Runs: when a dataflow has run, and what became of it.

Their oddities: asking for one is for flows of frequency `once`, and answers in three shapes; a failed one starts again under its
own id; their times are milliseconds, and those of a run that is asked for are seconds.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, quote, urlsplit

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Body, Pages
from aep_pulumi.client.flow_service import BASE
from aep_pulumi.client.patch import value_at
from aep_pulumi.errors import AnswerError, TimedOutError

_PATH = f"{BASE}/runs"
_PAGE = 100


def newest(platform: Client, flow_id: str, *, page: int = _PAGE) -> Iterator[Body]:
    """A flow's runs, the newest first, page by page as they are taken, so many at once."""
    path = _PATH
    query: dict[str, str | list[str]] = {"property": [f"flowId=={flow_id}"], "orderby": "-createdAt", "limit": str(page)}
    pages = Pages(_PATH)
    while True:
        answer = platform.call("GET", path, query=query)
        body = answer.body()
        pages.check(answer, [path, query])
        items = value_at(body, "/items")
        if not isinstance(items, list):
            # A list that is not there is no list without runs.
            raise AnswerError(status=200, method="GET", path=path, words="the answer holds no list of runs")
        yield from (item for item in items if isinstance(item, Mapping))
        following = value_at(body, "/_links/next/href")
        if not isinstance(following, str) or not following:
            return
        link = urlsplit(following)
        path, query = BASE + link.path.removeprefix(BASE), {**parse_qs(link.query)}


def ask_for(platform: Client, flow_id: str, *, at_s: int, window_s: tuple[int, int], delta_column: str | None) -> str:
    """Have a flow of frequency `once` run, and return the run's id, or "" where Platform does not tell it.

    Args:
        platform: the sandbox.
        flow_id: the flow.
        at_s: when, in epoch seconds.
        window_s: from when to when the rows that it reads were changed, in epoch seconds.
        delta_column: the column that says when a row was changed: for a flow's first run on demand.
    """
    params: dict[str, object] = {"startTime": at_s, "windowStartTime": window_s[0], "windowEndTime": window_s[1]}
    if delta_column:
        params["deltaColumn"] = {"name": delta_column}
    body = _once(platform, _PATH, {"flowId": flow_id, "params": params}, {})
    found = value_at(body, "/items/0/id") or value_at(body, "/id")
    return found if isinstance(found, str) else ""


def start_again(platform: Client, run_id: str) -> None:
    """Have a failed run start again."""
    _once(platform, f"{_PATH}/{quote(run_id, safe='')}/action", None, {"op": "RE_TRIGGER"})


def _once(platform: Client, path: str, body: object, query: Mapping[str, str]) -> object:
    try:
        return platform.call("POST", path, body=body, query=dict(query)).body()
    except TimedOutError as error:
        raise error.advise("look with `aep runs` whether it runs before you ask again") from None
