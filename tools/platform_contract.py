"""Contract: extracts `tests/contract/<service>.json` from a folder of Adobe's OpenAPI files.

    python tools/platform_contract.py FOLDER

Each file is an OpenAPI 3.1 document of one service with what a program can check: parameters, request bodies, statuses and
responses. Texts and examples are left out. An operation and a schema have one line each, so that a change of Adobe's shows as
a change of a line.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

CONTRACT = Path(__file__).parents[1] / "tests" / "contract"

METHODS = ("get", "head", "post", "put", "patch", "delete")
# Keywords of a schema that constrain values; everything else explains them.
CONSTRAINTS = {
    *("type", "format", "enum", "required", "additionalProperties", "pattern", "minimum", "maximum", "readOnly", "writeOnly"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
}
COMBINED = ("allOf", "oneOf", "anyOf")
REFERENCE = re.compile(r"#/(?:components/)?(?P<kind>definitions|\w+)/(?P<name>.+)")
SWAGGER_TYPES = ("type", "format", "enum", "items", "minimum", "maximum", "pattern")

Json = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A service of the contract: its title, and the part of Adobe's file that is used."""

    title: str
    only: str = ""
    """The prefix of the paths."""


SERVICES = {
    "flow-service": Source("Flow Service"),
    "schema-registry": Source("Schema Registry"),
    "catalog": Source("Catalog"),
    "data-prep": Source("Data Prep"),
    "sandbox": Source("Sandboxes (without sandbox tooling)", only="/sandbox-management"),
    "identity-service": Source("Identity namespaces", only="/idnamespace"),
    "dataset-service": Source("Dataset Service (data usage labels)"),
    "batch-ingestion": Source("Batch Ingestion"),
    "streaming-ingestion": Source("Streaming Ingestion"),
}


def extracted(document: Json, source: Source) -> Json:
    """The contract of one service, from Adobe's Swagger 2.0 or OpenAPI 3.0 document."""
    base = document.get("basePath") or urlsplit(document["servers"][0]["url"].replace("{environment}", "x")).path
    paths = {path: dict(_operations(document, item)) for path, item in document["paths"].items() if path.startswith(source.only)}
    schemas = document.get("definitions") or document["components"]["schemas"]
    parameters = _shared_parameters([operation for item in paths.values() for operation in item.values()])
    return {
        "openapi": "3.1.0",
        "info": {"title": source.title, "version": str(document["info"]["version"])},
        "servers": [{"url": base.rstrip("/") or "/"}],
        "paths": paths,
        "components": {
            "parameters": parameters,
            "schemas": _referenced(paths, {name: _schema(schema) for name, schema in schemas.items()}),
        },
    }


def _operations(document: Json, item: Json) -> Iterator[tuple[str, Json]]:
    shared = item.get("parameters", [])
    for method in METHODS:
        if method in item:
            yield method, _operation(document, item[method], [_resolved(document, each) for each in shared])


def _operation(document: Json, operation: Json, shared: Sequence[Json]) -> Json:
    own = [_resolved(document, each) for each in operation.get("parameters", [])]
    parameters = [*own, *(each for each in shared if (each["in"], each["name"]) not in {(one["in"], one["name"]) for one in own})]
    found: Json = {"parameters": [_parameter(each) for each in parameters if each["in"] != "body"]}
    body = operation.get("requestBody") or next((_as_body(document, operation, each) for each in own if each["in"] == "body"), {})
    if body:
        found["requestBody"] = {"required": body.get("required", False), "content": _content(body["content"])}
    responses = {str(status): _resolved(document, each) for status, each in operation["responses"].items()}
    found["responses"] = {status: _response(document, operation, responses[status]) for status in sorted(responses)}
    return {key: value for key, value in found.items() if value}


def _resolved(document: Json, node: Json) -> Json:
    if match := REFERENCE.fullmatch(node.get("$ref", "")):
        found: Json = (document if "swagger" in document else document["components"])[match["kind"]][match["name"]]
        return found
    return node


def _as_body(document: Json, operation: Json, parameter: Json) -> Json:
    types = operation.get("consumes") or document["consumes"]
    return {"required": parameter.get("required", False), "content": dict.fromkeys(types, parameter)}


def _parameter(node: Json) -> Json:
    schema = node.get("schema") or {key: node[key] for key in SWAGGER_TYPES if key in node}
    found: Json = {"in": node["in"], "name": node["name"], "schema": _schema(schema)}
    return {**found, "required": True} if node.get("required") else found


def _shared_parameters(operations: Sequence[Json]) -> Json:
    """The parameters that several operations have, which refer to them; those of one name and different schemas are numbered."""
    texts = Counter(_json(each) for operation in operations for each in operation.get("parameters", []))
    names: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for shared in (each for each, count in texts.items() if count > 1):
        name = json.loads(shared)["name"]
        taken[name] += 1
        names[shared] = name if taken[name] == 1 else f"{name}{taken[name]}"
    for operation in operations:
        if "parameters" in operation:
            operation["parameters"] = [
                {"$ref": f"#/components/parameters/{names[_json(each)]}"} if _json(each) in names else each
                for each in operation["parameters"]
            ]
    return {names[each]: json.loads(each) for each in sorted(names, key=lambda each: names[each])}


def _content(content: Json) -> Json:
    return {media_type: {"schema": _schema(each.get("schema", {}))} for media_type, each in content.items()}


def _response(document: Json, operation: Json, node: Json) -> Json:
    found: Json = {"description": ""}
    if "schema" in node:
        found["content"] = _content(dict.fromkeys(operation.get("produces") or document["produces"], node))
    elif "content" in node:
        found["content"] = _content(node["content"])
    return {key: value for key, value in found.items() if value != {}}


def _schema(node: Json) -> Json:
    """A schema without its texts, as JSON Schema: a reference stands alone, and `nullable` is a type."""
    if "$ref" in node:
        match = REFERENCE.fullmatch(node["$ref"])
        assert match, node["$ref"]  # noqa: S101 - the files have no other references
        return {"$ref": f"#/components/schemas/{match['name']}"}
    found = {key: value for key, value in node.items() if key in CONSTRAINTS}
    if isinstance(node.get("additionalProperties"), dict):
        found["additionalProperties"] = _schema(node["additionalProperties"])
    if "properties" in node:
        found["properties"] = {name: _schema(each) for name, each in node["properties"].items()}
    if "items" in node:
        found["items"] = _schema(node["items"])
    for key in COMBINED:
        if key in node:
            found[key] = [_schema(each) for each in node[key]]
    if node.get("nullable") and "type" in found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _referenced(paths: Json, schemas: Json) -> Json:
    """The schemas that the paths use, directly or not."""
    used: set[str] = set()
    new = _names(paths)
    while new:
        used |= new
        new = set().union(*(_names(schemas[name]) for name in new)) - used
    return {name: schemas[name] for name in sorted(used)}


def _names(node: Json) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(node)))


def text(contract: Json) -> str:
    """The text of a file: a line for each operation and for each schema."""
    head = [f"{_json(key)}: {_json(contract[key])}" for key in ("openapi", "info", "servers")]
    paths = [f"{_json(path)}: {_lines(item, 3)}" for path, item in contract["paths"].items()]
    components = [f"{_json(kind)}: {_lines(each, 3)}" for kind, each in contract["components"].items()]
    return _block([*head, f'"paths": {_block(paths, 2)}', f'"components": {_block(components, 2)}'], 1) + "\n"


def _lines(node: Mapping[str, Any], depth: int) -> str:
    return _block([f"{_json(key)}: {_json(value)}" for key, value in node.items()], depth)


def _block(lines: Sequence[str], depth: int) -> str:
    return "{\n" + ",\n".join(" " * depth + line for line in lines) + "\n" + " " * (depth - 1) + "}" if lines else "{}"


def _json(node: object) -> str:
    return json.dumps(node, separators=(",", ":"))


def main(folder: Path) -> None:
    """Write the files."""
    for name, source in SERVICES.items():
        document = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        (CONTRACT / f"{name}.json").write_text(text(extracted(document, source)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
