"""Generated inputs: a preview rejects what `up` would reject, and nothing that is right.

Wrong inputs are derived from the kinds' declarations: every path of every example, in every way in which a value of its type can
be wrong. Whether one is wrong, the local Platform decides: what a preview accepts is created.
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

pytestmark = pytest.mark.skipif(IS_LIVE, reason="thousands of objects: a real sandbox is spared them")

Record = Callable[[str, object], None]

PLATFORM_ONLY: Mapping[str, str] = {
    "a schema without a primary identity in the union": "XDM-1528-400",
    "a dataset for Profile whose schema is in no union": "To enable profile datasets",
    "a parameter that the connector does not list": r"auth\.params\.\S+ is not supported",
    "two mappings into one field": "is mapped twice",
    "a field group that is meant for another class": "does not extend the class",
}
"""What only Platform can know, each with what it answers then."""


@dataclass(frozen=True)
class Wrong:
    """Inputs that are wrong in one way at one place, or may be."""

    kind: Kind
    said: Values
    where: str
    way: str
    is_elsewhere: bool
    """Whether the value is right in another place, or of another object."""


# --- ways to be wrong -----------------------------------------------------------------------------------------------


def texts(value: str) -> Iterator[tuple[str, Any]]:
    """What a text can be instead."""
    yield from {"empty": "", "blank": " \t", "too long": "x" * 5000, "a letter more": f"{value}x"}.items()
    yield "a letter less", value[:-1]
    yield "another case", value.swapcase()
    yield "two letters in the other order", value[:-2] + value[:-3:-1]
    yield from {"a number": 5, "a bool": True, "a list": [value], "an object": {"value": value}}.items()
    yield from {"a broken pattern": "(", "a broken expression": "1 +", "an unknown function": f"nofunction({value})"}.items()


def numbers(value: float) -> Iterator[tuple[str, Any]]:
    """What a number can be instead."""
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
    """What a bool can be instead."""
    yield from {"a word": "perhaps", "two": 2, "a list": [value], "an object": {"value": value}, "empty": ""}.items()


def lists(value: list[Any]) -> Iterator[tuple[str, Any]]:
    """What a list can be instead."""
    yield from {"empty": [], "a text": "text", "an object": {"value": value}, "a number": 1}.items()
    yield "an item twice", value + value[:1]
    yield from {"an empty item": [*value, ""], "a blank item": [*value, " "], "a number in it": [*value, 5]}.items()
    yield "an infinite number in it", [*value, float("inf")]


def objects(value: Values) -> Iterator[tuple[str, Any]]:
    """What an object can be instead."""
    yield from {"a text": "text", "a list": [value], "empty": {}, "a number": 1}.items()
    yield "a name that there is not", value | {"unknown": 1}
    yield "an infinite number in it", value | {"unknown": float("inf")}
    for name in value:
        rest = {each: item for each, item in value.items() if each != name}
        yield f"without {name}", rest
        yield f"with {name} misspelt", rest | {f"{name}x": value[name]}


def ways(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value can be instead, each with a name."""
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
    """The words that a field takes, wherever in its type they are."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for inner in get_args(annotation):
            yield from options(inner)


def others(kind: Kind, place: Place, ground: Ground) -> Iterator[tuple[str, Any]]:
    """What is right elsewhere: every other word that the field takes, and the ids of everything that there is."""
    name = next((str(step) for step in reversed(place) if isinstance(step, str)), "")
    for model in strategies.models_of(kind.provider.inputs):
        if name in model.model_fields:
            yield from ((f"the word {word}", word) for word in options(model.model_fields[name].annotation))
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
    """Wrong inputs of a kind: every place that its declarations name, in every way."""
    for said in examples.of(kind, ground).all.values():
        seen: set[Place] = set()
        whole = [(), *itertools.chain.from_iterable(places(said, path) for path in paths_of(kind))]
        for place in whole:
            if place in seen:
                continue
            seen.add(place)
            now = at(said, place)
            elsewhere = [] if isinstance(now, dict | bool | int | float) else list(others(kind, place, ground))
            if isinstance(now, list):
                elsewhere = [(way, [*now, value]) for way, value in elsewhere]
            for way, value in (*ways(now), *elsewhere):
                if not place and not isinstance(value, dict):
                    continue  # a constructor takes inputs by name
                changed = put(said, place, value) if place else value
                if place == ("schema_id",):
                    changed.pop("known_schema", None)  # the constructor's own words on the other schema
                is_elsewhere = any(way == other for other, _ in elsewhere)
                yield Wrong(kind, fresh(kind, changed), spelt(place), way, is_elsewhere)


def fresh(kind: Kind, said: Values) -> Values:
    """The same with a title that nothing else has, if the kind's titles are unique and it is not a case itself."""
    law = kind.provider.law
    title = said.get(law.label) if law.label else None
    is_unique = law.on_conflict is not OnConflict.NOTHING and isinstance(title, str) and len(title) in _WHOLE
    return said | {str(law.label): f"{title}{next(_numbers)}"} if is_unique else said


_WHOLE = range(12, 10_000)
"""The lengths of a title that an example has."""


_numbers = itertools.count()


def test_a_preview_rejects_what_up_would_reject(kind: Kind, host: Host, ground: Ground, record_property: Record) -> None:
    outcomes: Counter[str] = Counter()
    missed: list[str] = []
    for wrong in wrong_inputs(kind, ground):
        checked = host.check(kind, wrong.said, in_preview=True)
        # The program's own check sees the same, before the provider does, and never fails itself.
        kind.provider.inputs.read({name: known(value) for name, value in wrong.said.items()})
        for name, reason in checked.failures:
            assert name == ""
            assert "\n" not in reason
            assert "opensesame" not in reason
            outcomes["rejected"] += 1
        if checked.failures:
            # What is right elsewhere is wrong together with another input, and that one may be named.
            told = [reason for _, reason in checked.failures]
            assert wrong.is_elsewhere or any(names(reason, wrong.where) for reason in told), (wrong, told)
            continue
        try:
            made = host.create(kind, wrong.said)
        except AepError as error:
            only = next((name for name, words in PLATFORM_ONLY.items() if re.search(words, str(error))), None)
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
    """Whether a reason is about a place, what lies in it, or a part that it lies in."""
    path = reason.split(" ", maxsplit=1)[0]
    part = where.rpartition(".")[0]  # a limit may be wrong because of the other one
    return path.startswith((where, f"{part}.") if part else where) or where.startswith((path, "known_"))


def test_there_are_enough_wrong_inputs_and_few_that_only_platform_can_know(ground: Ground) -> None:
    total = sum(sum(1 for _ in wrong_inputs(kind, ground)) for kind in KINDS)
    assert total >= 1000
    assert len(PLATFORM_ONLY) <= 10


# --- right inputs ---------------------------------------------------------------------------------------------------


@st.composite
def right_inputs(draw: st.DrawFn, kind: Kind, ground: Ground) -> Values:
    """What a program may specify, with values at their limits among them."""
    said: Values = draw(strategies.said_of(kind, ground))
    if kind is Dataflow and draw(st.booleans()):
        frequency = FREQUENCIES[said["schedule"]["frequency"]]
        limits: Values = {"start_time": draw(st.sampled_from([946_684_800, 4_102_444_799]))}
        if frequency.repeats:
            limits["interval"] = draw(st.sampled_from([frequency.least_interval, 36_525 * 86_400 // frequency.seconds]))
        said = said | {"schedule": said["schedule"] | limits}
    if kind is FieldGroup and draw(st.booleans()):
        number = draw(st.sampled_from([0, -(2**53 - 1), 2**53 - 1, 0.5]))
        limited = {"type": "number", "minimum": number, "maximum": number}
        text = {"type": "string", "min_length": 0, "max_length": 0, "pattern": draw(st.sampled_from(PATTERNS))}
        said = said | {"fields": said["fields"] | {"limited": limited, "text": text}}
    for name in ("name", "title"):
        if name in said and draw(st.booleans()):
            # One letter, or very many: a title is unique, so the shortest ones are not for those.
            short = ["x", "é", "名"] if name == "name" else ["名" * 200]
            said = said | {name: draw(st.sampled_from(short)) + str(next(_numbers))}
    return said


PATTERNS = ["", "^$", "[]", "[^]", r"\p{L}+", "(?<year>\\d{4})-\\d", "a{2,2}", "(a|b)*+", "^*", "{", "]", "[[:alpha:]]"]
"""Regular expressions that one dialect or the other can read."""


def test_right_inputs_pass_a_preview_deploy_and_are_silent_in_another_order(
    kind: Kind, host: Host, ground: Ground, record_property: Record
) -> None:
    tried: list[None] = []

    @settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(right_inputs(kind, ground))
    def each(said: Values) -> None:
        tried.append(None)
        assert host.check(kind, said, in_preview=True).failures == []
        assert kind.provider.inputs.read({name: known(value) for name, value in said.items()})[1] == []
        made = host.create(kind, said)
        try:
            assert not host.preview(made, shuffled(kind, said)).changes
        finally:
            if kind is not ProfileEnablement:
                host.delete(made)

    each()
    record_property("examples", len(tried))
