"""Values: what a program may pass instead of plain JSON, and the errors for other values. With Pulumi's mocks."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import uuid
from collections import OrderedDict, deque, namedtuple
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from mocked import left_to_checks
from pulumi import Output, ResourceOptions, runtime
from pulumi.output import UNKNOWN, Unknown

import aep_pulumi as aep
from aep_pulumi.engine_values import SECRET_MARK, SIGNATURE
from aep_pulumi.resources._carried import from_engine_json
from aep_pulumi.resources._resource import Resource
from aep_pulumi.resources._values import plain
from aep_pulumi.resources.dataflow import Schedule
from aep_pulumi.resources.dataset import DatasetInputs

SCHEMA = "https://ns.adobe.com/acme/schemas/one"
DATASET: dict[str, Any] = {"name": "D", "schema_id": SCHEMA}
SOURCE: dict[str, Any] = {"name": "S", "base_connection_id": "b", "connection_spec_id": "c"}
FLOW: dict[str, Any] = {
    "name": "F",
    "source_connection_id": "s",
    "target_connection_id": "t",
    "mapping_set_id": "m",
    "mapping_set_version": 0,
    "delta_column": {"name": "LastModifiedDate"},
}


class RecordingMocks(runtime.Mocks):
    """A Platform on which everything succeeds; it records the inputs that the engine received."""

    def __init__(self) -> None:
        self.inputs: list[dict[str, Any]] = []

    def new_resource(self, args: runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Create it."""
        self.inputs.append(dict(args.inputs))
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Lookups return nothing."""
        raise AssertionError(args.token)


def received(declare: Callable[[], Resource]) -> dict[str, Any]:
    """The inputs that reach the engine, through the SDK's own serialisation."""
    mocks, loops = RecordingMocks(), list[asyncio.AbstractEventLoop]()

    def begin_thread() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    async def program() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(initializer=begin_thread))
        runtime.set_mocks(mocks)
        left_to_checks()
        declare()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.gather(*others)

    try:
        asyncio.run(program())
    finally:
        for loop in loops:
            loop.close()
    (inputs,) = mocks.inputs
    return dict(in_clear(inputs))


def in_clear(value: Any) -> Any:
    """The value as a provider receives it: secrets decrypted."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET_MARK:
            return in_clear(value["value"])
        return {name: in_clear(item) for name, item in value.items()}
    return [in_clear(item) for item in value] if isinstance(value, list) else value


def problems(declare: Callable[[], Resource], kind: Any = aep.Dataset) -> list[str]:
    """The failures of a preview."""
    checked = kind.provider().check({}, received(declare))
    return [failure.reason for failure in checked.failures]


def dataset(**inputs: Any) -> Callable[[], Resource]:
    """A dataset in a program."""
    return lambda: aep.Dataset("d", **(DATASET | inputs))


def flow(schedule: Any, start: Callable[[], Any] | None = None) -> dict[str, Any]:
    """The schedule of a dataflow, as the engine receives it; `start` creates an output while the program runs."""

    def program_schedule() -> Any:
        return {**schedule, "start_time": start()} if start else schedule

    inputs = received(lambda: aep.Dataflow("f", **FLOW, schedule=program_schedule()))
    assert aep.Dataflow.provider().check({}, inputs).failures == []
    return dict(inputs["schedule"])


@dataclasses.dataclass
class Hourly:
    """A schedule."""

    frequency: str = "hour"
    interval: int = 1
    backfill: bool | None = None


class Colour(enum.Enum):
    """An enumeration."""

    RED = "red"


Pair = namedtuple("Pair", ["name", "type"])  # noqa: PYI024 - still common in programs


def output_of(value: Any) -> Output[Any]:
    """An output of such a value, as `apply` returns it."""
    return Output.from_input(0).apply(lambda _: value)


def circular() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["a"] = value
    return value


def nested(levels: int, *, lists: bool = False) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value] if lists else {"a": value}
    return value


REJECTED: list[tuple[dict[str, Any], str]] = [
    ({"tags": {"a": {"x", "y"}}}, "tags.a is of type set, which has no order: use a list, such as sorted(…)"),
    ({"tags": {"a": frozenset("x")}}, "tags.a is of type frozenset, which has no order: use a list, such as sorted(…)"),
    ({"name": b"x"}, "name is of type bytes: use a string, such as ….decode()"),
    ({"name": bytearray(b"x")}, "name is of type bytearray: use a string, such as ….decode()"),
    ({"description": datetime(2027, 1, 1, tzinfo=UTC)}, "description is of type datetime: use a string, such as ….isoformat()"),
    ({"description": date(2027, 1, 1)}, "description is of type date: use a string, such as ….isoformat()"),
    ({"description": timedelta(1)}, "description is of type timedelta: use a number, such as ….total_seconds()"),
    ({"tags": {5: ["a"]}}, "tags has a key of type int, but keys must be strings"),
    ({"tags": {None: ["a"]}}, "tags has a key of type NoneType, but keys must be strings"),
    ({"name": "a\ud800b"}, "name contains an unpaired surrogate at character 2, which is not a valid character: remove it"),
    ({"tags": {"a": ["\udfff"]}}, "tags.a[0] contains an unpaired surrogate at character 1, which is not a valid character"),
    ({"tags": {"\ud800": []}}, "tags has a key with an unpaired surrogate, which is not a valid character"),
    ({"tags": circular()}, "tags.a contains itself"),
    ({"tags": nested(400)}, "tags is nested deeper than 100 levels"),
    ({"tags": nested(100_000, lists=True)}, "tags is nested deeper than 100 levels"),
    (
        {"name": 10**400},
        "name is an integer that Pulumi would round: its numbers are doubles, exact up to 2**53 (9007199254740992)",
    ),
    (
        {"name": -(2**53) - 1},
        "name is an integer that Pulumi would round: its numbers are doubles, exact up to 2**53 (9007199254740992)",
    ),
    ({"name": 10**5000}, "name is an integer that Pulumi would round"),
    ({"name": float("inf")}, "name is inf, but must be a finite number"),
    ({"name": Decimal("NaN")}, "name is nan, but must be a finite number"),
    ({"name": Decimal("sNaN")}, "name is a Decimal that a double cannot represent exactly: round it, or use a string"),
    ({"name": Decimal("0.12345678901234567890123")}, "name is a Decimal that a double cannot represent exactly: round it"),
    ({"name": Fraction(1, 3)}, "name is a Fraction that a double cannot represent exactly: round it, or use a string"),
    ({"name": 1j}, "name is of type complex: use a string, a number, a list or a dict"),
    ({"name": uuid.UUID(int=0)}, "name is of type UUID: use a string, a number, a list or a dict"),
    ({"name": object()}, "name is of type object: use a string, a number, a list or a dict"),
    ({"name": len}, "name is of type builtin_function_or_method, which is not a value: use what it returns"),
    ({"name": Colour}, "name is of type EnumType, which is not a value: use what it returns"),
    ({"tags": {"a": iter(["x"])}}, "tags.a is of type list_iterator, which can only be read once: use a list, such as list(…)"),
    ({"tags": {"a": range(3)}}, "tags.a is of type range: use a string, a number, a list or a dict"),
    ({"tags": {"a": deque("x")}}, "tags.a is of type deque: use a string, a number, a list or a dict"),
    ({"nme": b"x"}, "nme is of type bytes: use a string, such as ….decode()"),
]


@pytest.mark.parametrize(("inputs", "reason"), REJECTED, ids=[f"{number}" for number in range(len(REJECTED))])
@pytest.mark.parametrize("late", [False, True], ids=["value", "output"])
def test_what_the_engine_cannot_serialise_is_rejected_in_one_sentence_at_its_path(
    inputs: dict[str, Any], reason: str, *, late: bool
) -> None:
    if late and reason.endswith("levels"):
        pytest.skip("the SDK itself raises a RecursionError for an output with so many levels")

    def declare() -> Resource:
        return dataset(**{name: output_of(value) if late else value for name, value in inputs.items()})()

    rejected = problems(declare)
    assert rejected[0].startswith(reason)
    assert "nme" in inputs or len(rejected) == 1


def test_all_invalid_values_are_reported_at_once() -> None:
    rejected = problems(dataset(name=b"x", tags={"a": {"x"}, "b": "y"}, force_destroy="perhaps", nme="z"))
    assert sorted(rejected) == [
        "force_destroy is 'perhaps', but must be a valid boolean, unable to interpret input",
        "name is of type bytes: use a string, such as ….decode()",
        "nme is not an input of a dataset: did you mean name?",
        "tags.a is of type set, which has no order: use a list, such as sorted(…)",
        "tags.b is 'y', but must be a valid list",
    ]


def test_a_rejected_secret_is_redacted() -> None:
    params = {
        "environmentUrl": "https://acme.my.salesforce.com",
        "username": "u",
        "password": b"hunter2",
        "securityToken": 10**30,
    }
    auth: Any = {"spec_name": "Basic Authentication", "params": params}
    rejected = problems(lambda: aep.BaseConnection("b", name="B", connection_spec_id="c", auth=auth), aep.BaseConnection)
    assert sorted(reason.partition(" is ")[0] for reason in rejected) == ["auth.params.password", "auth.params.securityToken"]
    assert "hunter2" not in str(rejected)


ACCEPTED: list[tuple[Any, Any]] = [
    (("x", "y"), ["x", "y"]),
    ([], []),
    (MappingProxyType({"a": ["x"]}), {"a": ["x"]}),
    (OrderedDict(a=("x",)), {"a": ["x"]}),
    (Decimal("1.50"), 1.5),
    (Decimal("0.1"), 0.1),
    (Decimal(2**53), 2**53),
    (Decimal("1E+3"), 1000),
    (Fraction(1, 2), 0.5),
    (2**53, 2**53),
    (-(2**53), -(2**53)),
    (True, True),
    (Colour.RED, "red"),
    ({Colour.RED: 1}, {"red": 1}),
    (Pair("a", "b"), {"name": "a", "type": "b"}),
    (Hourly(), {"frequency": "hour", "interval": 1, "backfill": None}),
    (nested(99), nested(99)),
    ("é😀\x00", "é😀\x00"),
]


@pytest.mark.parametrize(
    ("given_", "carried"), ACCEPTED, ids=[type(value).__name__ + str(at) for at, (value, _) in enumerate(ACCEPTED)]
)
@pytest.mark.parametrize("late", [False, True], ids=["value", "output"])
def test_values_with_a_json_equivalent_are_converted(given_: Any, carried: Any, *, late: bool) -> None:
    inputs = received(lambda: aep.SourceConnection("s", **SOURCE, row_filter={"v": output_of(given_) if late else given_}))
    value = from_engine_json(inputs["row_filter"])["v"]  # free JSON with a null is sent as text
    assert value == carried
    assert type(value) is type(carried) or isinstance(carried, int)


@pytest.mark.parametrize(
    "schedule",
    [
        Hourly(),
        Schedule(frequency="hour", interval=1),
        {"frequency": "hour", "interval": Decimal(1)},
        MappingProxyType({"frequency": "hour", "interval": 1}),
    ],
)
def test_a_schedule_may_be_a_dataclass_or_one_of_our_own_parts(schedule: Any) -> None:
    assert flow(schedule) == {"frequency": "hour", "interval": 1}


def test_a_datetime_with_a_time_zone_is_converted_to_epoch_seconds() -> None:
    start = datetime(2027, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert flow({"frequency": "hour", "interval": 1, "start_time": start})["start_time"] == 1_798_761_600
    assert flow({"frequency": "hour", "interval": 1}, lambda: output_of(start))["start_time"] == 1_798_761_600


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (datetime(2027, 1, 1), "is a datetime without a time zone: set one, such as datetime(…, tzinfo=UTC)"),  # noqa: DTZ001
        (date(2027, 1, 1), "is of type date: use a string, such as ….isoformat()"),
    ],
)
def test_an_ambiguous_time_is_rejected(start: Any, reason: str) -> None:
    schedule: Any = {"frequency": "hour", "interval": 1, "start_time": start}
    rejected = problems(lambda: aep.Dataflow("f", **FLOW, schedule=schedule), aep.Dataflow)
    assert rejected == [f"schedule.start_time {reason}"]


def test_an_unknown_stays_unknown() -> None:
    unknown = Unknown()  # type: ignore[no-untyped-call]
    given_ = {"name": unknown, "tags": {"a": [unknown, UNKNOWN]}}
    assert plain(DatasetInputs, given_) == given_


def test_an_import_is_rejected_in_one_sentence_that_names_the_command() -> None:
    (reason,) = problems(dataset(opts=ResourceOptions(import_="abc")))
    assert reason.startswith("opts.import_ is not supported: ")
    assert "`aep import`" in reason


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.decimals()
    | st.fractions()
    | st.datetimes()
    | st.uuids()
    | st.complex_numbers()
    | st.just(object()),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(st.characters()) | st.integers() | st.none(), inner)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=list(HealthCheck))
@given(anything, st.sampled_from(["name", "tags", "profile", "force_destroy"]))
def test_no_value_causes_a_traceback(value: Any, name: str) -> None:
    rejected = problems(dataset(**{name: value}))
    assert all("\n" not in reason for reason in rejected)


@pytest.fixture(autouse=True)
def nothing_is_set() -> Iterator[None]:
    """A stack with an empty config."""
    runtime.set_all_config({})
    yield
    runtime.set_all_config({})
