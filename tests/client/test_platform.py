"""Platform, the client: headers, token, retries and errors, with a stand-in for the network."""

from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from urllib.parse import parse_qs

import pytest
from stand_in import NOW, answer, scripted

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


def test_every_request_has_the_headers_that_platform_requires() -> None:
    network = scripted(answer())
    network.platform().call("POST", PATH, body={})
    [request] = network.requests
    assert request.url == f"https://platform.adobe.io{PATH}"
    sent = {name: value for name, value in request.headers.items() if name != "x-request-id"}
    assert sent == {
        "Authorization": "Bearer t0ken-1",
        "x-api-key": "client",
        "x-gw-ims-org-id": "ABC@AdobeOrg",
        "x-sandbox-name": "dev",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }


def test_a_request_without_a_body_has_no_content_type() -> None:
    network = scripted(answer())
    network.platform().call("GET", PATH)
    assert network.requests[0].content is None
    assert "Content-Type" not in network.requests[0].headers


def test_a_service_may_set_other_headers() -> None:
    network = scripted(answer())
    network.platform().call("PATCH", PATH, body=[], headers={"Content-Type": "application/json-patch+json", "If-Match": '"e"'})
    sent = network.requests[0].headers
    assert (sent["Content-Type"], sent["If-Match"]) == ("application/json-patch+json", '"e"')


def test_every_attempt_has_its_own_request_id() -> None:
    network = scripted(answer(503), answer())
    network.platform().call("GET", PATH)
    assert len({request.headers["x-request-id"] for request in network.requests}) == 2


def test_the_timeouts_of_the_settings_apply_to_every_request() -> None:
    network = scripted(answer())
    network.platform(connectTimeoutS="3", readTimeoutS="7").call("GET", PATH)
    assert network.timeouts == [(3.0, 7.0)] * 2


def test_the_token_is_requested_once_with_its_form_in_the_body() -> None:
    network = scripted(*[answer()] * 3)
    platform = network.platform()
    for _ in range(3):
        platform.call("GET", PATH)
    [request] = network.token_requests
    assert (request.method, request.query) == ("POST", {})
    assert request.content is not None
    assert parse_qs(request.content.decode())["client_secret"] == ["s3cr3t-value"]


def test_many_threads_request_one_token() -> None:
    network = scripted(*[answer()] * 32)
    platform = network.platform()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: platform.call("GET", PATH), range(32)))
    assert (len(network.requests), len(network.token_requests)) == (32, 1)


def test_a_given_token_is_used_unchanged() -> None:
    network = scripted(answer())
    network.platform(accessToken="ready").call("GET", PATH)
    assert network.token_requests == []
    assert network.requests[0].headers["Authorization"] == "Bearer ready"


@pytest.mark.parametrize("method", ["GET", *WRITES, "DELETE"])
def test_an_expired_token_is_renewed_and_the_request_sent_again_once(method: str) -> None:
    network = scripted(BAD_TOKEN, answer(200, {"id": "x"}))
    assert network.platform().call(method, PATH, body={}).body() == {"id": "x"}
    assert [request.headers["Authorization"] for request in network.requests] == ["Bearer t0ken-1", "Bearer t0ken-2"]
    assert network.waits == []


def test_a_token_that_is_rejected_twice_is_an_error() -> None:
    network = scripted(BAD_TOKEN, BAD_TOKEN)
    with pytest.raises(AuthError, match="Oauth token is not valid"):
        network.platform().call("GET", PATH)
    assert len(network.requests) == 2


def test_a_given_token_that_is_rejected_is_not_renewed() -> None:
    network = scripted(BAD_TOKEN)
    with pytest.raises(AuthError):
        network.platform(accessToken="ready").call("GET", PATH)
    assert (len(network.requests), network.token_requests) == (1, [])


def test_an_expired_given_token_is_an_error_that_names_the_remedies() -> None:
    network = scripted(answer(401, {"error_code": "401013", "message": "Oauth token is not valid"}, {"x-request-id": "r-7"}))
    with pytest.raises(AuthError) as raised:
        network.platform(accessToken="ready-t0ken").call("GET", PATH)
    assert str(raised.value) == (
        f"Platform returned 401 401013 for GET {PATH}: Oauth token is not valid; the token in aep:accessToken has expired or "
        "was revoked: set a new one with `pulumi config set --secret aep:accessToken …`, or set aep:clientSecret instead, "
        "so that tokens are renewed automatically (request id r-7)"
    )


def test_a_rejected_client_id_does_not_renew_the_token() -> None:
    network = scripted(answer(403, {"error_code": "403003", "message": "Api Key is invalid"}))
    with pytest.raises(AuthError, match="the token was issued to another client than aep:clientId"):
        network.platform().call("GET", PATH)
    assert len(network.token_requests) == 1


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_is_never_sent_again_after_an_outage(method: str, status: int) -> None:
    network = scripted(answer(status, headers={"Retry-After": "1"}))
    with pytest.raises(OutageError):
        network.platform().call(method, PATH, body={})
    assert len(network.requests) == 1


@pytest.mark.parametrize("method", WRITES)
def test_a_write_is_never_sent_again_when_its_response_was_lost(method: str) -> None:
    network = scripted(TimedOutError("platform.adobe.io gave no whole answer"))
    with pytest.raises(TimedOutError):
        network.platform().call(method, PATH, body={})
    assert len(network.requests) == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_reads_and_deletes_are_retried_until_a_response_arrives(method: str) -> None:
    network = scripted(TimedOutError("slow"), answer(503), answer(500), answer(200, {"a": 1}))
    assert network.platform().call(method, PATH).body() == {"a": 1}
    assert len(network.waits) == 3


def test_a_read_gives_up_after_five_attempts() -> None:
    network = scripted(*[answer(503, {"message": "later"})] * 5)
    with pytest.raises(OutageError, match="later"):
        network.platform().call("GET", PATH)
    assert (network.script, len(network.waits)) == ([], 4)


@pytest.mark.parametrize("method", ["GET", *WRITES, "DELETE"])
def test_a_request_that_was_never_sent_is_retried(method: str) -> None:
    network = scripted(UnreachableError("refused"), answer(200, {"a": 1}))
    assert network.platform().call(method, PATH, body={}).body() == {"a": 1}


def test_a_host_that_stays_unreachable_is_an_error() -> None:
    network = scripted(*[UnreachableError("platform.adobe.io cannot be reached")] * 5)
    with pytest.raises(UnreachableError, match=r"platform\.adobe\.io cannot be reached"):
        network.platform().call("POST", PATH, body={})


def test_a_long_wait_is_reported_once_and_a_short_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    network = scripted(
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


def test_a_long_wait_names_the_waiting_object(capsys: pytest.CaptureFixture[str]) -> None:
    network = scripted(answer(429, headers={"Retry-After": "30"}), answer(200, {}))
    token = RESOURCE.set('dataset "people"')
    try:
        network.platform().call("POST", PATH, body={})
    finally:
        RESOURCE.reset(token)
    assert capsys.readouterr().err == 'dataset "people": Platform is throttling requests: retrying in 30 s\n'


@pytest.mark.parametrize("retry_after", ["3", formatdate(NOW + 3, usegmt=True)])
def test_retry_after_is_obeyed(retry_after: str) -> None:
    network = scripted(answer(429, headers={"retry-after": retry_after}), answer())
    network.platform().call("POST", PATH, body={})
    assert network.waits == [3.0]


def test_a_long_retry_after_is_an_error_at_once() -> None:
    network = scripted(answer(429, {"message": "quota"}, {"Retry-After": "3600"}))
    with pytest.raises(ThrottledError, match="quota"):
        network.platform().call("GET", PATH)
    assert network.waits == []


@pytest.mark.parametrize("status", [400, 404, 409, 412])
def test_client_errors_are_raised_at_once(status: int) -> None:
    network = scripted(answer(status, {"message": "no"}))
    with pytest.raises((RejectedError, ConflictError, ResponseError), match="no"):
        network.platform().call("GET", PATH)


@pytest.mark.parametrize("method", WRITES)
def test_a_write_with_a_response_that_is_not_json_may_have_happened_and_is_not_retried(method: str) -> None:
    network = scripted(answer(200, content=b"<html>sign in to the guest network</html>"))
    with pytest.raises(TimedOutError, match="is not JSON: the request may have taken effect"):
        network.platform().call(method, PATH, body={})
    assert len(network.requests) == 1


def test_a_read_with_a_response_that_is_not_json_is_retried() -> None:
    network = scripted(answer(200, content=b'{"cut": "sh'), answer(200, {"a": 1}))
    assert network.platform().call("GET", PATH).body() == {"a": 1}


def test_a_delete_may_have_any_response_body() -> None:
    network = scripted(answer(204), answer(200, content=b"deleted"))
    platform = network.platform()
    assert [platform.call("DELETE", PATH).status for _ in range(2)] == [204, 200]


def test_a_redirect_is_a_failure() -> None:
    network = scripted(answer(302, headers={"Location": "https://evil.example"}))
    with pytest.raises(ResponseError, match="Platform returned 302"):
        network.platform().call("GET", PATH)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", {"name": "n", "auth": {"specName": "s", "params": {"password": "hunter2", "deep": {"key": "hunter2-deep"}}}}),
        ("PATCH", [{"op": "replace", "path": "/auth/params", "value": {"password": "hunter2", "other": "hunter2-deep"}}]),
    ],
)
def test_secrets_echoed_in_a_rejection_are_redacted(method: str, body: object) -> None:
    network = scripted(answer(400, {"message": "hunter2 and hunter2-deep are wrong, says t0ken-1 of s3cr3t-value"}))
    with pytest.raises(RejectedError) as raised:
        network.platform().call(method, PATH, body=body)
    assert str(raised.value).endswith(": *** and *** are wrong, says *** of ***")


def test_other_values_stay_readable_in_a_rejection_unless_they_contain_a_secret() -> None:
    params = {"environmentUrl": "https://acme.example", "apiVersion": "60.0", "clientSecret": "hunter2"}
    network = scripted(answer(400, {"message": "hunter2 is wrong for https://acme.example at 60.0"}))
    with pytest.raises(RejectedError, match=r": \*\*\* is wrong for https://acme\.example at 60\.0$"):
        network.platform().call("POST", PATH, body={"auth": {"params": params}})
    for address in ("https://me:hunter2@acme.example", "https://acme.example?key=hunter2"):
        network = scripted(answer(400, {"message": f"cannot reach {address}"}))
        with pytest.raises(RejectedError, match=r": cannot reach \*\*\*$"):
            network.platform().call("POST", PATH, body={"auth": {"params": params | {"environmentUrl": address}}})


@pytest.mark.parametrize(
    "body", [{"auth": None}, {"auth": "x"}, {"auth": {"params": None}}, [1], [{"op": "remove", "path": "/auth"}], 7]
)
def test_a_body_without_credentials_is_not_redacted(body: object) -> None:
    network = scripted(answer(400, {"message": "plain words"}))
    with pytest.raises(RejectedError, match="plain words"):
        network.platform().call("POST", PATH, body=body)


def test_a_rejected_client_is_an_error_that_names_what_to_check_and_hides_the_secret() -> None:
    rejection = answer(401, {"error": "invalid_client", "error_description": "s3cr3t-value is no secret of client"})
    network = scripted(tokens=[rejection])
    with pytest.raises(AuthError) as raised:
        network.platform().call("GET", PATH)
    assert str(raised.value) == (
        "Platform returned 401 invalid_client for POST /ims/token/v3: *** is no secret of client; no token for client 'client': "
        "check aep:clientId, aep:clientSecret and aep:scopes; after rotating the secret, run `pulumi up` before `refresh` or "
        "`destroy`, which use the settings in the stack's state"
    )
    assert network.requests == []


@pytest.mark.parametrize(
    ("answered", "expected"),
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
def test_an_error_about_the_token_names_what_to_check(answered: Response, expected: str) -> None:
    network = scripted(tokens=[answered])
    with pytest.raises(AuthError) as raised:
        network.platform().call("GET", PATH)
    message = str(raised.value)
    assert message.startswith(f"Platform returned {answered.status} ")
    assert f"; no token for client 'client': {expected}" in message
    assert "\n" not in message
    assert network.requests == []


def test_a_token_request_without_a_response_leaves_no_ambiguous_write() -> None:
    network = scripted(tokens=[TimedOutError("ims gave no whole answer")] * 5)
    with pytest.raises(UnreachableError, match=r"^no token for client 'client': ims gave no whole answer$"):
        network.platform().call("POST", PATH, body={})
    assert network.requests == []


def test_a_token_request_is_retried_after_an_outage_or_a_lost_response() -> None:
    network = scripted(answer(200, {}), tokens=[answer(503), TimedOutError("slow"), UnreachableError("down")])
    network.platform().call("POST", PATH, body={})
    assert (len(network.token_requests), len(network.waits)) == (4, 3)


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, None])
def test_a_response_without_a_token_is_a_failure(body: object) -> None:
    network = scripted(tokens=[answer(200, body)])
    with pytest.raises(AuthError, match="no token for client 'client'"):
        network.platform().call("GET", PATH)


def test_the_time_is_that_of_platforms_last_response() -> None:
    network = scripted(answer(200, {}, {"Date": formatdate(NOW + 90, usegmt=True)}), answer(200, {}, {"Date": "no date"}))
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


def test_constant_values_are_requested_once() -> None:
    network = scripted(answer(200, {"tenantId": "acme"}))
    platform = network.platform()
    values = [platform.cached("tenant", lambda: platform.call("GET", "/stats").body()) for _ in range(3)]
    assert values == [{"tenantId": "acme"}] * 3


def test_an_invalid_date_header_is_ignored() -> None:
    network = scripted(answer(201, {"id": "x"}, headers={"Date": "Mon, 01 Jan 2024 00:00:00 +99999999999999"}))
    client = network.platform()
    assert client.call("POST", "/data/x", body={}).body() == {"id": "x"}
    assert client.now() == NOW
