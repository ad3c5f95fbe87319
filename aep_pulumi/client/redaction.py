"""Redaction: removes secrets from everything that a client shows or raises. No I/O."""

import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

CLEAR = frozenset(
    {
        "apiVersion",
        "clientId",
        "endpoint",
        "environmentUrl",
        "host",
        "instanceUrl",
        "servicePrincipalId",
        "serviceUri",
        "username",
    }
)
"""The parameters of a base connection's credentials that are not secret: errors may show them."""

SHORTEST_SECRET = 3
"""Texts up to this length are not redacted: they occur in too many other texts."""


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with all secrets masked, in every encoding in which a response may repeat them."""
    # Longest first, because one may be a prefix of another. Whitespace is collapsed, as it is in messages.
    encoded = {" ".join(each.split()) for secret in secrets for each in _encodings(secret)}
    for each in sorted(encoded, key=len, reverse=True):
        text = text.replace(each, "***") if each else text
    return text


def _encodings(secret: str) -> tuple[str, ...]:
    """A secret in the encodings in which a response may echo it: plain, JSON, URL."""
    quoted = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return (secret, *quoted, quote(secret), quote(secret, safe=""), quote_plus(secret))


def auth_params(body: object) -> Iterator[str]:
    """The secrets of a base connection's credentials, in a body or a JSON Patch: a response may echo them."""
    if isinstance(body, list):
        for operation in body:
            if isinstance(operation, Mapping) and str(operation.get("path", "")).startswith("/auth"):
                yield from _strings(operation.get("value"))
    elif isinstance(body, Mapping):
        yield from _strings(body.get("auth", {}).get("params") if isinstance(body.get("auth"), Mapping) else None)


def without_credentials(body: Mapping[str, object]) -> dict[str, object]:
    """A base connection's body with its secret parameters emptied; any other body unchanged. Platform masks them, or should."""
    auth = body.get("auth")
    params = auth.get("params") if isinstance(auth, Mapping) else None
    if not isinstance(auth, Mapping) or not isinstance(params, Mapping):
        return dict(body)
    emptied = {name: value if name in CLEAR else "" for name, value in params.items()}
    return {**body, "auth": {**auth, "params": emptied}}


def _strings(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        # Addresses are shown because they help to find errors, unless they contain a password or a query.
        if name not in CLEAR or ("://" in value and {"@", "?"} & set(value)):
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, str(key))
