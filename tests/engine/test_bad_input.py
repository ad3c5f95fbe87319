"""Bad input: each ends in one sentence that names what, which, why and what to do, and changes nothing on Platform."""

import re
import socket

import pytest
import requests
from stacking import CONTROL, Stack

PROGRAM = """
import aep_pulumi as aep

params = {"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "x", "apiVersion": "60.0"}
aep.BaseConnection("crm", name="CRM", connection_spec_id="cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
                   auth={"spec_name": "OAuth2 Client Credential", "params": params})
"""
ADOBE = {"aep:endpoint": "https://platform.adobe.io", "aep:organization": "ABC@AdobeOrg", "aep:clientId": "client"}
READY = ADOBE | {"aep:accessToken": "ready-t0ken"}
REQUEST_ID = re.compile(r"\(request id [0-9a-f-]{36}\)$")


@pytest.fixture
def small(stack: Stack) -> Stack:
    """A stack of one base connection."""
    (stack.folder / "stacks" / "__main__.py").write_text(PROGRAM)
    return stack


def error_of(stack: Stack, settings: dict[str, str]) -> str:
    """The one error message of `pulumi up`."""
    stack.configure(settings)
    output = stack.up(fails=True).output
    assert "Traceback" not in output
    assert "hunter2" not in output
    sentences = {match.group(1) for match in re.finditer(r"^.*?\b(?:\w+Error): (.*)$", output, re.MULTILINE)}
    assert len(sentences) == 1, output
    return REQUEST_ID.sub("(request id …)", sentences.pop()).replace(str(stack.folder), "…")


CASES: dict[str, tuple[dict[str, str], str]] = {
    "no bundle": (
        {"aep:caBundle": "nowhere.pem"},
        "aep:caBundle is invalid (there is no file '…/stacks/nowhere.pem'): correct it in the stack's config or in AEP_CA_BUNDLE",
    ),
    "no certificate": (
        {"aep:caBundle": "__main__.py"},
        (
            "aep:caBundle is invalid ('…/stacks/__main__.py' contains no PEM certificate, which starts with -----BEGIN "
            "CERTIFICATE-----): correct it in the stack's config or in AEP_CA_BUNDLE"
        ),
    ),
    "http": (
        ADOBE | {"aep:endpoint": "http://platform.adobe.io", "aep:clientSecret": "hunter2"},
        "aep:endpoint is 'http://platform.adobe.io', but credentials would be sent unencrypted: use https",
    ),
    "organisation": (
        ADOBE | {"aep:organization": "ABC@Adobe", "aep:clientSecret": "hunter2"},
        (
            "aep:organization is invalid ('ABC@Adobe' is not an organisation id, which ends in @AdobeOrg: copy it from Adobe's "
            "developer console): correct it in the stack's config or in AEP_ORGANIZATION"
        ),
    ),
    "ended token": (
        {"aep:accessToken": "hunter2"},
        (
            "Platform returned 401 401013 for GET /data/foundation/sandbox-management/sandboxes/dev: Oauth token is not valid; "
            "the token in aep:accessToken has expired or was revoked: set a new one with `pulumi config set --secret "
            "aep:accessToken …`, or set aep:clientSecret instead, so that tokens are renewed automatically (request id …)"
        ),
    ),
    "scopes": (
        {"aep:scopes": "openid AdobeID"},
        (
            "Platform returned 400 invalid_scope for POST /ims/token/v3: the scopes must be separated by commas; no token for "
            "client 'local-client': check aep:scopes: they must be comma-separated, as Adobe's developer console shows them "
            "for this credential (request id …)"
        ),
    ),
}


@pytest.mark.parametrize(("settings", "sentence"), CASES.values(), ids=CASES)
def test_an_invalid_setting_ends_in_one_sentence(small: Stack, settings: dict[str, str], sentence: str) -> None:
    assert error_of(small, settings) == f'base connection "CRM": {sentence}'
    assert small.objects() == []


def test_a_proxy_that_rejects_is_named_without_its_password(small: Stack) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{listener.getsockname()[1]}"
    small.environment |= {"HTTPS_PROXY": f"http://someone:hunter2@{proxy}", "NO_PROXY": "localhost"}
    assert error_of(small, READY) == (
        f'base connection "CRM": platform.adobe.io cannot be reached through the proxy {proxy} (connection refused): nothing was '
        "sent"
    )


def test_a_missing_permission_names_what_to_request_from_an_administrator(small: Stack) -> None:
    body = {"deny": ["flowservice"]}
    assert requests.post(f"{small.platform}/_local/permissions", json=body, headers=CONTROL, timeout=10).ok
    assert error_of(small, {}) == (
        'base connection "CRM": Platform returned 403 2120-403 for POST /data/foundation/flowservice/connections: You do not '
        "have sufficient permissions to perform the operation. Contact your administrator; the credential lacks a permission in "
        "Flow Service: ask an administrator to give its role the permission 'Manage Sources' and access to the sandbox "
        "(request id …)"
    )


def test_a_network_device_that_answers_for_ims_is_distinguished_from_adobe(small: Stack) -> None:
    body = {"rules": [{"kind": "ims_html"}]}
    assert requests.post(f"{small.platform}/_local/faults", json=body, headers=CONTROL, timeout=10).ok
    assert error_of(small, {}) == (
        'base connection "CRM": Platform returned 200 for POST /ims/token/v3: the response is not JSON, so it may come from a '
        "proxy; no token for client 'local-client': the response did not come from Adobe's IMS: check the network, its "
        "proxy and aep:imsEndpoint (request id …)"
    )


ODD_VALUES = """
import aep_pulumi as aep
from pulumi import ResourceOptions

circular = {}
circular["a"] = circular
aep.Dataset("d", name=b"x", schema_id="s", tags={"a": {"x", "y"}}, description=10**400, profile=circular,
            opts=ResourceOptions(import_="abc"))
"""


def test_values_that_the_engine_cannot_serialise_and_an_import_are_all_named_in_preview(stack: Stack) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(ODD_VALUES)
    output = stack.up(fails=True).output
    assert "Traceback" not in output
    for sentence in (
        "name is of type bytes: use a string",
        "tags.a is of type set, which has no order: use a list",
        "description is an integer that Pulumi would round",
        "profile.a contains itself",
        "opts.import_ is not supported: Pulumi cannot import dynamic resources: remove the option, and run `aep import`",
    ):
        assert sentence in output
