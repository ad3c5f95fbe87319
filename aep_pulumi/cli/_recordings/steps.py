"""Steps: the requests of a recording, with variables for what differs from one Platform to another; as JSON lines.

Variables are written `{{name}}`:

- what an earlier response gave (`gives` of that step): ids and etags;
- `{{tenant}}`, the organisation's tenant id, in the Schema Registry; `{{sandbox}}`, the sandbox of the settings, in a path;
- `{{AEP_SECRET_…}}`, a secret, which is never recorded: read from the environment variable of this name;
- `{{now+3600}}`, and `{{now+3600 as text}}`: a time so many seconds after the replay, in epoch seconds.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

from aep_pulumi.cli._recordings.json_paths import Json, Path
from aep_pulumi.errors import AepError

TENANT, SANDBOX = "tenant", "sandbox"
SECRET = "AEP_SECRET_"  # noqa: S105 - the prefix of names
SANDBOX_HEADER = "x-sandbox-name"

VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")
_NUMBERED_SECRET = re.compile(r"(AEP_SECRET_\w+?)_(\d+)")
_TIME = re.compile(r"now\+(\d+)( as text)?")

Lookup: TypeAlias = Callable[[str], str | int | None]
"""The value of a variable; None if there is no variable of this name, or no value yet."""


@dataclass(frozen=True)
class Step:
    """One request of a recording, and the response that it got."""

    number: int
    method: str
    path: str
    """Percent-encoded."""
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those that change the response. Without `x-sandbox-name`, the request goes to the sandbox of the settings; a body without
    `content-type` is JSON."""
    body: object = None
    omitted: str | None = None
    """Why the body is not recorded, so that the request cannot be replayed."""
    time: str = ""
    status: int | None = None
    code: str | None = None
    fault: str | None = None
    """The fault that the local Platform injected: its response is not what Platform would have returned."""
    response: object = None
    gives: Mapping[str, Path] = field(default_factory=dict)
    """The variables that its response gives, and where they lie in it."""

    @property
    def names(self) -> set[str]:
        """The variables that it uses."""
        texts = [self.path, *(text for pair in self.query for text in pair), *self.headers.values(), *_texts(self.body)]
        return {name for text in texts for name in VARIABLE.findall(text)}

    @property
    def called(self) -> str:
        """The request, for people."""
        return f"{self.method} {self.path}"


def rendered(node: Any, lookup: Lookup) -> Any:  # noqa: ANN401 - any JSON
    """JSON with the values of its variables. A text that is one variable takes the value's type."""
    if isinstance(node, str):
        whole = VARIABLE.fullmatch(node)
        if whole and (value := lookup(whole[1])) is not None:
            return value
        return VARIABLE.sub(lambda match: _text(lookup(match[1]), match[0]), node)
    if isinstance(node, dict):
        return {str(rendered(key, lookup)): rendered(value, lookup) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [rendered(item, lookup) for item in node]
    return node


def rendered_path(path: str, lookup: Lookup) -> str:
    """A path with the values of its variables, percent-encoded."""
    return VARIABLE.sub(lambda match: quote(_text(lookup(match[1]), match[0]), safe=""), path)


def _text(value: str | int | None, otherwise: str) -> str:
    return otherwise if value is None else str(value)


def time_of(name: str, now_s: float) -> str | int | None:
    """The value of a variable that is a time, or None if it is another one."""
    match = _TIME.fullmatch(name)
    if match is None:
        return None
    moment = int(now_s) + int(match[1])
    return str(moment) if match[2] else moment


def secret_of(name: str, environ: Mapping[str, str]) -> str | None:
    """A secret: `AEP_SECRET_PASSWORD_2` defaults to `AEP_SECRET_PASSWORD`. None if it is not set."""
    numbered = _NUMBERED_SECRET.fullmatch(name)
    return environ.get(name) or (environ.get(numbered[1]) if numbered else None) or None


def secrets_in(steps: Iterable[Step]) -> list[str]:
    """The variables of the secrets that some steps need."""
    return sorted({name for step in steps for name in step.names if name.startswith(SECRET)})


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)


def replayable(steps: Iterable[Step]) -> Iterator[tuple[Step, str]]:
    """Each step, with the reason why it cannot be replayed, or ""."""
    missing: dict[str, int] = {}
    for step in steps:
        needed = min((missing[name] for name in step.names & missing.keys()), default=None)
        reason = ""
        if step.omitted is not None:
            reason = f"has a body that is not recorded ({step.omitted})"
        elif step.fault is not None or step.status is None:
            reason = f"met a fault of the local Platform ({step.fault or 'no response'})"
        elif needed is not None:
            reason = f"needs request {needed}"
        if reason:
            missing |= dict.fromkeys(step.gives, step.number)
        yield step, reason


# --- JSON lines ---------------------------------------------------------------------------------------------------------


def line(step: Step) -> str:
    """A step as a line of JSON, without what is empty."""
    request = {"method": step.method, "path": step.path, "query": step.query, "headers": step.headers, "body": step.body}
    response = {"status": step.status, "code": step.code, "body": step.response}
    document = {
        "number": step.number,
        "time": step.time,
        "request": _filled(request),
        "response": _filled(response),
        "gives": step.gives,
        "omitted": step.omitted,
        "fault": step.fault,
    }
    return json.dumps(_filled(document))


def _filled(document: Json) -> Json:
    return {key: value for key, value in document.items() if value is not None and value not in ("", {}, (), [])}


def read(text: str, source: str) -> list[Step]:
    """The steps of a recording, as `line` writes them.

    Args:
        text: the JSON lines.
        source: the file, for messages.

    Raises:
        AepError: a line is not a step.
    """
    steps = []
    for number, each in enumerate(text.splitlines(), 1):
        if not each.strip():
            continue
        try:
            steps.append(_step(json.loads(each)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise AepError(
                f"line {number} of {source} is not a recorded request: write the file with `aep platform requests --format json`"
            ) from None
    if not steps:
        raise AepError(f"{source} contains no request: record some with `aep platform requests --format json`")
    return steps


def _step(document: Json) -> Step:
    request, response = document["request"], document.get("response", {})
    if not request["path"].startswith("/") or not isinstance(request["method"], str):
        raise ValueError
    return Step(
        number=int(document["number"]),
        method=request["method"],
        path=request["path"],
        query=[(str(name), str(value)) for name, value in request.get("query", ())],
        headers={str(name): str(value) for name, value in request.get("headers", {}).items()},
        body=request.get("body"),
        omitted=document.get("omitted"),
        time=str(document.get("time", "")),
        status=response.get("status"),
        code=response.get("code"),
        fault=document.get("fault"),
        response=response.get("body"),
        gives={str(name): tuple(path) for name, path in document.get("gives", {}).items()},
    )
