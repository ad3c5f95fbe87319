"""World: one object of each kind on a local Platform, and requests about them that Platform accepts.

Generated requests alone hardly ever name an object that exists, or a body that is accepted, so half of them are built on these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pipelines as p
from pipelines import CATALOG, FLOW, PREP, REGISTRY
from plain_client import Json, Platform, Request

IDENTITIES = "/core/idnamespace/identities"
SANDBOXES = "/foundation/sandbox-management/sandboxes"
RENAMED: list[Json] = [{"op": "replace", "path": "/name", "value": "renamed"}]
RETITLED: list[Json] = [{"op": "replace", "path": "/description", "value": "changed"}]


@dataclass(frozen=True)
class World:
    """The objects, and the client that created them."""

    platform: Platform

    @cached_property
    def pipeline(self) -> p.Pipeline:
        """A pipeline with all of its parts."""
        return p.create_pipeline(self.platform)

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """The value of each path parameter of the contract, encoded."""
        return {name: quote(value, safe="") for name, value in self._plain_ids.items()}

    @cached_property
    def _plain_ids(self) -> Mapping[str, str]:
        pipeline, one = self.pipeline, self._created
        profile = "https://ns.adobe.com/xdm/context/profile"
        group = one(f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
        run = one(f"{FLOW}/runs", p.run(self._flow_once))
        (batch,) = one(
            f"{CATALOG}/batches", {"status": "success", "relatedObjects": [{"type": "dataSet", "id": pipeline.dataset}]}
        )
        upload = one("/foundation/import/batches", {"datasetId": pipeline.dataset, "inputFormat": {"format": "json"}})["id"]
        file = f"/foundation/import/batches/{upload}/datasets/{pipeline.dataset}/files/people.json"
        self.platform.send(Request("PUT", file, raw=b"{}\n", headers={"Content-Type": "application/octet-stream"}))
        mappings = self.platform.ok("GET", f"{PREP}/mappingSets/{pipeline.mapping}/mappings")
        inlet = one("/core/edge/inlet", {"name": p.unique("inlet"), "sourceId": "website", "dataType": "xdm"})["inletId"]
        return {
            "BASE_CONNECTION_ID": pipeline.base,
            "CONNECTION_SPEC_ID": p.SALESFORCE,
            "FLOW_ID": pipeline.flow,
            "FLOW_SPEC_ID": p.CRM_TO_AEP,
            "RUN_ID": run["id"] if "id" in run else run["items"][0]["id"],
            "SOURCE_CONNECTION_ID": pipeline.source,
            "TARGET_CONNECTION_ID": pipeline.target,
            "CONTAINER_ID": "tenant",
            "SCHEMA_ID": pipeline.schema,
            "RESOURCE_ID": pipeline.schema,
            "FIELD_GROUP_ID": group,
            "MIXIN_ID": group,
            "CLASS_ID": one(f"{REGISTRY}/tenant/classes", self.class_())["$id"],
            "DATA_TYPE_ID": one(f"{REGISTRY}/tenant/datatypes", self.data_type())["$id"],
            "BEHAVIOR_ID": "https://ns.adobe.com/xdm/data/record",
            "UNION_ID": f"{profile}__union",
            "DESCRIPTOR_ID": one(f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))["@id"],
            "DATASET_ID": pipeline.dataset,
            "id": pipeline.dataset,
            "datasetId": pipeline.dataset,
            "BATCH_ID": batch.removeprefix("@/batches/"),
            "batchId": upload,
            "filePath": "people.json",
            "FIELD": "status",
            "tagNamespace": "adobe",
            "MAPPING_SET_ID": pipeline.mapping,
            "MAPPING_ID": mappings[0]["id"],
            "ID": str(one(IDENTITIES, self.namespace())["id"]),
            "sandboxName": one(SANDBOXES, self.sandbox())["name"],
            "CONNECTION_ID": inlet,
        }

    def _created(self, path: str, body: Json) -> Any:
        return self.platform.ok("POST", path, body)

    @cached_property
    def _flow_once(self) -> str:
        """A flow that starts runs on demand."""
        pipeline = p.create_pipeline(self.platform)
        # Only one flow may write to a dataset.
        self.platform.send(Request("DELETE", f"{FLOW}/flows/{pipeline.flow}"))
        body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
        schedule = {"startTime": body["scheduleParams"]["startTime"], "frequency": "once"}
        once = {**body, "transformations": body["transformations"][1:], "scheduleParams": schedule}
        return str(self._created(f"{FLOW}/flows", once)["id"])

    def version(self, operation: str) -> str:
        """The etag that a change of an object must name: Flow Service requires the current one."""
        path = operation.rpartition(" ")[2]
        if not path.startswith(("/connections", "/sourceConnections", "/targetConnections", "/flows")):
            return "*"
        found = self.platform.send(Request("GET", FLOW + path.removesuffix("/action").format(**self.ids)))
        return str(found.json()["items"][0]["etag"]) if found.ok else "*"

    def class_(self) -> Json:
        """A class of records."""
        own = {"own": {"properties": {"_localtenant": {"type": "object", "properties": {"plan": {"type": "string"}}}}}}
        parents = [{"$ref": "https://ns.adobe.com/xdm/data/record"}, {"$ref": "#/definitions/own"}]
        return {"type": "object", "title": p.unique("class"), "description": "a class", "definitions": own, "allOf": parents}

    def data_type(self) -> Json:
        """A data type of two fields."""
        fields = {"street": {"type": "string"}, "number": {"type": "integer"}}
        return {"type": "object", "title": p.unique("type"), "description": "a type", "properties": fields}

    def namespace(self) -> Json:
        """An identity namespace."""
        return {"name": "CRM", "code": p.unique("crm").replace(" ", ""), "idType": "Email"}

    def sandbox(self) -> Json:
        """A sandbox."""
        return {"name": p.unique("box").replace(" ", "-"), "title": "a sandbox", "type": "development"}

    def message(self) -> Json:
        """A message to an inlet."""
        own = self.pipeline
        reference = {"id": own.schema, "contentType": "application/vnd.adobe.xed-full+json;version=1"}
        header = {"schemaRef": reference, "imsOrgId": "LOCAL@AdobeOrg", "datasetId": own.dataset, "flowId": own.flow}
        entity = {"person": {"name": {"firstName": "Ada"}}}
        return {"header": header, "body": {"xdmMeta": {"schemaRef": reference}, "xdmEntity": entity}}

    @cached_property
    def bodies(self) -> Mapping[str, Callable[[], Any]]:
        """A body that is accepted, for each operation with one."""
        own = self.pipeline
        labels = {"labels": ["C1"], "optionalLabels": []}
        batch = {"status": "success", "tags": {"team": ["crm"]}}
        resources: dict[str, Callable[[], Any]] = {
            "fieldgroups/{FIELD_GROUP_ID}": p.field_group,
            "mixins/{MIXIN_ID}": p.field_group,
            "schemas/{SCHEMA_ID}": p.schema,
            "classes/{CLASS_ID}": self.class_,
            "datatypes/{DATA_TYPE_ID}": self.data_type,
            "descriptors/{DESCRIPTOR_ID}": lambda: p.descriptor(own.schema),
        }
        registry = {f"POST /tenant/{path.partition('/')[0]}": body for path, body in resources.items()}
        registry |= {f"PUT /tenant/{path}": body for path, body in resources.items()}
        registry |= {f"PATCH /tenant/{path}": lambda: RETITLED for path in resources}
        return {
            **registry,
            "POST /connections": p.base_connection,
            "PATCH /connections/{BASE_CONNECTION_ID}/": lambda: RENAMED,
            "POST /sourceConnections": lambda: p.source_connection(own.base),
            "PATCH /sourceConnections/{SOURCE_CONNECTION_ID}": lambda: RENAMED,
            "POST /targetConnections": lambda: p.target_connection(own.schema, own.dataset),
            "PATCH /targetConnections/{TARGET_CONNECTION_ID}": lambda: RENAMED,
            "POST /flows": lambda: p.flow(own.source, own.target, own.mapping),
            "PATCH /flows/{FLOW_ID}": lambda: RENAMED,
            "POST /runs": lambda: p.run(self._flow_once),
            "POST /mappingSets": lambda: p.mapping_set(own.schema),
            "PUT /mappingSets/{MAPPING_SET_ID}": lambda: p.mapping_set(own.schema),
            "POST /mappingSets/validate": lambda: p.mapping_set(own.schema),
            "POST /mappingSets/preview": lambda: {"data": [{"FirstName": "Ada"}], "mappingSet": p.mapping_set(own.schema)},
            "POST /languages/el/validate": lambda: {"expression": "lower(Email)"},
            "POST /dataSets": lambda: p.dataset(own.schema),
            "PUT /dataSets/{DATASET_ID}": lambda: p.dataset(own.schema),
            "PATCH /dataSets/{DATASET_ID}": lambda: {"tags": {"team": ["crm"]}},
            "PATCH /v2/dataSets/{DATASET_ID}": lambda: {"tags": {"team": ["crm"]}},
            "POST /batches": lambda: {**batch, "datasetId": own.dataset, "inputFormat": {"format": "json"}},
            "PUT /batches/{BATCH_ID}": lambda: batch,
            "PATCH /batches/{BATCH_ID}": lambda: batch,
            "POST /datasets/{DATASET_ID}/labels": lambda: labels,
            "PUT /datasets/{DATASET_ID}/labels": lambda: labels,
            "POST /idnamespace/identities": self.namespace,
            "POST /sandbox-management/sandboxes": self.sandbox,
            "PUT /sandbox-management/sandboxes/{sandboxName}": lambda: {"action": "reset"},
            "PATCH /sandbox-management/sandboxes/{sandboxName}": lambda: {"title": "renamed"},
            "POST /collection/{CONNECTION_ID}": self.message,
            "POST /collection/batch/{CONNECTION_ID}": lambda: {"messages": [self.message()]},
        }
