"""The floor of the benchmark: the same graph, of resources that do nothing. What it takes is Pulumi's own.

They have the properties of this package's resources, because the SDK's work grows with their number. BENCH_FLOOR=tuned widens the
host's pool, and trims stack traces and garbage collections, as this package does; any other value leaves the SDK as it is.
"""

import os
from contextlib import nullcontext

import pulumi
from aep_pulumi.resources._registration import keep_imports, without_stack_trace
from noop import Plain, Tuned
from pulumi.dynamic import Resource

IS_TUNED = os.environ["BENCH_FLOOR"] == "tuned"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
PROPERTIES = {
    "source": "format row_filter path recursive etag",
    "schema": "",
    "dataset": "tags profile",
    "target": "etag",
    "mapping": "known_schema known_source version",
    "dataflow": "error_diagnostics partial_ingestion_percent starts_at etag",
}
"""The properties, besides the inputs, of each resource of a pipeline: inputs that are not set, and outputs."""

if IS_TUNED:
    keep_imports()


class NoOp(Resource):
    """A resource that does nothing."""

    version: pulumi.Output[int]

    def __init__(self, resource_name: str, parent: pulumi.Resource | None, **inputs: object) -> None:
        with without_stack_trace() if IS_TUNED else nullcontext():
            props = dict.fromkeys(PROPERTIES.get(resource_name.rpartition("-")[2], "etag").split()) | inputs
            super().__init__(Tuned() if IS_TUNED else Plain(), resource_name, props, pulumi.ResourceOptions(parent=parent))


class Pipeline(pulumi.ComponentResource):
    """The resources of one pipeline."""

    def __init__(self, name: str, account: NoOp, *, changed: bool) -> None:
        with without_stack_trace() if IS_TUNED else nullcontext():
            super().__init__("bench:floor:Pipeline", name)
        title = name.replace("-", " ").title()
        groups = [f"{PROFILE}-personal-details", f"{PROFILE}-person-details"]
        described = "Leads of the CRM, for marketing"
        columns = [{"name": each, "type": "string", "xdm": {"type": "string"}} for each in ("FirstName", "LastName", "Email")]
        mappings = [
            {
                "source_type": "ATTRIBUTE",
                "source": "FirstName",
                "destination": "person.name.fullName" if changed else "person.name.firstName",
            },
            {"source_type": "ATTRIBUTE", "source": "Email", "destination": "personalEmail.address"},
        ]
        source = NoOp(
            f"{name}-source",
            self,
            name=f"{title}: source",
            description=described,
            base_connection_id=account.id,
            connection_spec_id="cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
            connection_spec_version="1.0",
            table_name="Lead",
            columns=columns,
        )
        schema = NoOp(
            f"{name}-schema", self, title=f"{title}: schema", description=described, class_id=PROFILE, field_groups=groups
        )
        dataset = NoOp(f"{name}-dataset", self, name=title, description=described, schema_id=schema.id, force_destroy=True)
        target = NoOp(
            f"{name}-target", self, name=f"{title}: target", description=described, dataset_id=dataset.id, schema_id=schema.id
        )
        mapping = NoOp(f"{name}-mapping", self, name=None, schema_id=schema.id, mappings=mappings)
        NoOp(
            f"{name}-dataflow",
            self,
            name=title,
            description=described,
            flow_spec_id="14518937-270c-4525-bdec-c2ba7cce3860",
            flow_spec_version="1.0",
            source_connection_id=source.id,
            target_connection_id=target.id,
            mapping_set_id=mapping.id,
            mapping_set_version=mapping.version,
            schedule={"frequency": "hour", "interval": 1},
            enabled=True,
            delta_column={"name": "LastModifiedDate", "date_format": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"},
        )
        self.register_outputs({})


crm = NoOp(
    "crm",
    None,
    name="CRM account",
    description="The CRM's account",
    connection_spec_id="cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
    connection_spec_version="1.0",
    auth={
        "spec_name": "OAuth2 Client Credential",
        "params": {"clientId": "3MVG9", "clientSecret": pulumi.Output.secret("a-secret")},
    },
)
for number in range(int(os.environ["BENCH_PIPELINES"])):
    Pipeline(f"leads-{number:03}", crm, changed=number == 0 and "BENCH_CHANGED" in os.environ)
