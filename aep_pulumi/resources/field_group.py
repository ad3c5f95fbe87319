"""Field group: custom fields of an organisation, for use in schemas."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pulumi import Output
from pydantic import Field, model_validator

from aep_pulumi.client import schema_registry
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.models import schema_registry as wire
from aep_pulumi.resources._constraints import NotBelow, Pattern
from aep_pulumi.resources._fields import Inputs, Name, Problem, Text, Values, is_unknown
from aep_pulumi.resources._marks import FILLED_IN, MAY_BE_BLANK, UNORDERED, WHOLE, Defaults
from aep_pulumi.resources._provider import Provider
from aep_pulumi.resources._reference_checks import OfClass
from aep_pulumi.resources._signatures import FieldGroupSignature
from aep_pulumi.resources._wire import Wire, or_empty

FieldType: TypeAlias = Literal["string", "integer", "number", "boolean", "date", "date-time", "object", "array"]
FieldName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9-][A-Za-z0-9_-]*$")]
"""Letters, digits, `-` and `_`, but not starting with `_`."""

_DEFINITION = "customFields"
_FORMATS = ("date", "date-time")


class XdmField(Inputs):
    """A field of a field group."""

    noun = "field"

    type: FieldType
    """The field's type; `date` and `date-time` are strings in XDM."""
    title: Annotated[str | None, MAY_BE_BLANK, Wire("/title")] = None
    """The display name."""
    description: Annotated[str | None, MAY_BE_BLANK, Wire("/description")] = None
    """The field's description."""
    enum: Annotated[dict[str, Text] | None, Field(min_length=1)] = None
    """The allowed values, each with its display label. Labels of other values, which are only suggestions on Platform, are not
    read, so adding one on Platform is not drift."""
    pattern: Annotated[Pattern, MAY_BE_BLANK, Wire("/pattern")] = None
    """The regular expression that a string must match."""
    minimum: Annotated[float | None, FILLED_IN, Defaults((-(2**31), -(2**53))), Wire("/minimum")] = None
    """The minimum of a number. If not set, a value that Platform returns is the type's default and not drift."""
    maximum: Annotated[float | None, FILLED_IN, Defaults((2**31 - 1, 2**53)), NotBelow("minimum"), Wire("/maximum")] = None
    """The maximum of a number. If not set, a value that Platform returns is the type's default and not drift."""
    min_length: Annotated[int | None, Field(ge=0), Wire("/minLength")] = None
    """The minimum length of a string, in characters."""
    max_length: Annotated[int | None, Field(ge=0), NotBelow("min_length"), Wire("/maxLength")] = None
    """The maximum length of a string, in characters."""
    items: "Annotated[XdmField | None, Wire('/items')]" = None
    """The items of an array. Required for type `array`, and must not be set for other types."""
    fields: "Annotated[dict[FieldName, XdmField] | None, Field(min_length=1), Wire('/properties')]" = None
    """The fields of an object, by name. Required for type `object`, and must not be set for other types."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if is_unknown(self) or is_unknown(self.type):
            return self
        if self.type == "array" and self.items is None:
            raise ValueError("is an array, so items is required")
        if self.type == "object" and self.fields is None:
            raise ValueError("is an object, so fields is required")
        if self.type != "array" and self.items is not None:
            raise ValueError(f"is of type {self.type}, so items must not be set")
        if self.type != "object" and self.fields is not None:
            raise ValueError(f"is of type {self.type}, so fields must not be set")
        return self

    def to_wire(self) -> Values:
        # In state, a field added on Platform may have no type, for example a reference to a data type.
        type_ = getattr(self, "type", None)
        type_keys = {"type": "string", "format": type_} if type_ in _FORMATS else {"type": type_}
        # Sorted, because the engine does not preserve the order of a mapping, and equal inputs must give equal bodies.
        enum = {} if self.enum is None else {"enum": sorted(self.enum), "meta:enum": dict(self.enum)}
        return type_keys | super().to_wire() | enum

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Values:
        type_ = body.get("format") if body.get("format") in _FORMATS else body.get("type")
        field: Values = super().from_wire(body) | {"type": type_}
        if isinstance(enum := body.get("enum"), list):
            labels = body.get("meta:enum") or {}
            field["enum"] = {str(value): labels.get(value, str(value)) for value in enum}
        return field


class FieldGroupInputs(Inputs):
    """The inputs of a field group."""

    title: Annotated[str, Wire("/title")]
    """The title, unique among all resources of the sandbox's schema registry."""
    description: Annotated[str, MAY_BE_BLANK, Wire("/description", read=or_empty)] = ""
    """The description."""
    class_ids: Annotated[list[Name], UNORDERED, OfClass(), Field(min_length=1), Wire("/meta:intendedToExtend")]
    """The classes whose schemas may use it, by `$id`."""
    fields: Annotated[dict[FieldName, XdmField], WHOLE, Field(min_length=1)]
    """The fields, by name: letters, digits, `-` and `_`, but not starting with `_`. On Platform they are nested under the
    organisation's namespace: `crmId` becomes `_acme.crmId`."""


class FieldGroupProvider(Provider[FieldGroupInputs, wire.FieldGroup]):
    """The provider of field groups."""

    inputs = FieldGroupInputs
    model = wire.FieldGroup
    collection = staticmethod(schema_registry.field_groups)
    lookup_field = "title"
    constants: ClassVar = {"/type": "object"}
    outputs = ("namespace",)
    private_state = ("definition",)
    delete_rejected_hint = (
        "schemas that use it must be deleted first; if one of them cannot be deleted, keep it, and remove it from the state with "
        "`pulumi state delete`"
    )

    def decided(self, desired: FieldGroupInputs, state: Values) -> Values:
        return {"namespace": state.get("namespace") or schema_registry.tenant_namespace(self.platform)}

    def to_wire(self, desired: FieldGroupInputs, state: Values) -> Values:
        own = {"type": "object", "properties": properties_of(desired.fields)}
        definition = {"type": "object", "properties": {state["namespace"]: own}}
        # One that was created elsewhere may have given its definition another name.
        name = state.get("definition") or _DEFINITION
        composed = [{"$ref": f"#/definitions/{name}"}]
        return super().to_wire(desired, state) | {"allOf": composed, "definitions": {name: definition}}

    def returned_outputs(self, response: RemoteObject) -> Values:
        definitions = wire.FieldGroup.read(response.body).definitions if response.body else {}
        own = [(name, root) for name, each in definitions.items() for root in each.properties if root.startswith("_")]
        if not own:
            return {}
        name, namespace = own[0]
        return {"namespace": namespace} | ({} if name == _DEFINITION else {"definition": name})

    def unsupported(self, remote: wire.FieldGroup) -> Iterator[Problem]:
        roots = [(name, root) for name, each in remote.definitions.items() for root in each.properties]
        for name, root in roots:
            if not root.startswith("_"):
                yield Problem("fields", f"must be below the organisation's namespace, but it defines {root} in {name}")
        if len({name for name, _root in roots}) > 1:
            yield Problem("fields", "must be in one definition, but it has several")

    def from_wire(self, remote: wire.FieldGroup) -> Values:
        namespaces = [own for definition in remote.definitions.values() for own in definition.properties.values()]
        return super().from_wire(remote) | {"fields": {name: field for own in namespaces for name, field in _fields(own).items()}}


def properties_of(fields: dict[str, XdmField]) -> Values:
    """The fields as JSON Schema properties."""
    return {name: field.to_wire() for name, field in fields.items()}


def _fields(own: Mapping[str, Any]) -> Values:
    properties = own.get("properties") or {}
    return {name: XdmField.from_wire(body) for name, body in properties.items() if isinstance(body, dict)}


class FieldGroup(FieldGroupSignature, provider=FieldGroupProvider):
    """Custom fields of an organisation. Its id is the `$id`.

    Additions are made in place. Once a schema in use includes it, Platform rejects changes that could break existing rows.

    Source: Adobe's guide "Field groups endpoint".
    """

    namespace: Output[str]
    """The root field that Platform nests the fields under, such as `_acme`."""
