"""Differences: the committed list of what the local Platform does outside the contract, each with its reason and source."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from contract.check import Finding

LIST = Path(__file__).parent / "differences.toml"

# What a source may start with, in the order in which a stronger one settles a contradiction.
SOURCES = ("record", "settled", "Adobe's program", "specification", "documentation", "client", "tests", "inferred")


ANY_TEXT, ANY_SEGMENT = ".*", "[^/]+"


@dataclass(frozen=True)
class Difference:
    """One entry of the list, for one kind of finding."""

    service: str
    operations: tuple[str, ...]
    what: str
    reason: str
    source: str

    def __str__(self) -> str:
        """What it is about."""
        return f"{self.service}, {', '.join(self.operations)}: {self.what}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What it matches: service, operation and finding in one text."""
        operations = "|".join(_expression(each, ANY_TEXT) for each in self.operations)
        return re.compile(f"{_expression(self.service, ANY_TEXT)}\n(?:{operations})\n{_expression(self.what, ANY_SEGMENT)}")


def _expression(text: str, anything: str) -> str:
    return re.escape(text).replace(r"\*\*", ANY_TEXT).replace(r"\*", anything)


class Differences:
    """The list, which counts how often each entry was needed."""

    def __init__(self, entries: list[Difference]) -> None:
        self.entries = entries
        self.hits: Counter[str] = Counter()
        self._known: dict[tuple[str, str, str], Difference | None] = {}

    @classmethod
    def read(cls, path: Path = LIST) -> Differences:
        """Read the committed list."""
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["difference"]
        return cls([each for table in tables for each in _entries(table)])

    def explain(self, finding: Finding) -> Difference | None:
        """The entry for a finding; None if there is none."""
        key = (finding.service, finding.operation, finding.what)
        if key not in self._known:
            text = "\n".join(key)
            self._known[key] = next((each for each in self.entries if each.pattern.fullmatch(text)), None)
        if found := self._known[key]:
            self.hits[str(found)] += 1
        return found


def _entries(table: dict[str, Any]) -> list[Difference]:
    """An entry for each finding of a table of the file."""
    operations = tuple(table.get("operations", ["*"]))
    return [Difference(table["service"], operations, what, table["reason"], table["source"]) for what in table["findings"]]
