"""Operations: the committed contract, and the operation that a request belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

Json = dict[str, Any]

FOLDER = Path(__file__).parent
PARAMETER = re.compile(r"\{(\w+)\}")
# The only parameter whose values contain slashes.
WITH_SLASHES = "filePath"


@dataclass(frozen=True)
class Operation:
    """One operation: its definition, and the validators of the schemas in it."""

    service: str
    method: str
    path: str
    pattern: re.Pattern[str]
    definition: Json = field(repr=False)
    parameters: tuple[Json, ...] = field(repr=False)
    registry: jsonschema_rs.Registry = field(repr=False)
    compiled: dict[tuple[str, ...], jsonschema_rs.Validator] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """The operation as in `docs/coverage.md`."""
        return f"{self.method} {self.path}"

    def path_values(self, path: str) -> dict[str, str]:
        """The values of the path's parameters, decoded."""
        match = self.pattern.fullmatch(path)
        return {name: unquote(value) for name, value in match.groupdict().items()} if match else {}

    def validator(self, *keys: str) -> jsonschema_rs.Validator:
        """The validator of the schema at these keys of the definition; compiled once."""
        if keys not in self.compiled:
            pointer = "/".join(_escaped(key) for key in ("paths", self.path, self.method.lower(), *keys, "schema"))
            self.compiled[keys] = _compiled({"$ref": f"{_uri(self.service)}#/{pointer}"}, self.registry)
        return self.compiled[keys]

    def parameter(self, index: int) -> jsonschema_rs.Validator:
        """The validator of a parameter; compiled once."""
        key = ("parameter", str(index))
        if key not in self.compiled:
            self.compiled[key] = _compiled(self.parameters[index]["schema"], self.registry)
        return self.compiled[key]


def _compiled(schema: Json, registry: jsonschema_rs.Registry) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(schema, registry=registry, validate_formats=True)


def _uri(service: str) -> str:
    return f"contract:{service}"


def _escaped(key: str) -> str:
    # In a fragment, braces are percent-encoded.
    return key.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@dataclass(frozen=True)
class Contract:
    """All operations of the committed files."""

    documents: Mapping[str, Json]
    _found: dict[tuple[str, str], Operation | None] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Contract:
        """Read the committed files."""
        return cls({file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))})

    @cached_property
    def operations(self) -> list[Operation]:
        """All operations. A path without parameters takes precedence over one with them, as in OpenAPI."""
        registry = jsonschema_rs.Registry([(_uri(service), each) for service, each in self.documents.items()])
        found = [each for service, document in self.documents.items() for each in _operations(service, document, registry)]
        return sorted(found, key=lambda each: each.path.count("{"))

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation of a request; None if the contract has none for it."""
        if (method, path) not in self._found:
            candidates = (each for each in self.operations if each.method == method and each.pattern.fullmatch(path))
            self._found[method, path] = next(candidates, None)
        return self._found[method, path]


def _operations(service: str, document: Json, registry: jsonschema_rs.Registry) -> Iterator[Operation]:
    shared, base = document["components"]["parameters"], document["servers"][0]["url"].rstrip("/")
    for path, item in document["paths"].items():
        for method, definition in item.items():
            parameters = [each if "in" in each else shared[each["$ref"].rpartition("/")[2]] for each in definition["parameters"]]
            yield Operation(service, method.upper(), path, _pattern(base + path), definition, tuple(parameters), registry)


def _pattern(path: str) -> re.Pattern[str]:
    def segment(match: re.Match[str]) -> str:
        return f"(?P<{match[1]}>{'.+' if match[1] == WITH_SLASHES else '[^/]+'})"

    # After a parameter, a slash may be there or not; the root of a service has one.
    literal = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"\)/?$", ")/?", PARAMETER.sub(segment, literal)))
