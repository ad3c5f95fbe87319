"""Redaction: nothing that a worker reports contains the values of its secrets."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import unquote, urlsplit

from aep_pulumi.engine_values import MASKED

_SECRET_NAME = re.compile(
    r"SECRET|TOKEN(?!IZ)|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|_KEY$|APIKEY|COOKIE"
    r"|(?<![A-Z])O?AUTH(ORIZATION|ENTICATION)?(?![A-Z])",  # no AUTHOR
    re.IGNORECASE,
)
_SHORTEST = 4
"""A shorter value would be found in ordinary words."""
_PUBLIC = {"local", "true", "false"}
"""The passphrase of stacks on the local Platform, which everybody knows: the word is in ids of its objects. And switches."""
_STRUCTURE = frozenset({"op", "type", "keys", "diffs", "diffKind", "severity", "result", "enforcementLevel"})
"""The fields of an event that say what it is."""
_FREE = frozenset({"inputs", "outputs", "config"})
"""The fields of an event whose content has fields of any name."""


class Redaction:
    """Replaces the values of secrets in texts."""

    def __init__(self, values: Iterable[str]) -> None:
        parts = {part for value in values for part in _parts(value) if len(part) >= _SHORTEST and part.lower() not in _PUBLIC}
        spelled = {each for part in parts for each in _spellings(part)}
        # The longest first: one secret may contain another.
        escaped = [re.escape(each) for each in sorted(spelled, key=len, reverse=True)]
        self._pattern = re.compile("|".join(escaped)) if escaped else None

    def clean(self, text: str) -> str:
        """The text, with every secret replaced."""
        return self._pattern.sub(MASKED, text) if self._pattern else text

    def events(self, lines: Iterable[str]) -> list[str]:
        """Events of the engine, one a line, with every secret replaced in their texts. What happens to what stays as it is."""
        return [self._event(line) for line in lines]

    def _event(self, line: str) -> str:
        if self._pattern is None:
            return line
        try:
            return json.dumps(self._inside(json.loads(line)))
        except ValueError:
            return self.clean(line)

    def _inside(self, value: object, *, free: bool = False) -> object:
        if isinstance(value, dict):
            return {
                key: each if key in _STRUCTURE and not free else self._inside(each, free=free or key in _FREE)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self._inside(each, free=free) for each in value]
        if isinstance(value, str):
            # Of a URN only the name is the program's own.
            at = _before_name(value) if value.startswith("urn:pulumi:") and not free else 0
            return value[:at] + self.clean(value[at:])
        if free and isinstance(value, int | float) and self.clean(str(value)) == MASKED:
            return MASKED
        return value


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
            found.update(*map(password_of, value.split()))
    return found


def password_of(url: str) -> set[str]:
    """The password in a URL, as written and decoded; of https:// the name of the user, too: it may be a token."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return set()
    found = {parts.password or "", (parts.username or "") if parts.scheme in {"http", "https"} else ""}
    return {each for written in found if written for each in (written, unquote(written))}


def _before_name(urn: str) -> int:
    return len("::".join(urn.split("::", 3)[:3]))


def _parts(value: str) -> set[str]:
    """The value, each of its lines, and these on one line, as a sentence quotes them."""
    lines = [line.strip() for line in value.splitlines()]
    return {value, *lines, " ".join(line for line in lines if line)}


def _spellings(value: str) -> Iterable[str]:
    """The value, and as JSON writes it."""
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    # Go's JSON escapes these, too.
    yield json.dumps(value, ensure_ascii=False)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
