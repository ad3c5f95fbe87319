"""Writes the local Platform's `xdm.json` from Adobe's published XDM sources.

Run by hand when Adobe publishes new sources, never at build or test time:

    python tools/xdm.py PATH_TO_XDM_SOURCES

The folder has those of `components` in https://github.com/adobe/xdm, and in `schemas` the schemas that Adobe's release notes call
global: `destinations/destination*` and `hygiene`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "aep_pulumi" / "emulator" / "schema_registry" / "xdm.json"

# The resources that a schema is composed of, and Adobe's own schemas; the data types they refer to are included too.
ROOTS = ("classes", "behaviors", "mixins", "schemas")

# The resource type by source folder; in the ids of field groups, Platform uses "mixins".
KINDS = {
    "behaviors": "behaviors",
    "classes": "classes",
    "common": "datatypes",
    "datatypes": "datatypes",
    "fieldgroups": "mixins",
    "schemas": "schemas",
}

# The class of data hygiene lies beside its schema; its id says that it is a class.
CLASS_ID = "https://ns.adobe.com/xdm/classes/"

# The base of all JSON-LD documents, which has no fields.
EXTENSIBLE = "https://ns.adobe.com/xdm/common/extensible"

KEPT = ("type", "format", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength")

Json = dict[str, Any]


def platform_name(name: str) -> str:
    """A field's name in Platform's paths: without `xdm:`, `_id` for `@id`, `_ns.x` for `ns:x`."""
    if name.startswith("@"):
        return "_" + name[1:]
    prefix, colon, rest = name.partition(":")
    if not colon:
        return name
    return rest if prefix == "xdm" else f"_{prefix}.{rest}"


class Sources:
    """Adobe's published files, by `$id`."""

    def __init__(self, folder: Path) -> None:
        self.kinds: dict[str, str] = {}
        self.documents: dict[str, Json] = {}
        for path in sorted(folder.rglob("*.schema.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            self.documents[document["$id"]] = document
            is_class = document["$id"].startswith(CLASS_ID)
            self.kinds[document["$id"]] = "classes" if is_class else KINDS[path.relative_to(folder).parts[0]]

    def definition(self, reference: str, inside: str) -> tuple[str, Json]:
        """The target of a `$ref` with a fragment, and the document that contains it."""
        document_id, _, fragment = reference.partition("#")
        containing = document_id or inside
        node: Any = self.documents[containing]
        for part in fragment.strip("/").split("/"):
            node = node[part]
        return containing, node


class Facts:
    """The compact representation: per resource its fields, the resources it includes, and the classes it is intended for."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.resources: dict[str, Json] = {}
        self._pending = [
            resource_id
            for resource_id, kind in sources.kinds.items()
            if kind in ROOTS and sources.documents[resource_id].get("meta:status") != "deprecated"
        ]

    def gather(self) -> dict[str, Json]:
        """All resources that are not deprecated, and those they refer to."""
        while self._pending:
            resource_id = self._pending.pop()
            if resource_id not in self.resources:
                self.resources[resource_id] = self._resource(resource_id)
        return dict(sorted(self.resources.items()))

    def _resource(self, resource_id: str) -> Json:
        document = self.sources.documents[resource_id]
        includes: list[str] = []
        fact: Json = {"kind": self.sources.kinds[resource_id], "title": document.get("title", "")}
        fact["properties"] = self._fields(document, resource_id, includes)
        fact["includes"] = includes
        if "meta:intendedToExtend" in document:
            fact["intendedToExtend"] = document["meta:intendedToExtend"]
        if "type" in document and document["type"] != "object":
            fact.update({key: document[key] for key in KEPT if key in document})
        return fact

    def _fields(self, node: Json, inside: str, includes: list[str]) -> Json:
        """The node's own fields; included resources are appended to `includes` instead of being copied."""
        fields: Json = {}
        for name, child in node.get("properties", {}).items():
            place = fields
            *parents, leaf = platform_name(name).split(".")
            for parent in parents:
                place = place.setdefault(parent, {"type": "object", "properties": {}})["properties"]
            place[leaf] = self._node(child, inside)
        for part in [*node.get("allOf", []), *([{"$ref": node["$ref"]}] if "$ref" in node else [])]:
            reference = part.get("$ref", "")
            if reference.startswith(EXTENSIBLE):
                continue
            if not reference:
                fields.update(self._fields(part, inside, includes))
            elif "#" in reference:
                containing, definition = self.sources.definition(reference, inside)
                fields.update(self._fields(definition, containing, includes))
            else:
                includes.append(reference)
                self._pending.append(reference)
        return fields

    def _node(self, node: Json, inside: str) -> Json:
        compact: Json = {key: node[key] for key in KEPT if key in node}
        reference = node.get("$ref", "")
        if reference and "#" not in reference:
            self._pending.append(reference)
            return {"ref": reference}
        includes: list[str] = []
        if fields := self._fields(node, inside, includes):
            compact = {"type": "object", "properties": fields}
        if includes and not fields:
            return {"ref": includes[0]}
        if "items" in node:
            compact["items"] = self._node(node["items"], inside)
        if isinstance(node.get("additionalProperties"), dict):
            compact["additionalProperties"] = self._node(node["additionalProperties"], inside)
        return compact


def main() -> None:
    """Read the sources, write the facts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sources", type=Path, help="the folder with Adobe's published XDM schemas")
    facts = Facts(Sources(parser.parse_args().sources)).gather()
    document = {
        "about": "Facts about Adobe's standard XDM resources: fields under the names Platform's paths use. "
        "Generated by tools/xdm.py.",
        "licence": "Derived from Adobe's XDM schemas (https://github.com/adobe/xdm), Copyright Adobe Systems Incorporated, "
        "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/); titles and descriptions of fields are left out.",
        "resources": facts,
    }
    TARGET.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
