"""References: replaces the resources that a program passes as inputs by their ids, as each kind's definition specifies."""

import functools
import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, Union

import pulumi
from pulumi import Input, Output, RunError

from aep_pulumi.kinds import Kind, Reference
from aep_pulumi.resources._constraints import shown
from aep_pulumi.resources._fields import Inputs, cached, is_unknown
from aep_pulumi.resources._marks import ByResource

R = TypeVar("R")


@dataclass(frozen=True)
class Existing(Generic[R]):
    """An existing object, as a lookup returns it. It is accepted wherever a resource of its kind is."""

    kind: ClassVar[str]
    """The name of its kind."""

    id: str

    def __init_subclass__(cls, *, kind: str) -> None:
        super().__init_subclass__()
        cls.kind = kind


ResourceOrId: TypeAlias = Union[R, Existing[R], Output[Existing[R]], Input[str]]  # noqa: UP007 - a generic alias at run time
"""A resource, the result of a lookup, or the id of either."""


class _WrongError(Exception):
    """Why a value is not a valid reference, and at which path."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.place = place


@dataclass
class Resolved:
    """A program's inputs, with resources replaced by their ids."""

    inputs: dict[str, Any]
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    """Errors: the input, the path in the program, and the reason. The provider's `check` reports them."""
    given: dict[str, object] = field(default_factory=dict)
    """The value that the program passed for each reference, by keyword."""

    def resolve(self, reference: Reference, subject: str) -> None:
        """Replace the value of a reference by its id."""
        names = dict.fromkeys((reference.keyword, reference.input))
        values = {name: value for name in names if (value := self.inputs.pop(name, None)) is not None}
        if len(values) > 1 and not _same(*values.values()):
            reason = f"and {reference.input} are both set: set one of them"
            self.problems.append((reference.input, reference.keyword, reason))
            return
        for name, value in list(values.items())[:1]:
            try:
                self.inputs[reference.input] = _id_or_ids(reference, value, f"{subject}: {name}")
            except _WrongError as wrong:
                self.problems.append((reference.input, f"{name}{wrong.place}", str(wrong)))
            else:
                self.given[reference.keyword] = value

    def fill_in(self, reference: Reference) -> None:
        """Set the inputs that the resource provides, unless the program sets them."""
        tried = {name for name, _path, _reason in self.problems}
        for name, output in reference.also_sets.items():
            if self.inputs.get(name) is None and name not in tried:
                self.inputs[name] = _provided(self.given.get(reference.keyword), output)

    def set_known(self, name: str, mark: ByResource) -> None:
        """Set the field that contains what a preview knows of a resource."""
        own = self.inputs.pop(mark.keyword, None)  # if no reference has this keyword
        value = own if own is not None else self.given.get(mark.keyword)
        if _is_of(mark.resource, value) and isinstance(value, pulumi.Resource):
            self.inputs[name] = mark.known(value)
        elif own is not None:
            self.problems.append((name, mark.keyword, _must_be(own, _with_article(mark.resource))))

    def reject_others(self, names: Collection[str]) -> None:
        """Reject resources in inputs that do not accept them: the SDK would silently convert them to their ids."""
        for name in self.inputs.keys() & names:
            if isinstance(self.inputs[name], pulumi.Resource | Existing):
                reason = f"is {_named(self.inputs.pop(name))}, which it does not accept: use one of its outputs"
                self.problems.append((name, name, reason))


def resolved(law: Kind, model: type[Inputs], subject: str, specified: Mapping[str, Any]) -> Resolved:
    """The inputs, with each resource replaced by its id and the values that it provides.

    Args:
        law: the kind's definition.
        model: its inputs.
        subject: how messages name the resource.
        specified: the inputs as the program passed them.
    """
    result = Resolved(dict(specified))
    for reference in law.references:
        result.resolve(reference, subject)
    for reference in law.references:
        result.fill_in(reference)
    for name, mark in by_resource(model).items():
        result.set_known(name, mark)
    result.reject_others(model.model_fields)
    return result


@cached
def by_resource(model: type[Inputs]) -> Mapping[str, ByResource]:
    """The fields that contain what a preview knows of a resource."""
    fields = model.model_fields.items()
    return MappingProxyType({name: mark for name, each in fields for mark in each.metadata if isinstance(mark, ByResource)})


def _id_or_ids(reference: Reference, value: object, where: str) -> object:
    if not reference.is_list:
        return _id(reference.kind, value, where)
    if isinstance(value, list | tuple):
        ids = []
        for position, each in enumerate(value):
            try:
                ids.append(_id(reference.kind, each, f"{where}[{position}]"))
            except _WrongError as wrong:
                raise _WrongError(str(wrong), f"[{position}]") from None
        return ids
    if isinstance(value, pulumi.Resource | Existing):
        raise _WrongError(_must_be(value, f"a list of {reference.kind} resources or ids"))
    return value


def _id(kind: str, value: Any, where: str) -> object:  # noqa: ANN401 - any value that the program passed
    """The id: a string, an output or an unknown."""
    if _is_of(kind, value):
        return value.id
    if isinstance(value, str) or is_unknown(value):
        return value
    if isinstance(value, Output) or inspect.isawaitable(value):
        return Output.from_input(value).apply(functools.partial(id_of, kind, where))
    either = "" if isinstance(value, pulumi.Resource | Existing) else " or its id"
    raise _WrongError(_must_be(value, _with_article(kind) + either))


def id_of(kind: str, where: str, value: object) -> Any:  # noqa: ANN401 - a string, an output or an unknown
    """The same where no check follows: for the value of an output, or the argument of a lookup.

    Raises:
        RunError: the value is not a reference to this kind.
    """
    try:
        return value if value is None else _id(kind, value, where)
    except _WrongError as wrong:
        raise RunError(f"{where} {wrong}") from None


def _provided(given: Any, output: str) -> object:  # noqa: ANN401 - any value that the program passed
    """A property of the referenced object, or None if it is not available: an output, for example, may contain an id.

    For a resource that the program declares, its input is used: an output is unknown in the preview of every update, and would
    show a replacement that never happens.
    """
    if isinstance(given, Existing):
        return getattr(given, output, None) or None
    if not isinstance(given, pulumi.Resource):
        return None
    is_input = output in getattr(type(given), "provider").inputs.model_fields  # noqa: B009 - every resource of ours has one
    return given.resolved.get(output) if is_input and given.specified else getattr(given, output)  # type: ignore[attr-defined]


def _is_of(kind: str, value: object) -> bool:
    if isinstance(value, Existing):
        return value.kind == kind
    law = getattr(getattr(type(value), "provider", None), "law", None)
    return isinstance(law, Kind) and law.name == kind


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any value that the program passed
    """Whether both are known to be the same object. Two different outputs are not."""
    ids = [each.id if isinstance(each, pulumi.CustomResource | Existing) else each for each in (one, other)]
    return ids[0] is ids[1] or (isinstance(ids[0], str) and isinstance(ids[1], str) and ids[0] == ids[1])


def _must_be(value: object, expected: str) -> str:
    return f"is {_named(value)}, must be {expected}"


def _named(value: object) -> str:
    """A value in a message: the value itself if it is a scalar, otherwise its class."""
    if isinstance(value, str | int | float):
        return shown(value)
    ours = type(value).__module__.startswith(f"{__package__.partition('.')[0]}.")
    is_foreign = isinstance(value, pulumi.Resource) and not ours
    return _with_article(f"{type(value).__module__}.{type(value).__name__}" if is_foreign else type(value).__name__)


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiouAEIOU" else f"a {noun}"
