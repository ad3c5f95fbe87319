"""Dynamic host: what Pulumi's engine and its provider host do with a resource, step by step, in this process.

The real host (`python -m pulumi.dynamic`) cannot be imported: importing it starts it. This one does the same for every
call: values are serialised by Pulumi's own code, so numbers become floats and None disappears, and the provider is
loaded from its pickle.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import dill  # type: ignore[import-untyped]
from pulumi.dynamic import Config, ConfigureRequest, DiffResult, ReadResult, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc

from aep_pulumi.resources import KINDS
from aep_pulumi.resources._constructor import prepared
from aep_pulumi.resources._creating import MARK
from aep_pulumi.resources._provider import IN_PREVIEW, URN
from aep_pulumi.resources._resource import Resource

Values = dict[str, Any]
Kind = type[Resource]

PROVIDER = "__provider"
UNKNOWN = rpc.UNKNOWN
"""The value that a preview passes for an unknown."""

_of_thread = threading.local()
_pickles: dict[str, str] = {}


def wired(values: Mapping[str, Any], *, keep_unknowns: bool = False) -> Values:
    """Values after a round trip through Pulumi's serialisation."""
    if not hasattr(_of_thread, "loop"):
        _of_thread.loop = asyncio.new_event_loop()
    sent = _of_thread.loop.run_until_complete(rpc.serialize_properties(dict(values), {}))
    return dict(rpc.deserialize_properties(sent, keep_unknowns))


def end_of_thread() -> None:
    """Release the resources that this thread needed for serialisation."""
    if hasattr(_of_thread, "loop"):
        _of_thread.loop.close()
        del _of_thread.loop


def pickled(kind: Kind) -> str:
    """The provider's pickle, as stored in users' state."""
    name = token_of(kind)
    if name not in _pickles:
        _pickles[name] = str(serialize_provider(kind.provider()))
    return _pickles[name]


def token_of(kind: Kind) -> str:
    """The type token, as stored in users' state."""
    return f"pulumi-python:{kind._resource_type_name}"  # noqa: SLF001 - otherwise only set by Pulumi's constructor


def kind_of(token: str) -> Kind | None:
    """The class of a type token in users' state."""
    return next((kind for kind in KINDS if token_of(kind) == token), None)


@dataclass(frozen=True)
class Made:
    """A resource in Pulumi's state."""

    id: str
    inputs: Values
    outputs: Values

    @property
    def provider(self) -> str:
        """The pickle of its provider."""
        return str(self.outputs[PROVIDER])

    @property
    def program_inputs(self) -> Values:
        """The inputs that a program sets: without Pulumi's own, and without the create mark."""
        return {name: value for name, value in self.inputs.items() if name not in {PROVIDER, MARK}}

    @property
    def mark(self) -> str | None:
        """The mark of the create that made it, or None."""
        mark = self.inputs.get(MARK)
        assert mark == self.outputs.get(MARK)
        return mark


@dataclass(frozen=True)
class Checked:
    """The result of a check: the inputs, and each failure as (property, reason)."""

    inputs: Values
    failures: list[tuple[str, str]]


@dataclass(frozen=True)
class Difference:
    """The result of a diff."""

    changes: bool
    replaces: list[str]
    delete_before_replace: bool


class RejectedByCheck(Exception):  # noqa: N818 - the name that a user reads
    """The engine stops at inputs that are rejected."""


@dataclass
class Host:
    """Pulumi's engine and its provider host, for one stack's config."""

    config: Mapping[str, str] = field(default_factory=dict)
    _performers: dict[str, ResourceProvider] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def performer(self, pickle: str) -> ResourceProvider:
        """The provider of a pickle, configured once per process."""
        with self._lock:
            if pickle not in self._performers:
                provider: ResourceProvider = dill.loads(base64.b64decode(pickle))  # noqa: S301 - our own pickle
                provider.configure(ConfigureRequest(Config(dict(self.config), "aep")))
                # A provider process shows errors without their traceback; tests show them with it.
                with contextlib.suppress(AttributeError):
                    del sys.tracebacklimit
                self._performers[pickle] = provider
            return self._performers[pickle]

    def check(
        self, kind: Kind, program_inputs: Mapping[str, Any], olds: Values | None = None, *, in_preview: bool = False
    ) -> Checked:
        """Check a program's inputs, given the inputs in state."""
        news = wired(self._constructed(pickled(kind), program_inputs, in_preview=in_preview), keep_unknowns=True)
        answer = self.performer(news[PROVIDER]).check(wired(olds or {}, keep_unknowns=True), news)
        inputs = wired({**answer.inputs, PROVIDER: news[PROVIDER]}, keep_unknowns=True)
        return Checked(inputs, [(failure.property, failure.reason) for failure in answer.failures])

    def diff(self, made: Made, inputs: Values) -> Difference:
        """Compare the state with checked inputs."""
        olds, news = wired(made.outputs, keep_unknowns=True), wired(inputs, keep_unknowns=True)
        answer: DiffResult = self.performer(news[PROVIDER]).diff(made.id, olds, news)
        # None makes the engine compare by itself; the provider has set detailed changes.
        changes = answer.changes is not False
        return Difference(changes, list(answer.replaces or ()), bool(answer.delete_before_replace))

    def preview(self, made: Made, program_inputs: Mapping[str, Any]) -> Difference:
        """Check and diff, as `pulumi preview` does."""
        return self.diff(made, self.accepted(made, program_inputs, in_preview=True))

    def create(self, kind: Kind, program_inputs: Mapping[str, Any]) -> Made:
        """Check and create."""
        checked = self.check(kind, program_inputs)
        if checked.failures:
            raise RejectedByCheck(checked.failures)
        inputs = wired(checked.inputs)
        answer = self.performer(inputs[PROVIDER]).create(inputs)
        return Made(answer.id, checked.inputs, wired({**(answer.outs or {}), PROVIDER: inputs[PROVIDER]}))

    def read(self, made: Made) -> Made | None:
        """Refresh: the resource as Platform has it, or None if it was deleted."""
        return self.read_at_once([made])[0]

    def read_at_once(self, resources: Sequence[Made]) -> list[Made | None]:
        """Refresh resources, all at the same time."""
        props = [wired(made.outputs) for made in resources]
        performers = [self.performer(each[PROVIDER]) for each in props]
        if len(resources) == 1:
            answers = [performers[0].read(resources[0].id, props[0])]
        else:
            start = threading.Barrier(len(resources))

            def read(place: int) -> ReadResult:
                start.wait(timeout=60)
                return performers[place].read(resources[place].id, props[place])

            with ThreadPoolExecutor(len(resources)) as pool:
                answers = list(pool.map(read, range(len(resources))))
        return [self._as_read(*each) for each in zip(resources, props, answers, strict=True)]

    def _as_read(self, made: Made, props: Values, answer: ReadResult) -> Made | None:
        outputs = wired({**(answer.outs or {}), PROVIDER: props[PROVIDER]})
        if answer.id is None:
            assert answer.outs == {PROVIDER: props[PROVIDER]} or answer.outs == {}, "outputs of a deleted object"
            return None
        if answer.inputs is None:
            return replace(made, id=answer.id, outputs=outputs)
        return Made(answer.id, wired({**answer.inputs, PROVIDER: props[PROVIDER]}), outputs)

    def looked_up(self, kind: Kind, object_id: str) -> Made | None:
        """Read an object that is not in state, by its id only."""
        return self.read(Made(object_id, {PROVIDER: pickled(kind)}, {PROVIDER: pickled(kind)}))

    def update(self, made: Made, program_inputs: Mapping[str, Any]) -> Made:
        """Check and update, whether or not anything changed."""
        inputs = self.accepted(made, program_inputs)
        olds, news = wired(made.outputs), wired(inputs)
        answer = self.performer(news[PROVIDER]).update(made.id, olds, news)
        return Made(made.id, inputs, wired({**(answer.outs or {}), PROVIDER: news[PROVIDER]}))

    def delete(self, made: Made) -> None:
        """Delete."""
        props = wired(made.outputs)
        self.performer(props[PROVIDER]).delete(made.id, props)

    def accepted(self, made: Made, program_inputs: Mapping[str, Any], *, in_preview: bool = False) -> Values:
        """The checked inputs. Raises RejectedByCheck if the check fails."""
        news = wired(self._constructed(made.provider, program_inputs, in_preview=in_preview), keep_unknowns=True)
        answer = self.performer(news[PROVIDER]).check(wired(made.inputs, keep_unknowns=True), news)
        if answer.failures:
            raise RejectedByCheck([(failure.property, failure.reason) for failure in answer.failures])
        return wired({**answer.inputs, PROVIDER: news[PROVIDER]}, keep_unknowns=True)

    def _constructed(self, pickle: str, program_inputs: Mapping[str, Any], *, in_preview: bool) -> Values:
        """The inputs that the constructor passes to the engine for a program's inputs."""
        urn = f"urn:pulumi:dev::conformance::aep::{uuid.uuid4().hex}"
        performer: Any = self.performer(pickle)
        _inputs, _references, values = prepared(performer.law, performer.inputs, performer.law.noun, program_inputs)
        return {PROVIDER: pickle, URN: urn, **values} | ({IN_PREVIEW: True} if in_preview else {})
