"""Replay module: a recording as a pytest module, which sends the requests in order and checks statuses and main fields."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from aep_pulumi.cli._recordings import picking
from aep_pulumi.cli._recordings.json_paths import Path
from aep_pulumi.cli._recordings.steps import SANDBOX, SECRET, TENANT, VARIABLE, Step, replayable, secrets_in

_TIME = re.compile(r"now\+(\d+)( as text)?")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ID = re.compile(r"[0-9a-fA-F]{20,}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-")
_WIDTH = 120
_MAIN = ("name", "title", "description", "state", "type", "code", "error_code", "errorCode")
"""The fields that are checked, where a response has them."""

_HEAD = '''\
"""Replays {count} requests that the local Platform recorded; written by `aep platform requests --format pytest`.

AEP_ENDPOINT is Platform's address. The other settings are those of the commands: AEP_IMS_ENDPOINT, AEP_ORGANIZATION, AEP_SANDBOX,
AEP_CLIENT_ID, and AEP_CLIENT_SECRET or AEP_ACCESS_TOKEN. For a local Platform, the address is enough.
The test creates objects, and does not delete them unless the recording does.
"""

import os
import re
import time
from urllib.parse import quote

import pytest
import requests

LOCAL = {{
    "AEP_ORGANIZATION": "LOCAL@AdobeOrg",
    "AEP_SANDBOX": "dev",
    "AEP_CLIENT_ID": "local-client",
    "AEP_CLIENT_SECRET": "local-secret",
}}
SCOPES = "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext"


class Platform:
    """The Platform in AEP_ENDPOINT."""

    def __init__(self, session):
        self.url = setting("AEP_ENDPOINT").rstrip("/")
        self.session = session
        token = os.environ.get("AEP_ACCESS_TOKEN") or self.token()
        self.headers = {{
            "Authorization": f"Bearer {{token}}",
            "x-api-key": setting("AEP_CLIENT_ID"),
            "x-gw-ims-org-id": setting("AEP_ORGANIZATION"),
            "x-sandbox-name": setting("AEP_SANDBOX"),
        }}

    def token(self):
        """A new access token."""
        ims = os.environ.get("AEP_IMS_ENDPOINT") or (self.url if is_local() else "https://ims-na1.adobelogin.com")
        form = {{
            "grant_type": "client_credentials",
            "client_id": setting("AEP_CLIENT_ID"),
            "client_secret": setting("AEP_CLIENT_SECRET"),
            "scope": os.environ.get("AEP_SCOPES", SCOPES),
        }}
        response = self.session.post(f"{{ims}}/ims/token/v3", data=form, timeout=60)
        assert response.status_code == 200, f"no token: {{response.status_code}} {{response.text[:2000]}}"
        return response.json()["access_token"]

    def send(self, method, path, status, *, query=(), headers=None, body=None):
        """Send a request, check the status of its response, and return its JSON."""
        sent = {{name: value for name, value in {{**self.headers, **(headers or {{}})}}.items() if value}}
        response = self.session.request(method, self.url + path, params=query, headers=sent, json=body, timeout=60)
        assert response.status_code == status, f"{{method}} {{path}}: {{response.status_code}} {{response.text[:2000]}}"
        try:
            return response.json()
        except ValueError:
            return None


def is_local():
    """Whether the Platform is a local one."""
    return os.environ.get("AEP_ENDPOINT", "").startswith(("http://127.0.0.1", "http://localhost"))


def setting(name):
    """A setting, from its environment variable."""
    value = os.environ.get(name) or (LOCAL.get(name) if is_local() else None)
    if not value:
        pytest.fail(f"set the environment variable {{name}}", pytrace=False)
    return value


def secret(name):
    """A secret, which the recording does not contain, from its environment variable."""
    common = re.sub(r"_\\d+$", "", name)
    value = os.environ.get(name) or os.environ.get(common) or ("local" if is_local() else None)
    if not value:
        pytest.fail(f"set the environment variable {{name}}: recordings contain no secrets", pytrace=False)
    return value


def encoded(value):
    """A value as a part of a path."""
    return quote(str(value), safe="")


@pytest.fixture(scope="module")
def platform():
    """The Platform in AEP_ENDPOINT, signed in."""
    with requests.Session() as session:
        session.trust_env = not is_local()
        yield Platform(session)


{picking}


def test_the_recorded_requests(platform):
    now = int(time.time())
'''


def module(steps: Sequence[Step]) -> str:
    """The text of the module."""
    plan = list(replayable(steps))
    sent = [step for step, reason in plan if not reason]
    source = inspect.getsource(picking).partition('"""\n\n')[2].strip()
    parts = [_HEAD.format(count=len(sent), picking=source)]
    lines = [f'    {name} = secret("{name}")' for name in secrets_in(sent)]
    if any(SANDBOX in step.names for step in sent):
        lines.append(f'    {SANDBOX} = setting("AEP_SANDBOX")')
    if any(TENANT in step.names for step in sent):
        lines.append(f'    {TENANT} = platform.send("GET", "/data/foundation/schemaregistry/stats", 200)["tenantId"]')
    given = {name for step in sent for name in step.gives}
    for step, reason in plan:
        lines += ["", *(f"    {each}" if each else "" for each in _lines(step, reason, given))]
    return "".join([*parts, "\n".join(lines).lstrip("\n"), "\n"])


def _lines(step: Step, reason: str, given: set[str]) -> Iterator[str]:
    shown = f"# {step.number}. {step.called}"
    if reason:
        yield f"{shown}: left out, as it {reason}."
        return
    yield shown
    options = {"query": [list(pair) for pair in step.query] or None, "headers": dict(step.headers) or None, "body": step.body}
    words = [_text(step.method, given), _path(step.path, given), str(step.status)]
    words += [f"{name}={_code(value, given, 1)}" for name, value in options.items() if value is not None]
    call = f"platform.send({', '.join(words)})"
    if "\n" in call or len(call) > _WIDTH:
        call = "platform.send(\n" + "".join(f"    {word},\n" for word in words) + ")"
    # A sandbox is not made by the recording.
    checks = [] if "/sandbox-management/" in step.path else list(_main_fields(step.response))
    used = "response = " if checks or step.gives else ""
    yield from f"{used}{call}".split("\n")
    for name, where in step.gives.items():
        yield f"{name} = at(response, {_arguments(where, given)})"
        yield f"assert {name} is not None"
    for where, value in checks:
        yield from f"assert at(response, {_arguments(where, given)}) == {_code(value, given, 0)}".split("\n")


def _arguments(where: Path, given: set[str]) -> str:
    return ", ".join(_code(part, given, 0) for part in where)


def _main_fields(response: object) -> Iterator[tuple[Path, str]]:
    where: Path = ()
    if isinstance(response, dict) and isinstance(items := response.get("items"), list) and len(items) == 1:
        where, response = ("items", 0), items[0]
    elif isinstance(response, dict) and len(response) == 1 and isinstance(only := next(iter(response.values())), dict):
        # Catalog returns an object under its id.
        where, response = (0,), only
    if not isinstance(response, Mapping):
        return
    for name in _MAIN:
        value = response.get(name)
        if isinstance(value, str) and not _ID.search(value):
            yield (*where, name), value


# --- code -----------------------------------------------------------------------------------------------------------------


def _code(node: object, given: set[str], depth: int) -> str:
    """JSON as Python, with variables."""
    if isinstance(node, str):
        return _text(node, given)
    if not isinstance(node, dict | list) or not node:
        return repr(node)
    if isinstance(node, dict):
        items = [f"{_text(key, given)}: {_code(value, given, depth + 1)}" for key, value in node.items()]
    else:
        items = [_code(item, given, depth + 1) for item in node]
    first, last = "{}" if isinstance(node, dict) else "[]"
    flat = f"{first}{', '.join(items)}{last}"
    if len(flat) < _WIDTH - 4 * depth - 24 and "\n" not in flat:
        return flat
    margin = "    " * (depth + 1)
    return f"{first}\n" + "".join(f"{margin}{item},\n" for item in items) + "    " * depth + last


def _text(text: str, given: set[str]) -> str:
    if (whole := VARIABLE.fullmatch(text)) and (value := _value(whole[1], given)):
        return value
    return _formatted(text, given, lambda value: value)


def _path(path: str, given: set[str]) -> str:
    return _formatted(path, given, lambda value: f"encoded({value})")


def _formatted(text: str, given: set[str], wrap: Callable[[str], str]) -> str:
    pieces: list[str] = []
    end = 0
    for match in VARIABLE.finditer(text):
        if value := _value(match[1], given):
            pieces += [_literal(text[end : match.start()], braces=True), f"{{{wrap(value)}}}"]
            end = match.end()
    if not pieces:
        return f'"{_literal(text, braces=False)}"'
    return f'f"{"".join(pieces)}{_literal(text[end:], braces=True)}"'


def _literal(text: str, *, braces: bool) -> str:
    # A pair of surrogates is one character in JSON, and two in Python.
    literal = json.dumps(text, ensure_ascii=_SURROGATE.search(text) is not None)[1:-1]
    return literal.replace("{", "{{").replace("}", "}}") if braces else literal


def _value(name: str, given: set[str]) -> str | None:
    if time := _TIME.fullmatch(name):
        return f"str(now + {time[1]})" if time[2] else f"now + {time[1]}"
    return name if name in given or name in {SANDBOX, TENANT} or name.startswith(SECRET) else None
