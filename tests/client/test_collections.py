"""Collections: the peculiarities of each service, with a stand-in for the network."""

from typing import Any

import pytest
from stand_in import answer, scripted

from aep_pulumi.client import catalog, data_prep, flow_service, identity, schema_registry
from aep_pulumi.client.collection import Collection, RemoteObject
from aep_pulumi.errors import AepError, ConflictError, NotFoundError, RejectedError, ResponseError

FLOWS = "/data/foundation/flowservice"
REGISTRY = "/data/foundation/schemaregistry"
DATASETS = "/data/foundation/catalog/dataSets"
MAPPINGS = "/data/foundation/conversion/mappingSets"
STALE = answer(412, {"errorMessage": "Supplied version does not match the current version on entity"})
NOT_FOUND = answer(404, {"message": "gone"})


def one(**fields: object) -> Any:
    """An object as Flow Service returns it on read."""
    return answer(200, {"items": [{"id": "x", "etag": '"e2"', **fields}]})


# -- Flow Service -----------------------------------------------------------------------------------------------------


def test_flow_service_returns_one_object_in_a_list() -> None:
    network = scripted(one(name="n", createdAt=1_700_000_000_500, createdClient="client"))
    observed = flow_service.source_connections(network.platform()).get("x", {})
    assert (observed.id, observed.etag, observed.body["name"]) == ("x", '"e2"', "n")
    assert (observed.made_at_s, observed.made_by) == (1_700_000_000.5, "client")


def test_flow_services_version_is_the_etag_if_no_etag_is_returned() -> None:
    network = scripted(answer(200, {"items": [{"id": "x", "version": '"v1"'}]}))
    assert flow_service.base_connections(network.platform()).get("x", {}).etag == '"v1"'


def test_an_object_that_is_still_being_created_has_no_etag() -> None:
    network = scripted(answer(200, {"items": [{"id": "x", "state": "initializing"}]}))
    assert flow_service.base_connections(network.platform()).get("x", {}).etag is None


def test_an_empty_list_means_that_the_object_is_deleted() -> None:
    with pytest.raises(NotFoundError):
        flow_service.Flows(scripted(answer(200, {"items": []})).platform()).get("x", {})


@pytest.mark.parametrize("body", [{}, [], {"items": None}, {"error": "?"}, None])
def test_a_malformed_response_does_not_mean_that_the_object_is_deleted(body: object) -> None:
    with pytest.raises(ResponseError, match="the response contains no items") as raised:
        flow_service.Flows(scripted(answer(200, body)).platform()).get("x", {})
    assert not isinstance(raised.value, NotFoundError)


@pytest.mark.parametrize("body", [{"id": "x", "etag": '"e1"'}, {"items": [{"id": "x", "etag": '"e1"'}]}])
def test_a_write_returns_id_and_etag_or_a_list_of_one(body: object) -> None:
    network = scripted(answer(201, body), answer(200, body))
    targets = flow_service.target_connections(network.platform())
    assert (targets.create({"name": "n"}).id, targets.update("x", {"name": "n"}, {"name": "m"}, '"e0"').etag) == ("x", '"e1"')


def test_a_list_follows_relative_links_and_sends_each_condition_once() -> None:
    following = "/flows?property=a==1&property=b==2&continuationToken=t"
    network = scripted(
        answer(200, {"items": [{"id": "1"}], "_links": {"next": {"href": following}}}),
        answer(200, {"items": [{"id": "2"}], "_links": {"next": {"href": f"{FLOWS}/flows?start=s"}}}),
        answer(200, {"items": [{"id": "3"}], "_links": {}}),
    )
    observed = flow_service.Flows(network.platform()).list(name="n", state="enabled")
    assert [remote.id for remote in observed] == ["1", "2", "3"]
    assert network.request_lines == [f"GET {FLOWS}/flows"] * 3
    assert [dict(request.query) for request in network.requests] == [
        {"limit": "100", "property": ['name=="n"', 'state=="enabled"']},
        {"property": ["a==1", "b==2"], "continuationToken": ["t"]},
        {"start": ["s"]},
    ]


def test_a_list_follows_a_continuation_token_without_a_link_but_not_for_ever() -> None:
    network = scripted(
        answer(200, {"items": [{"id": "1"}], "continuationToken": "t"}),
        answer(200, {"items": [{"id": "2"}], "continuationToken": "u", "_links": {}}),
        answer(200, {"items": [], "continuationToken": "u"}),
    )
    assert [remote.id for remote in flow_service.Flows(network.platform()).list(name="n")] == ["1", "2"]
    query = {"limit": "100", "property": ['name=="n"']}
    assert [dict(request.query) for request in network.requests] == [
        query,
        query | {"continuationToken": "t"},
        query | {"continuationToken": "u"},
    ]


@pytest.mark.parametrize("name", ["a, b", 'say "hi"', "it's", "back\\slash"])
def test_a_name_that_would_be_parsed_as_a_condition_is_compared_locally(name: str) -> None:
    network = scripted(answer(200, {"items": [{"id": "1", "name": name}, {"id": "2", "name": "a"}]}))
    assert [remote.id for remote in flow_service.Flows(network.platform()).list(name=name)] == ["1"]
    assert network.requests[0].query == {"limit": "100"}


def test_a_change_is_sent_with_the_etag_exactly_as_received() -> None:
    network = scripted(answer(200, {"id": "x", "etag": '"e2"'}))
    remote = flow_service.source_connections(network.platform()).update("x", {"name": "a"}, {"name": "b"}, '"e1"')
    assert network.request_lines == [f"PATCH {FLOWS}/sourceConnections/x"]
    assert network.requests[0].headers["If-Match"] == '"e1"'
    assert network.bodies == [[{"op": "replace", "path": "/name", "value": "b"}]]
    assert remote.etag == '"e2"'


def test_a_change_without_a_known_etag_reads_it_first() -> None:
    network = scripted(one(name="a"), answer(200, {"id": "x", "etag": '"e3"'}))
    flow_service.source_connections(network.platform()).update("x", {"name": "a"}, {"name": "b"}, None)
    assert [request.method for request in network.requests] == ["GET", "PATCH"]
    assert network.requests[1].headers["If-Match"] == '"e2"'


@pytest.mark.parametrize(
    "theirs",
    [
        {"name": "a", "description": "theirs"},  # they changed another field
        {"name": "b"},  # they have already made the same change
    ],
)
def test_a_stale_etag_is_refreshed_if_our_fields_are_unchanged(theirs: dict[str, object]) -> None:
    network = scripted(STALE, one(**theirs), answer(200, {"id": "x", "etag": '"e3"'}))
    remote = flow_service.Flows(network.platform()).update("x", {"name": "a"}, {"name": "b"}, '"e1"')
    assert [request.method for request in network.requests] == ["PATCH", "GET", "PATCH"]
    assert network.requests[2].headers["If-Match"] == '"e2"'
    assert remote.etag == '"e3"'


def test_numbers_that_are_returned_as_text_are_not_a_conflict() -> None:
    network = scripted(STALE, one(scheduleParams={"interval": "15", "backfill": "true"}), answer(200, {"id": "x"}))
    before, after = ({"scheduleParams": {"interval": interval, "backfill": True}} for interval in (15, 30))
    flow_service.Flows(network.platform()).update("x", before, after, '"e1"')
    assert len(network.requests) == 3


def test_a_concurrent_change_of_the_same_field_is_not_overwritten() -> None:
    network = scripted(STALE, one(scheduleParams={"interval": 60}))
    before, after = ({"scheduleParams": {"interval": interval}} for interval in (15, 30))
    with pytest.raises(ConflictError) as raised:
        flow_service.Flows(network.platform()).update("x", before, after, '"e1"')
    assert str(raised.value) == (
        "Platform returned 412 for PATCH /data/foundation/flowservice/flows/x: /scheduleParams/interval was changed from "
        "15 to 60 by somebody else in the meantime; run `pulumi refresh` to review the change"
    )


def test_an_etag_that_is_stale_twice_is_an_error() -> None:
    network = scripted(STALE, one(name="a"), STALE)
    with pytest.raises(ConflictError, match="does not match the current version"):
        flow_service.Flows(network.platform()).update("x", {"name": "a"}, {"name": "b"}, '"e1"')


def test_masked_credentials_are_sent_whole_and_never_compared() -> None:
    network = scripted(STALE, one(auth={"params": {"password": "***"}}), answer(200, {"id": "x"}))
    before, after = (
        {"auth": {"specName": "s", "params": {"username": "u", "password": password}}} for password in ("old-1", "new-2")
    )
    flow_service.base_connections(network.platform()).update("x", before, after, '"e1"')
    whole = [{"op": "replace", "path": "/auth/params", "value": {"username": "u", "password": "new-2"}}]
    assert network.bodies == [whole, None, whole]


def test_an_object_that_is_being_prepared_is_awaited() -> None:
    busy = answer(400, {"code": "1416-400", "message": "not in this state"})
    network = scripted(busy, one(state="initializing"), one(state="enabled"), answer(204))
    flow_service.base_connections(network.platform()).delete("x")
    assert [request.method for request in network.requests] == ["DELETE", "GET", "GET", "DELETE"]
    assert len(network.waits) == 1


def test_an_object_that_does_not_get_ready_is_an_error_that_quotes_the_rejection() -> None:
    busy = answer(400, {"code": "1416-400", "message": "not in this state"})
    network = scripted(busy, *[one(state="updating")] * 50)
    with pytest.raises(RejectedError, match="not in this state"):
        flow_service.base_connections(network.platform(readyS="20")).delete("x")
    assert sum(network.waits) == pytest.approx(20)


def test_an_id_is_escaped_in_the_path() -> None:
    network = scripted(answer(204))
    flow_service.Flows(network.platform()).delete("../connections/y?z")
    assert network.request_lines == [f"DELETE {FLOWS}/flows/..%2Fconnections%2Fy%3Fz"]


def test_a_flows_state_is_not_sent_as_a_field() -> None:
    network = scripted(answer(201, {"id": "x", "etag": '"e"'}))
    flow_service.Flows(network.platform()).create({"name": "n", "state": "enabled"})
    assert network.bodies == [{"name": "n"}]


def test_a_flow_is_created_enabled_whatever_the_desired_state() -> None:
    network = scripted(answer(201, {"id": "x", "etag": '"e1"'}))
    remote = flow_service.Flows(network.platform()).create({"name": "n", "state": "disabled"})
    assert (network.bodies, remote.etag, remote.body) == ([{"name": "n"}], '"e1"', {"name": "n", "state": "enabled"})


@pytest.mark.parametrize(("state", "op"), [("enabled", "enable"), ("disabled", "disable")])
def test_a_changed_state_alone_is_one_action(state: str, op: str) -> None:
    network = scripted(answer(200, {"id": "x", "etag": '"e2"'}))
    other = "disabled" if state == "enabled" else "enabled"
    flow_service.Flows(network.platform()).update("x", {"name": "n", "state": other}, {"name": "n", "state": state}, '"e1"')
    assert (network.request_lines, network.requests[0].query) == ([f"POST {FLOWS}/flows/x/action"], {"op": op})


# -- Schema Registry --------------------------------------------------------------------------------------------------

SCHEMA_ID = "https://ns.adobe.com/acme/schemas/1a"
IN_PATH = "https%3A%2F%2Fns.adobe.com%2Facme%2Fschemas%2F1a"


def test_a_schema_is_requested_by_its_escaped_id_in_a_major_version() -> None:
    network = scripted(answer(200, {"$id": SCHEMA_ID, "title": "t"}))
    assert schema_registry.schemas(network.platform()).get(SCHEMA_ID, {}).id == SCHEMA_ID
    assert network.request_lines == [f"GET {REGISTRY}/tenant/schemas/{IN_PATH}"]
    assert network.requests[0].headers["Accept"] == "application/vnd.adobe.xed+json; version=1"


def test_a_list_of_schemas_has_no_version_and_continues_where_the_last_page_ended() -> None:
    pages = [{"results": [{"$id": "a"}], "_page": {"next": "b"}}, {"results": [{"$id": "b"}], "_page": {"next": None}}]
    network = scripted(*(answer(200, page) for page in pages))
    observed = list(schema_registry.schemas(network.platform()).list(title="t"))
    assert [remote.id for remote in observed] == ["a", "b"]
    assert {request.headers["Accept"] for request in network.requests} == {"application/vnd.adobe.xed+json"}
    assert network.requests[1].query["start"] == "b"
    assert network.requests[1].query["property"] == ["title==t"]


def test_an_added_field_group_is_appended() -> None:
    network = scripted(answer(200, {"$id": SCHEMA_ID}))
    before, after = {"allOf": [{"$ref": "c"}]}, {"allOf": [{"$ref": "c"}, {"$ref": "g"}]}
    schema_registry.schemas(network.platform()).update(SCHEMA_ID, before, after, None)
    assert network.bodies == [[{"op": "add", "path": "/allOf/-", "value": {"$ref": "g"}}]]
    assert "If-Match" not in network.requests[0].headers


def test_a_list_that_did_not_only_grow_is_replaced_whole_because_platforms_indexes_may_differ() -> None:
    network = scripted(answer(200, {"$id": SCHEMA_ID}))
    before, after = ({"allOf": [{"$ref": "c"}, {"$ref": group}]} for group in "gh")
    schema_registry.schemas(network.platform()).update(SCHEMA_ID, before, after, None)
    assert network.bodies == [[{"op": "replace", "path": "/allOf", "value": [{"$ref": "c"}, {"$ref": "h"}]}]]


@pytest.mark.parametrize("body", [{"@id": "d", "xdm:namespace": "Email"}, {"@id": "d"}, {}])
def test_a_changed_descriptor_is_put_as_a_whole(body: object) -> None:
    network = scripted(answer(200, body))
    remote = schema_registry.Descriptors(network.platform()).update("d", {"a": 1}, {"a": 2, "b": 3}, None)
    assert (network.request_lines, network.bodies, remote.id) == (
        [f"PUT {REGISTRY}/tenant/descriptors/d"],
        [{"a": 2, "b": 3}],
        "d",
    )


def test_descriptors_are_returned_grouped_by_type() -> None:
    network = scripted(answer(200, {"xdm:descriptorIdentity": [{"@id": "1", "p": "x"}, {"@id": "2", "p": "y"}], "other": None}))
    assert [remote.id for remote in schema_registry.Descriptors(network.platform()).list(p="y")] == ["2"]


@pytest.mark.parametrize("tags", [None, [], ["other"], "union"])
def test_a_schema_without_the_tag_is_not_in_the_union(tags: object) -> None:
    network = scripted(answer(200, {"$id": SCHEMA_ID, "meta:immutableTags": tags}))
    with pytest.raises(NotFoundError, match="the schema is not in the union"):
        schema_registry.Unions(network.platform()).get(SCHEMA_ID, {})


def test_a_schema_joins_the_union_by_its_tag_and_is_never_removed() -> None:
    network = scripted(answer(200, {"$id": SCHEMA_ID}))
    unions = schema_registry.Unions(network.platform())
    assert unions.create({"schema_id": SCHEMA_ID}).id == SCHEMA_ID
    unions.delete(SCHEMA_ID)
    assert network.bodies == [[{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]]


def test_the_tenant_id_is_requested_once() -> None:
    network = scripted(answer(200, {"tenantId": "acme"}))
    platform = network.platform()
    assert [schema_registry.tenant_namespace(platform) for _ in range(2)] == ["_acme", "_acme"]


def test_a_missing_tenant_id_is_an_error_that_names_whom_to_contact() -> None:
    with pytest.raises(AepError, match="ask an administrator"):
        schema_registry.tenant_namespace(scripted(answer(200, {})).platform())


# -- Catalog ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [["@/dataSets/5ab5"], ["@/datasets/5ab5"]])
def test_a_new_datasets_id_is_read_in_both_formats(body: object) -> None:
    assert catalog.Datasets(scripted(answer(201, body)).platform()).create({"name": "n"}).id == "5ab5"


@pytest.mark.parametrize("body", [[], {}, None, ["@/dataSets/"]])
def test_a_response_without_an_id_yields_none(body: object) -> None:
    assert catalog.Datasets(scripted(answer(201, body)).platform()).create({"name": "n"}).id == ""


def test_a_dataset_is_read_from_the_entry_of_its_id() -> None:
    network = scripted(answer(200, {"5ab5": {"name": "n"}}))
    assert catalog.Datasets(network.platform()).get("5ab5", {}) == RemoteObject("5ab5", {"name": "n"})


def test_an_empty_object_means_that_the_dataset_is_deleted() -> None:
    with pytest.raises(NotFoundError):
        catalog.Datasets(scripted(answer(200, {})).platform()).get("5ab5", {})


@pytest.mark.parametrize("body", [[], {"other": {}}, {"5ab5": None}, None])
def test_a_malformed_response_does_not_mean_that_the_dataset_is_deleted(body: object) -> None:
    with pytest.raises(ResponseError, match="the response does not contain it") as raised:
        catalog.Datasets(scripted(answer(200, body)).platform()).get("5ab5", {})
    assert not isinstance(raised.value, NotFoundError)


def test_deleting_a_dataset_that_does_not_exist_succeeds() -> None:
    network = scripted(answer(200, []))
    catalog.Datasets(network.platform()).delete("5ab5")
    assert network.request_lines == [f"DELETE {DATASETS}/5ab5"]


def test_our_tags_are_merged_into_platforms_one_by_one() -> None:
    network = scripted(answer(200, ["@/dataSets/5ab5"]))
    before = {"name": "n", "tags": {"kept": ["1"], "changed": ["1"], "gone": ["1"]}}
    after = {"name": "m", "tags": {"kept": ["1"], "changed": ["2"], "a/b": ["1"]}}
    catalog.Datasets(network.platform()).update("5ab5", before, after, None)
    assert network.requests[0].headers["Content-Type"] == "application/json-patch+json"
    assert network.bodies == [
        [
            {"op": "replace", "path": "/name", "value": "m"},
            {"op": "remove", "path": "/tags/gone"},
            {"op": "add", "path": "/tags/changed", "value": ["2"]},
            {"op": "add", "path": "/tags/a~1b", "value": ["1"]},
        ]
    ]


@pytest.mark.parametrize(
    ("make", "full", "rest"),
    [
        (catalog.Datasets, {str(n): {"name": "n"} for n in range(100)}, {"last": {"name": "n"}}),
        (data_prep.MappingSets, {"data": [{"id": str(n)} for n in range(100)]}, {"data": [{"id": "last"}]}),
    ],
)
def test_a_list_ends_with_a_page_that_is_not_full(make: Any, full: object, rest: object) -> None:
    network = scripted(answer(200, full), answer(200, rest))
    observed: Collection = make(network.platform())
    assert [remote.id for remote in observed.list(name="n")][-2:] == ["99", "last"]
    assert [(request.query["start"], request.query["limit"]) for request in network.requests] == [("0", "100"), ("100", "100")]


# -- Data Prep --------------------------------------------------------------------------------------------------------


def test_a_new_mapping_set_returns_200_with_id_and_version_only() -> None:
    remote = data_prep.MappingSets(scripted(answer(200, {"id": "m", "version": 0})).platform()).create({"mappings": []})
    assert (remote.id, remote.body) == ("m", {"mappings": [], "version": 0})


@pytest.mark.parametrize("end", [NOT_FOUND, answer(400, {"message": "no such version"}), answer(200, {"id": "m", "version": 4})])
def test_the_latest_version_is_searched_upwards_from_the_known_one(end: Any) -> None:
    network = scripted(*(answer(200, {"id": "m", "version": version}) for version in (2, 3, "4")), end)
    remote = data_prep.MappingSets(network.platform()).get("m", {"version": 2})
    assert [request.query["version"] for request in network.requests] == ["2", "3", "4", "5"]
    assert (remote.id, str(remote.body["version"])) == ("m", "4")


def test_a_mapping_set_that_does_not_exist_is_deleted() -> None:
    with pytest.raises(NotFoundError):
        data_prep.MappingSets(scripted(NOT_FOUND).platform()).get("m", {})


def test_a_changed_mapping_set_is_put_whole_and_returns_its_new_version() -> None:
    network = scripted(answer(200, {"id": "m", "version": 3}))
    remote = data_prep.MappingSets(network.platform()).update("m", {"a": 1}, {"a": 2}, None)
    assert (network.request_lines, network.bodies, remote.body["version"]) == ([f"PUT {MAPPINGS}/m"], [{"a": 2}], 3)


def test_where_platform_does_not_delete_mapping_sets_it_is_only_removed_from_state() -> None:
    data_prep.MappingSets(scripted(answer(405, {"message": "no such method"})).platform()).delete("m")


@pytest.mark.parametrize(("status", "kind"), [(400, RejectedError), (404, NotFoundError)])
def test_any_other_rejection_to_delete_a_mapping_set_is_an_error(status: int, kind: type[ResponseError]) -> None:
    with pytest.raises(kind):
        data_prep.MappingSets(scripted(answer(status, {"message": "no"})).platform()).delete("m")


# -- Identity Service -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", [[{"id": 7, "name": "n"}], {"id": 7, "name": "n"}])
def test_an_update_of_a_namespace_sends_the_whole_object_and_keeps_an_unmanaged_description(changed: object) -> None:
    network = scripted(answer(200, {"id": 7, "name": "old", "description": "somebody's"}), answer(200, changed))
    remote = identity.Namespaces(network.platform()).update("7", {"name": "old"}, {"name": "n", "code": "C"}, None)
    assert remote.id == "7"
    assert [line.split()[0] for line in network.request_lines] == ["GET", "PUT"]
    assert network.bodies[-1] == {"name": "n", "code": "C", "description": "somebody's"}


def test_an_update_of_a_namespace_with_its_description_is_one_request() -> None:
    network = scripted(answer(200, [{"id": 7}]))
    identity.Namespaces(network.platform()).update("7", {}, {"name": "n", "description": ""}, None)
    assert [line.split()[0] for line in network.request_lines] == ["PUT"]


def test_a_namespace_is_looked_up_by_its_code_in_any_case() -> None:
    listed = [{"id": 6, "code": "Email"}, {"id": 7, "code": "CRMID", "createTime": 1_700_000_000_500}, "odd"]
    (observed,) = identity.Namespaces(scripted(answer(200, listed)).platform()).list(code="CrmId")
    assert (observed.id, observed.made_at_s) == ("7", 1_700_000_000.5)
