"""Check: what in a recorded request and its response is outside the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import jsonschema_rs

from contract.operations import Contract, Operation

Json = dict[str, Any]

# One of these holds the message of an error, in each service's own form.
MESSAGES = {"message", "errorMessage", "detail", "title", "description"}
SUCCESS, REDIRECT, ERROR, OUTAGE = 200, 300, 400, 500
NO_CONTENT = 204
# What the index of an array's item is in the path of a finding.
ITEM = "N"


@dataclass(frozen=True)
class Finding:
    """One thing that is outside the contract."""

    service: str
    operation: str
    what: str
    """Where, and which keyword: `request /scheduleParams/interval: type`, `status 404`; items of arrays are `N`."""

    detail: str = ""

    def __str__(self) -> str:
        """One sentence: what, where, why."""
        return f"{self.operation} ({self.service}): {self.what}" + (f" ({self.detail})" if self.detail else "")


def findings(contract: Contract, exchange: Json, *, requests_too: bool = True) -> Iterator[Finding]:
    """What is outside the contract in one exchange; nothing of it is checked if a fault was injected.

    A request is checked if it succeeded: tests send wrong ones on purpose.

    Args:
        contract: the contract.
        exchange: the request and its response, as they are recorded.
        requests_too: False for requests that are generated, some of them wrong ones that Platform may accept.
    """
    if exchange["fault"] is not None:
        return
    operation = contract.operation(exchange["method"], exchange["path"])
    status = exchange["status"]
    if status >= OUTAGE:
        yield _finding(operation, exchange, f"status {status}", "no fault was injected")
    if operation is None:
        return
    found = [*_response(operation, exchange)]
    if requests_too and SUCCESS <= status < REDIRECT:
        found += [*_parameters(operation, exchange), *_request_body(operation, exchange)]
    yield from (_finding(operation, exchange, what, detail) for what, detail in found)


def _finding(operation: Operation | None, exchange: Json, what: str, detail: str) -> Finding:
    if operation is None:
        return Finding("", f"{exchange['method']} {exchange['path']}", what, detail)
    return Finding(operation.service, str(operation), what, detail)


Found = tuple[str, str]


def _response(operation: Operation, exchange: Json) -> Iterator[Found]:
    status, response = exchange["status"], exchange["response"]
    specified = operation.definition["responses"]
    key = str(status) if str(status) in specified else "default"
    if key not in specified:
        yield f"status {status}", ""
    content = specified.get(key, {}).get("content", {})
    media_type = _media_type(response["headers"])
    if exchange["method"] == "HEAD":
        return
    if status == NO_CONTENT:
        if response["size"]:
            yield "response: body", "there must be none"
    elif status >= ERROR and not _is_error(response["body"], status):
        yield "response: error", f"{media_type or 'no body'} without a message, or with another status"
    elif content and media_type not in content:
        yield "response: content-type", media_type
    elif media_type in content:
        yield from _violations("response", operation.validator("responses", key, "content", media_type), response["body"])


def _is_error(body: Any, status: int) -> bool:
    """True for an error in any service's form."""
    if not isinstance(body, dict) or MESSAGES.isdisjoint(body):
        return False
    # Dataset Service names the status, as in NOT_FOUND.
    return isinstance(body.get("status"), str) or body.get("status", status) == status


def _parameters(operation: Operation, exchange: Json) -> Iterator[Found]:
    values: dict[str, Mapping[str, Any]] = {
        "path": operation.path_values(exchange["path"]),
        "query": parse_qs(exchange["query"], keep_blank_values=True),
        "header": exchange["headers"],
    }
    for index, parameter in enumerate(operation.parameters):
        place, name = parameter["in"], parameter["name"]
        value = values[place].get(name.lower() if place == "header" else name)
        if value is not None:
            yield from _violations(f"request {place} {name}", operation.parameter(index), _typed(parameter["schema"], value))
        elif parameter.get("required"):
            yield f"request {place} {name}: required", ""


def _typed(schema: Json, value: Any) -> Any:
    """The value of a parameter, which is text, as its type."""
    if schema.get("type") == "array":
        return [_typed(schema["items"], each) for each in value]
    text = value[-1] if isinstance(value, list) else value
    if schema.get("type") in {"integer", "number"} and text.removeprefix("-").replace(".", "", 1).isdecimal():
        return float(text) if "." in text else int(text)
    # Clients in Python spell them True and False.
    return {"true": True, "false": False}.get(text.lower(), text) if schema.get("type") == "boolean" else text


def _request_body(operation: Operation, exchange: Json) -> Iterator[Found]:
    specified, media_type = operation.definition.get("requestBody"), _media_type(exchange["headers"])
    is_empty = exchange["headers"].get("content-length", "0") == "0"
    if specified is None:
        # A file has no body in OpenAPI, only a content type.
        if not is_empty and not any(each["name"].lower() == "content-type" for each in operation.parameters):
            yield "request: body", "there must be none"
        return
    key = media_type if media_type in specified["content"] else "*/*"
    if is_empty:
        if specified["required"]:
            yield "request: required", "there is no body"
    elif key not in specified["content"]:
        yield "request: content-type", media_type
    elif media_type.endswith("json") and not exchange["body_omitted"]:
        yield from _violations("request", operation.validator("requestBody", "content", key), exchange["body"])


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip()


def _violations(where: str, validator: jsonschema_rs.Validator, instance: Any) -> Iterator[Found]:
    for error in validator.iter_errors(instance):
        path = [ITEM if isinstance(each, int) else str(each) for each in error.instance_path]
        if error.kind.name == "required":
            path.append(error.kind.as_dict()["property"])
        place = "".join(f"/{each}" for each in path)
        yield f"{where}{' ' if place else ''}{place}: {error.kind.name}", error.message[:200]
