"""Odd responses, broken states: whatever Platform returns and a state contains, each verb of each kind ends in one sentence.

Generated from a seed: 100 of each sort by default, AEP_TEST_SCALE=20 for 2,000.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import examples
import pytest
import replay
from dynamic_host import PROVIDER, Made, RejectedByCheck
from ground import Ground
from replay import SCALE, VERBS, Recorded, Reply, Server
from sandbox import IS_LIVE, Sandbox

from aep_pulumi.errors import AepError, UnexpectedError
from aep_pulumi.resources import KINDS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(IS_LIVE, reason="the responses of a real Platform cannot be changed"),
    pytest.mark.timeout(1800),
]

CASES = round(100 * SCALE)
MOST_MEMORY_MB = 300

Record = Callable[[str, object], None]


def dice_of(seed: int) -> random.Random:
    """A deterministic random number generator."""
    return random.Random(seed)  # noqa: S311 - repeatable on purpose


def deep(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


ODD: list[Any] = [
    None, True, False, 0, -1, 5, 1.5, 2**63, 10**30, 1e300, "", "text", "http://[", "é" * 3, "\ud800", "a\x00b", [], {}, [None],
    [1], ["x"], [[]], [{}], [["x"]], {"x": 1}, {"id": {}}, {"": None}, {"items": "x"}, {"results": {}}, deep(40), deep(90),
    deep(150), "x" * 100_000, {"tags": 5}, {"0": [1]},
]  # fmt: skip
"""Values that replace a value."""

RAW: list[bytes] = [
    b"", b"null", b"{", b"[", b"<html></html>", b"\xff\xfe", b"\xef\xbb\xbf{}", b'"\\ud800"', b'{"id": "\\udfff"}', b"NaN",
    b'{"id": Infinity}', b"1" * 5000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"[" + b"[]," * 490_000 + b"[]]", b"0" * 17_000_000, b'{"version": 1e400}', b'"text"', b"[]", b"{}", b"5", b"true",
]  # fmt: skip
"""Contents that replace the whole content."""

BOMB = gzip.compress(b"0" * 30_000_000)

HEADERS: list[dict[str, str]] = [
    {"Date": "yesterday"}, {"Date": "Thu, 01 Jan 9999999 00:00:00 GMT"}, {"Retry-After": "-5"}, {"Retry-After": "9" * 400},
    {"Retry-After": "Thu, 99 Foo 2026"}, {"ETag": ""}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "gzip, gzip"},
    {"Content-Type": "text/html; charset=ebcdic-cp-us"}, {"x-request-id": "r" * 5000}, {"Content-Type": "application/json;;;="},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def changed_at(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """The value with another one at a place; `Ellipsis` removes it."""
    if not path:
        return change(value)
    key, *rest = path
    inner = changed_at(value[key], tuple(rest), change)
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if name != key}
        return kept if inner is ... else {**kept, key: inner}
    return value[:key] + ([] if inner is ... else [inner]) + value[key + 1 :]


def oddly(dice: random.Random, value: Any) -> Any:
    """The value with something odd at one place."""
    spots = list(places(value))
    path = dice.choice(spots)
    kind = dice.randrange(6)

    def change(old: Any) -> Any:
        if kind == 0 and path:
            return ...
        if kind == 1:
            return [old, old]
        if kind == 2:
            return {"x": old}
        return dice.choice(ODD)

    return changed_at(value, path, change)


def odd_reply(dice: random.Random) -> replay.Change:
    """A random change of a response."""
    sort = dice.randrange(12)
    status = dice.choice([200, 201, 202, 204, 207, 302, 400, 401, 403, 404, 409, 412, 418, 422, 429, 500, 503, 599])
    raw, headers = dice.choice(RAW), dice.choice(HEADERS)
    seed = dice.randrange(2**32)

    def change(reply: Reply) -> Reply:
        if sort == 0:
            return replace(reply, content=raw)
        if sort == 1:
            return replace(reply, status=status)
        if sort == 2:
            return replace(reply, headers={**reply.headers, **headers})
        if sort == 3:
            return replace(reply, status=status, content=raw)
        if sort == 4:
            return replace(reply, content=BOMB, headers={**reply.headers, "Content-Encoding": "gzip"})
        try:
            body = reply.body
        except ValueError:
            body = {}
        return replace(
            reply, content=json.dumps(oddly(dice_of(seed), body)).encode(), status=status if sort == 5 else reply.status
        )

    return change


@pytest.fixture(scope="module")
def server(sandbox: Sandbox) -> Iterator[Server]:
    """The replay server."""
    with replay.running(sandbox.url) as running:
        yield running


@pytest.fixture(scope="module")
def recordings(server: Server, ground: Ground) -> list[Recorded]:
    """Platform's responses to each kind's verbs."""
    return [replay.recorded(server, kind, examples.of(kind, ground), ground) for kind in KINDS]


@pytest.fixture(autouse=True)
def journal_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A journal per test, so that pending creates do not leak into other tests."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path_factory.mktemp("home")))


class Outcomes:
    """The outcomes of the cases."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.tracebacks: list[str] = []

    def record_outcome(self, case: str, act: Callable[[], object], *, may_be_unexpected: bool = True) -> None:
        """Perform a case and record its outcome; with an intact state, an unexpected-error message is not acceptable."""
        try:
            act()
        except (AepError, RejectedByCheck) as error:
            sentence = str(error)
            self.counts[type(error).__name__] += 1
            if isinstance(error, AepError) and ("\n" in sentence or len(sentence) > 4000 or "hunter2" in sentence):
                self.tracebacks.append(f"{case}: no sentence: {sentence[:300]!r}")
            if isinstance(error, UnexpectedError) and not (may_be_unexpected and "run `pulumi refresh`" in sentence):
                self.tracebacks.append(f"{case}: {sentence}")
        except Exception as error:  # noqa: BLE001 - tracebacks are what the test looks for
            frame = error.__traceback__
            while frame and frame.tb_next:
                frame = frame.tb_next
            where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "?"
            self.tracebacks.append(f"{case}: {type(error).__name__} {str(error)[:200]} at {where}")
        else:
            self.counts["done"] += 1

    def report(self, record: Record) -> None:
        """Fail if a case ended in a traceback."""
        record("examples", sum(self.counts.values()))
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"cases {sum(self.counts.values()) + len(self.tracebacks)}, peak {peak_mb:.0f} MB, {dict(self.counts)}")  # noqa: T201
        assert not self.tracebacks, "\n".join(self.tracebacks)
        if SCALE >= 20:
            assert peak_mb < MOST_MEMORY_MB


def test_for_any_response_each_verb_ends_in_one_sentence(
    server: Server, recordings: list[Recorded], record_property: Record
) -> None:
    outcomes = Outcomes()
    is_reached = 0
    for case in range(CASES):
        dice = dice_of(case)
        recorded = recordings[case % len(recordings)]
        verb = dice.choice([verb for verb in VERBS if recorded.requests(verb)])
        # The first two requests are for a token and the sandbox, whatever the verb.
        at = dice.randrange(2 if dice.random() < 0.8 and recorded.requests(verb) > 2 else 0, recorded.requests(verb))
        play = recorded.play(verb, at, odd_reply(dice))
        with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as environment:
            environment.setenv("AEP_HOME", home)
            outcomes.record_outcome(
                f"case {case}, {recorded.kind.__name__}.{verb}, answer {at}",
                partial(recorded.perform, server.host(play), verb),
                may_be_unexpected=False,
            )
        is_reached += play.is_changed
    outcomes.report(record_property)
    assert is_reached > CASES * 0.8, "the changed response was never requested"


def broken(dice: random.Random, made: Made) -> Made:
    """A resource whose state was edited by hand."""
    which = dice.choice(["inputs", "outputs", "both"])

    def edited(values: Any, seed: int) -> Any:
        own = {name: value for name, value in values.items() if name != PROVIDER}
        odd = oddly(dice_of(seed), own)
        # The SDK's own key and the state's outermost structure are the engine's responsibility.
        return {**(odd if isinstance(odd, dict) else {}), PROVIDER: values[PROVIDER]}

    seed = dice.randrange(2**32)
    return replace(
        made,
        inputs=made.inputs if which == "outputs" else edited(made.inputs, seed),
        outputs=made.outputs if which == "inputs" else edited(made.outputs, seed),
    )


def encodable(value: Any) -> bool:
    """Whether a state can contain the value: it is JSON in UTF-8, and the engine reads it back with whole numbers as floats."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def test_for_any_state_each_verb_ends_in_one_sentence(
    server: Server, recordings: list[Recorded], record_property: Record
) -> None:
    outcomes = Outcomes()
    case = number = 0
    while case < CASES:
        number += 1
        dice = dice_of(-number)
        recorded = recordings[case % len(recordings)]
        verb = dice.choice([verb for verb in VERBS if verb != "create"])
        made = broken(dice, recorded.made)
        if not encodable([made.inputs, made.outputs]):
            continue
        play = recorded.play(verb)
        case += 1
        outcomes.record_outcome(
            f"state {number}, {recorded.kind.__name__}.{verb}",
            partial(recorded.perform, server.host(play), verb, made),
        )
    outcomes.report(record_property)
    assert "pydantic" in sys.modules
