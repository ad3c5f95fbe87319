"""Destinations: the cloud storages that datasets are exported to, from Adobe's tutorial on exporting datasets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.core.objects import BASE_CONNECTIONS, DATASETS, Objects
from aep_pulumi.emulator.flow_service import errors
from aep_pulumi.emulator.flow_service.sources import DATA_LAKE_SOURCE, PROFILE_STORE
from aep_pulumi.emulator.flow_service.stored import existing

Json = dict[str, Any]

PROVIDER = "14e34fac-d307-11e9-bb65-2a2ae2dbcce4"
DATASETS_QUERY = ("outputType", "outputField", "start", "limit", "properties")

# The sources of flows to destinations: datasets, and profiles.
SOURCES = [DATA_LAKE_SOURCE, PROFILE_STORE]


@dataclass(frozen=True)
class Destination:
    """One destination: its connection spec and flow spec, and how base connections authenticate: name, type, params."""

    id: str
    name: str
    flow_spec_id: str
    auth: tuple[tuple[str, str, str], ...] = ()


DESTINATIONS = {
    destination.id: destination
    for destination in (
        Destination(
            "4fce964d-3f37-408f-9778-e597338a21ee",
            "Amazon S3",
            "269ba276-16fc-47db-92b0-c1049a3c131f",
            (("Access Key", "KeyBased", "s3AccessKey s3SecretKey"),),
        ),
        Destination(
            "6d6b59bf-fb58-4107-9064-4d246c0e5bb2",
            "Azure Blob Storage",
            "95bd8965-fc8a-4119-b9c3-944c2c2df6d2",
            (("ConnectionString", "ConnectionString", "connectionString"),),
        ),
        Destination(
            "be2c3209-53bc-47e7-ab25-145db8b873e1",
            "Azure Data Lake Gen 2",
            "17be2013-2549-41ce-96e7-a70363bec293",
            (("Azure Service Principal Auth", "AzureServicePrincipal", "url servicePrincipalId servicePrincipalKey tenant"),),
        ),
        Destination("10440537-2a7b-4583-ac39-ed38d4b848e8", "Data Landing Zone", "cd2fc47e-e838-4f38-a581-8fff2f99b63a"),
        Destination(
            "c5d93acb-ea8b-4b14-8f53-02138444ae99",
            "Google Cloud Storage",
            "585c15c4-6cbf-4126-8f87-e26bff78b657",
            (("Access Key", "KeyBased", "accessKeyId secretAccessKey"),),
        ),
        Destination(
            "36965a81-b1c6-401b-99f8-22508f1e6a26",
            "SFTP",
            "354d6aad-4754-46e4-a576-1b384561c440",
            (
                ("SFTP with Password", "BasicAuthentication", "domain username password"),
                ("SFTP with SSH Key", "SshPublicKeyAuthentication", "domain username sshKey"),
            ),
        ),
    )
}


def flow_specs() -> list[Json]:
    """The flow spec of each destination. Its flows run on Adobe's own schedule of exports, so it has no schedule spec here."""
    return [
        {
            "id": each.flow_spec_id,
            "name": each.name,
            "providerId": PROVIDER,
            "version": "1.0",
            "sourceConnectionSpecIds": SOURCES,
            "targetConnectionSpecIds": [each.id],
            "transformationSpecs": [],
            "attributes": {"isDestinationFlow": True, "_workflow": ["SEGMENTS", "DATASETS"]},
        }
        for each in DESTINATIONS.values()
    ]


def is_destination_flow(spec: Json) -> bool:
    """True if flows of a flow spec export to a destination."""
    return "isDestinationFlow" in spec.get("attributes", {})


def check_target(objects: Objects, desired: Json) -> None:
    """Check a target connection to a destination: where its credentials are, if the destination needs any."""
    destination = DESTINATIONS[desired["connectionSpec"]["id"]]
    base_id = desired.get("baseConnectionId")
    if base_id is None and destination.auth:
        raise errors.coded("1304-400", field="baseConnectionId")
    if base_id and existing(objects, BASE_CONNECTIONS, base_id)["connectionSpec"]["id"] != destination.id:
        raise errors.coded("1413-400", id=destination.id)  # inferred: as for source connections


def check_datasets(objects: Objects, params: Json) -> None:
    """Check the datasets of a source connection."""
    datasets = params.get("datasets")
    if not datasets:
        raise errors.coded("1304-400", field="params.datasets")
    for each in datasets:
        if objects.find(DATASETS, each["dataSetId"]) is None:
            raise errors.uncoded("You must provide a valid dataset ID.")


def exportable_datasets(call: Call) -> Reply:
    """Return a page of the datasets that can be exported: all of them."""
    first, limit = whole_number(call.query_value("start") or "0"), whole_number(call.query_value("limit") or "20")
    if first is None or not limit:
        raise errors.uncoded("The start and the limit must be numbers.")  # inferred
    names = [name for name in (call.query_value("properties") or "").split(",") if name]
    found = call.objects.all(DATASETS)
    items = [
        {"id": each["id"], "managedBy": each["classification"]["managedBy"], **each}
        if not names
        else {"id": each["id"], **{name: each[name] for name in names if name in each}}
        for each in found[first : first + limit]
    ]
    end = first + len(items)
    return Reply(
        200,
        {
            "items": items,
            "pageInfo": {"start": first, "end": max(end - 1, 0), "total": len(found), "hasNext": end < len(found)},
        },
    )
