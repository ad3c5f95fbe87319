"""Lost writes: what happens to an object when the response to a write is lost, judged by the requests that follow."""

import copy
import threading
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import CreateResult, UpdateResult
from stand_in import CONFIG, NOW, StandIn, answer

from aep_pulumi.client import client
from aep_pulumi.client.shared import Shared
from aep_pulumi.client.transport import Request, Response
from aep_pulumi.errors import AepError, NotFoundError, OutageError, RejectedError, TimedOutError, UnreachableError
from aep_pulumi.journals.folder import FolderJournal
from aep_pulumi.resources import _once, dataflow
from aep_pulumi.resources.dataflow import DataflowProvider

FLOWS = "/data/foundation/flowservice/flows"
LOST = TimedOutError("its answer was lost")
INPUTS: dict[str, Any] = {
    "name": "flow",
    "flow_spec_id": "14518937-270c-4525-bdec-c2ba7cce3860",
    "flow_spec_version": "1.0",
    "source_connection_id": "s",
    "target_connection_id": "t",
    "mapping_set_id": "m",
    "mapping_set_version": 0,
    "schedule": {"frequency": "hour", "interval": 1},
    "delta_column": {"name": "L"},
    "enabled": True,
}
STATE = INPUTS | {"starts_at": int(NOW + 60), "etag": '"1"'}
numbers = count(1)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the journal records pending creates; this process has created nothing yet."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    another_process()


def another_process() -> None:
    """Forget what this process has created and deleted, as a new process would."""
    _once._created.clear()  # noqa: SLF001 - a process never forgets it otherwise
    _once._deleted.clear()  # noqa: SLF001 - the same
    dataflow._dataset_of_flow.clear()  # noqa: SLF001 - the same


def pending(home: Path) -> list[str]:
    """The creates whose outcome is unknown, by the journal."""
    return [entry.key for entry in FolderJournal(home / "journal", home / "begun").pending()]


class OneFlowOnly(StandIn):
    """A stand-in that answers the lookups of other dataflows before a create: there are none."""

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Return the next entry of the script, unless it is such a lookup."""
        if request.method == "GET" and "/targetConnections" in request.url:
            return answer(200, {"items": [{"id": "t", "params": {"dataSetId": "d"}}]})
        if request.method == "GET" and "targetConnectionIds[]" in str(request.query):
            return answer(200, {"items": []})
        return super().send(request, timeout_s=timeout_s)


def scripted(*script: Response | AepError) -> StandIn:
    """A stand-in with this script."""
    return OneFlowOnly(list(script))


def flow(state: str = "enabled", **more: object) -> Response:
    """A dataflow as Platform returns it."""
    return answer(
        200,
        {
            "items": [
                {
                    "id": "f1",
                    "name": "flow",
                    "createdAt": NOW * 1000,
                    "createdClient": "client",
                    "etag": '"2"',
                    "state": state,
                    "flowSpec": {"id": INPUTS["flow_spec_id"], "version": "1.0"},
                    "sourceConnectionIds": ["s"],
                    "targetConnectionIds": ["t"],
                    "transformations": [
                        {"name": "Copy", "params": {"deltaColumn": {"name": "L"}}},
                        {"name": "Mapping", "params": {"mappingId": "m", "mappingVersion": 0}},
                    ],
                    "scheduleParams": {"startTime": int(NOW + 60), "frequency": "hour", "interval": 1},
                }
                | more
            ]
        },
    )


def performing(network: StandIn, settle_s: str = "0", sole_writer: str = "true") -> DataflowProvider:
    """A provider of its own stack: no other test has these settings, so the client is this one."""
    changed = {"readTimeoutS": str(next(numbers)), "settleS": settle_s, "soleWriter": sole_writer}
    platform_client = network.platform(**changed)
    client._CLIENTS[platform_client.settings] = platform_client  # noqa: SLF001 - the process's shared client for these settings
    provider = DataflowProvider()
    provider.keep(CONFIG | {f"aep:{name}": value for name, value in changed.items()})
    return provider


def outputs(done: CreateResult | UpdateResult) -> dict[str, Any]:
    assert done.outs is not None
    return done.outs


def request_lines(network: StandIn) -> list[str]:
    return [line.replace(FLOWS, "") for line in network.request_lines]


def test_a_disabled_flow_is_disabled_though_the_response_to_its_create_was_lost() -> None:
    network = scripted(LOST, flow(), flow(), answer(200, {"id": "f1", "etag": '"3"'}))
    made = performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network) == ["POST ", "GET ", "GET /f1", "POST /f1/action"]
    assert (made.id, outputs(made)["enabled"], outputs(made)["etag"]) == ("f1", False, '"3"')


def test_a_new_flow_that_cannot_be_disabled_is_rolled_back() -> None:
    rejection = answer(400, {"message": "no"})
    network = scripted(LOST, flow(), flow(), rejection, answer(204))
    with pytest.raises(RejectedError):
        performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network)[-1] == "DELETE /f1"


def test_a_flow_that_can_be_neither_disabled_nor_deleted_is_looked_up_by_the_next_run(tmp_path: Path) -> None:
    down = UnreachableError("down")
    network = scripted(answer(201, {"id": "f1", "etag": '"1"'}), *[down] * 100)
    with pytest.raises(AepError, match="down"):
        performing(network).create(INPUTS | {"enabled": False})
    assert len(pending(tmp_path)) == 1
    network = scripted(flow(), flow(), answer(200, {"id": "f1", "etag": '"3"'}))
    another_process()
    made = performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network) == ["GET ", "GET /f1", "POST /f1/action"]
    assert (made.id, outputs(made)["enabled"]) == ("f1", False)
    assert pending(tmp_path) == []


MADE = answer(201, {"id": "f1", "etag": '"1"'})


def test_a_disabled_flow_is_created_and_then_disabled() -> None:
    network = scripted(MADE, answer(200, {"id": "f1", "etag": '"2"'}))
    made = performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network) == ["POST ", "POST /f1/action"]
    assert (network.requests[1].query, made.id, outputs(made)["enabled"], outputs(made)["etag"]) == (
        {"op": "disable"},
        "f1",
        False,
        '"2"',
    )


def test_a_flow_whose_disable_response_was_lost_is_read_and_kept(tmp_path: Path) -> None:
    network = scripted(MADE, LOST, flow("disabled"))
    made = performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network) == ["POST ", "POST /f1/action", "GET /f1"]
    assert (made.id, outputs(made)["enabled"]) == ("f1", False)
    assert pending(tmp_path) == []


def test_a_flow_that_a_stale_read_does_not_show_yet_is_still_disabled() -> None:
    not_yet = answer(404, {"message": "no such flow"})
    network = scripted(MADE, LOST, not_yet, not_yet, answer(200, {"id": "f1", "etag": '"2"'}))
    made = performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network) == ["POST ", "POST /f1/action", "GET /f1", "GET /f1", "POST /f1/action"]
    assert (made.id, outputs(made)["enabled"]) == ("f1", False)


def test_a_rolled_back_flow_is_never_adopted(tmp_path: Path) -> None:
    """Its disabling happens, but the response is lost; a stale read after the DELETE would show it as desired."""
    tried: list[Response | AepError] = [LOST, flow(), flow()]
    network = scripted(MADE, *tried * 3, LOST, answer(204), flow("disabled"), flow("disabled"))
    with pytest.raises(TimedOutError):
        performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network)[-2:] == ["POST /f1/action", "DELETE /f1"]
    assert pending(tmp_path) == [], "there is nothing to look up"
    another_process()
    network = scripted(MADE, answer(200, {"id": "f1", "etag": '"2"'}))
    performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network) == ["POST ", "POST /f1/action"]


def test_a_new_flow_in_a_transitional_state_is_disabled_again_after_a_lost_response() -> None:
    network = scripted(MADE, answer(503, {}), *[flow("updating")] * 2, answer(200, {"id": "f1", "etag": '"2"'}))
    performing(network).create(INPUTS | {"enabled": False})
    assert request_lines(network) == ["POST ", "POST /f1/action", "GET /f1", "GET /f1", "POST /f1/action"]


def test_what_a_crashed_run_may_have_rolled_back_is_looked_up_after_the_consistency_window() -> None:
    with pytest.raises(AepError, match="f1 was created but could not be rolled back"):
        performing(scripted(MADE, *[UnreachableError("down")] * 100)).create(INPUTS | {"enabled": False})
    another_process()
    network = scripted(flow("disabled"), flow("disabled"))
    performing(network, settle_s="7").create(INPUTS | {"enabled": False})
    assert (request_lines(network), network.waits) == (["GET ", "GET /f1"], [7])


def test_a_flow_that_could_not_be_disabled_is_adopted_once_it_may_run(tmp_path: Path) -> None:
    with pytest.raises(AepError):
        performing(scripted(MADE, *[UnreachableError("down")] * 100)).create(INPUTS | {"enabled": False})
    another_process()
    network = scripted(flow(), flow())
    assert performing(network).create(INPUTS).id == "f1"
    assert request_lines(network) == ["GET ", "GET /f1"]
    assert pending(tmp_path) == []


def test_a_flow_that_is_still_being_created_is_not_deleted_because_a_read_is_stale(tmp_path: Path) -> None:
    busy, not_yet = answer(400, {"code": "1458-400", "message": "busy"}), answer(404, {"message": "no such flow"})
    no = answer(403, {"message": "no right"})
    network = scripted(MADE, no, busy, not_yet, flow(), busy, flow(), answer(204))
    with pytest.raises(AepError, match="no right"):
        performing(network, settle_s="7").create(INPUTS | {"enabled": False})
    assert request_lines(network)[2:] == ["DELETE /f1", "GET /f1", "GET /f1", "DELETE /f1", "GET /f1", "DELETE /f1"]
    assert pending(tmp_path) == []


def test_a_field_removed_during_a_transitional_state_is_removed_once() -> None:
    network = scripted(LOST, flow("updating"))
    performing(network).update("f1", STATE | {"description": "old"}, INPUTS)
    assert request_lines(network) == ["PATCH /f1", "GET /f1"]


def test_a_change_is_sent_again_to_an_object_that_cannot_be_parsed() -> None:
    unreadable = flow(scheduleParams={"startTime": int(NOW + 60)})
    network = scripted(LOST, unreadable, unreadable, answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", STATE, INPUTS | {"schedule": {"frequency": "hour", "interval": 2}})
    assert network.bodies[0] == network.bodies[-1]


def test_an_action_that_did_not_happen_is_sent_again() -> None:
    network = scripted(answer(503, {}), *[flow()] * 2, answer(200, {"id": "f1", "etag": '"3"'}))
    changed = performing(network).update("f1", STATE, INPUTS | {"enabled": False})
    assert request_lines(network)[0] == request_lines(network)[-1] == "POST /f1/action"
    assert outputs(changed)["enabled"] is False


def test_a_transitional_state_does_not_confirm_an_action() -> None:
    before, after = STATE | {"enabled": False}, INPUTS
    network = scripted(answer(503, {}), *[flow("updating")] * 2, answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", before, after)
    assert request_lines(network) == ["POST /f1/action", "GET /f1", "GET /f1", "POST /f1/action"]


@pytest.mark.parametrize("enabled", [True, False])
def test_a_transitional_state_is_not_drift(enabled: bool) -> None:  # noqa: FBT001 - a test parameter
    before = STATE | {"enabled": enabled}
    read = performing(scripted(flow("updating"))).read("f1", before)
    assert read.inputs == INPUTS | {"enabled": enabled}


def test_an_action_that_happened_is_not_sent_again() -> None:
    network = scripted(answer(503, {}), flow("disabled"))
    changed = performing(network).update("f1", STATE, INPUTS | {"enabled": False})
    assert request_lines(network) == ["POST /f1/action", "GET /f1"]
    assert outputs(changed)["enabled"] is False


def test_a_removed_field_is_removed_though_the_first_response_was_lost() -> None:
    before = STATE | {"description": "old"}
    network = scripted(LOST, *[flow(description="old")] * 2, answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", before, INPUTS)
    assert network.bodies[0] == network.bodies[-1] == [{"op": "remove", "path": "/description"}]


def test_what_a_lost_change_has_already_done_is_not_sent_again() -> None:
    after = INPUTS | {"schedule": {"frequency": "hour", "interval": 2}}
    network = scripted(
        LOST, *[flow(description="old", scheduleParams={"startTime": int(NOW + 60), "frequency": "hour", "interval": 2})] * 3
    )
    network.script.append(answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", STATE | {"description": "old"}, after)
    assert [operation["path"] for operation in network.bodies[-1]] == ["/description"]


def test_after_a_response_without_an_id_the_object_is_looked_up() -> None:
    network = scripted(answer(201), flow(), flow())
    assert performing(network).create(INPUTS).id == "f1"
    assert request_lines(network) == ["POST ", "GET ", "GET /f1"]


def test_an_object_that_cannot_be_read_yet_is_looked_up_again() -> None:
    network = scripted(LOST, flow(), answer(404, {}), flow(), flow())
    assert performing(network, settle_s="5").create(INPUTS).id == "f1"
    assert request_lines(network) == ["POST ", "GET ", "GET /f1", "GET ", "GET /f1"]


# -- shared between threads -------------------------------------------------------------------------------------------


def test_a_failure_is_raised_in_all_waiting_threads_but_not_cached() -> None:
    shared: Shared[int] = Shared()
    attempts, waiting, failures = [], threading.Barrier(4), []

    def fail() -> int:
        attempts.append(1)
        threading.Event().wait(0.5)  # long enough for the other threads to join
        raise UnreachableError("nobody is there")

    def attempt(number: int) -> None:
        waiting.wait()
        try:
            shared.get(fail)
        except AepError as error:
            failures.append(str(error.about(f"object {number}")))

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(attempts) == 1
    assert sorted(failures) == [f"object {number}: nobody is there" for number in range(4)]
    assert shared.get(lambda: 7) == 7
    assert shared.get(fail) == 7


@pytest.mark.parametrize(
    "error",
    [
        UnreachableError("gone"),
        OutageError(status=503, method="GET", path="/x", code="c", message="w", request_id="r", hint="h"),
        NotFoundError(status=404, method="GET", path="/x"),
    ],
)
def test_an_error_can_be_raised_for_two_objects(error: AepError) -> None:
    twin = copy.copy(error)
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
    assert str(twin.about("flow x")) == f"flow x: {error}"
