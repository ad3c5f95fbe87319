"""Bench: how many rows a second the local Platform maps, on one core: `python tools/bench_mapping.py [ROWS]`.

Twenty mappings of a contact: attributes alone, and half of them expressions.
"""

import sys
import time
from typing import Any

from aep_pulumi.emulator.data_prep.mapper import Mapper

Json = dict[str, Any]

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000

_TEXT: Json = {"type": "string"}
_NAMES = (
    "Id",
    "FirstName",
    "LastName",
    "Email",
    "Phone",
    "Title",
    "Department",
    "MailingStreet",
    "MailingCity",
    "MailingCountry",
)
FIELDS: Json = {
    "person": {"type": "object", "properties": {"name": {"type": "object", "properties": dict.fromkeys(_NAMES, _TEXT)}}},
    "address": {"type": "object", "properties": dict.fromkeys(_NAMES, _TEXT)},
    "employees": {"type": "integer"},
    "revenue": {"type": "number"},
    "optedOut": {"type": "boolean"},
    "created": {"type": "string", "format": "date-time"},
    "born": {"type": "string", "format": "date"},
}
ROW: Json = {
    **{name: f"A value of {name}" for name in _NAMES},
    "Employees": 250,
    "Revenue": "1200000.5",
    "OptedOut": False,
    "CreatedDate": "2024-05-05T20:39:00.000+0000",
    "Birthdate": "1984-02-29",
}
ATTRIBUTES = [
    *(("ATTRIBUTE", name, f"person.name.{name}") for name in _NAMES),
    *(("ATTRIBUTE", name, f"address.{name}") for name in _NAMES[:5]),
    ("ATTRIBUTE", "Employees", "employees"),
    ("ATTRIBUTE", "Revenue", "revenue"),
    ("ATTRIBUTE", "OptedOut", "optedOut"),
    ("ATTRIBUTE", "CreatedDate", "created"),
    ("ATTRIBUTE", "Birthdate", "born"),
]
EXPRESSIONS = (
    "lower(Email)",
    'concat(FirstName, " ", LastName)',
    "upper(trim(LastName))",
    "sha256(Email)",
    'iif(Title != null && Employees > 100, "large", "small")',
    'replacestr(Phone, " ", "")',
    'coalesce(Department, Title, "none")',
    'split(MailingStreet, " ")[0]',
    'format(CreatedDate, "yyyy-MM")',
    'decode(MailingCountry, "DE", "Germany", "FR", "France", "other")',
)


def _measure(name: str, mappings: list[tuple[str, str, str]]) -> None:
    named = [dict(zip(("sourceType", "source", "destination"), each, strict=True)) for each in mappings]
    mapper = Mapper({"mappings": named}, FIELDS)
    if errors := mapper.map(ROW).errors:
        raise SystemExit(f"bench_mapping: {errors[0]}")
    start = time.process_time()
    for _ in range(ROWS):
        mapper.map(ROW)
    print(f"{name}: {ROWS / (time.process_time() - start):,.0f} rows a second of one core, {len(mappings)} mappings each")


if __name__ == "__main__":
    _measure("attributes", ATTRIBUTES)
    half = [("EXPRESSION", source, mapping[2]) for source, mapping in zip(EXPRESSIONS, ATTRIBUTES[:10], strict=True)]
    _measure("half expressions", half + ATTRIBUTES[10:])
