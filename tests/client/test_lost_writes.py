"""Lost writes: what becomes of an object when the answer to a write does not come, told by what is asked of Platform then."""

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
from aep_pulumi.resources import _once, dataflow
from aep_pulumi.resources._journal import FolderJournal
from aep_pulumi.resources.dataflow import DataflowProvider

FLOWS = "/data/foundation/flowservice/flows"
LOST = TimedOutError("its answer was lost")
SAID: dict[str, Any] = {
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
STATE = SAID | {"starts_at": int(NOW + 60), "etag": '"1"'}
numbers = count(1)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pending creates are recorded; and nothing has been made in this process yet."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    another_process()


def another_process() -> None:
    """Forget what this process has made and deleted."""
    _once._created.clear()  # noqa: SLF001 - a process never forgets
    _once._deleted.clear()  # noqa: SLF001 - the same
    dataflow._dataset_of_flow.clear()  # noqa: SLF001 - the same


def pending(home: Path) -> list[str]:
    """The creates whose outcome the journal does not know."""
    return [entry.key for entry in FolderJournal(home / "journal", home / "begun").pending()]


class OneFlowOnly(StandIn):
    """A stand-in that answers what a dataflow's create asks about other dataflows: there are none."""

    def send(self, request: Request, *, timeout_s: tuple[float, float]) -> Response:
        """Play the next line of the script, unless it is such a question."""
        if request.method == "GET" and "/targetConnections" in request.url:
            return answer(200, {"items": [{"id": "t", "params": {"dataSetId": "d"}}]})
        if request.method == "GET" and "targetConnectionIds[]" in str(request.query):
            return answer(200, {"items": []})
        return super().send(request, timeout_s=timeout_s)


def playing(*script: Response | AepError) -> StandIn:
    """A stand-in with this script."""
    return OneFlowOnly(list(script))


def flow(state: str = "enabled", **more: object) -> Response:
    """A dataflow as Platform shows it."""
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
                    "flowSpec": {"id": SAID["flow_spec_id"], "version": "1.0"},
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
    """A provider of a stack of its own: its settings are nobody else's, so its client is this one."""
    changed = {"readTimeoutS": str(next(numbers)), "settleS": settle_s, "soleWriter": sole_writer}
    door = network.platform(**changed)
    client._CLIENTS[door.settings] = door  # noqa: SLF001 - the process's one client for these settings
    provider = DataflowProvider()
    provider.keep(CONFIG | {f"aep:{name}": value for name, value in changed.items()})
    return provider


def outputs(done: CreateResult | UpdateResult) -> dict[str, Any]:
    assert done.outs is not None
    return done.outs


def said(network: StandIn) -> list[str]:
    return [line.replace(FLOWS, "") for line in network.said]


def test_a_flow_that_shall_not_run_is_disabled_though_the_answer_to_its_create_was_lost() -> None:
    network = playing(LOST, flow(), flow(), answer(200, {"id": "f1", "etag": '"3"'}))
    made = performing(network).create(SAID | {"enabled": False})
    assert said(network) == ["POST ", "GET ", "GET /f1", "POST /f1/action"]
    assert (made.id, outputs(made)["enabled"], outputs(made)["etag"]) == ("f1", False, '"3"')


def test_a_flow_that_shall_not_run_and_cannot_be_disabled_is_not_left_behind() -> None:
    refused = answer(400, {"message": "no"})
    network = playing(LOST, flow(), flow(), refused, answer(204))
    with pytest.raises(RejectedError):
        performing(network).create(SAID | {"enabled": False})
    assert said(network)[-1] == "DELETE /f1"


def test_a_flow_that_can_be_neither_disabled_nor_deleted_is_looked_for_by_the_next_run(tmp_path: Path) -> None:
    down = UnreachableError("down")
    network = playing(answer(201, {"id": "f1", "etag": '"1"'}), *[down] * 100)
    with pytest.raises(AepError, match="down"):
        performing(network).create(SAID | {"enabled": False})
    assert len(pending(tmp_path)) == 1
    network = playing(flow(), flow(), answer(200, {"id": "f1", "etag": '"3"'}))
    another_process()
    made = performing(network).create(SAID | {"enabled": False})
    assert said(network) == ["GET ", "GET /f1", "POST /f1/action"]
    assert (made.id, outputs(made)["enabled"]) == ("f1", False)
    assert pending(tmp_path) == []


MADE = answer(201, {"id": "f1", "etag": '"1"'})


def test_a_flow_that_shall_not_run_is_made_and_disabled() -> None:
    network = playing(MADE, answer(200, {"id": "f1", "etag": '"2"'}))
    made = performing(network).create(SAID | {"enabled": False})
    assert said(network) == ["POST ", "POST /f1/action"]
    assert (network.asked[1].query, made.id, outputs(made)["enabled"], outputs(made)["etag"]) == (
        {"op": "disable"},
        "f1",
        False,
        '"2"',
    )


def test_a_flow_whose_disabling_lost_its_answer_is_looked_at_and_stays(tmp_path: Path) -> None:
    network = playing(MADE, LOST, flow("disabled"))
    made = performing(network).create(SAID | {"enabled": False})
    assert said(network) == ["POST ", "POST /f1/action", "GET /f1"]
    assert (made.id, outputs(made)["enabled"]) == ("f1", False)
    assert pending(tmp_path) == []


def test_a_flow_that_a_lagging_read_does_not_show_yet_is_disabled_all_the_same() -> None:
    not_yet = answer(404, {"message": "no such flow"})
    network = playing(MADE, LOST, not_yet, not_yet, answer(200, {"id": "f1", "etag": '"2"'}))
    made = performing(network).create(SAID | {"enabled": False})
    assert said(network) == ["POST ", "POST /f1/action", "GET /f1", "GET /f1", "POST /f1/action"]
    assert (made.id, outputs(made)["enabled"]) == ("f1", False)


def test_a_flow_that_was_taken_back_is_never_taken_for_one_that_is_there(tmp_path: Path) -> None:
    """Its disabling happens, but is never heard of; a read that lags behind the DELETE would show it just as it is wanted."""
    tried: list[Response | AepError] = [LOST, flow(), flow()]
    network = playing(MADE, *tried * 3, LOST, answer(204), flow("disabled"), flow("disabled"))
    with pytest.raises(TimedOutError):
        performing(network).create(SAID | {"enabled": False})
    assert said(network)[-2:] == ["POST /f1/action", "DELETE /f1"]
    assert pending(tmp_path) == [], "there is nothing to look for"
    another_process()
    network = playing(MADE, answer(200, {"id": "f1", "etag": '"2"'}))
    performing(network).create(SAID | {"enabled": False})
    assert said(network) == ["POST ", "POST /f1/action"]


def test_a_new_flow_that_platform_is_at_work_on_is_disabled_again_where_the_answer_was_lost() -> None:
    network = playing(MADE, answer(503, {}), *[flow("updating")] * 2, answer(200, {"id": "f1", "etag": '"2"'}))
    performing(network).create(SAID | {"enabled": False})
    assert said(network) == ["POST ", "POST /f1/action", "GET /f1", "GET /f1", "POST /f1/action"]


def test_what_an_ended_run_may_have_taken_back_is_looked_for_once_no_read_lags() -> None:
    with pytest.raises(AepError, match="f1 was created but could not be rolled back"):
        performing(playing(MADE, *[UnreachableError("down")] * 100)).create(SAID | {"enabled": False})
    another_process()
    network = playing(flow("disabled"), flow("disabled"))
    performing(network, settle_s="7").create(SAID | {"enabled": False})
    assert (said(network), network.waits) == (["GET ", "GET /f1"], [7])


def test_a_flow_that_could_not_be_disabled_is_no_second_one_when_it_may_run_after_all(tmp_path: Path) -> None:
    with pytest.raises(AepError):
        performing(playing(MADE, *[UnreachableError("down")] * 100)).create(SAID | {"enabled": False})
    another_process()
    network = playing(flow(), flow())
    assert performing(network).create(SAID).id == "f1"
    assert said(network) == ["GET ", "GET /f1"]
    assert pending(tmp_path) == []


def test_a_flow_that_is_still_prepared_is_not_gone_because_a_read_lags(tmp_path: Path) -> None:
    busy, not_yet = answer(400, {"code": "1458-400", "message": "busy"}), answer(404, {"message": "no such flow"})
    no = answer(403, {"message": "no right"})
    network = playing(MADE, no, busy, not_yet, flow(), busy, flow(), answer(204))
    with pytest.raises(AepError, match="no right"):
        performing(network, settle_s="7").create(SAID | {"enabled": False})
    assert said(network)[2:] == ["DELETE /f1", "GET /f1", "GET /f1", "DELETE /f1", "GET /f1", "DELETE /f1"]
    assert pending(tmp_path) == []


def test_a_field_that_is_given_up_while_platform_is_at_work_is_taken_away_once() -> None:
    network = playing(LOST, flow("updating"))
    performing(network).update("f1", STATE | {"description": "old"}, SAID)
    assert said(network) == ["PATCH /f1", "GET /f1"]


def test_an_object_in_a_form_that_cannot_be_read_is_sent_the_same_change_again() -> None:
    strange = flow(scheduleParams={"startTime": int(NOW + 60)})
    network = playing(LOST, strange, strange, answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", STATE, SAID | {"schedule": {"frequency": "hour", "interval": 2}})
    assert network.bodies[0] == network.bodies[-1]


def test_an_action_that_did_not_happen_is_asked_for_again() -> None:
    network = playing(answer(503, {}), *[flow()] * 2, answer(200, {"id": "f1", "etag": '"3"'}))
    changed = performing(network).update("f1", STATE, SAID | {"enabled": False})
    assert said(network)[0] == said(network)[-1] == "POST /f1/action"
    assert outputs(changed)["enabled"] is False


def test_a_flow_that_platform_is_at_work_on_says_nothing_of_an_action() -> None:
    before, after = STATE | {"enabled": False}, SAID
    network = playing(answer(503, {}), *[flow("updating")] * 2, answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", before, after)
    assert said(network) == ["POST /f1/action", "GET /f1", "GET /f1", "POST /f1/action"]


@pytest.mark.parametrize("enabled", [True, False])
def test_a_flow_that_platform_is_at_work_on_has_not_changed(enabled: bool) -> None:  # noqa: FBT001 - the parameter of a test
    before = STATE | {"enabled": enabled}
    read = performing(playing(flow("updating"))).read("f1", before)
    assert read.inputs == SAID | {"enabled": enabled}


def test_an_action_that_happened_is_not_asked_for_again() -> None:
    network = playing(answer(503, {}), flow("disabled"))
    changed = performing(network).update("f1", STATE, SAID | {"enabled": False})
    assert said(network) == ["POST /f1/action", "GET /f1"]
    assert outputs(changed)["enabled"] is False


def test_a_field_that_is_given_up_is_taken_away_though_the_first_try_was_lost() -> None:
    before = STATE | {"description": "old"}
    network = playing(LOST, *[flow(description="old")] * 2, answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", before, SAID)
    assert network.bodies[0] == network.bodies[-1] == [{"op": "remove", "path": "/description"}]


def test_what_a_lost_change_has_done_already_is_not_sent_again() -> None:
    after = SAID | {"schedule": {"frequency": "hour", "interval": 2}}
    network = playing(
        LOST, *[flow(description="old", scheduleParams={"startTime": int(NOW + 60), "frequency": "hour", "interval": 2})] * 3
    )
    network.script.append(answer(200, {"id": "f1", "etag": '"3"'}))
    performing(network).update("f1", STATE | {"description": "old"}, after)
    assert [operation["path"] for operation in network.bodies[-1]] == ["/description"]


def test_an_answer_without_an_id_is_looked_up() -> None:
    network = playing(answer(201), flow(), flow())
    assert performing(network).create(SAID).id == "f1"
    assert said(network) == ["POST ", "GET ", "GET /f1"]


def test_an_object_that_cannot_be_read_yet_is_looked_for_again() -> None:
    network = playing(LOST, flow(), answer(404, {}), flow(), flow())
    assert performing(network, settle_s="5").create(SAID).id == "f1"
    assert said(network) == ["POST ", "GET ", "GET /f1", "GET ", "GET /f1"]


# -- what threads share -----------------------------------------------------------------------------------------------


def test_a_failure_is_told_to_all_who_waited_for_the_answer_and_to_nobody_later() -> None:
    shared: Shared[int] = Shared()
    asked, waiting, failures = [], threading.Barrier(4), []

    def fail() -> int:
        asked.append(1)
        threading.Event().wait(0.5)  # as long as the others need to come and wait
        raise UnreachableError("nobody is there")

    def ask(number: int) -> None:
        waiting.wait()
        try:
            shared.get(fail)
        except AepError as error:
            failures.append(str(error.about(f"object {number}")))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
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
def test_an_error_can_be_told_twice_of_different_objects(error: AepError) -> None:
    twin = copy.copy(error)
    assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))
    assert str(twin.about("flow x")) == f"flow x: {error}"
