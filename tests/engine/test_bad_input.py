"""Bad input: each ends in one sentence that says what, which, why and what to do, and in nothing on Platform."""

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


def refused(stack: Stack, settings: dict[str, str]) -> str:
    """The one sentence that `pulumi up` ends in."""
    for key, value in settings.items():
        stack.pulumi("config", "set", key, value, "--stack", "dev")
    output = stack.up(fails=True).output
    assert "Traceback" not in output
    assert "hunter2" not in output
    told = {found.group(1) for found in re.finditer(r"^.*?\b(?:\w+Error): (.*)$", output, re.MULTILINE)}
    assert len(told) == 1, output
    return REQUEST_ID.sub("(request id …)", told.pop()).replace(str(stack.folder), "…")


CASES: dict[str, tuple[dict[str, str], str]] = {
    "no bundle": (
        {"aep:caBundle": "nowhere.pem"},
        "aep:caBundle is wrong (there is no file '…/stacks/nowhere.pem'): correct it in the stack's config or in AEP_CA_BUNDLE",
    ),
    "no certificate": (
        {"aep:caBundle": "__main__.py"},
        (
            "aep:caBundle is wrong ('…/stacks/__main__.py' holds no certificate in PEM, which begins with -----BEGIN "
            "CERTIFICATE-----): correct it in the stack's config or in AEP_CA_BUNDLE"
        ),
    ),
    "http": (
        ADOBE | {"aep:endpoint": "http://platform.adobe.io", "aep:clientSecret": "hunter2"},
        "aep:endpoint is 'http://platform.adobe.io', but credentials would travel in clear: use https",
    ),
    "organisation": (
        ADOBE | {"aep:organization": "ABC@Adobe", "aep:clientSecret": "hunter2"},
        (
            "aep:organization is wrong ('ABC@Adobe' does not end in @AdobeOrg: copy it whole from Adobe's developer console): "
            "correct it in the stack's config or in AEP_ORGANIZATION"
        ),
    ),
    "ended token": (
        {"aep:accessToken": "hunter2"},
        (
            "Platform answered 401 401013 to GET /data/foundation/sandbox-management/sandboxes/dev: Oauth token is not valid; "
            "the token in aep:accessToken has ended or was revoked: set a new one with `pulumi config set --secret "
            "aep:accessToken …`, or set aep:clientSecret in its place, with which tokens are renewed by themselves (request id …)"
        ),
    ),
    "scopes": (
        {"aep:scopes": "openid AdobeID"},
        (
            "Platform answered 400 invalid_scope to POST /ims/token/v3: the scopes must be separated by commas; no token for "
            "client 'local-client': check aep:scopes: comma-separated, as Adobe's developer console shows them for this "
            "credential (request id …)"
        ),
    ),
}


@pytest.mark.parametrize(("settings", "sentence"), CASES.values(), ids=CASES)
def test_a_wrong_setting_ends_in_one_sentence(small: Stack, settings: dict[str, str], sentence: str) -> None:
    assert refused(small, settings) == f'base connection "CRM": {sentence}'
    assert small.objects() == []


def test_a_proxy_that_refuses_is_named_without_its_password(small: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{taken.getsockname()[1]}"
    small.environment |= {"HTTPS_PROXY": f"http://someone:hunter2@{proxy}", "NO_PROXY": "localhost"}
    assert refused(small, READY) == (
        f'base connection "CRM": platform.adobe.io cannot be reached through the proxy {proxy} (connection refused): nothing was '
        "sent"
    )


def test_a_missing_permission_says_what_to_ask_an_administrator_for(small: Stack) -> None:
    body = {"deny": ["flowservice"]}
    assert requests.post(f"{small.platform}/_local/permissions", json=body, headers=CONTROL, timeout=10).ok
    assert refused(small, {}) == (
        'base connection "CRM": Platform answered 403 2120-403 to POST /data/foundation/flowservice/connections: You do not have '
        "sufficient permissions to perform the operation. Contact your administrator; the credential may not do that in Flow "
        "Service: ask an administrator to give its role the permission 'Manage Sources', and the sandbox (request id …)"
    )


def test_a_network_that_answers_for_ims_is_told_from_adobe(small: Stack) -> None:
    body = {"rules": [{"kind": "ims_html"}]}
    assert requests.post(f"{small.platform}/_local/faults", json=body, headers=CONTROL, timeout=10).ok
    assert refused(small, {}) == (
        'base connection "CRM": Platform answered 200 to POST /ims/token/v3: the answer is no JSON: something between here and '
        "Platform answered; no token for client 'local-client': what answered is not Adobe's IMS: check the network, its proxy "
        "and aep:imsEndpoint (request id …)"
    )


ODD_VALUES = """
import aep_pulumi as aep
from pulumi import ResourceOptions

circular = {}
circular["a"] = circular
aep.Dataset("d", name=b"x", schema_id="s", tags={"a": {"x", "y"}}, description=10**400, profile=circular,
            opts=ResourceOptions(import_="abc"))
"""


def test_values_that_the_engine_cannot_carry_and_an_import_are_all_named_in_preview(stack: Stack) -> None:
    (stack.folder / "stacks" / "__main__.py").write_text(ODD_VALUES)
    output = stack.up(fails=True).output
    assert "Traceback" not in output
    for told in (
        "name is of type bytes: give a text",
        "tags.a is of type set, which has no order: give a list",
        "description is a whole number that Pulumi would round",
        "profile.a holds itself",
        "opts.import_ cannot import: Pulumi does not import dynamic resources, and `aep import`",
    ):
        assert told in output
