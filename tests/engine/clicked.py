"""A sandbox that people have filled by clicking: created with plain HTTP calls, not through the provider."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from stacking import CONTROL, Stack, platform_headers

Json = dict[str, Any]

FLOW = "/data/foundation/flowservice"
REGISTRY = "/data/foundation/schemaregistry"
CATALOG = "/data/foundation/catalog"
PREP = "/data/foundation/conversion"
IDENTITY = "/data/core/idnamespace/identities"

SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
DYNAMICS = "38ad80fe-8b06-4938-94f4-d4ee80266b07"
HUBSPOT = "cc6a4487-9e91-433e-a3a3-9cf6626c1806"
SNOWFLAKE = "b2e08744-4f1a-40ce-af30-7abac3e23cf3"
GOOGLE_CLOUD = "32e8f412-cdf7-464c-9885-78184cb113fd"
KINESIS = "86043421-563b-46ec-8e6c-e23184711bf6"
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
CLOUD_STORAGE_TO_AEP = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
STREAMING = "d69717ba-71b4-4313-b654-49f9cf126d7a"

CONTEXT = "https://ns.adobe.com/xdm/context"
PROFILE = f"{CONTEXT}/profile"
DETAILS = [f"{CONTEXT}/profile-person-details", f"{CONTEXT}/profile-personal-details"]

ODD_NAMES = (
    "Leads",
    "Leads",  # twice
    "Контакты из CRM",
    "客户资料",
    "عملاء المتجر",
    'He said "hello" and it\'s {braces} \\ back',
    "line\nbreak\tand tab",
    "class",
    "2024 migration",
    "   ",
    "\u202eevil\u202c order",
    "x" * 120,
    "Ünïcödé Ñames",
    "import os; os.system('true')",
)
"""Names that are no identifiers, twice the same, in other scripts, or look like code."""

_ACCOUNTS: dict[str, tuple[str, Json]] = {
    SALESFORCE: (
        "OAuth2 Client Credential",
        {
            "environmentUrl": "https://acme.my.salesforce.com",
            "clientId": "3MVG9",
            "clientSecret": "s3cret-one",
            "apiVersion": "60.0",
        },
    ),
    DYNAMICS: (
        "Service Principal Key Based Authentication",
        {"serviceUri": "https://acme.crm4.dynamics.com", "servicePrincipalId": "principal", "servicePrincipalKey": "s3cret-two"},
    ),
    HUBSPOT: (
        "Basic Authentication",
        {"clientId": "hub", "clientSecret": "s3cret-three", "accessToken": "s3cret-four", "refreshToken": "s3cret-five"},
    ),
    SNOWFLAKE: ("ConnectionString", {"connectionString": "s3cret-six"}),
    GOOGLE_CLOUD: ("Basic Authentication for google-cloud", {"accessKeyId": "GOOG", "secretAccessKey": "s3cret-seven"}),
    KINESIS: ("Aws Kinesis authentication credentials", {"accessKeyId": "A", "secretKey": "s3cret-eight", "region": "eu-west-1"}),
}
_TABLES = {
    SALESFORCE: ("Contact", "FirstName", "Email", "LastModifiedDate", "yyyy-MM-dd HH:mm:ss"),
    DYNAMICS: ("contact", "firstname", "emailaddress1", "modifiedon", "yyyy-MM-ddTHH:mm:ssZ"),
    HUBSPOT: ("Contacts", "firstname", "email", "lastmodifieddate", "yyyy-MM-dd HH:mm:ss"),
    SNOWFLAKE: ("PEOPLE", "FIRST_NAME", "EMAIL", "CHANGED_AT", "yyyy-MM-dd HH:mm:ss"),
}


@dataclass
class Sandbox:
    """The sandbox of a stack, filled and changed with `requests` alone."""

    url: str
    headers: dict[str, str] = field(repr=False)
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    @classmethod
    def of(cls, stack: Stack) -> Sandbox:
        """That of a stack."""
        return cls(stack.platform, platform_headers(stack))

    def send(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """Send a request."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(method, self.url + path, json=body, headers={**self.headers, **more}, timeout=30)

    def ok(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send a request that must succeed. Returns its JSON."""
        answer = self.send(method, path, body, **headers)
        assert answer.ok, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def control(self, method: str, path: str, body: object = None) -> None:
        """Call the control API."""
        assert self.session.request(method, f"{self.url}/_local{path}", json=body, headers=CONTROL, timeout=30).ok

    def as_other(self) -> Sandbox:
        """The same sandbox for the other credential."""
        form = {
            "grant_type": "client_credentials",
            "client_id": "local-client-2",
            "client_secret": "local-secret-2",
            "scope": "openid",
        }
        token = self.session.post(f"{self.url}/ims/token/v3", data=form, timeout=10).json()["access_token"]
        return Sandbox(self.url, {**self.headers, "Authorization": f"Bearer {token}", "x-api-key": "local-client-2"})

    # -- parts ----------------------------------------------------------------------------------------------------------

    def account(self, spec_id: str, name: str) -> str:
        """A base connection."""
        spec_name, params = _ACCOUNTS[spec_id]
        auth = {"specName": spec_name, "params": params}
        body = {"name": name, "auth": auth, "connectionSpec": {"id": spec_id, "version": "1.0"}}
        return str(self.ok("POST", f"{FLOW}/connections", body)["id"])

    def schema(self, title: str, *more: str) -> str:
        """A schema of profiles."""
        references = [{"$ref": each} for each in (PROFILE, *DETAILS, *more)]
        body = {"type": "object", "title": title, "description": "", "allOf": references}
        return str(self.ok("POST", f"{REGISTRY}/tenant/schemas", body)["$id"])

    def dataset(self, schema_id: str, name: str, **more: Any) -> str:
        """A dataset."""
        content_type = "application/vnd.adobe.xed-full-notext+json; version=1"
        body = {"name": name, "schemaRef": {"id": schema_id, "contentType": content_type}, **more}
        return str(self.ok("POST", f"{CATALOG}/dataSets", body)[0]).removeprefix("@/dataSets/")

    def target(self, schema_id: str, dataset_id: str, name: str) -> str:
        """A target connection."""
        body = {
            "name": name,
            "data": {"schema": {"id": schema_id, "version": "application/vnd.adobe.xed-full+json;version=1"}},
            "params": {"dataSetId": dataset_id},
            "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
        }
        return str(self.ok("POST", f"{FLOW}/targetConnections", body)["id"])

    def mapping(self, schema_id: str, first_name: str, email: str) -> str:
        """A mapping set."""
        content_type = "application/vnd.adobe.xed-full+json;version=1"
        body = {
            "outputSchema": {"schemaRef": {"id": schema_id, "contentType": content_type}},
            "mappings": [
                {"sourceType": "ATTRIBUTE", "source": first_name, "destination": "person.name.firstName"},
                {"sourceType": "EXPRESSION", "source": f"lower({email})", "destination": "personalEmail.address"},
            ],
        }
        return str(self.ok("POST", f"{PREP}/mappingSets", body)["id"])

    def source(self, spec_id: str, account_id: str, name: str, **data: Any) -> str:
        """A source connection to a table, or to what `data` says."""
        body = {"name": name, "baseConnectionId": account_id, "connectionSpec": {"id": spec_id, "version": "1.0"}}
        body |= data or {"data": {"format": "tabular"}, "params": {"tableName": _TABLES[spec_id][0]}}
        return str(self.ok("POST", f"{FLOW}/sourceConnections", body)["id"])

    def flow(self, name: str, spec_id: str, account_id: str, schema_id: str, dataset_id: str, **more: Any) -> Json:
        """A dataflow from a table, with its parts."""
        _table, first_name, email, delta, date_format = _TABLES[spec_id]
        mapping_id = self.mapping(schema_id, first_name, email)
        column = {"name": delta, "dateFormat": date_format, "timezone": "UTC"}
        body: Json = {
            "name": name,
            "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
            "sourceConnectionIds": [self.source(spec_id, account_id, f"{name} source".strip())],
            "targetConnectionIds": [self.target(schema_id, dataset_id, f"{name} target".strip())],
            "transformations": [
                {"name": "Copy", "params": {"deltaColumn": column}},
                {"name": "Mapping", "params": {"mappingId": mapping_id, "mappingVersion": 0}},
            ],
            "scheduleParams": {"startTime": int(time.time()) + 3600, "frequency": "minute", "interval": 30, "backfill": True},
            **more,
        }
        return {"id": self.ok("POST", f"{FLOW}/flows", body)["id"], "mapping": mapping_id}

    # -- the whole ------------------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """A page of dataflows and more, from four connectors, and what people leave behind: odd names, drafts, broken objects."""
        specs = (SALESFORCE, DYNAMICS, HUBSPOT, SNOWFLAKE)
        accounts = {
            spec: self.account(spec, name) for spec, name in zip(specs, ("CRM", "Dynamics", "HubSpot", "Warehouse"), strict=True)
        }
        group = self.ok("POST", f"{REGISTRY}/tenant/fieldgroups", _FIELD_GROUP)
        people = self.schema("People", str(group["$id"]))
        self.identity(people)
        for number, name in enumerate(ODD_NAMES):
            spec = specs[number % 4]
            self.flow(name, spec, accounts[spec], people, self.dataset(people, name.strip() or "blank", tags={"team": ["crm"]}))
        self._pinned_disabled_and_shared(accounts, people)
        self._skipped(accounts, people)
        # Left behind, and used by no dataflow.
        self.account(SALESFORCE, "Unused")
        self.dataset(self.schema("Old things"), "Old things")
        self.settle()

    def settle(self) -> None:
        """Let Platform finish what it has begun."""
        self.control("POST", "/clock", {"ahead_s": 10})

    def identity(self, schema_id: str) -> None:
        """A namespace, and a schema of profiles with its identity and a name for a field."""
        self.ok("POST", IDENTITY, {"name": "Loyalty number", "code": "LoyaltyNumber", "idType": "Cross_device"})
        descriptor = {
            "@type": "xdm:descriptorIdentity",
            "xdm:sourceSchema": schema_id,
            "xdm:sourceVersion": 1,
            "xdm:sourceProperty": "/personalEmail/address",
            "xdm:namespace": "Email",
            "xdm:property": "xdm:code",
            "xdm:isPrimary": True,
        }
        self.ok("POST", f"{REGISTRY}/tenant/descriptors", descriptor)
        union = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
        self.ok("PATCH", f"{REGISTRY}/tenant/schemas/{quote(schema_id, safe='')}", union)
        named = {
            "@type": "xdm:alternateDisplayInfo",
            "xdm:sourceSchema": schema_id,
            "xdm:sourceVersion": 1,
            "xdm:sourceProperty": "/personalEmail/address",
            "xdm:title": {"en_us": "E-mail"},
        }
        self.ok("POST", f"{REGISTRY}/tenant/descriptors", named)

    def _pinned_disabled_and_shared(self, accounts: dict[str, str], schema_id: str) -> None:
        """A flow on an old version of its mapping set; a disabled one; one without a repetition into the dataset of another."""
        pinned = self.flow("Pinned", SALESFORCE, accounts[SALESFORCE], schema_id, self.dataset(schema_id, "Pinned"))
        content = self.ok("GET", f"{PREP}/mappingSets/{pinned['mapping']}?version=0")
        newer: Json = {
            "outputSchema": content["outputSchema"],
            "mappings": [{"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"}],
        }
        self.ok("PUT", f"{PREP}/mappingSets/{pinned['mapping']}", newer)
        into = self.dataset(
            schema_id, "Two writers", tags={"unifiedProfile": ["enabled:true"], "unifiedIdentity": ["enabled:true"]}
        )
        disabled = self.flow("Disabled", HUBSPOT, accounts[HUBSPOT], schema_id, into)
        self.settle()
        self.ok("POST", f"{FLOW}/flows/{disabled['id']}/action?op=disable")
        self.flow(
            "Once",
            DYNAMICS,
            accounts[DYNAMICS],
            schema_id,
            into,
            transformations=[
                {
                    "name": "Mapping",
                    "params": {"mappingId": self.mapping(schema_id, "firstname", "emailaddress1"), "mappingVersion": 0},
                }
            ],
            scheduleParams={"startTime": int(time.time()) + 3600, "frequency": "once"},
        )

    def _skipped(self, accounts: dict[str, str], schema_id: str) -> None:
        """A draft; files with a delimiter; a stream; a deleted dataset that is still targeted; kinds that no resource manages."""
        account = accounts[SALESFORCE]
        draft: Json = {
            "name": "A draft",
            "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
            "sourceConnectionIds": [self.source(SALESFORCE, account, "draft source")],
            "targetConnectionIds": [self.target(schema_id, self.dataset(schema_id, "draft dataset"), "draft target")],
        }
        self.ok("POST", f"{FLOW}/flows?mode=draft", draft)
        files = self.source(
            GOOGLE_CLOUD,
            self.account(GOOGLE_CLOUD, "Bucket"),
            "files source",
            data={"format": "delimited", "properties": {"columnDelimiter": ";"}},
            params={"path": "/crm/leads.csv"},
        )
        self._flow_from(files, "Files", CLOUD_STORAGE_TO_AEP, schema_id)
        stream = self.source(
            KINESIS,
            self.account(KINESIS, "Stream"),
            "stream source",
            data={"format": "json"},
            params={"stream": "web", "dataType": "raw", "reset": "earliest"},
        )
        self._flow_from(stream, "Stream", STREAMING, schema_id)
        doomed = self.dataset(schema_id, "Doomed")
        self.flow("Orphan", SALESFORCE, account, schema_id, doomed)
        self.ok("DELETE", f"{CATALOG}/dataSets/{doomed}")
        data_type: Json = {
            "type": "object",
            "title": "Address of ours",
            "description": "",
            "definitions": {
                "address": {"properties": {"_localtenant": {"type": "object", "properties": {"street": {"type": "string"}}}}}
            },
            "allOf": [{"$ref": "#/definitions/address"}],
        }
        made = self.ok("POST", f"{REGISTRY}/tenant/datatypes", data_type)
        group = {
            **_FIELD_GROUP,
            "title": "With a data type",
            "definitions": {
                "own": {"properties": {"_localtenant": {"type": "object", "properties": {"home": {"$ref": made["$id"]}}}}}
            },
            "allOf": [{"$ref": "#/definitions/own"}],
        }
        self.ok("POST", f"{REGISTRY}/tenant/fieldgroups", group)

    def _flow_from(self, source_id: str, name: str, flow_spec: str, schema_id: str) -> None:
        mapping_id = self.mapping(schema_id, "FirstName", "Email")
        body: Json = {
            "name": name,
            "flowSpec": {"id": flow_spec, "version": "1.0"},
            "sourceConnectionIds": [source_id],
            "targetConnectionIds": [self.target(schema_id, self.dataset(schema_id, name), f"{name} target")],
            "transformations": [{"name": "Mapping", "params": {"mappingId": mapping_id, "mappingVersion": 0}}],
        }
        if flow_spec == CLOUD_STORAGE_TO_AEP:
            body["scheduleParams"] = {"startTime": int(time.time()) + 3600, "frequency": "day", "interval": 1}
        self.ok("POST", f"{FLOW}/flows", body)

    def id_of(self, collection: str, name: str) -> str:
        """The id of an object of Flow Service."""
        listed = self.ok("GET", f"{FLOW}/{collection}?limit=100")["items"]
        return next(str(each["id"]) for each in listed if each["name"] == name)

    # -- counting -------------------------------------------------------------------------------------------------------

    def counted(self) -> Counter[str]:
        """The number of objects by collection, counted by listing them."""
        found: Counter[str] = Counter()
        for name in ("connections", "sourceConnections", "targetConnections", "flows"):
            found[name] = int(self.ok("GET", f"{FLOW}/{name}?count=true")["count"])
        for name in ("schemas", "fieldgroups", "classes", "datatypes"):
            found[name] = len(
                self.ok("GET", f"{REGISTRY}/tenant/{name}?limit=300", Accept="application/vnd.adobe.xed-id+json")["results"]
            )
        groups = self.ok("GET", f"{REGISTRY}/tenant/descriptors", Accept="application/vnd.adobe.xdm+json")
        found["descriptors"] = sum(len(each) for each in groups.values() if isinstance(each, list))
        found["dataSets"] = len(self.ok("GET", f"{CATALOG}/dataSets?limit=100"))
        found["mappingSets"] = len(self.ok("GET", f"{PREP}/mappingSets?limit=1000&start=0")["data"])
        found["namespaces"] = sum(each.get("custom", False) for each in self.ok("GET", IDENTITY))
        return found


_FIELD_GROUP: Json = {
    "type": "object",
    "title": "CRM fields",
    "description": "What the CRM knows",
    "meta:intendedToExtend": [PROFILE],
    "definitions": {
        "crm": {
            "properties": {
                "_localtenant": {
                    "type": "object",
                    "properties": {
                        "crmId": {"type": "string", "title": "CRM id"},
                        "tier": {"type": "string", "enum": ["gold", "silver"], "meta:enum": {"gold": "Gold", "silver": "Silver"}},
                        "visits": {"type": "integer", "minimum": -2147483648, "maximum": 2147483647},
                        "since": {"type": "string", "format": "date"},
                    },
                }
            }
        }
    },
    "allOf": [{"$ref": "#/definitions/crm"}],
}
