"""Redaction: nothing that a worker reports contains the values of its secrets."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import unquote, urlsplit

from aep_pulumi.engine_values import MASKED

_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|_KEY$|APIKEY|AUTH|COOKIE", re.IGNORECASE)
_SHORTEST = 4
"""A shorter value would be found in ordinary words."""
_PUBLIC = {"local"}
"""The passphrase of stacks on the local Platform, which everybody knows: the word is in ids of its objects."""


class Redaction:
    """Replaces the values of secrets in texts."""

    def __init__(self, values: Iterable[str]) -> None:
        spelled = {each for value in values if len(value) >= _SHORTEST and value not in _PUBLIC for each in _spellings(value)}
        # The longest first: one secret may contain another.
        parts = [re.escape(each) for each in sorted(spelled, key=len, reverse=True)]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def clean(self, text: str) -> str:
        """The text, with every secret replaced."""
        return self._pattern.sub(MASKED, text) if self._pattern else text


def secrets_of(environment: Mapping[str, str], named: Collection[str] = ()) -> set[str]:
    """The secrets in an environment: by the variable's name, and passwords in URLs.

    Args:
        environment: the variables.
        named: the names of further variables that are secret.
    """
    found: set[str] = set()
    for name, value in environment.items():
        if name in named or _SECRET_NAME.search(name):
            found.update((value, *(line.strip() for line in value.splitlines())))
        elif "://" in value and "@" in value:
            found |= password_of(value)
    return found


def password_of(url: str) -> set[str]:
    """The password in a URL, as written and decoded."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()


def _spellings(value: str) -> Iterable[str]:
    """The value, and as JSON writes it."""
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    # Go's JSON escapes these, too.
    yield json.dumps(value, ensure_ascii=False)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
