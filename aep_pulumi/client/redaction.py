"""Redaction: secrets out of every text that a client shows or raises. No I/O."""

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
"""The parameters of a base connection's credentials that are no secret: an error may repeat them."""

SHORTEST_SECRET = 3
"""A text that is no longer than this stands in too many others to be hidden."""


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, in whatever form an answer repeats them."""
    # The longest first: one may be the beginning of another. Each as it looks once blanks are single.
    forms = {" ".join(form.split()) for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***") if form else text
    return text


def _forms(secret: str) -> tuple[str, ...]:
    """A secret as an answer may echo it: as it is, in JSON, in a URL."""
    quoted = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return (secret, *quoted, quote(secret), quote(secret, safe=""), quote_plus(secret))


def auth_params(body: object) -> Iterator[str]:
    """Every secret text of a base connection's credentials, in a body or a JSON Patch: an answer may echo them."""
    if isinstance(body, list):
        for operation in body:
            if isinstance(operation, Mapping) and str(operation.get("path", "")).startswith("/auth"):
                yield from _strings(operation.get("value"))
    elif isinstance(body, Mapping):
        yield from _strings(body.get("auth", {}).get("params") if isinstance(body.get("auth"), Mapping) else None)


def _strings(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        # An address says where a wrong one leads; one that holds a password or a query is a secret like any other.
        if name not in CLEAR or ("://" in value and {"@", "?"} & set(value)):
            yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, str(key))
