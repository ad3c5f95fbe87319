"""Field group: an organisation's own fields, to compose schemas with."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, Self, TypeAlias, TypedDict

from pulumi import Input, Output, ResourceOptions
from pydantic import Field, model_validator

from aep_pulumi.client import schema_registry
from aep_pulumi.client.collection import Stored
from aep_pulumi.models.schema_registry import FieldGroup as Found
from aep_pulumi.resources._fields import UNORDERED, Inputs, Text, Values, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._resource import Part, Resource

FieldType: TypeAlias = Literal["string", "integer", "number", "boolean", "date", "date-time", "object", "array"]
FieldName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9-][A-Za-z0-9_-]*$")]
"""Letters, digits, `-` and `_`, and no `_` in front."""

_DEFINITION = "customFields"
_FORMATS = ("date", "date-time")
_WORDS = {
    # ours: Platform's
    "title": "title",
    "description": "description",
    "pattern": "pattern",
    "minimum": "minimum",
    "maximum": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
}


class XdmField(Inputs):
    """A field of a field group."""

    noun = "field"

    type: FieldType
    """Its type; `date` and `date-time` are strings in XDM's eyes."""
    title: str | None = None
    """Its name for people."""
    description: str | None = None
    """What it holds."""
    enum: Annotated[dict[str, Text] | None, Field(min_length=1)] = None
    """Its allowed values, each with its label for people."""
    pattern: str | None = None
    """The regular expression that a text must match."""
    minimum: float | None = None
    """The smallest number."""
    maximum: float | None = None
    """The largest number."""
    min_length: Annotated[int | None, Field(ge=0)] = None
    """The shortest text, in characters."""
    max_length: Annotated[int | None, Field(ge=0)] = None
    """The longest text, in characters."""
    items: "XdmField | None" = None
    """What an array holds: required for one, and refused elsewhere."""
    fields: "Annotated[dict[FieldName, XdmField] | None, Field(min_length=1)]" = None
    """What an object holds, by name: required for one, and refused elsewhere."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if is_unknown(self) or is_unknown(self.type):
            return self
        if self.type == "array" and self.items is None:
            raise ValueError("is an array, so it needs items: say what it holds")
        if self.type == "object" and self.fields is None:
            raise ValueError("is an object, so it needs fields: say what it holds")
        if self.type != "array" and self.items is not None:
            raise ValueError(f"is {self.type}, which holds no items")
        if self.type != "object" and self.fields is not None:
            raise ValueError(f"is {self.type}, which holds no fields")
        return self


class FieldGroupInputs(Inputs):
    """What a program may say of a field group."""

    noun = "field group"

    title: str
    """Unique among all resources of the sandbox's registry."""
    description: str = ""
    """What it is for."""
    class_ids: Annotated[list[Text], UNORDERED, Field(min_length=1)]
    """The classes whose schemas may use it, by `$id`."""
    fields: Annotated[dict[FieldName, XdmField], Field(min_length=1)]
    """Its fields, by name: letters, digits, `-` and `_`, and no `_` in front. On Platform they lie under the organisation's
    namespace: `crmId` becomes `_acme.crmId`."""


class FieldGroupProvider(Provider[FieldGroupInputs, Found]):
    """Performs `/schemaregistry/tenant/fieldgroups`."""

    inputs = FieldGroupInputs
    model = Found
    collection = staticmethod(schema_registry.field_groups)
    titled_by = found_by = "title"
    outputs = ("namespace",)
    if_it_stays = (
        "schemas that have it must go first; if one of them stays for ever, keep it, and take it out of the state with "
        "`pulumi state delete`"
    )

    def decided(self, wanted: FieldGroupInputs, state: Values) -> Values:
        return {"namespace": state.get("namespace") or schema_registry.tenant_namespace(self.platform)}

    def to_wire(self, wanted: FieldGroupInputs, state: Values) -> Values:
        own = {"type": "object", "properties": _properties(wanted.fields)}
        return {
            "type": "object",
            "title": wanted.title,
            "description": wanted.description,
            "meta:intendedToExtend": list(wanted.class_ids),
            "definitions": {_DEFINITION: {"type": "object", "properties": {state["namespace"]: own}}},
            "allOf": [{"$ref": f"#/definitions/{_DEFINITION}"}],
        }

    def told(self, stored: Stored) -> Values:
        held = Found.read(stored.body).definitions.values() if stored.body else ()
        namespaces = [name for definition in held for name in definition.properties if name.startswith("_")]
        return {"namespace": namespaces[0]} if namespaces else {}

    def from_wire(self, found: Found) -> Values:
        fields: Values = {}
        for definition in found.definitions.values():
            for own in definition.properties.values():
                fields |= _fields(own.get("properties"))
        return {
            "title": found.title,
            "description": found.description or "",
            "class_ids": found.intended_to_extend,
            "fields": fields,
        }


def properties_of(fields: object) -> Values:
    """The JSON Schema properties of fields as a program says them; of fields that are wrong or not known yet, none."""
    inputs, _problems = _Fields.read({"fields": fields})
    return {} if inputs is None or is_unknown(inputs.fields) else _properties(inputs.fields)


class _Fields(Inputs):
    fields: dict[FieldName, XdmField]


def _properties(fields: dict[str, XdmField]) -> Values:
    return {name: field if is_unknown(field) else _property(field) for name, field in fields.items()}


def _property(field: XdmField) -> Values:
    body: Values = {"type": field.type}
    if field.type in _FORMATS:
        body = {"type": "string", "format": field.type}
    body |= {word: value for name, word in _WORDS.items() if (value := getattr(field, name)) is not None}
    if field.enum is not None:
        # Sorted: the engine carries a mapping in no order, and what was sent once must be known again.
        body |= {"enum": sorted(field.enum), "meta:enum": dict(field.enum)}
    if field.items is not None:
        body["items"] = _property(field.items)
    if field.fields is not None:
        body["properties"] = _properties(field.fields)
    return body


def _fields(properties: Any) -> Values:  # noqa: ANN401 - JSON
    return {name: _field(body) for name, body in (properties or {}).items() if isinstance(body, dict)}


def _field(body: Values) -> Values:
    kind = body.get("format") if body.get("format") in _FORMATS else body.get("type")
    field: Values = {"type": kind} | {name: body.get(word) for name, word in _WORDS.items()}
    if isinstance(enum := body.get("enum"), list):
        labels = body.get("meta:enum") or {}
        field["enum"] = {str(value): labels.get(value, str(value)) for value in enum}
    if isinstance(body.get("items"), dict):
        field["items"] = _field(body["items"])
    if kind == "object":
        field["fields"] = _fields(body.get("properties"))
    return field


class XdmFieldArgs(TypedDict):
    """A field of a field group."""

    type: Input[FieldType]
    title: NotRequired[Input[str]]
    description: NotRequired[Input[str]]
    enum: NotRequired[dict[str, Input[str]]]
    pattern: NotRequired[Input[str]]
    minimum: NotRequired[Input[float]]
    maximum: NotRequired[Input[float]]
    min_length: NotRequired[Input[int]]
    max_length: NotRequired[Input[int]]
    items: NotRequired["XdmFieldArgs"]
    fields: NotRequired[dict[str, "XdmFieldArgs"]]


class FieldGroup(Resource, provider=FieldGroupProvider):
    """An organisation's own fields. Its id is the `$id`.

    Grows in place: once a schema in use has it, Platform refuses whatever could break rows that are there. Source: Adobe's
    guide "Field groups endpoint".
    """

    title: Output[str]
    description: Output[str]
    class_ids: Output[list[str]]
    fields: Output[Part]
    namespace: Output[str]
    """The field that Platform keeps them under, such as `_acme`."""

    if TYPE_CHECKING:

        def __init__(
            self,
            resource_name: str,
            *,
            title: Input[str],
            class_ids: Input[Sequence[Input[str]]],
            fields: Input[Mapping[str, XdmFieldArgs]],
            description: Input[str] | None = None,
            opts: ResourceOptions | None = None,
        ) -> None: ...
