"""Data Prep: mapping sets, their versions and previews, and the language of their expressions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service, whole_number
from aep_pulumi.emulator.core.json_schema import ANYTHING, FLAG, NAME, NUMBER, TEXT, Shape, closed, list_of
from aep_pulumi.emulator.core.store import MAPPING_SETS, Shelf
from aep_pulumi.emulator.data_prep import expressions
from aep_pulumi.emulator.data_prep.expressions import ExpressionError
from aep_pulumi.emulator.data_prep.previews import preview
from aep_pulumi.emulator.ims import tokens as ims
from aep_pulumi.emulator.schema_registry.library import Library, located, path_steps

Json = dict[str, Any]

# How a source's type reads back; a program that writes one of these back makes the set uneditable in Adobe's UI.
READ_BACK = {"ATTRIBUTE": "text/x.schema-path", "EXPRESSION": "text/x.aep-xl", "STATIC": "STATIC"}

SCHEMA_REFERENCE = closed(
    ("schemaRef",), id=ANYTHING, version=ANYTHING, schemaRef=closed(("id", "contentType"), id=NAME, contentType=TEXT)
)

# What the server sets on a set and on each mapping; OpenAPI lists it in the body of a change too.
STAMPS: Json = dict.fromkeys(("id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy"), ANYTHING)

MAPPING = closed(
    ("sourceType", "source", "destination"),
    **STAMPS,
    sourceType={"enum": list(READ_BACK)},
    source=NAME,
    destination=NAME,
    name=TEXT,
    description=TEXT,
    functionVersion=NUMBER,
    expressionAttributes=list_of(TEXT),
)
CURRENT = Shape(
    closed(
        ("outputSchema", "mappings"),
        **STAMPS,
        name=TEXT,
        inputSchema={"type": ["object", "null"]},
        outputSchema=SCHEMA_REFERENCE,
        allowNullValues=FLAG,
        supportVersion=TEXT,
        tags=list_of(closed(name=TEXT, value=list_of(TEXT))),
        mappings=list_of(MAPPING, minItems=1),
    )
)

# The words of Adobe's tutorials, 2020 to 2025.
LEGACY = Shape(
    closed(
        ("xdmSchema", "mappings"),
        version=NUMBER,
        xdmSchema=NAME,
        xdmVersion=TEXT,
        id={"type": "null"},
        name=TEXT,
        mappings=list_of(
            closed(
                ("destinationXdmPath", "sourceAttribute"),
                destinationXdmPath=NAME,
                sourceAttribute=NAME,
                identity=FLAG,
                identityGroup=ANYTHING,
                namespaceCode=ANYTHING,
                version=NUMBER,
            ),
            minItems=1,
        ),
    )
)


# The example of OpenAPI has one row and no list of them.
PREVIEW = Shape(
    closed(
        ("data", "mappingSet"),
        data={"anyOf": [{"type": "object"}, list_of({"type": "object"}, minItems=1)]},
        mappingSet={"type": "object"},
    )
)
EXPRESSION = Shape(closed(("expression",), expression=TEXT, mappingSetId=TEXT, sampleData=TEXT, sampleDataType=TEXT))


# --- rules ----------------------------------------------------------------------------------------------------------


def _accepted(shelf: Shelf, body: object) -> Json:
    """A mapping set in the current words, once it can be kept."""
    wanted = _current(body)
    fields = _output_fields(shelf, wanted)
    destinations = [mapping["destination"] for mapping in wanted["mappings"]]
    for mapping in wanted["mappings"]:
        if words := _fault(mapping, fields, destinations):
            raise refusals.bad_request(words)
    return wanted


def _current(body: object) -> Json:
    is_legacy = isinstance(body, dict) and "xdmSchema" in body and "outputSchema" not in body
    wanted = refusals.in_shape(LEGACY if is_legacy else CURRENT, body)
    if not is_legacy:
        kept = {name: value for name, value in wanted.items() if name not in STAMPS}
        mappings = [{key: each[key] for key in each if key not in STAMPS} for each in wanted["mappings"]]
        return {**kept, "mappings": mappings}
    return {
        **({"name": wanted["name"]} if "name" in wanted else {}),
        "outputSchema": {"schemaRef": {"id": wanted["xdmSchema"], "contentType": wanted.get("xdmVersion", "1.0")}},
        "mappings": [
            {"sourceType": "ATTRIBUTE", "source": each["sourceAttribute"], "destination": each["destinationXdmPath"]}
            for each in wanted["mappings"]
        ],
    }


def _output_fields(shelf: Shelf, wanted: Json) -> Json:
    library = Library(shelf)
    schema_id = wanted["outputSchema"]["schemaRef"]["id"]
    schema = library.schema(schema_id)
    if schema is None:
        raise refusals.bad_request(f"The output schema {schema_id} does not exist.")
    return library.fields(schema)


def _fault(mapping: Json, fields: Json, destinations: Sequence[str]) -> str | None:
    """What is wrong with one mapping, or None. No code of Data Prep is documented."""
    destination = mapping["destination"]
    if located(fields, path_steps(destination)) is None:
        return f"The destination {destination} does not exist in the output schema."
    if destinations.count(destination) > 1:
        return f"The destination {destination} is mapped twice."
    if mapping["sourceType"] == "EXPRESSION" and len(mapping["source"]) > expressions.LONGEST:
        return f"The expression for {destination} is longer than {expressions.LONGEST} characters."
    return None


# --- verbs ----------------------------------------------------------------------------------------------------------


def _create(call: Call) -> Reply:
    wanted = _accepted(call.shelf, call.json(refusals.bad_request))
    set_id = uuid.uuid4().hex
    version = _version(set_id, 0, wanted, clock.now_ms())
    kept = {"id": set_id, "name": wanted.get("name"), "versions": [version]}
    call.shelf.add(MAPPING_SETS, set_id, kept)
    simple = ("id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy")
    return Reply(200, {name: version[name] for name in simple})


def _get(call: Call) -> Reply:
    found = _found(call)
    # Adobe's default is the first version, not the last.
    number = whole_number(call.one("version") or "0")
    if number is None:
        raise refusals.bad_request("The version must be a number.")
    if number >= len(found["versions"]):
        raise refusals.placeholder(404, f"The mapping set {found['id']} has no version {number}.")
    return Reply(200, found["versions"][number])


def _list(call: Call) -> Reply:
    first, limit = (whole_number(call.one(name) or "") for name in ("start", "limit"))
    if first is None or not limit:
        raise refusals.bad_request("Both limit and start are required, and are numbers, the limit above 0.")
    found = [each["versions"][-1] for each in call.shelf.all(MAPPING_SETS)]
    if (name := call.one("name")) is not None:
        found = [each for each in found if each.get("name") == name]
    orderby = (call.one("orderBy") or "+createdDate").replace(" ", "+")
    key = {"createdDate": "createdDate", "updatedDate": "modifiedDate"}.get(orderby.lstrip("+-"))
    if key is None:
        raise refusals.bad_request("The orderBy must be createdDate or updatedDate, with + or - before it.")
    found.sort(key=lambda each: int(each[key]), reverse=orderby.startswith("-"))
    page = found[first : first + limit]
    return Reply(200, {"data": page, "_page": {"count": len(page), "limit": limit}, "_links": {}})


def _replace(call: Call) -> Reply:
    found = _found(call)
    wanted = _accepted(call.shelf, call.json(refusals.bad_request))
    number = len(found["versions"])
    version = _version(found["id"], number, wanted, found["versions"][0]["createdDate"])
    kept = {"id": found["id"], "name": wanted.get("name"), "versions": [*found["versions"], version]}
    call.shelf.replace(MAPPING_SETS, found["id"], kept)
    return Reply(200, version)


def _delete(call: Call) -> Reply:
    """Forget a set with all its versions (inferred: the verb is not in the public specification)."""
    found = _found(call)
    call.shelf.remove(MAPPING_SETS, found["id"])
    return Reply(204)


def _validate(call: Call) -> Reply:
    wanted = _current(call.json(refusals.bad_request))
    fields = _output_fields(call.shelf, wanted)
    destinations = [mapping["destination"] for mapping in wanted["mappings"]]
    return Reply(200, {"validationResponse": [_verdict(each, fields, destinations) for each in wanted["mappings"]]})


def _verdict(mapping: Json, fields: Json, destinations: Sequence[str]) -> Json:
    words = _fault(mapping, fields, destinations)
    if words is None:
        return {"status": "SUCCESS", "errors": None}
    error = {key: mapping[key] for key in ("source", "sourceType", "destination")}
    return {"status": "FAILED", "errors": [{**error, "exception": words}]}


def _preview(call: Call) -> Reply:
    wanted = refusals.in_shape(PREVIEW, call.json(refusals.bad_request))
    mapping_set = _current(wanted["mappingSet"])
    fields = _output_fields(call.shelf, mapping_set)
    destinations = [mapping["destination"] for mapping in mapping_set["mappings"]]
    words = {place: _fault(each, fields, destinations) for place, each in enumerate(mapping_set["mappings"])}
    faults = {place: said for place, said in words.items() if said}
    rows = wanted["data"] if isinstance(wanted["data"], list) else [wanted["data"]]
    return Reply(200, [preview(row, mapping_set, fields, faults) for row in rows])


def _validate_expression(call: Call) -> Reply:
    wanted = refusals.in_shape(EXPRESSION, call.json(refusals.bad_request))
    try:
        expressions.parsed(wanted["expression"])
    except ExpressionError:
        return Reply(200, body=False)
    return Reply(200, body=True)


def _functions(_: Call) -> Reply:
    return Reply(200, expressions.documents())


def _version(set_id: str, number: int, wanted: Json, created: int) -> Json:
    """A version as it is read: in both vocabularies, whatever it was written in."""
    now = clock.now_ms()
    schema = wanted["outputSchema"]["schemaRef"]
    stamps = {"createdDate": created, "modifiedDate": now, "createdBy": ims.CLIENT_ID, "modifiedBy": ims.CLIENT_ID}
    return {
        **wanted,
        "id": set_id,
        "version": number,
        **stamps,
        "inputSchemaRef": {"id": None, "contentType": None},
        "outputSchema": {"schemaRef": schema},
        "outputSchemaRef": schema,
        "schemaRef": schema,
        "xdmSchema": schema["id"],
        "xdmVersion": "1.0",
        "status": "PUBLISHED",
        "mappings": [_shown(mapping, number, stamps) for mapping in wanted["mappings"]],
    }


def _shown(mapping: Json, number: int, stamps: Json) -> Json:
    return {
        **mapping,
        "id": uuid.uuid4().hex,
        "version": number,
        **stamps,
        "sourceType": READ_BACK[mapping["sourceType"]],
        "sourceAttribute": mapping["source"],
        "destinationXdmPath": mapping["destination"],
        "identity": False,
        "primaryIdentity": False,
        "matchScore": 0.0,
        "functionVersion": mapping.get("functionVersion", 1),
    }


def _found(call: Call) -> Json:
    found = call.shelf.find(MAPPING_SETS, call.ids["id"])
    if found is None:
        raise refusals.placeholder(404, f"The mapping set {call.ids['id']} was not found.")  # inferred envelope
    return found


SERVICE = Service(
    base="/data/foundation/conversion",
    routes=(
        Route("POST", "/mappingSets", _create, query=("validate",)),
        Route("GET", "/mappingSets", _list, query=("limit", "start", "name", "orderBy", "expandSchema")),
        Route("POST", "/mappingSets/validate", _validate),
        Route("POST", "/mappingSets/preview", _preview),
        Route("POST", "/languages/el/validate", _validate_expression),
        Route("GET", "/languages/el/functions", _functions),
        Route("GET", "/mappingSets/{id}", _get, query=("version", "expandSchema")),
        Route("PUT", "/mappingSets/{id}", _replace),
        Route("DELETE", "/mappingSets/{id}", _delete),
    ),
    unknown_query=lambda name: refusals.bad_request(f"The query parameter {name} is not known."),  # inferred
    forbidden=refusals.forbidden,
    # inferred: the documents call the header required, and say of no refusal how it reads.
    sandbox_missing=lambda: refusals.bad_request("The header x-sandbox-name is missing."),
    sandbox_unknown=lambda name: refusals.placeholder(404, f"The sandbox {name} could not be found."),
)
