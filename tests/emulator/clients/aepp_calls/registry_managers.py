"""Schema Registry: the calls of the client's managers of schemas, field groups, classes and data types."""

from __future__ import annotations

from typing import Any

from aepp.classmanager import ClassManager  # type: ignore[import-not-found]
from aepp.datatypemanager import DataTypeManager  # type: ignore[import-not-found]
from aepp.fieldgroupmanager import FieldGroupManager  # type: ignore[import-not-found]
from aepp.schema import Schema  # type: ignore[import-not-found]
from aepp.schemamanager import SchemaManager  # type: ignore[import-not-found]
from recorder import Recorder
from registry_calls import ADDRESS, EVENT, PERSON_DETAILS, PERSONAL_DETAILS, PROFILE

RELATIONAL = "https://ns.adobe.com/xdm/data/adhoc-v2"


def run(call: Recorder) -> None:
    """Make the calls."""
    registry = call(Schema)
    tenant = f"_{call(registry.getTenantId)}"
    kind = data_type_manager(call, registry)
    group = field_group_manager(call, registry, tenant, kind)
    class_manager(call, registry)
    schema_manager(call, registry, group)
    standard_parts(call, registry)
    relational_schema(call, registry)
    global_container(call)


def data_type_manager(call: Recorder, registry: Any) -> str:
    """A data type of its own."""
    manager = call(DataTypeManager, title="aepp managed type", schemaAPI=registry)
    call(manager.setTitle, "aepp managed data type")
    call(manager.setDescription, "described")
    call(manager.addField, "line", "string", title="Line")
    call(manager.addField, "parts", "object", objectComponents={"number": "integer", "since": "date"})
    call(manager.addField, "marks", "string", array=True, enumValues={"a": "A", "b": "B"}, enumType=True)
    made = call(manager.createDataType)
    call.check("it has an id", holds="$id" in made)
    call(manager.addField, "note", "string")
    call.check("it is updated", holds="note" in str(call(manager.updateDataType)))
    again = call(registry.DataTypeManager, made["$id"])
    for read in (again.to_dict, again.to_dataframe, again.to_som, again.to_xdm, again.to_pydantic):
        call(read)
    call.check("the field is found", holds=call(again.searchField, "line"))
    call(again.getField, "line")
    call(again.searchAttribute, {"type": "string"})
    call(again.removeField, "note")
    frame = call(again.to_dataframe, full=True)
    imported = call(DataTypeManager, title="aepp imported type", schemaAPI=registry)
    call(imported.importDataTypeDefinition, frame)
    call.check("it has the fields", holds="line" in str(call(imported.createDataType)))
    call(again.getDataTypePaths)
    call(DataTypeManager, ADDRESS, schemaAPI=registry)
    return str(made["$id"])


def field_group_manager(call: Recorder, registry: Any, tenant: str, kind: str) -> str:
    """A field group of its own. Returns its id."""
    manager = call(FieldGroupManager, title="aepp managed fields", schemaAPI=registry, fg_class=["profile"])
    call(manager.addField, tenant, "object")
    call(manager.addField, f"{tenant}.tier", "string", enumValues={"gold": "Gold"}, enumType=False)
    call(manager.addField, f"{tenant}.orders", "array", objectComponents={"id": "string", "at": "date-time"})
    call(manager.addField, f"{tenant}.home", "dataType", ref=kind)
    call(manager.addField, f"{tenant}.visits", "map", mapType="integer")
    made = call(manager.createFieldGroup)
    call.check("it has an id", holds="$id" in made)
    call(manager.addField, f"{tenant}.points", "long", title="Points")
    call.check("it is updated", holds="points" in str(call(manager.updateFieldGroup)))
    operation = call(manager.addFieldOperation, f"{tenant}.work", "dataType", ref=kind)
    call.check("it is changed", holds="work" in str(call(manager.patchFieldGroup, operation)))
    # The client adds the field's properties to a field that is not there yet.
    call(manager.patchFieldGroup, call(manager.addFieldOperation, f"{tenant}.level", "integer"))
    again = call(registry.FieldGroupManager, made["$id"])
    frame = call(again.to_dataframe, full=True, queryPath=True, required=True, editable=True)
    call.check(
        "its fields have paths", holds=f"{tenant}.tier" in set(frame["path"]) and f"{tenant}.home.line" in set(frame["path"])
    )
    for read in (again.to_dict, again.to_som, again.to_xdm, again.to_pydantic, again.getDataTypePaths):
        call(read)
    call(again.getDataTypeManager, kind)
    call(again.searchField, "tier")
    call(again.getField, f"{tenant}.tier")
    call(again.searchAttribute, {"type": "string"}, extendedResults=True)
    label = call(again.createDescriptorOperation, "xdm:descriptorLabel", f"/{tenant}/tier", ["core/C2"])
    descriptor = call(again.createDescriptor, label)
    call.check("the descriptor is stored", holds="@id" in descriptor)
    call(again.updateDescriptor, descriptor["@id"], {**label, "xdm:labels": ["core/C3"]})
    call.check("it is listed", holds=descriptor["@id"] in [each["@id"] for each in call(again.getDescriptors)])
    call(again.createFieldGroupTemplate)
    imported = call(FieldGroupManager, schemaAPI=registry, title="aepp imported fields")
    call(imported.importFieldGroupDefinition, frame)
    call(imported.updateClassSupported, [PROFILE, EVENT])
    call(imported.removeField, f"{tenant}.visits")
    call.check("it has the fields", holds="tier" in str(call(imported.createFieldGroup)))
    wider = call(FieldGroupManager, schemaAPI=registry, title="aepp wider fields", fg_class=["profile"])
    call(wider.extendFieldGroup, PERSON_DETAILS)
    call.check("it is made", holds="$id" in call(wider.createFieldGroup))
    return str(made["$id"])


def class_manager(call: Recorder, registry: Any) -> None:
    """A class of its own."""
    manager = call(ClassManager, title="aepp managed class", schemaAPI=registry)
    made = call(manager.createClass)
    call.check("it has an id", holds="$id" in made)
    call(manager.searchField, "_id")
    call(manager.getField, "_id")
    call(manager.searchAttribute, {"type": "string"})
    again = call(ClassManager, made["$id"], schemaAPI=registry)
    for read in (again.to_dict, again.to_dataframe, again.to_xdm, again.to_pydantic):
        call(read)
    call(ClassManager, PROFILE, schemaAPI=registry)
    call(ClassManager, EVENT, schemaAPI=registry)


def schema_manager(call: Recorder, registry: Any, group: str) -> None:
    """A schema of its own."""
    manager = call(SchemaManager, title="aepp managed schema", schemaAPI=registry, schemaClass=PROFILE)
    call(manager.addFieldGroup, PERSON_DETAILS)
    call(manager.addFieldGroup, PERSONAL_DETAILS)
    call(manager.addFieldGroup, group)
    call(manager.setDescription, "managed")
    made = call(manager.createSchema)
    call.check("it has an id", holds="$id" in made)
    again = call(registry.SchemaManager, made["$id"])
    frame = call(again.to_dataframe, queryPath=True, required=True)
    call.check("its fields have paths", holds={"person.name.firstName", "personalEmail.address"} <= set(frame["path"]))
    for read in (again.to_dict, again.to_som, again.to_dataframe):
        call(read)
    call(again.searchField, "firstName")
    call(again.searchAttribute, {"type": "string"})
    call(again.getFieldGroupManager, group)
    call(again.setTitle, "aepp managed schema again")
    call.check("the title is new", holds=call(again.updateSchema).get("title") == "aepp managed schema again")
    identity = {"completePath": "personalEmail.address", "identityNSCode": "Email", "identityPrimary": True}
    body = call(again.createDescriptorOperation, descType="xdm:descriptorIdentity", **identity)
    descriptor = call(again.createDescriptor, body)
    call(again.updateDescriptor, descriptor["@id"], {**body, "xdm:isPrimary": False})
    shown = call(again.createDescriptorOperation, "xdm:alternateDisplayInfo", "person.gender", alternateTitle="G")
    call(again.createDescriptor, shown)
    call.check("they are listed", holds=descriptor["@id"] in [each["@id"] for each in call(again.getDescriptors)])
    call(again.getDatasets)
    # The client fails on a field group whose fields are all of data types, as those are left out before they are imported.
    call(again.importSchemaDefinition, frame[frame["fieldGroup"] == "aepp managed fields"])
    call(again.applyFieldsChanges)
    call(SchemaManager, call(registry.getSchema, made["$id"], full=False), schemaAPI=registry)


def standard_parts(call: Recorder, registry: Any) -> None:
    """Adobe's standard parts, and the schemas of B2B that are made of them."""
    call(FieldGroupManager, PERSON_DETAILS, schemaAPI=registry)
    events = call(SchemaManager, title="aepp managed events", schemaAPI=registry, schemaClass=EVENT)
    call(events.createSchema)
    body = {
        "type": "object",
        "title": "aepp ad hoc",
        "description": "",
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/adhoc"}],
    }
    call(registry.createClass, body)


def relational_schema(call: Recorder, registry: Any) -> None:
    """A schema with fields of its own, and its keys."""
    manager = call(SchemaManager, title="aepp relational", schemaAPI=registry, schemaClass=RELATIONAL)
    call(manager.addField, "customer_id", "string", title="Customer")
    call(manager.addField, "changed_at", "date-time")
    made = call(manager.createSchema)
    call.check("it is relational", holds=made.get("meta:extends") == [RELATIONAL])
    for kind, path in (("PrimaryKey", "customer_id"), ("Version", "changed_at"), ("Timestamp", "changed_at")):
        body = call(manager.createDescriptorOperation, f"xdm:descriptor{kind}", path)
        call.check(f"{kind} is stored", holds="@id" in call(manager.createDescriptor, body))
    call(manager.addField, "name", "string")
    call.check("it has a new field", holds="name" in call(manager.updateSchema)["definitions"]["customFields"]["properties"])
    call(manager.searchField, "name")
    call(manager.to_dataframe)
    call(manager.to_dict)


def global_container(call: Recorder) -> None:
    """Adobe's own resources."""
    registry = call(Schema, containerId="global")
    for read in (
        registry.getSchemas,
        registry.getFieldGroups,
        registry.getClasses,
        registry.getDataTypes,
        registry.getDescriptors,
    ):
        call(read)
    call(registry.getClass, PROFILE)
    call(registry.getFieldGroup, PERSON_DETAILS, type="xdm", desc=True)
    call(registry.getDataType, ADDRESS)
