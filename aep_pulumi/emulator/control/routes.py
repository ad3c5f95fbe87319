"""Routes of the control API: requests, objects, snapshots, ids, faults, permissions, failing runs, seeds, clock, sandboxes."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aep_pulumi.emulator.control import clock_calls, seeding, snapshots
from aep_pulumi.emulator.core import batch_files, faults, ids
from aep_pulumi.emulator.core.calls import Reply, read_json, whole_number
from aep_pulumi.emulator.core.gateway import as_response
from aep_pulumi.emulator.core.json_schema import NAME, JsonSchema, closed, list_of
from aep_pulumi.emulator.core.objects import FLOWS, RUN_RESULTS, Json, Objects
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.crm import seeds
from aep_pulumi.emulator.flow_service import due_times, run_record
from aep_pulumi.emulator.flow_service.slots import slots
from aep_pulumi.emulator.ims import permissions
from aep_pulumi.emulator.sandboxes import sandboxes

VERSION = 1

# The fields for the name and the id of an object; they differ by kind.
NAMES = ("name", "title", "xdm:sourceProperty")
IDS = ("id", "$id", "@id")

# Adobe's rule for names: lowercase, no spaces, no special characters.
SANDBOX = JsonSchema(
    closed(("name", "type"), name={"type": "string", "pattern": "^[a-z0-9-]{1,256}$"}, type=NAME, title=NAME), always_strict=True
)
IDS_SEED = JsonSchema(closed(("seed",), seed={"type": ["string", "null"], "minLength": 1}), always_strict=True)
FAILURE = JsonSchema(
    closed(
        ("flowId", "code", "message"),
        flowId=NAME,
        at={"type": "integer", "minimum": 1},
        code=NAME,
        message=NAME,
        failed_rows={"type": "integer", "minimum": 1},
    ),
    always_strict=True,
)

SEED = JsonSchema(closed(("folder",), folder=NAME, connector=NAME, deltaColumn=NAME), always_strict=True)

Handler = Callable[[Request, Json], Response | Awaitable[Response]]


def routes(stop: Callable[[], None], services: Sequence[str]) -> list[Route]:
    """The routes of the control API.

    Args:
        stop: stops the process.
        services: the names of the services for which permissions can be denied.
    """

    def stopped(_: Request, __: Json) -> Response:
        stop()
        return _reply({"stopping": True})

    denied = closed(("deny",), deny=list_of({"enum": list(services)}), sandboxes=list_of({"type": "string"}))
    denial = JsonSchema(denied, always_strict=True)
    return [
        Route("/_local/health", _guarded(_health)),
        Route("/_local/requests", _guarded(_requests)),
        Route("/_local/recording", _guarded(_recording)),
        Route("/_local/objects", _guarded(_objects)),
        Route("/_local/reset", _guarded(_reset), methods=["POST"]),
        Route("/_local/stop", _guarded(stopped), methods=["POST"]),
        Route("/_local/faults", _guarded(_faults)),
        Route("/_local/faults", _guarded(_replace_faults, faults.PLAN), methods=["POST"]),
        Route("/_local/faults", _guarded(_clear_faults), methods=["DELETE"]),
        Route("/_local/clock", _guarded(_clock)),
        Route("/_local/clock", _guarded(_change_clock, clock_calls.CHANGE), methods=["POST"]),
        Route("/_local/clock/first-runs", _guarded(_first_runs, clock_calls.FIRST_RUNS), methods=["POST"]),
        Route("/_local/ids", _guarded(_ids)),
        Route("/_local/ids", _guarded(_set_ids, IDS_SEED), methods=["POST"]),
        Route("/_local/snapshots", _guarded(_snapshots)),
        Route("/_local/snapshots/{name}", _guarded(_snapshot, snapshots.OPTIONS), methods=["POST"]),
        Route("/_local/snapshots/{name}", _guarded(_delete_snapshot), methods=["DELETE"]),
        Route("/_local/snapshots/{name}/restore", _guarded(_restore), methods=["POST"]),
        Route("/_local/sandboxes", _guarded(_sandboxes)),
        Route("/_local/sandboxes", _guarded(_add_sandbox, SANDBOX), methods=["POST"]),
        Route("/_local/permissions", _guarded(_permissions)),
        Route("/_local/permissions", _guarded(_deny, denial), methods=["POST"]),
        Route("/_local/seed", _guarded(_seeds)),
        Route("/_local/seed", _guarded(_seed, SEED), methods=["POST"]),
        Route("/_local/seed", _guarded(_use_samples), methods=["DELETE"]),
        Route("/_local/runs/fail", _guarded(_fail_run, FAILURE), methods=["POST"]),
    ]


def _guarded(handler: Handler, schema: JsonSchema | None = None) -> Callable[..., object]:
    """Restrict a handler to local tools, and validate the JSON body against `schema`, if any.

    This protects against web pages: a page can make a browser send a POST to this port, but it cannot set the header
    without a preflight request, which always fails, and the Host check prevents DNS rebinding.
    """

    async def guarded(request: Request) -> Response:
        if request.url.hostname not in {"127.0.0.1", "localhost"}:
            return _error("The control API only accepts requests to 127.0.0.1 or localhost.", 403)
        if request.method not in {"GET", "HEAD"} and request.headers.get("x-local-control") != "yes":
            return _error("Send the header x-local-control: yes.", 403)
        if schema is None:
            return await _finished(handler(request, {}))
        try:
            body = read_json(await request.body() or b"{}")
        except ValueError:
            return _error("The body is not valid JSON.")
        if violation := schema.violation(body):
            return _error(violation.message)
        return await _finished(handler(request, dict(body)))  # type: ignore[call-overload]  # guaranteed by the schema

    return guarded


async def _finished(response: Response | Awaitable[Response]) -> Response:
    return response if isinstance(response, Response) else await response


def _reply(body: object, status: int = 200) -> Response:
    return as_response(Reply(status, body))


def _error(message: str, status: int = 400) -> Response:
    return _reply({"error": message}, status)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _rules(request: Request) -> faults.Faults:
    rules: faults.Faults = request.app.state.faults
    return rules


def _health(_: Request, __: Json) -> Response:
    return _reply({"service": "aep-local-platform", "version": VERSION, "pid": os.getpid()})


# --- requests and objects -------------------------------------------------------------------------------------------


def _requests(request: Request, _: Json) -> Response:
    return _since(request, _store(request).requests_since)


def _recording(request: Request, _: Json) -> Response:
    """A page of the requests with their headers and responses; the next page is that since the last one's seq."""
    return _since(request, _store(request).recorded_since)


def _since(request: Request, read: Callable[[int], Sequence[Json]]) -> Response:
    since = whole_number(request.query_params.get("since", "0"))
    if since is None:
        return _error("since must be a number: the seq of the last request seen.")
    return _reply({"requests": read(since)})


def _objects(request: Request, _: Json) -> Response:
    store = _store(request)
    return _reply({name: _summaries(store.objects(name)) for name in sandboxes.by_name(store.global_settings)})


def _summaries(objects: Objects) -> Json:
    return {collection: [_summary(body) for body in bodies] for collection, bodies in objects.all_by_collection().items()}


def _summary(body: Json) -> Json:
    return {
        "id": next((body[key] for key in IDS if key in body), None),
        "name": next((body[key] for key in NAMES if body.get(key)), None),
    }


async def _reset(request: Request, _: Json) -> Response:
    async with request.app.state.seeding:
        await _no_work(request)
        _store(request).reset()
        batch_files.delete_all()
        seeds.delete_all()
        _forget(request)
    return _reply({"reset": True})


async def _no_work(request: Request) -> None:
    """End all work on runs: what it would store belongs to the state before."""
    request.app.state.worker.cancel()
    await request.app.state.worker.idle()


def _forget(request: Request) -> None:
    """Forget what is in memory of the state before."""
    due_times.forget()
    _rules(request).load()
    load_settings(_store(request))


# --- snapshots and ids ------------------------------------------------------------------------------------------------


def _snapshots(_: Request, __: Json) -> Response:
    return _reply({"snapshots": snapshots.listed()})


def _snapshot(request: Request, body: Json) -> Response:
    try:
        taken = snapshots.take(_store(request), request.path_params["name"], replace=body.get("replace", False))
    except snapshots.SnapshotError as error:
        return _error(str(error), error.status)
    return _reply(taken, 201)


def _delete_snapshot(request: Request, _: Json) -> Response:
    try:
        snapshots.delete(request.path_params["name"])
    except snapshots.SnapshotError as error:
        return _error(str(error), error.status)
    return _snapshots(request, {})


async def _restore(request: Request, _: Json) -> Response:
    async with request.app.state.seeding:
        await _no_work(request)
        try:
            restored = snapshots.restore(_store(request), request.path_params["name"])
        except snapshots.SnapshotError as error:
            return _error(str(error), error.status)
        _forget(request)
    return _reply(restored)


def _ids(_: Request, __: Json) -> Response:
    return _reply({"seed": ids.seed()})


def _set_ids(request: Request, body: Json) -> Response:
    ids.set_seed(_store(request), body["seed"])
    return _ids(request, {})


def load_settings(store: Store) -> None:
    """Load what is kept in memory of the global settings: the clock, and the seed of the ids."""
    clock_calls.load(store)
    ids.load(store)


# --- faults, permissions, failing runs ------------------------------------------------------------------------------


def _faults(request: Request, _: Json) -> Response:
    return _reply(_rules(request).report())


def _replace_faults(request: Request, body: Json) -> Response:
    if mistake := _rules(request).replace(body):
        return _error(mistake)
    return _faults(request, {})


def _clear_faults(request: Request, _: Json) -> Response:
    return _replace_faults(request, {"rules": []})


def _permissions(request: Request, _: Json) -> Response:
    return _reply(permissions.denied(_store(request).global_settings))


def _deny(request: Request, body: Json) -> Response:
    with _store(request).transaction():
        permissions.deny(_store(request).global_settings, body["deny"], body.get("sandboxes", ()))
    return _permissions(request, {})


def _fail_run(request: Request, body: Json) -> Response:
    store = _store(request)
    for sandbox in sandboxes.by_name(store.global_settings):
        objects = store.objects(sandbox)
        if flow := objects.find(FLOWS, body["flowId"]):
            number = body.get("at") or len(slots(flow)) + 1
            failure = {key: value for key, value in body.items() if key not in {"flowId", "at"}}
            with store.transaction():
                objects.replace(FLOWS, flow["id"], run_record.failing(flow, number, failure))
                # A run that has been executed is executed again.
                for slot in slots(flow)[number - 1 : number]:
                    objects.remove(RUN_RESULTS + flow["id"], slot.key)
            return _reply({"flowId": flow["id"], "at": number, **failure})
    return _error(f"The flow {body['flowId']} does not exist.", 404)


# --- seeds ----------------------------------------------------------------------------------------------------------


def _seeds(request: Request, _: Json) -> Response:
    return _reply({"seeds": seeding.all_described(_store(request))})


async def _seed(request: Request, body: Json) -> Response:
    try:
        connector = seeding.connector_named(body.get("connector", seeding.DEFAULT))
        async with request.app.state.seeding:
            # In a thread, as a large file takes seconds.
            seed = await run_in_threadpool(seeding.read, body["folder"], body.get("deltaColumn"))
            return _reply(seeding.use(_store(request), connector, seed))
    except seeding.UnknownConnectorError as error:
        return _error(str(error))
    except seeds.SeedError as error:
        return _reply({"error": f"Nothing was seeded: {error.problems[0]}", "problems": error.problems}, 400)


async def _use_samples(request: Request, _: Json) -> Response:
    try:
        connector = seeding.connector_named(request.query_params.get("connector", seeding.DEFAULT))
    except seeding.UnknownConnectorError as error:
        return _error(str(error))
    async with request.app.state.seeding:
        return _reply(seeding.use(_store(request), connector, None))


# --- clock and sandboxes --------------------------------------------------------------------------------------------


def _clock(_: Request, __: Json) -> Response:
    return _reply(clock_calls.shown())


async def _change_clock(request: Request, body: Json) -> Response:
    return _reply(await clock_calls.change(request, body))


async def _first_runs(request: Request, body: Json) -> Response:
    return _reply(await clock_calls.first_runs(request, body))


def _sandboxes(request: Request, _: Json) -> Response:
    known = sandboxes.by_name(_store(request).global_settings)
    return _reply({"sandboxes": [sandboxes.representation(each) for each in known.values()]})


def _add_sandbox(request: Request, body: Json) -> Response:
    store = _store(request)
    if body["name"] in sandboxes.by_name(store.global_settings):
        return _error(f"The sandbox {body['name']} already exists.", 409)
    with store.transaction():
        added = sandboxes.add(store.global_settings, body["name"], body.get("title") or body["name"], body["type"])
    return _reply(sandboxes.representation(added), 201)
