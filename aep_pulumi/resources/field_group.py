"""Field group: an organisation's own fields, to compose schemas with."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pulumi import Output
from pydantic import Field, model_validator

from aep_pulumi.client import schema_registry
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._constraints import NotBelow, Pattern
from aep_pulumi.resources._fields import FILLED_IN, MAY_BE_BLANK, UNORDERED, WHOLE, Inputs, Name, Text, Values, is_unknown
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._reference_checks import OfClass
from aep_pulumi.resources._signatures import FieldGroupSignature
from aep_pulumi.resources._wire import Wire, or_empty

FieldType: TypeAlias = Literal["string", "integer", "number", "boolean", "date", "date-time", "object", "array"]
FieldName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9-][A-Za-z0-9_-]*$")]
"""Letters, digits, `-` and `_`, and no `_` in front."""

_DEFINITION = "customFields"
_FORMATS = ("date", "date-time")


class XdmField(Inputs):
    """A field of a field group."""

    noun = "field"

    type: FieldType
    """Its type; `date` and `date-time` are strings in XDM's eyes."""
    title: Annotated[str | None, MAY_BE_BLANK, Wire("/title")] = None
    """Its name for people."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """What it holds."""
    enum: Annotated[dict[str, Text] | None, Field(min_length=1)] = None
    """Its allowed values, each with its label for people. Labels of other values, which Platform suggests and does not require,
    are not read: one that somebody adds there does not show."""
    pattern: Annotated[Pattern, MAY_BE_BLANK, Wire("/pattern")] = None
    """The regular expression that a text must match."""
    minimum: Annotated[float | None, FILLED_IN, Wire("/minimum")] = None
    """The smallest number. Where it is not set, one that Platform reports is taken for the type's own, never for drift."""
    maximum: Annotated[float | None, FILLED_IN, NotBelow("minimum"), Wire("/maximum")] = None
    """The largest number. Where it is not set, the same holds."""
    min_length: Annotated[int | None, Field(ge=0), Wire("/minLength")] = None
    """The shortest text, in characters."""
    max_length: Annotated[int | None, Field(ge=0), NotBelow("min_length"), Wire("/maxLength")] = None
    """The longest text, in characters."""
    items: "Annotated[XdmField | None, Wire('/items')]" = None
    """What an array holds: required for one, and refused elsewhere."""
    fields: "Annotated[dict[FieldName, XdmField] | None, Field(min_length=1), Wire('/properties')]" = None
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

    def to_wire(self) -> Values:
        # In a state, one that somebody added on Platform may have no type: a reference to a data type has none.
        type_ = getattr(self, "type", None)
        form = {"type": "string", "format": type_} if type_ in _FORMATS else {"type": type_}
        # Sorted: the engine carries a mapping in no order, and what was sent once must be known again.
        enum = {} if self.enum is None else {"enum": sorted(self.enum), "meta:enum": dict(self.enum)}
        return form | super().to_wire() | enum

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Values:
        form = body.get("format") if body.get("format") in _FORMATS else body.get("type")
        field: Values = super().from_wire(body) | {"type": form}
        if isinstance(enum := body.get("enum"), list):
            labels = body.get("meta:enum") or {}
            field["enum"] = {str(value): labels.get(value, str(value)) for value in enum}
        return field


class FieldGroupInputs(Inputs):
    """What a program may say of a field group."""

    title: Annotated[str, Wire("/title")]
    """Unique among all resources of the sandbox's registry."""
    description: Annotated[str, MAY_BE_BLANK, Wire("/description", read=or_empty)] = ""
    """What it is for."""
    class_ids: Annotated[list[Name], UNORDERED, OfClass(), Field(min_length=1), Wire("/meta:intendedToExtend")]
    """The classes whose schemas may use it, by `$id`."""
    fields: Annotated[dict[FieldName, XdmField], WHOLE, Field(min_length=1)]
    """Its fields, by name: letters, digits, `-` and `_`, and no `_` in front. On Platform they lie under the organisation's
    namespace: `crmId` becomes `_acme.crmId`."""


class FieldGroupProvider(Provider[FieldGroupInputs, wire.FieldGroup]):
    """Performs field groups."""

    inputs = FieldGroupInputs
    model = wire.FieldGroup
    collection = staticmethod(schema_registry.field_groups)
    lookup_field = "title"
    constants: ClassVar = {"/type": "object", "/allOf": [{"$ref": f"#/definitions/{_DEFINITION}"}]}
    outputs = ("namespace",)
    delete_rejected_hint = (
        "schemas that have it must go first; if one of them stays for ever, keep it, and take it out of the state with "
        "`pulumi state delete`"
    )

    def decided(self, wanted: FieldGroupInputs, state: Values) -> Values:
        return {"namespace": state.get("namespace") or schema_registry.tenant_namespace(self.platform)}

    def to_wire(self, desired: FieldGroupInputs, state: Values) -> Values:
        own = {"type": "object", "properties": properties_of(desired.fields)}
        definition = {"type": "object", "properties": {state["namespace"]: own}}
        return super().to_wire(desired, state) | {"definitions": {_DEFINITION: definition}}

    def returned_outputs(self, stored: RemoteObject) -> Values:
        held = wire.FieldGroup.read(stored.body).definitions.values() if stored.body else ()
        namespaces = [name for definition in held for name in definition.properties if name.startswith("_")]
        return {"namespace": namespaces[0]} if namespaces else {}

    def from_wire(self, remote: wire.FieldGroup) -> Values:
        namespaces = [own for definition in remote.definitions.values() for own in definition.properties.values()]
        return super().from_wire(remote) | {"fields": {name: field for own in namespaces for name, field in _fields(own).items()}}


def properties_of(fields: dict[str, XdmField]) -> Values:
    """The fields as JSON Schema's properties."""
    return {name: field.to_wire() for name, field in fields.items()}


def _fields(own: Mapping[str, Any]) -> Values:
    properties = own.get("properties") or {}
    return {name: XdmField.from_wire(body) for name, body in properties.items() if isinstance(body, dict)}


class FieldGroup(FieldGroupSignature, provider=FieldGroupProvider):
    """An organisation's own fields. Its id is the `$id`.

    Grows in place: once a schema in use has it, Platform refuses whatever could break rows that are there. Source: Adobe's
    guide "Field groups endpoint".
    """

    namespace: Output[str]
    """The field that Platform keeps them under, such as `_acme`."""
