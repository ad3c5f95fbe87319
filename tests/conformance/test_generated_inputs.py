"""Generated inputs: a preview rejects what `up` would reject, and accepts all valid inputs.

Wrong inputs are derived from the kinds' declarations: every path of every example, in every way in which a value of its type can
be wrong. The local Platform decides whether one is wrong: what a preview accepts is created.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import examples
import pytest
import strategies
from dynamic_host import Host, Kind, Values
from fields import Place, at, paths_of, places, put, shuffled, spelt
from ground import CLOUD_STORAGE_TO_AEP, EVENT, VEEVA, Ground
from hypothesis import HealthCheck, given, settings, strategies as st
from sandbox import IS_LIVE

from aep_pulumi import Dataflow, FieldGroup, ProfileEnablement
from aep_pulumi.errors import AepError
from aep_pulumi.kinds import FREQUENCIES, OnConflict
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._program_checks import known

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(IS_LIVE, reason="creates thousands of objects: not on a real sandbox"),
]

Record = Callable[[str, object], None]

PLATFORM_ONLY: Mapping[str, str] = {
    "a schema without a primary identity in the union": "XDM-1528-400",
    "a dataset for Profile whose schema is in no union": "To enable profile datasets",
    "a parameter that the connector does not list": r"auth\.params\.\S+ is not supported",
    "two mappings into one field": "is mapped twice",
    "a field group that is meant for another class": "does not extend the class",
}
"""What only Platform can know, each with its error."""


@dataclass(frozen=True)
class Wrong:
    """Inputs that are, or may be, wrong in one way at one place."""

    kind: Kind
    program_inputs: Values
    where: str
    way: str
    is_elsewhere: bool
    """Whether the value is valid in another place, or for another object."""


# --- ways to be wrong -----------------------------------------------------------------------------------------------


def texts(value: str) -> Iterator[tuple[str, Any]]:
    """Wrong values instead of a text."""
    yield from {"empty": "", "blank": " \t", "too long": "x" * 5000, "a letter more": f"{value}x"}.items()
    yield "a letter less", value[:-1]
    yield "another case", value.swapcase()
    yield "two letters in the other order", value[:-2] + value[:-3:-1]
    yield from {"a number": 5, "a bool": True, "a list": [value], "an object": {"value": value}}.items()
    yield from {"a broken pattern": "(", "a broken expression": "1 +", "an unknown function": f"nofunction({value})"}.items()


def numbers(value: float) -> Iterator[tuple[str, Any]]:
    """Wrong values instead of a number."""
    yield from {"a bool": True, "a word": "many", "negative": -1, "a fraction": value + 0.5, "a list": [value]}.items()
    yield from {
        "infinite": float("inf"),
        "no number": float("nan"),
        "huge": 10**30,
        "far below": -(10**30),
        "1e300": 1e300,
    }.items()
    yield from {"in milliseconds": int(value) * 1000, "zero": 0, "empty": "", "an object": {"value": value}}.items()


def bools(value: bool) -> Iterator[tuple[str, Any]]:  # noqa: FBT001 - the value of a field
    """Wrong values instead of a bool."""
    yield from {"a word": "perhaps", "two": 2, "a list": [value], "an object": {"value": value}, "empty": ""}.items()


def lists(value: list[Any]) -> Iterator[tuple[str, Any]]:
    """Wrong values instead of a list."""
    yield from {"empty": [], "a text": "text", "an object": {"value": value}, "a number": 1}.items()
    yield "an item twice", value + value[:1]
    yield from {"an empty item": [*value, ""], "a blank item": [*value, " "], "a number in it": [*value, 5]}.items()
    yield "an infinite number in it", [*value, float("inf")]


def objects(value: Values) -> Iterator[tuple[str, Any]]:
    """Wrong values instead of an object."""
    yield from {"a text": "text", "a list": [value], "empty": {}, "a number": 1}.items()
    yield "a name that there is not", value | {"unknown": 1}
    yield "an infinite number in it", value | {"unknown": float("inf")}
    for name in value:
        rest = {each: item for each, item in value.items() if each != name}
        yield f"without {name}", rest
        yield f"with {name} misspelt", rest | {f"{name}x": value[name]}


def ways(value: Any) -> Iterator[tuple[str, Any]]:
    """Wrong values instead of a value, each with a name."""
    match value:
        case bool():
            yield from bools(value)
        case str():
            yield from texts(value)
        case int() | float():
            yield from numbers(value)
        case list():
            yield from lists(value)
        case dict():
            yield from objects(value)


def options(annotation: object) -> Iterator[str]:
    """The literals that a field accepts, anywhere in its type."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for inner in get_args(annotation):
            yield from options(inner)


def others(kind: Kind, place: Place, ground: Ground) -> Iterator[tuple[str, Any]]:
    """Values that are valid elsewhere: every other literal of the field, and the ids of all existing objects."""
    name = next((str(step) for step in reversed(place) if isinstance(step, str)), "")
    for model in strategies.models_of(kind.provider.inputs):
        if name in model.model_fields:
            yield from ((f"the word {option}", option) for option in options(model.model_fields[name].annotation))
    if name.endswith("_id") or name in {"field_groups", "class_ids"}:
        ids = {
            "another schema": ground.schema_two,
            "a schema in the union": ground.union_schema,
            "a dataset": ground.dataset_of_schema_two,
            "an account": ground.salesforce_two,
            "a place for files": ground.google_cloud,
            "some files": ground.source_of_files,
            "a target": ground.target_two,
            "a mapping set": ground.mapping_set_two,
            "a class": EVENT,
            "a field group for another class": "https://ns.adobe.com/xdm/mixins/record-status",
            "a connector": VEEVA,
            "a kind of flow": CLOUD_STORAGE_TO_AEP,
        }
        yield from ids.items()


def wrong_inputs(kind: Kind, ground: Ground) -> Iterator[Wrong]:
    """Wrong inputs of a kind: every declared place, in every way."""
    for inputs in examples.of(kind, ground).all.values():
        seen: set[Place] = set()
        whole = [(), *itertools.chain.from_iterable(places(inputs, path) for path in paths_of(kind))]
        for place in whole:
            if place in seen:
                continue
            seen.add(place)
            now = at(inputs, place)
            elsewhere = [] if isinstance(now, dict | bool | int | float) else list(others(kind, place, ground))
            if isinstance(now, list):
                elsewhere = [(way, [*now, value]) for way, value in elsewhere]
            for way, value in (*ways(now), *elsewhere):
                if not place and not isinstance(value, dict):
                    continue  # a constructor takes inputs by name
                changed = put(inputs, place, value) if place else value
                if place == ("schema_id",):
                    changed.pop("known_schema", None)  # set by the constructor from the other schema
                is_elsewhere = any(way == other for other, _ in elsewhere)
                yield Wrong(kind, fresh(kind, changed), spelt(place), way, is_elsewhere)


def fresh(kind: Kind, inputs: Values) -> Values:
    """The inputs with a unique title, if the kind's titles are unique and the title is not what is tested."""
    law = kind.provider.law
    title = inputs.get(law.label) if law.label else None
    is_unique = law.on_conflict is not OnConflict.NOTHING and isinstance(title, str) and len(title) in _WHOLE
    return inputs | {str(law.label): f"{title}{next(_numbers)}"} if is_unique else inputs


_WHOLE = range(12, 10_000)
"""The lengths of the titles in the examples."""


_numbers = itertools.count()


def test_a_preview_rejects_what_up_would_reject(kind: Kind, host: Host, ground: Ground, record_property: Record) -> None:
    outcomes: Counter[str] = Counter()
    missed: list[str] = []
    for wrong in wrong_inputs(kind, ground):
        checked = host.check(kind, wrong.program_inputs, in_preview=True)
        # The constructor's check reports the same, before the provider does, and never raises itself.
        kind.provider.inputs.read({name: known(value) for name, value in wrong.program_inputs.items()})
        for name, reason in checked.failures:
            assert name == ""
            assert "\n" not in reason
            assert "opensesame" not in reason
            outcomes["rejected"] += 1
        if checked.failures:
            # A value that is valid elsewhere may conflict with another input, and that input may be named instead.
            reasons = [reason for _, reason in checked.failures]
            assert wrong.is_elsewhere or any(names(reason, wrong.where) for reason in reasons), (wrong, reasons)
            continue
        try:
            made = host.create(kind, wrong.program_inputs)
        except AepError as error:
            only = next((name for name, pattern in PLATFORM_ONLY.items() if re.search(pattern, str(error))), None)
            outcomes[only or "missed"] += 1
            if only is None:
                missed.append(f"{wrong.where} {wrong.way}: {error}")
        else:
            outcomes["right after all"] += 1
            host.delete(made)
    record_property("outcomes", dict(outcomes))
    assert missed == []
    assert outcomes["rejected"] >= 20, outcomes


def names(reason: str, where: str) -> bool:
    """Whether a reason is about a place, something in it, or a part that contains it."""
    path = reason.split(" ", maxsplit=1)[0]
    part = where.rpartition(".")[0]  # a limit may be invalid because of the other limit
    return path.startswith((where, f"{part}.") if part else where) or where.startswith((path, "known_"))


def test_there_are_enough_wrong_inputs_and_few_that_only_platform_can_detect(ground: Ground) -> None:
    total = sum(sum(1 for _ in wrong_inputs(kind, ground)) for kind in KINDS)
    assert total >= 1000
    assert len(PLATFORM_ONLY) <= 10


# --- right inputs ---------------------------------------------------------------------------------------------------


@st.composite
def right_inputs(draw: st.DrawFn, kind: Kind, ground: Ground) -> Values:
    """Valid inputs, some values at their limits."""
    inputs: Values = draw(strategies.inputs_for(kind, ground))
    if kind is Dataflow and draw(st.booleans()):
        frequency = FREQUENCIES[inputs["schedule"]["frequency"]]
        limits: Values = {"start_time": draw(st.sampled_from([946_684_800, 4_102_444_799]))}
        if frequency.repeats:
            limits["interval"] = draw(st.sampled_from([frequency.least_interval, 36_525 * 86_400 // frequency.seconds]))
        inputs = inputs | {"schedule": inputs["schedule"] | limits}
    if kind is FieldGroup and draw(st.booleans()):
        number = draw(st.sampled_from([0, -(2**53 - 1), 2**53 - 1, 0.5]))
        limited = {"type": "number", "minimum": number, "maximum": number}
        text = {"type": "string", "min_length": 0, "max_length": 0, "pattern": draw(st.sampled_from(PATTERNS))}
        inputs = inputs | {"fields": inputs["fields"] | {"limited": limited, "text": text}}
    for name in ("name", "title"):
        if name in inputs and draw(st.booleans()):
            # One letter, or very many; not for unique titles, as short ones run out.
            short = ["x", "é", "名"] if name == "name" else ["名" * 200]
            inputs = inputs | {name: draw(st.sampled_from(short)) + str(next(_numbers))}
    return inputs


PATTERNS = ["", "^$", "[]", "[^]", r"\p{L}+", "(?<year>\\d{4})-\\d", "a{2,2}", "(a|b)*+", "^*", "{", "]", "[[:alpha:]]"]
"""Regular expressions that at least one dialect can parse."""


def test_valid_inputs_pass_a_preview_deploy_and_are_unchanged_in_another_order(
    kind: Kind, host: Host, ground: Ground, record_property: Record
) -> None:
    tried: list[None] = []

    @settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(right_inputs(kind, ground))
    def each(inputs: Values) -> None:
        tried.append(None)
        assert host.check(kind, inputs, in_preview=True).failures == []
        assert kind.provider.inputs.read({name: known(value) for name, value in inputs.items()})[1] == []
        made = host.create(kind, inputs)
        try:
            assert not host.preview(made, shuffled(kind, inputs)).changes
        finally:
            if kind is not ProfileEnablement:
                host.delete(made)

    each()
    record_property("examples", len(tried))
