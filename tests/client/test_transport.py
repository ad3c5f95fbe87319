"""Transport: what the network does to a request, on the loopback interface."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import answering, free_url

from aep_pulumi.client.network import RequestsTransport
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.errors import TimedOutError, UnreachableError

QUICK = (2.0, 0.2)


@contextmanager
def transport() -> Iterator[RequestsTransport]:
    """A transport whose connections are closed at the end."""
    made = RequestsTransport()
    yield made
    made.close()


def sent(request: Request) -> Response:
    with transport() as network:
        return network.send(request, timeout_s=QUICK)


def test_a_response_is_read_to_its_end() -> None:
    with answering(b'HTTP/1.1 201 Created\r\nX-Request-Id: r\r\nContent-Length: 9\r\n\r\n{"a": 12}') as (url, received):
        answer = sent(Request("POST", f"{url}/x", {"Accept": "a/b"}, {"p": ["1==2", "3"], "q": "4"}, b"{}"))
    assert (answer.status, answer.headers["x-request-id"], answer.body()) == (201, "r", {"a": 12})
    assert received[0].startswith(b"POST /x?p=1%3D%3D2&p=3&q=4 HTTP/1.1\r\n")
    assert received[0].endswith(b"\r\n\r\n{}")


def test_a_redirect_is_not_followed() -> None:
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n") as (url, _):
        assert sent(Request("GET", url)).status == 302


def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    url = free_url()
    with pytest.raises(UnreachableError) as raised:
        sent(Request("POST", f"{url}/x"))
    assert str(raised.value) == f"{url.removeprefix('http://')} cannot be reached (connection refused): nothing was sent"


def test_an_unknown_host_means_that_nothing_was_sent() -> None:
    with pytest.raises(UnreachableError, match=r"^nowhere\.invalid cannot be reached \(.*\): nothing was sent$"):
        sent(Request("POST", "http://nowhere.invalid/x"))


def test_a_read_timeout_means_that_it_may_have_happened() -> None:
    with answering(None) as (url, _), pytest.raises(TimedOutError) as raised:
        sent(Request("POST", f"{url}/x"))
    assert str(raised.value).startswith(f"{url.removeprefix('http://')} returned no complete response to POST /x (")


@pytest.mark.parametrize("content", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", b"what?\r\n\r\n"])
def test_a_truncated_response_means_that_it_may_have_happened(content: bytes) -> None:
    with answering(content) as (url, _), pytest.raises(TimedOutError, match="returned no complete response to POST /x"):
        sent(Request("POST", f"{url}/x"))


@pytest.mark.parametrize("value", ["Bearer hunter2\n", "Bearer hunter2\r\nX: y", "Bearer hünter2"])
def test_a_header_that_cannot_be_sent_is_named_without_its_value(value: str) -> None:
    with pytest.raises(UnreachableError) as raised:
        sent(Request("GET", "http://127.0.0.1:9/x", {"Authorization": value}))
    assert str(raised.value) == (
        "the request to 127.0.0.1:9 cannot be sent: the value of Authorization contains a character that HTTP does not allow"
    )


def test_the_repr_of_a_request_hides_headers_and_content() -> None:
    request = Request("POST", "http://127.0.0.1/x", {"Authorization": "Bearer hunter2"}, {}, b"hunter2")
    assert "hunter2" not in repr((request, Response(200, {}, b"hunter2")))


def test_content_that_is_not_json_is_read_as_none() -> None:
    assert [Response(200, {}, content).body() for content in (b"", b"<html>", b"\xff\xfe")] == [None] * 3


def in_an_environment(url: str, **environ: str) -> None:
    """Send a request in its own process, with these environment variables."""
    program = (
        "from aep_pulumi.client.network import RequestsTransport as T\n"
        "from aep_pulumi.client.transport import Request\n"
        f"T().send(Request('GET', '{url}/x', {{'Authorization': 'Bearer mine'}}), timeout_s=(2, 2))"
    )
    subprocess.run([sys.executable, "-c", program], env=environ, check=True, timeout=60)


def test_the_users_netrc_does_not_override_the_token(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, received):
        in_an_environment(url, NETRC=str(netrc))
    assert b"Authorization: Bearer mine\r\n" in received[0]


def test_the_users_proxy_is_not_used_for_the_local_platform() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, received):
        in_an_environment(url, HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")
    assert len(received) == 1


@pytest.mark.parametrize(("url", "path"), [("https://h/a/b", "/a/b"), ("http://h:1", "/"), ("https://h/a%2Fb", "/a%2Fb")])
def test_the_path_of_a_request_excludes_its_host(url: str, path: str) -> None:
    assert Request("GET", url).path == path
