"""Schema Registry: the calls of `aepp.schema.Schema`."""

from __future__ import annotations

from typing import Any

from aepp.schema import Schema  # type: ignore[import-not-found]
from recorder import Recorder

PROFILE = "https://ns.adobe.com/xdm/context/profile"
EVENT = "https://ns.adobe.com/xdm/context/experienceevent"
PERSON_DETAILS = "https://ns.adobe.com/xdm/context/profile-person-details"
PERSONAL_DETAILS = "https://ns.adobe.com/xdm/context/profile-personal-details"
WEB_DETAILS = "https://ns.adobe.com/xdm/context/experienceevent-web"
RECORD = "https://ns.adobe.com/xdm/data/record"
ADDRESS = "https://ns.adobe.com/xdm/common/address"
XED_DESCRIPTORS = "application/vnd.adobe.xed-full-desc+json; version=1"


def custom_fields(tenant: str, **fields: Any) -> dict[str, Any]:
    """Fields of one's own, as Adobe's documents write them."""
    return {"customFields": {"type": "object", "properties": {tenant: {"type": "object", "properties": fields}}}}


def run(call: Recorder) -> str:
    """Make the calls. Returns the id of a schema for data."""
    registry = call(Schema)
    tenant = f"_{call(registry.getTenantId)}"
    call(registry.getStats)
    call.check("the tenant has a name", holds=len(tenant) > 1)
    behaviors(call, registry)
    group = field_groups(call, registry, tenant)
    kind = data_types(call, registry, tenant)
    own_class = classes(call, registry, tenant)
    schema = schemas(call, registry, group, own_class)
    descriptors(call, registry, schema, tenant)
    descriptor_types(call, registry, schema, tenant)
    transfers(call, registry, schema)
    unions(call, registry, schema)
    deletions(call, registry, kind)
    return schema


def behaviors(call: Recorder, registry: Any) -> None:
    """Adobe's behaviors."""
    call.check("there are behaviors", holds=len(call(registry.getBehaviors)) >= 3)
    call(registry.getBehavior, RECORD)
    call(registry.getBehavior, RECORD, full=False, type="xed")
    call(registry.getBehavior, "_xdm.data.time-series", xtype="xed")


def field_groups(call: Recorder, registry: Any, tenant: str) -> str:
    """Field groups from creation to the lists. Returns the id of one that is kept."""
    fields = {"crmId": {"type": "string", "title": "CRM id"}, "score": {"type": "integer"}}
    body = {
        "type": "object",
        "title": "aepp fields",
        "description": "fields",
        "meta:intendedToExtend": [PROFILE],
        "definitions": custom_fields(tenant, **fields),
        "allOf": [{"$ref": "#/definitions/customFields", "type": "object", "meta:xdmType": "object"}],
    }
    group = call(registry.createFieldGroup, body)["$id"]
    copied = call(registry.copyFieldGroup, call(registry.getFieldGroup, group, full=False), tenant, "aepp copied fields")
    copy = call(registry.createFieldGroup, copied)["$id"]
    for form in ({}, {"type": "xdm"}, {"desc": True}, {"flat": True}, {"deprecated": True}, {"full": False, "save": True}):
        read = call(registry.getFieldGroup, group, **form)
        call.check(f"{form} has the id", holds=read.get("$id") == group)
    added = {"op": "add", "path": f"/definitions/customFields/properties/{tenant}/properties/tier", "value": {"type": "string"}}
    call.check("the field is there", holds="tier" in str(call(registry.patchFieldGroup, group, [added])))
    call(registry.extendFieldGroup, group, [PROFILE, EVENT])
    call(registry.extendFieldGroup, copy)
    stored = call(registry.getFieldGroup, copy, full=False, type="xed")
    stored["title"] = "aepp replaced fields"
    call.check("the title is new", holds=call(registry.putFieldGroup, copy, stored)["title"] == "aepp replaced fields")
    for kind in ("xdm", "xed", "xed-id", "xdm-id"):
        listed = call(registry.getFieldGroups, format=kind)
        call.check(f"{kind} lists it", holds=group in [each["$id"] for each in listed])
    call(registry.getFieldGroupsGlobal, format="xed-id")
    call(registry.getFieldGroupsGlobal, output="df", prop="title~Demographic")
    call(registry.getFieldGroup, PERSON_DETAILS, full=False)
    call(registry.getFieldGroup, "_xdm.context.profile-person-details")
    call.check("it is gone", holds=call(registry.deleteFieldGroup, copy) == 204)
    return str(group)


def data_types(call: Recorder, registry: Any, tenant: str) -> str:
    """Data types. Returns the id of one that is kept."""
    body = {
        "type": "object",
        "title": "aepp data type",
        "description": "",
        "definitions": {"customFields": {"type": "object", "properties": {"street": {"type": "string"}}}},
        "allOf": [{"$ref": "#/definitions/customFields", "type": "object"}],
    }
    made = call(registry.createDataType, body)
    kind = made["$id"]
    for form in ({}, {"full": False}, {"type": "xdm"}, {"xtype": "xdm", "save": True}, {"version": "1"}):
        call.check(f"{form} has the id", holds=call(registry.getDataType, kind, **form)["$id"] == kind)
    call(registry.getDataType, ADDRESS)
    alternate = made["meta:altId"]
    change = {"op": "add", "path": "/definitions/customFields/properties/city", "value": {"type": "string"}}
    call.check("the field is there", holds="city" in str(call(registry.patchDataType, alternate, [change])))
    stored = call(registry.getDataType, kind, full=False)
    stored["description"] = "changed"
    call.check("it is changed", holds=call(registry.putDataType, alternate, stored)["description"] == "changed")
    call.check("it is listed", holds=kind in [each["$id"] for each in call(registry.getDataTypes)])
    call(registry.getDataTypes, properties="title,$id")
    call.check("Adobe's are listed", holds=call(registry.getDataTypesGlobal))
    call(registry.getDataTypesGlobal, orderby="title", property="title~Address")
    del tenant
    return str(kind)


def classes(call: Recorder, registry: Any, tenant: str) -> str:
    """Classes. Returns the id of one that is kept."""
    short = call(registry.createClass, title="aepp short class", class_template=RECORD)["$id"]
    body = {
        "type": "object",
        "title": "aepp class",
        "description": "",
        "definitions": custom_fields(tenant, serial={"type": "string"}),
        "allOf": [{"$ref": RECORD}, {"$ref": "#/definitions/customFields"}],
    }
    own = call(registry.createClass, body)["$id"]
    for form in ({}, {"full": False, "type": "xed"}, {"desc": True}, {"deprecated": True}, {"xtype": "xed", "save": True}):
        call.check(f"{form} has the id", holds=call(registry.getClass, own, **form)["$id"] == own)
    call(registry.getClass, PROFILE)
    call(registry.getClass, "_xdm.context.experienceevent", full=False)
    change = [{"op": "replace", "path": "/description", "value": "changed"}]
    call.check("it is changed", holds=call(registry.patchClass, own, change)["description"] == "changed")
    stored = call(registry.getClass, own, full=False, type="xed")
    stored["title"] = "aepp replaced class"
    call.check("the title is new", holds=call(registry.putClass, own, stored)["title"] == "aepp replaced class")
    listed = call(registry.getClasses)
    call.check("it is listed", holds={own, short} <= {each["$id"] for each in listed})
    call(registry.getClasses, format="xed", orderBy="title", limit=1, output="df")
    call(registry.getClasses, prop="title==aepp class", excludeAdhoc=False)
    call.check("Adobe's are listed", holds=PROFILE in [each["$id"] for each in call(registry.getClassesGlobal)])
    call(registry.getClassesGlobal, prop="meta:altId==_xdm.context.profile", orderBy="title", output="df")
    call.check("it is gone", holds=call(registry.deleteClass, short) == 204)
    return str(own)


def schemas(call: Recorder, registry: Any, group: str, own_class: str) -> str:
    """Schemas. Returns the id of one that is kept."""
    schema = call(registry.createProfileSchema, "aepp profiles", fieldGroupIds=[PERSON_DETAILS, group])["$id"]
    events = call(registry.createExperienceEventSchema, "aepp events", fieldGroupIds={WEB_DETAILS: "object"})["$id"]
    call(registry.createExperienceEventSchema, "aepp more events", mixinIds=[WEB_DETAILS], description="more")
    body = {"title": "aepp things", "description": "", "type": "object", "allOf": [{"$ref": own_class}]}
    things = call(registry.createSchema, body)["$id"]
    changed = call(registry.addFieldGroupToSchema, schema, [PERSONAL_DETAILS])
    call.check("the field group is there", holds=PERSONAL_DETAILS in [each["$ref"] for each in changed["allOf"]])
    forms: list[dict[str, Any]] = [
        {},
        {"full": False},
        {"desc": True},
        {"flat": True},
        {"deprecated": True},
        {"schema_type": "xed", "save": True},
        {"desc": True, "flat": True},
        {"full": False, "schema_type": "xed", "desc": True},
        {"Accept": XED_DESCRIPTORS},
        {"Accept": "application/vnd.adobe.xed-notext+json; version=1"},
    ]
    for form in forms:
        call.check(f"{form} has the id", holds=call(registry.getSchema, schema, **form)["$id"] == schema)
    call(registry.getSchema, events, version="1.0")
    paths = call(registry.getSchemaPaths, schema)
    call.check("its fields have paths", holds={"person.name.firstName", "personalEmail.address"} <= set(paths))
    call(registry.getSchemaPaths, events, simplified=False, save=True)
    call.check("the sample has a name", holds="person" in call(registry.getSchemaSample, schema, save=True))
    call(registry.patchSchema, events, [{"op": "replace", "path": "/description", "value": "clicks"}])
    stored = call(registry.getSchema, things, full=False, schema_type="xed")
    stored["title"] = "aepp replaced things"
    call.check("the title is new", holds=call(registry.putSchema, things, stored)["title"] == "aepp replaced things")
    found = call(registry.getSchemas)
    call.check("they are listed", holds={schema, events, things} <= {each["$id"] for each in found})
    found = call(registry.getSchemas, classFilter=EVENT, output="df", format="xed")
    call.check("only events are listed", holds=events in set(found["$id"]) and schema not in set(found["$id"]))
    found = call(registry.getSchemas, prop="title==aepp profiles")
    call.check("one has the title", holds=[each["$id"] for each in found] == [schema])
    call(registry.getSchemas, excludeAdhoc=False, debug=True)
    call(registry.getSchemasGlobal)
    call(registry.getSchemasGlobal, format="xdm", orderBy="title", prop="title~a", output="df")
    call.check("it is gone", holds=call(registry.deleteSchema, things) == 204)
    return str(schema)


def descriptors(call: Recorder, registry: Any, schema: str, tenant: str) -> None:
    """Descriptors, with and without the client's own bodies."""
    email = {"sourceSchema": schema, "sourceProperty": "/personalEmail/address", "namespace": "Email", "primary": True}
    identity = call(registry.createDescriptor, **email, **{"xdm:property": "xdm:code"})["@id"]
    listed = call(registry.getDescriptors)
    call.check("it is listed", holds=identity in [each["@id"] for each in listed])
    for form in ({"id_desc": True}, {"link_desc": True}, {"type_desc": "xdm:descriptorIdentity", "save": True}):
        call(registry.getDescriptors, **form)
    found = call(registry.getDescriptors, "xdm:descriptorIdentity", prop=f"xdm:sourceSchema=={schema}")
    call.check("one meets both conditions", holds=[each["@id"] for each in found] == [identity])
    read = call(registry.getDescriptor, identity, save=True)
    call.check("it has the namespace", holds=read["xdm:namespace"] == "Email")
    call(registry.putDescriptor, identity, {**read, "xdm:namespace": 6, "xdm:property": "xdm:id"})
    crm = {"sourceSchema": schema, "sourceProperty": f"/{tenant}/crmId", "namespace": "Email"}
    more = call(registry.createDescriptor, **crm, **{"xdm:property": "xdm:code", "xdm:isPrimary": False})["@id"]
    call.check("it is gone", holds=call(registry.deleteDescriptor, more) == 204)


def descriptor_types(call: Recorder, registry: Any, schema: str, tenant: str) -> None:
    """A descriptor of each type that the client can write."""
    other = call(registry.createProfileSchema, "aepp others", fieldGroupIds=[PERSON_DETAILS, PERSONAL_DETAILS])["$id"]
    place = {"sourceSchema": schema}
    target = {"targetSchema": other}
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("xdm:descriptorIdentity", {"completePath": "mobilePhone.number", "identityNSCode": "Phone"}),
        ("xdm:alternateDisplayInfo", {"completePath": "/person/gender", "alternateTitle": "Gender"}),
        ("xdm:descriptorOneToOne", {"completePath": f"/{tenant}/crmId", **target}),
        ("xdm:descriptorReferenceIdentity", {"completePath": "/person/name/lastName", "identityNSCode": "Email"}),
        ("xdm:descriptorDeprecated", {"completePath": "/faxPhone"}),
        ("xdm:descriptorTimeSeriesGranularity", {}),
        (
            "xdm:descriptorRelationship",
            {
                "completePath": "/person/name/lastName",
                "targetCompletePath": "/personalEmail/address",
                "targetNamespace": "Email",
                **target,
            },
        ),
        ("xdm:descriptorPrimaryKey", {"completePath": "/_id"}),
        ("xdm:descriptorVersion", {"completePath": "/_id"}),
        ("xdm:descriptorTimestamp", {"completePath": "/_repo/createDate"}),
        ("xdm:descriptorLabel", {"completePath": "/personalEmail/address", "labels": ["core/I1"]}),
    ]
    for kind, named in bodies:
        body = call(registry.createDescriptorOperation, descType=kind, **place, **named)
        call.check(f"{kind} is stored", holds="@id" in call(registry.createDescriptor, body))


def transfers(call: Recorder, registry: Any, schema: str) -> None:
    """The log, and exports."""
    call.check("the log has entries", holds=call(registry.getAuditLogs, schema))
    exported = call(registry.exportResource, schema)
    call.check("the schema is exported", holds="aepp profiles" in [each["title"] for each in exported])
    call(registry.exportResource, schema, Accept="application/vnd.adobe.xdm+json; version=1")
    # The client posts to /rpc/export; Adobe documents /rpc/import.
    call(registry.importResource, exported)


def unions(call: Recorder, registry: Any, schema: str) -> None:
    """Profile."""
    enabled = call(registry.enableSchemaForRealTime, schema)
    call.check("it is in the union", holds=enabled.get("meta:immutableTags") == ["union"])
    call(registry.enableSchemaForUPS, schema)
    call.check("there is a union", holds=call(registry.getUnions))
    call.check("it has fields", holds=call(registry.getUnion, f"{PROFILE}__union")["properties"])
    call(registry.getUnion, "_xdm.context.profile__union")
    call.check("the schema is found", holds=schema in str(call(registry.getXDMprofileSchema)))


def deletions(call: Recorder, registry: Any, kind: str) -> None:
    """What is deleted at last."""
    call.check("it is gone", holds=call(registry.deleteDataType, kind) == 204)
    call(registry.updateSandbox, "stage")
    call.check("another sandbox has no such fields", holds=not call(registry.getFieldGroups))
    call(registry.updateSandbox, "dev")
