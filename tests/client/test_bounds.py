"""Bounds: the time and memory that a response may cost, over real HTTP, and endless lists."""

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable, Iterable

import pytest
from servers import answering
from stand_in import StandIn, answer, scripted

from aep_pulumi.client import Client, catalog, flow_runs, flow_service, schema_registry
from aep_pulumi.client.data_prep import MappingSets
from aep_pulumi.client.deadline import operation
from aep_pulumi.client.transport import DEEPEST, LARGEST_RESPONSE, Request, Response
from aep_pulumi.errors import DeadlineError, ResponseError, TimedOutError, UnreadableError
from aep_pulumi.resources._once import is_ambiguous
from aep_pulumi.settings import Settings

ELSEWHERE = {"aep:organization": "ABC@AdobeOrg", "aep:sandbox": "dev", "aep:clientId": "c", "aep:accessToken": "ready"}
REQUEST_ID = {"x-request-id": "r-1"}


def http(content: bytes, **headers: str) -> bytes:
    """A success response with this content."""
    lines = {"x-request-id": "r-1", "Content-Length": f"{len(content)}"} | {
        name.replace("_", "-"): headers[name] for name in headers
    }
    return "".join(["HTTP/1.1 200 OK\r\n", *(f"{name}: {value}\r\n" for name, value in lines.items()), "\r\n"]).encode() + content


def to(url: str, **settings: str) -> Client:
    """A client of a server that is not Platform."""
    return Client(Settings.read(ELSEWHERE | {"aep:endpoint": url} | {f"aep:{name}": settings[name] for name in settings}, {}))


# -- size and depth ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (gzip.compress(b"0" * 200_000_000), {"Content_Encoding": "gzip"}),
        (gzip.compress(gzip.compress(b"0" * 200_000_000)), {"Content_Encoding": "gzip, gzip"}),
        (b" " * (LARGEST_RESPONSE + 1), {}),
        (gzip.compress(b"[" + b"[]," * 5_000_000 + b"[]]"), {"Content_Encoding": "gzip"}),
    ],
    ids=["bomb", "bomb in a bomb", "large", "many values"],
)
def test_a_response_that_is_too_large_is_rejected_in_one_sentence(content: bytes, headers: dict[str, str]) -> None:
    with answering(http(content, **headers)) as (url, received):
        tracemalloc.start()
        with pytest.raises(UnreadableError) as raised:
            to(url).call("GET", "/x")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert str(raised.value).startswith("the response to GET /x is larger than the maximum of ")
    assert str(raised.value).endswith("the request may have taken effect; report it to Adobe (request id r-1)")
    assert peak < 100_000_000
    assert len(received) == 1, "asking again brings the same"


def test_a_page_of_platforms_maximum_size_is_read() -> None:
    page = json.dumps({"items": [{"id": f"{number}", "description": "x" * 5_000} for number in range(300)]}).encode()
    with answering(http(gzip.compress(page), Content_Encoding="gzip")) as (url, _):
        assert len(to(url).call("GET", "/x").body()["items"]) == 300  # type: ignore[index]


@pytest.mark.parametrize("levels", [DEEPEST + 1, 900, 100_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_a_response_that_is_nested_too_deeply_is_rejected_in_one_sentence(levels: int, brackets: tuple[str, str]) -> None:
    content = (brackets[0] * levels + "1" + brackets[1] * levels).encode()
    network = scripted(answer(content=content, headers=REQUEST_ID))
    with pytest.raises(UnreadableError) as raised:
        network.platform().call("POST", "/x", read_only=True)
    assert str(raised.value) == (
        f"the response to POST /x is nested deeper than {DEEPEST} levels: the request may have taken effect; report it to Adobe "
        "(request id r-1)"
    )
    assert is_ambiguous(raised.value)


def test_a_response_at_the_nesting_limit_is_read() -> None:
    content = ("[" * DEEPEST + "]" * DEEPEST).encode()
    assert scripted(answer(content=content)).platform().call("GET", "/x").body() is not None


@pytest.mark.parametrize("content", [b'"\\ud800"', b'"\xed\xa0\x80"', b"NaN", b'{"a": Infinity}', b"\xff", b"1" * 5000])
def test_invalid_json_is_read_as_none(content: bytes) -> None:
    assert Response(200, {}, content).body() is None


def test_valid_json_is_read() -> None:
    assert Response(200, {}, b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}').body() == {"a": "😀"}


# -- lists ------------------------------------------------------------------------------------------------------------


class Turning(StandIn):
    """Answers every list request with the same page."""

    def __init__(self, page: object) -> None:
        super().__init__()
        self._page = page

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """The same page each time."""
        self.script = [answer(200, self._page, REQUEST_ID)]
        return super().send(request, timeout_s=timeout_s)


_NEXT = {"next": {"href": "/flows?start=1"}}
LISTS: dict[str, tuple[Callable[[Client], Iterable[object]], object]] = {
    "datasets": (lambda platform: catalog.Datasets(platform).list(), {f"d{number}": {} for number in range(100)}),
    "mapping sets": (lambda platform: MappingSets(platform).list(), {"data": [{"id": f"m{number}"} for number in range(100)]}),
    "flows": (
        lambda platform: flow_service.Flows(platform).list(),
        {"items": [], "_links": _NEXT},
    ),
    "runs": (lambda platform: flow_runs.newest(platform, "f"), {"items": [], "_links": {"next": {"href": "/runs?start=1"}}}),
    "schemas": (lambda platform: schema_registry.schemas(platform).list(), {"results": [], "_page": {"next": "one"}}),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_never_advances_is_given_up_after_a_few_pages(name: str) -> None:
    every, page = LISTS[name]
    network = Turning(page)
    with pytest.raises(ResponseError) as raised:
        list(every(network.platform()))
    assert "the list does not end: page" in str(raised.value)
    assert str(raised.value).endswith("was returned before; report it to Adobe (request id r-1)")
    assert len(network.requests) <= 3


# -- time -------------------------------------------------------------------------------------------------------------


def test_requests_waits_and_retries_of_one_operation_share_its_deadline() -> None:
    with answering(None) as (url, received):
        platform = to(url, deadlineS="0.3")
        began = time.monotonic()
        with operation():
            with pytest.raises(TimedOutError, match=r"\(.*timed out\); gave up after 1 attempt: aep:deadlineS is 0.3$"):
                platform.call("GET", "/x")
            with pytest.raises(DeadlineError, match=r"^gave up before GET /x was sent: .* \(aep:deadlineS is 0.3\)$"):
                platform.call("GET", "/x")
            with pytest.raises(DeadlineError, match=r"^gave up before a wait of 5.0 s"):
                platform.pause(5)
        assert time.monotonic() - began < 2
        assert len(received) == 1
    with pytest.raises(TimedOutError), answering(None) as (url, _):
        to(url, deadlineS="0.3").call("GET", "/x")  # the next operation has its own deadline


def test_a_write_cut_off_by_the_deadline_may_have_happened() -> None:
    with answering(None) as (url, _):
        platform = to(url, deadlineS="0.3", allowProduction="true")
        platform.cached("type of the sandbox", lambda: "development")
        with pytest.raises(TimedOutError) as raised:
            platform.call("POST", "/x", body={})
    assert is_ambiguous(raised.value)
    assert str(raised.value).endswith("; aep:deadlineS is 0.3")
