"""Failures: the error envelope of each service, read by one parser."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from stand_in import answer

from aep_pulumi.client.failures import error_of
from aep_pulumi.client.transport import Request
from aep_pulumi.errors import (
    AuthError,
    ConflictError,
    NotFoundError,
    OutageError,
    RejectedError,
    ResponseError,
    ThrottledError,
)

REQUEST = Request("POST", "https://platform.adobe.io/data/foundation/flowservice/flows")


def error_from(status: int, body: object, *secrets: str, headers: dict[str, str] | None = None) -> ResponseError:
    return error_of(REQUEST, answer(status, body, headers), secrets)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"),
    [
        # the gateway
        (403, {"error_code": "403010", "message": "Oauth token is missing."}, AuthError, "403010", "Oauth token is missing."),
        (401, {"error_code": "401013", "message": "Oauth token is not valid"}, AuthError, "401013", "Oauth token is not valid"),
        (400, {"error_code": "400003", "message": "Missing header"}, RejectedError, "400003", "Missing header"),
        (
            400,
            {
                "type": "/placeholder/type/uri",
                "status": 400,
                "title": "BadRequestError",
                "detail": "A valid content-type must be specified",
            },
            RejectedError,
            "",
            "A valid content-type must be specified",
        ),
        # Schema Registry
        (
            400,
            {
                "type": "http://ns.adobe.com/aep/errors/XDM-1521-400",
                "title": "Title not unique",
                "status": 400,
                "report": {"registryRequestId": "r-9", "detailed-message": "Object titles must be unique.", "sub-errors": []},
                "detail": "An object already exists with the same title",
            },
            RejectedError,
            "XDM-1521-400",
            "An object already exists with the same title",
        ),
        (
            404,
            {"type": "http://ns.adobe.com/aep/errors/XDM-1012-404", "title": "Schema not found", "status": 404},
            NotFoundError,
            "XDM-1012-404",
            "Schema not found",
        ),
        (
            400,
            {"type": "http://ns.adobe.com/aep/errors/XDM-1413-400", "report": {"detailed-message": "Cannot merge"}},
            RejectedError,
            "XDM-1413-400",
            "Cannot merge",
        ),
        # Flow Service
        (
            400,
            {"errorMessage": "1362-400: Interval cannot be less than 15"},
            RejectedError,
            "1362-400",
            "1362-400: Interval cannot be less than 15",
        ),
        (400, {"code": "1439-400", "message": "not found"}, NotFoundError, "1439-400", "not found"),
        (404, {"code": "1101-404", "message": "gone"}, NotFoundError, "1101-404", "gone"),
        (404, {"code": "2100-404", "message": "no such sandbox"}, RejectedError, "2100-404", "no such sandbox"),
        (
            412,
            {"errorMessage": 'Supplied version=["a"] does not match the current version on entity=["b"]'},
            ConflictError,
            "",
            'Supplied version=["a"] does not match the current version on entity=["b"]',
        ),
        # Sandbox management
        (
            400,
            {"status": 400, "title": "Sandbox `x` cannot be reset", "type": "http://ns.adobe.com/aep/errors/SMS-2074-400"},
            RejectedError,
            "SMS-2074-400",
            "Sandbox `x` cannot be reset",
        ),
        # Identity
        (
            409,
            {
                "type": "http://ns.adobe.com/adobecloud/problem/namespacevalidation",
                "status": 409,
                "title": "NAMESPACE_CODE_CONFLICT",
                "description": "Namespace code already exists. Please use a different code",
                "report": {"code": "INTEGRATION_CODE_EXISTS"},
            },
            ConflictError,
            "NAMESPACE_CODE_CONFLICT",
            "Namespace code already exists. Please use a different code",
        ),
        (
            400,
            {
                "type": "http://ns.adobe.com/adobecloud/problem/namespacevalidation",
                "status": 400,
                "error": "INVALID_REQUEST_PARAMS",
                "description": "code and idType are non editable fields",
                "title": "Namespace Validation",
                "report": {"code": "INVALID_REQUEST_PARAMS"},
            },
            RejectedError,
            "INVALID_REQUEST_PARAMS",
            "code and idType are non editable fields",
        ),
        (
            429,
            {"title": "RequestRateTooLarge", "status": 429, "detail": "Request rate is large. Please try again later."},
            ThrottledError,
            "",
            "Request rate is large. Please try again later.",
        ),
        # Dataset labels
        (
            404,
            {"code": "PES-404", "message": "GET Entities Not Found", "path": "/x"},
            NotFoundError,
            "PES-404",
            "GET Entities Not Found",
        ),
        # IMS
        (
            400,
            {"error": "invalid_client", "error_description": "invalid client_secret parameter"},
            RejectedError,
            "invalid_client",
            "invalid client_secret parameter",
        ),
        # undocumented formats
        (400, [], RejectedError, "", ""),
        (400, {"type": "about:blank"}, RejectedError, "", ""),
        (400, {"type": "http://ns.adobe.com/aep/errors/", "code": 17}, RejectedError, "17", ""),
        (422, {"message": {"nested": "text"}}, RejectedError, "", ""),
        (500, {"message": "two\n  lines"}, OutageError, "", "two lines"),
        (302, {}, ResponseError, "", ""),
    ],
)
def test_each_error_format_is_parsed(status: int, body: object, kind: type[ResponseError], code: str, message: str) -> None:
    error = error_from(status, body)
    assert (type(error), error.status, error.code, error.message) == (kind, status, code, message)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError),
        (401, AuthError),
        (403, AuthError),
        (404, NotFoundError),
        (405, RejectedError),
        (409, ConflictError),
        (412, ConflictError),
        (422, RejectedError),
        (429, ThrottledError),
        (500, OutageError),
        (503, OutageError),
    ],
)
def test_the_status_alone_determines_the_kind_of_failure(status: int, kind: type[ResponseError]) -> None:
    assert type(error_of(REQUEST, answer(status))) is kind


def test_an_html_page_is_reported_as_such() -> None:
    error = error_of(REQUEST, answer(502, content=b"<html><h1>Bad gateway</h1></html>"))
    assert str(error) == (
        "Platform returned 502 for POST /data/foundation/flowservice/flows: the response is not JSON, so it may come from a proxy"
    )


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"report": {"registryRequestId": "r-7"}}, {"x-request-id": "other"}),
        ({"requestId": "r-7"}, {}),
        ({}, {"X-Request-Id": "r-7"}),
    ],
)
def test_the_request_id_comes_last(body: dict[str, Any], headers: dict[str, str]) -> None:
    assert str(error_from(500, body, headers=headers)).endswith("flows (request id r-7)")


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"type": "x/XDM-1521-400", "detail": "d"}, "titles are unique in a sandbox"),
        ({"code": "1362-400", "message": "m"}, "raise the interval"),
        ({"code": "1418-400", "message": "m"}, "delete the dataflows that use it first"),
        ({"code": "1425-400", "message": "m"}, "the mapping set and the dataset must have the same schema"),
        ({"error_code": "403000", "message": "m"}, "set aep:clientId"),
    ],
)
def test_a_failure_with_a_known_remedy_names_it(body: object, hint: str) -> None:
    assert f"; {hint}" in str(error_from(400, body))


def test_the_next_step_for_an_unknown_sandbox_is_to_name_another() -> None:
    assert str(error_from(404, {"code": "2100-404", "message": "Sandbox not found."})) == (
        "Platform returned 404 2100-404 for POST /data/foundation/flowservice/flows: Sandbox not found; set aep:sandbox to a "
        "sandbox of this organisation"
    )


@pytest.mark.parametrize(
    ("path", "service", "resource"),
    [
        ("/data/foundation/flowservice/flows", "Flow Service", "Sources"),
        ("/data/foundation/conversion/mappingSets", "Data Prep", "Sources"),
        ("/data/foundation/schemaregistry/tenant/schemas", "Schema Registry", "Schemas"),
        ("/data/foundation/catalog/dataSets/x", "Catalog", "Datasets"),
        ("/data/foundation/sandbox-management/sandboxes/dev", "Sandbox management", "Sandboxes"),
    ],
)
@pytest.mark.parametrize(("method", "verb"), [("GET", "View"), ("POST", "Manage"), ("DELETE", "Manage")])
def test_a_missing_permission_is_named_with_its_service(path: str, service: str, resource: str, method: str, verb: str) -> None:
    body = {"status": 403, "title": "You do not have sufficient permissions."}
    error = error_of(Request(method, f"https://platform.adobe.io{path}"), answer(403, body, {"x-request-id": "r-7"}))
    assert str(error) == (
        f"Platform returned 403 for {method} {path}: You do not have sufficient permissions; the credential lacks a permission "
        f"in {service}: ask an administrator to give its role the permission '{verb} {resource}' and access to the sandbox "
        "(request id r-7)"
    )


@pytest.mark.parametrize("body", [{"error_code": "403010", "message": "Oauth token is missing."}, {"error_code": "403999"}])
def test_a_rejection_by_the_gateway_is_not_a_missing_permission(body: object) -> None:
    assert "administrator" not in str(error_from(403, body))


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "password hunter2-long is wrong, so is hunter2"},
        {"message": "hunter2"},
        {"error": "hunter2"},
        {"code": "hunter2", "message": "bad"},
        {"type": "http://x/hunter2-long", "title": "bad"},
    ],
)
def test_secrets_echoed_in_a_response_are_redacted(body: object) -> None:
    message = str(error_from(400, body, "hunter2", "hunter2-long"))
    assert "***" in message
    assert "hunter2" not in message
    assert "-long" not in message


def test_a_secret_with_blanks_is_redacted_though_whitespace_is_collapsed() -> None:
    assert "two" not in str(error_from(400, {"detail": "wrong: two  words"}, "two  words"))


@pytest.mark.parametrize("secret", ['pa"ss\\word', "gehe&im/ñ", "a b+c%d"])
@pytest.mark.parametrize("form", [json.dumps, lambda secret: json.dumps(secret, ensure_ascii=False), quote, quote_plus])
def test_secrets_echoed_in_another_encoding_are_redacted(secret: str, form: Callable[[str], str]) -> None:
    echoed = form(secret).strip('"')
    message = str(error_from(400, {"message": f"cannot read {echoed} here"}, secret))
    assert "cannot read *** here" in message
