"""Platform, the door: headers, token, tries and errors, with a stand-in for the network."""

from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from urllib.parse import parse_qs

import pytest
from stand_in import NOW, answer, playing

from aep_pulumi.client import client_for
from aep_pulumi.client.request_log import RESOURCE
from aep_pulumi.client.transport import Response
from aep_pulumi.errors import (
    AuthError,
    ConflictError,
    OutageError,
    RejectedError,
    ResponseError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)
from aep_pulumi.settings import Settings

PATH = "/data/foundation/catalog/dataSets"
BAD_TOKEN = answer(401, {"error_code": "401013", "message": "Oauth token is not valid"})
WRITES = ("POST", "PUT", "PATCH")


def test_every_request_carries_the_headers_that_platform_asks_for() -> None:
    network = playing(answer())
    network.platform().call("POST", PATH, body={})
    [request] = network.asked
    assert request.url == f"https://platform.adobe.io{PATH}"
    told = {name: value for name, value in request.headers.items() if name != "x-request-id"}
    assert told == {
        "Authorization": "Bearer t0ken-1",
        "x-api-key": "client",
        "x-gw-ims-org-id": "ABC@AdobeOrg",
        "x-sandbox-name": "dev",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }


def test_a_request_without_a_body_says_nothing_of_a_content_type() -> None:
    network = playing(answer())
    network.platform().call("GET", PATH)
    assert network.asked[0].content is None
    assert "Content-Type" not in network.asked[0].headers


def test_a_service_may_say_other_headers() -> None:
    network = playing(answer())
    network.platform().call("PATCH", PATH, body=[], headers={"Content-Type": "application/json-patch+json", "If-Match": '"e"'})
    told = network.asked[0].headers
    assert (told["Content-Type"], told["If-Match"]) == ("application/json-patch+json", '"e"')


def test_every_try_has_a_request_id_of_its_own() -> None:
    network = playing(answer(503), answer())
    network.platform().call("GET", PATH)
    assert len({request.headers["x-request-id"] for request in network.asked}) == 2


def test_the_limits_of_the_settings_hold_for_every_request() -> None:
    network = playing(answer())
    network.platform(connectTimeoutS="3", readTimeoutS="7").call("GET", PATH)
    assert network.timeouts == [(3.0, 7.0)] * 2


def test_the_token_is_asked_for_once_with_its_form_in_the_body() -> None:
    network = playing(*[answer()] * 3)
    platform = network.platform()
    for _ in range(3):
        platform.call("GET", PATH)
    [request] = network.asked_for_tokens
    assert (request.method, request.query) == ("POST", {})
    assert request.content is not None
    assert parse_qs(request.content.decode())["client_secret"] == ["s3cr3t-value"]


def test_many_threads_ask_for_one_token() -> None:
    network = playing(*[answer()] * 32)
    platform = network.platform()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: platform.call("GET", PATH), range(32)))
    assert (len(network.asked), len(network.asked_for_tokens)) == (32, 1)


def test_a_ready_token_is_used_as_it_is() -> None:
    network = playing(answer())
    network.platform(accessToken="ready").call("GET", PATH)
    assert network.asked_for_tokens == []
    assert network.asked[0].headers["Authorization"] == "Bearer ready"


@pytest.mark.parametrize("method", ["GET", *WRITES, "DELETE"])
def test_a_token_that_ended_is_renewed_and_the_request_sent_again_once(method: str) -> None:
    network = playing(BAD_TOKEN, answer(200, {"id": "x"}))
    assert network.platform().call(method, PATH, body={}).body() == {"id": "x"}
    assert [request.headers["Authorization"] for request in network.asked] == ["Bearer t0ken-1", "Bearer t0ken-2"]
    assert network.waits == []


def test_a_token_that_is_refused_twice_is_told() -> None:
    network = playing(BAD_TOKEN, BAD_TOKEN)
    with pytest.raises(AuthError, match="Oauth token is not valid"):
        network.platform().call("GET", PATH)
    assert len(network.asked) == 2


def test_a_ready_token_that_is_refused_is_not_renewed() -> None:
    network = playing(BAD_TOKEN)
    with pytest.raises(AuthError):
        network.platform(accessToken="ready").call("GET", PATH)
    assert (len(network.asked), network.asked_for_tokens) == (1, [])


def test_a_ready_token_that_ended_is_told_with_the_ways_to_another() -> None:
    network = playing(answer(401, {"error_code": "401013", "message": "Oauth token is not valid"}, {"x-request-id": "r-7"}))
    with pytest.raises(AuthError) as raised:
        network.platform(accessToken="ready-t0ken").call("GET", PATH)
    assert str(raised.value) == (
        f"Platform returned 401 401013 for GET {PATH}: Oauth token is not valid; the token in aep:accessToken has expired or "
        "was revoked: set a new one with `pulumi config set --secret aep:accessToken …`, or set aep:clientSecret instead, "
        "so that tokens are renewed automatically (request id r-7)"
    )


def test_another_refusal_to_let_us_in_renews_nothing() -> None:
    network = playing(answer(403, {"error_code": "403003", "message": "Api Key is invalid"}))
    with pytest.raises(AuthError, match="the token was issued to another client than aep:clientId"):
        network.platform().call("GET", PATH)
    assert len(network.asked_for_tokens) == 1


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_is_never_sent_again_after_an_outage(method: str, status: int) -> None:
    network = playing(answer(status, headers={"Retry-After": "1"}))
    with pytest.raises(OutageError):
        network.platform().call(method, PATH, body={})
    assert len(network.asked) == 1


@pytest.mark.parametrize("method", WRITES)
def test_a_write_is_never_sent_again_when_no_answer_came(method: str) -> None:
    network = playing(TimedOutError("platform.adobe.io gave no whole answer"))
    with pytest.raises(TimedOutError):
        network.platform().call(method, PATH, body={})
    assert len(network.asked) == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_read_and_a_delete_are_sent_again_until_an_answer_comes(method: str) -> None:
    network = playing(TimedOutError("slow"), answer(503), answer(500), answer(200, {"a": 1}))
    assert network.platform().call(method, PATH).body() == {"a": 1}
    assert len(network.waits) == 3


def test_a_read_gives_up_after_five_tries() -> None:
    network = playing(*[answer(503, {"message": "later"})] * 5)
    with pytest.raises(OutageError, match="later"):
        network.platform().call("GET", PATH)
    assert (network.script, len(network.waits)) == ([], 4)


@pytest.mark.parametrize("method", ["GET", *WRITES, "DELETE"])
def test_a_request_that_never_left_is_sent_again(method: str) -> None:
    network = playing(UnreachableError("refused"), answer(200, {"a": 1}))
    assert network.platform().call(method, PATH, body={}).body() == {"a": 1}


def test_a_host_that_stays_unreachable_is_told() -> None:
    network = playing(*[UnreachableError("platform.adobe.io cannot be reached")] * 5)
    with pytest.raises(UnreachableError, match=r"platform\.adobe\.io cannot be reached"):
        network.platform().call("POST", PATH, body={})


def test_a_long_wait_is_told_once_and_a_short_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    network = playing(
        answer(429, {"message": "hunter2"}, {"Retry-After": "4"}),
        answer(429, {"message": "hunter2"}, {"Retry-After": "30"}),
        answer(503, {"message": "hunter2"}, {"Retry-After": "7"}),
        answer(200, {}),
    )
    network.platform().call("GET", PATH, query={"name": "hunter2"})
    assert network.waits == [4.0, 30.0, 7.0]
    assert capsys.readouterr().err == (
        f"GET {PATH}: Platform is throttling requests: retrying in 30 s\nGET {PATH}: Platform returned 503: retrying in 7 s\n"
    )


def test_a_long_wait_is_told_of_the_object_that_waits(capsys: pytest.CaptureFixture[str]) -> None:
    network = playing(answer(429, headers={"Retry-After": "30"}), answer(200, {}))
    token = RESOURCE.set('dataset "people"')
    try:
        network.platform().call("POST", PATH, body={})
    finally:
        RESOURCE.reset(token)
    assert capsys.readouterr().err == 'dataset "people": Platform is throttling requests: retrying in 30 s\n'


@pytest.mark.parametrize("said", ["3", formatdate(NOW + 3, usegmt=True)])
def test_platforms_wish_to_be_asked_later_is_obeyed(said: str) -> None:
    network = playing(answer(429, headers={"retry-after": said}), answer())
    network.platform().call("POST", PATH, body={})
    assert network.waits == [3.0]


def test_a_wish_to_be_asked_much_later_is_told_at_once() -> None:
    network = playing(answer(429, {"message": "quota"}, {"Retry-After": "3600"}))
    with pytest.raises(ThrottledError, match="quota"):
        network.platform().call("GET", PATH)
    assert network.waits == []


@pytest.mark.parametrize("status", [400, 404, 409, 412])
def test_what_platform_decided_on_is_told_at_once(status: int) -> None:
    network = playing(answer(status, {"message": "no"}))
    with pytest.raises((RejectedError, ConflictError, ResponseError), match="no"):
        network.platform().call("GET", PATH)


@pytest.mark.parametrize("method", WRITES)
def test_a_write_that_is_answered_by_no_json_may_have_happened_and_is_not_repeated(method: str) -> None:
    network = playing(answer(200, content=b"<html>sign in to the guest network</html>"))
    with pytest.raises(TimedOutError, match="is not JSON: the request may have taken effect"):
        network.platform().call(method, PATH, body={})
    assert len(network.asked) == 1


def test_a_read_that_is_answered_by_no_json_is_repeated() -> None:
    network = playing(answer(200, content=b'{"cut": "sh'), answer(200, {"a": 1}))
    assert network.platform().call("GET", PATH).body() == {"a": 1}


def test_a_delete_may_be_answered_in_any_words_or_none() -> None:
    network = playing(answer(204), answer(200, content=b"deleted"))
    platform = network.platform()
    assert [platform.call("DELETE", PATH).status for _ in range(2)] == [204, 200]


def test_a_redirect_is_a_failure_too() -> None:
    network = playing(answer(302, headers={"Location": "https://evil.example"}))
    with pytest.raises(ResponseError, match="Platform returned 302"):
        network.platform().call("GET", PATH)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", {"name": "n", "auth": {"specName": "s", "params": {"password": "hunter2", "deep": {"key": "hunter2-deep"}}}}),
        ("PATCH", [{"op": "replace", "path": "/auth/params", "value": {"password": "hunter2", "other": "hunter2-deep"}}]),
    ],
)
def test_secrets_that_a_refusal_repeats_are_not_told(method: str, body: object) -> None:
    network = playing(answer(400, {"message": "hunter2 and hunter2-deep are wrong, says t0ken-1 of s3cr3t-value"}))
    with pytest.raises(RejectedError) as raised:
        network.platform().call(method, PATH, body=body)
    assert str(raised.value).endswith(": *** and *** are wrong, says *** of ***")


def test_what_is_no_secret_stays_readable_in_a_refusal_unless_it_holds_one() -> None:
    params = {"environmentUrl": "https://acme.example", "apiVersion": "60.0", "clientSecret": "hunter2"}
    network = playing(answer(400, {"message": "hunter2 is wrong for https://acme.example at 60.0"}))
    with pytest.raises(RejectedError, match=r": \*\*\* is wrong for https://acme\.example at 60\.0$"):
        network.platform().call("POST", PATH, body={"auth": {"params": params}})
    for address in ("https://me:hunter2@acme.example", "https://acme.example?key=hunter2"):
        network = playing(answer(400, {"message": f"cannot reach {address}"}))
        with pytest.raises(RejectedError, match=r": cannot reach \*\*\*$"):
            network.platform().call("POST", PATH, body={"auth": {"params": params | {"environmentUrl": address}}})


@pytest.mark.parametrize(
    "body", [{"auth": None}, {"auth": "x"}, {"auth": {"params": None}}, [1], [{"op": "remove", "path": "/auth"}], 7]
)
def test_a_body_without_credentials_hides_nothing(body: object) -> None:
    network = playing(answer(400, {"message": "plain words"}))
    with pytest.raises(RejectedError, match="plain words"):
        network.platform().call("POST", PATH, body=body)


def test_a_refused_client_is_told_with_what_to_check_and_without_its_secret() -> None:
    refused = answer(401, {"error": "invalid_client", "error_description": "s3cr3t-value is no secret of client"})
    network = playing(tokens=[refused])
    with pytest.raises(AuthError) as raised:
        network.platform().call("GET", PATH)
    assert str(raised.value) == (
        "Platform returned 401 invalid_client for POST /ims/token/v3: *** is no secret of client; no token for client 'client': "
        "check aep:clientId, aep:clientSecret and aep:scopes; after rotating the secret, run `pulumi up` before `refresh` or "
        "`destroy`, which use the settings in the stack's state"
    )
    assert network.asked == []


@pytest.mark.parametrize(
    ("played", "words"),
    [
        (
            answer(200, content=b"<html>sign in to the guest network</html>"),
            "the response did not come from Adobe's IMS: check",
        ),
        (
            answer(403, content=b"<html>Forbidden</html>"),
            "the response did not come from Adobe's IMS",
        ),
        (
            answer(400, {"error": "invalid_client", "error_description": "no"}),
            "check aep:clientId, aep:clientSecret and",
        ),
        (
            answer(400, {"error": "invalid_scope", "error_description": "no"}),
            "check aep:scopes: they must be comma-separated, as",
        ),
        (answer(501, {"error": "server_error"}), "IMS is unavailable: try again later"),
    ],
)
def test_where_no_token_comes_the_thing_to_check_is_told(played: Response, words: str) -> None:
    network = playing(tokens=[played])
    with pytest.raises(AuthError) as raised:
        network.platform().call("GET", PATH)
    said = str(raised.value)
    assert said.startswith(f"Platform returned {played.status} ")
    assert f"; no token for client 'client': {words}" in said
    assert "\n" not in said
    assert network.asked == []


def test_a_token_that_nobody_answered_about_leaves_nothing_that_may_have_happened() -> None:
    network = playing(tokens=[TimedOutError("ims gave no whole answer")] * 5)
    with pytest.raises(UnreachableError, match=r"^no token for client 'client': ims gave no whole answer$"):
        network.platform().call("POST", PATH, body={})
    assert network.asked == []


def test_a_token_is_asked_for_again_after_an_outage_or_no_answer() -> None:
    network = playing(answer(200, {}), tokens=[answer(503), TimedOutError("slow"), UnreachableError("down")])
    network.platform().call("POST", PATH, body={})
    assert (len(network.asked_for_tokens), len(network.waits)) == (4, 3)


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, None])
def test_an_answer_without_a_token_is_a_failure(body: object) -> None:
    network = playing(tokens=[answer(200, body)])
    with pytest.raises(AuthError, match="no token for client 'client'"):
        network.platform().call("GET", PATH)


def test_the_time_is_platforms_as_its_last_answer_told() -> None:
    network = playing(answer(200, {}, {"Date": formatdate(NOW + 90, usegmt=True)}), answer(200, {}, {"Date": "no date"}))
    platform = network.platform()
    assert platform.now() == NOW
    platform.call("GET", PATH)
    assert platform.now() == NOW + 90
    platform.call("GET", PATH)
    assert platform.now() == NOW + 90


def test_the_same_settings_share_one_client() -> None:
    one, other = (Settings.read({"aep:sandbox": name}, {}) for name in ("dev", "stage"))
    assert client_for(one) is client_for(Settings.read({"aep:sandbox": "dev"}, {}))
    assert client_for(one) is not client_for(other)


def test_what_does_not_change_is_asked_for_once() -> None:
    network = playing(answer(200, {"tenantId": "acme"}))
    platform = network.platform()
    asked = [platform.cached("tenant", lambda: platform.call("GET", "/stats").body()) for _ in range(3)]
    assert asked == [{"tenantId": "acme"}] * 3


def test_a_date_that_is_none_tells_no_time_and_loses_no_answer() -> None:
    network = playing(answer(201, {"id": "x"}, headers={"Date": "Mon, 01 Jan 2024 00:00:00 +99999999999999"}))
    door = network.platform()
    assert door.call("POST", "/data/x", body={}).body() == {"id": "x"}
    assert door.now() == NOW
