"""Fields: the inputs of a kind, and how the provider handles a change of each.

A kind's inputs are an `Inputs` model. A field's marks specify how a change is handled; a field without marks is updated in
place. A default of None means that Platform chooses and owns the value; any other default is sent, and checked for drift.
"""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, UnionType
from typing import Annotated, Any, ClassVar, Self, TypeAlias, TypeVar, Union, cast, get_args, get_origin

from pulumi.output import Unknown
from pulumi.runtime import rpc
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from aep_pulumi.client.patch import value_at
from aep_pulumi.kinds import Reference, did_you_mean
from aep_pulumi.resources import _constraints as constraints
from aep_pulumi.resources._carried import to_engine_json
from aep_pulumi.resources._marks import CHECK_ONLY, FREE_JSON, MAY_BE_BLANK, ByResource, Mark, Secret, SetBy, holds_keep
from aep_pulumi.resources._wire import Wire, place_of, put

F = TypeVar("F", bound=Callable[..., object])
Values: TypeAlias = dict[str, Any]
"""Property values as the engine passes them: plain JSON, and unknowns in a preview."""


REASON = "__rejected"
"""The key of the mapping that replaces a rejected value: it contains the reason."""


def is_unknown(value: object) -> bool:
    """Whether the value is not known yet in a preview. Unknowns are not validated, and are not equal to anything."""
    return isinstance(value, Unknown) or (isinstance(value, str) and value == rpc.UNKNOWN)


def holds_unknown(value: object) -> bool:
    """Whether a value is or contains an unknown."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else is_unknown(value)


def _pass_unknown(value: Any, validate: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any value that a program may set
    return value if is_unknown(value) else validate(value)


Text: TypeAlias = Annotated[str, WrapValidator(_pass_unknown)]
"""A string in a list or mapping, which may be unknown in a preview."""
Name: TypeAlias = Annotated[str, AfterValidator(constraints.not_blank), WrapValidator(_pass_unknown)]
"""The same, but must not be blank: an id, or a credential."""
Texts: TypeAlias = Annotated[list[Text], WrapValidator(_pass_unknown)]
"""A list of strings in a list or mapping, which may be unknown in a preview."""


@dataclass(frozen=True)
class Problem:
    """A validation error of an input: its exact path and the reason."""

    path: str
    reason: str

    def __post_init__(self) -> None:
        """Escape what is not printable in the path: a key may contain a line break, and an error is one line."""
        if not self.path.isprintable():
            shown = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in self.path)
            object.__setattr__(self, "path", shown)


class Inputs(BaseModel):
    """The inputs of an object, or of a nested object.

    Unknowns are accepted at every depth, and everything around them is still validated. Rules between fields are field
    validators that read the fields declared before, so that each problem has its exact path and all are reported at once.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        defer_build=True,  # a process only needs the validators of the kinds that it declares or manages
    )

    noun: ClassVar[str] = "object"
    """The noun in messages. Nested objects set their own; for an object of a kind it is that of the kind."""
    references: ClassVar[tuple[Reference, ...]] = ()
    """The fields for which a program may pass resources, from the kind's definition."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _validate_field(
        cls,
        value: Any,  # noqa: ANN401 - as above
        validate: Callable[[Any], Any],
        info: ValidationInfo,
    ) -> Any:  # noqa: ANN401 - as above
        if is_unknown(value):
            return value
        field = cls.model_fields[str(info.field_name)]
        constraints.before(value, field.annotation)
        valid = validate(value)
        constraints.after(valid, may_be_blank=MAY_BE_BLANK in field.metadata)
        for mark in field.metadata:
            if isinstance(mark, constraints.NotBelow):
                constraints.not_below(valid, info.data.get(mark.lower), mark.lower)
        return valid

    @model_validator(mode="wrap")
    @classmethod
    def _let_unknown_parts_pass(cls, value: Any, validate: Callable[[Any], Self]) -> Self:  # noqa: ANN401 - as above
        return value if is_unknown(value) else validate(value)

    @classmethod
    def read(cls, values: Values) -> tuple[Self | None, list[Problem]]:
        """Validate inputs: the inputs, or None and every problem with them."""
        try:
            return cls.model_validate(values), []
        except ValidationError as error:
            return None, [_problem(cls, dict(details)) for details in error.errors(include_url=False)]

    @classmethod
    def from_state(cls, kept: Values) -> Self:
        """Load inputs from state without validation: rules may be newer than the state, or drift may violate them."""
        try:
            return cls.model_validate(kept)
        except ValidationError:
            values = {name: _from_state(field.annotation, kept[name]) for name, field in cls.model_fields.items() if name in kept}
            return cast("Self", cls.model_construct(None, **values))

    @classmethod
    def keywords(cls) -> list[str]:
        """The constructor's keywords, with the preferred keyword of each field first."""
        fields = {name: field for name, field in cls.model_fields.items() if CHECK_ONLY not in field.metadata}
        read_first = {reference.input: reference.keyword for reference in cls.references}
        further = [mark.keyword for field in cls.model_fields.values() for mark in field.metadata if isinstance(mark, ByResource)]
        return list(dict.fromkeys([*(read_first.get(name, name) for name in fields), *fields, *further]))

    @classmethod
    def ways_to_set(cls, name: str) -> str:
        """The keywords that set a field, for a message."""
        names = dict.fromkeys([*(each.keyword for each in cls.references if each.input == name), name])
        brought = [f", or its {each.keyword} as a resource" for each in cls.references if name in each.also_sets]
        return " or ".join(names) + "".join(brought)

    def plain(self) -> Values:
        """The values as the engine passes them, without those that are not set. Empty optional collections count as not set."""
        values = {
            name: getattr(self, name, None) for name in type(self).model_fields
        }  # in state, a required field may be missing
        return {
            name: to_engine_json(values[name]) if FREE_JSON in field.metadata else _plain(values[name])
            for name, field in type(self).model_fields.items()
            if values[name] is not None and not (field.default is None and values[name] in ([], {}))
        }

    def to_wire(self) -> Values:
        """The request body: each value at its field's place. Fields that are not set are omitted, and secrets that stay."""
        body: Values = {}
        for name, place, _annotation in _placed(type(self)):
            value = getattr(self, name, None)
            if value is not None and not holds_keep(value):
                put(body, place.at, place.write(value) if place.write else _to_wire(value))
        return body

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Values:
        """The values in a response body, by field name. Fields without a value are omitted."""
        reported: Values = {}
        for name, place, annotation in _placed(cls):
            value = value_at(body, place.at)
            reported[name] = place.read(value) if place.read else _from_wire(annotation, value)
        return {name: value for name, value in reported.items() if value is not None}


def with_integers(value: Any) -> Any:  # noqa: ANN401 - any value
    """The same value with its whole numbers as integers: the engine carries every number as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: with_integers(item) for name, item in value.items()}
    return [with_integers(item) for item in value] if isinstance(value, list) else value


def cached(function: F) -> F:
    """`functools.cache` with the function's own signature: to type checkers, a generic class is not hashable."""
    return cast("F", functools.cache(function))


@cached
def marked(model: type[Inputs], mark: Mark | SetBy) -> frozenset[str]:
    """The paths of the fields that have a mark, such as `table_name` or `auth.spec_name`."""
    return frozenset(path for path, field in fields_of(model) if mark in field.metadata)


@cached
def secrets(model: type[Inputs]) -> Mapping[str, Secret]:
    """The paths of the secret fields."""
    found = ((path, mark) for path, field in fields_of(model) for mark in field.metadata if isinstance(mark, Secret))
    return MappingProxyType(dict(found))


@cached
def fields_of(model: type[Inputs]) -> tuple[tuple[str, FieldInfo], ...]:
    """Every field with its path, each nested object before its own fields. Lists are not entered: a list changes as a whole."""
    fields: list[tuple[str, FieldInfo]] = []
    for name, field in model.model_fields.items():
        fields.append((name, field))
        if part := part_of(field.annotation):
            fields += ((f"{name}.{path}", each) for path, each in fields_of(part))
    return tuple(fields)


def part_of(annotation: object) -> type[Inputs] | None:
    """The model of a field that is itself a set of inputs, or None."""
    kinds = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Inputs)), None)


def at(values: object, path: str) -> object:
    """The value at a dotted path: None if there is none, unknown if a parent is unknown."""
    for name in path.split("."):
        if is_unknown(values):
            return values
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def same(old: object, new: object) -> bool:
    """Whether two values are equal. An unknown is not equal to anything; None equals a missing value."""
    if is_unknown(old) or is_unknown(new):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(same(old.get(name), new.get(name)) for name in old.keys() | new.keys())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return old == new


def _plain(value: object) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, Inputs):
        return value.plain()
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


@functools.cache
def _placed(model: type[Inputs]) -> tuple[tuple[str, Wire, object], ...]:
    """The fields with a place in the body: name, place, type."""
    places = ((name, place_of(field.metadata), field.annotation) for name, field in model.model_fields.items())
    return tuple((name, place, annotation) for name, place, annotation in places if place is not None)


def _to_wire(value: object) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, Inputs):
        return value.to_wire()
    if isinstance(value, Mapping):
        return {name: _to_wire(item) for name, item in value.items()}
    return [_to_wire(item) for item in value] if isinstance(value, list) else value


def _from_wire(annotation: object, value: Any) -> Any:  # noqa: ANN401 - any value
    if not isinstance(value, Mapping | list):
        return value
    part = part_of(annotation)
    if part is not None and isinstance(value, Mapping):
        return part.from_wire(value)
    inner = _in_list(annotation) if part is None else None
    if inner is None:
        return value
    if isinstance(value, Mapping):
        return {name: inner.from_wire(item) for name, item in value.items() if isinstance(item, Mapping)}
    return [inner.from_wire(item) for item in value]


def _problem(model: type[Inputs], error: Mapping[str, Any]) -> Problem:
    inside = getattr((error.get("ctx") or {}).get("error"), "steps", ())
    steps = (*error["loc"], *inside)
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
    part = _part_at(model, steps[:-1])
    match error["type"]:
        case "missing":
            return Problem(path, f"is required: set {_article(part.noun)}'s {part.ways_to_set(str(steps[-1]))}")
        case "extra_forbidden":
            keywords = part.keywords()
            hint = did_you_mean(str(steps[-1]), keywords, f"it takes {', '.join(keywords)}")
            return Problem(path, f"is not an input of {_article(part.noun)}: {hint}")
        case "value_error":
            return Problem(path, str(error["ctx"]["error"]))
    words = str(error["msg"]).replace("Input should", "must").replace(" should ", " must ")
    is_shown = isinstance(error["input"], str | int | float) and not _is_secret(model, steps)
    prefix = f"is {constraints.shown(error['input'])}, but " if is_shown else ""
    return Problem(path, f"{prefix}{words[0].lower()}{words[1:]}")


def _from_state(annotation: object, value: Any) -> Any:  # noqa: ANN401 - any value
    part = part_of(annotation)
    if part is not None and isinstance(value, Mapping):
        return part.from_state(dict(value))
    inner = _in_list(annotation) if part is None else None
    if inner is not None and isinstance(value, Mapping):
        return {name: _from_state(inner, item) for name, item in value.items()}
    if inner is not None and isinstance(value, list):
        return [_from_state(inner, item) for item in value]
    return with_integers(value)


def _part_at(model: type[Inputs], steps: tuple[object, ...]) -> type[Inputs]:
    for step in steps:
        field = model.model_fields.get(str(step))
        if field is not None:
            inner = part_of(field.annotation) or next(filter(None, map(part_of, get_args(field.annotation))), None)
            inner = inner or _in_list(field.annotation)
            model = inner or model
    return model


def _in_list(annotation: object) -> type[Inputs] | None:
    for kind in get_args(annotation):
        if part := part_of(kind) or _in_list(kind):
            return part
    return None


def _is_secret(model: type[Inputs], steps: tuple[object, ...]) -> bool:
    # Also redact ancestors of a secret path: a scalar where an object is expected may be the secret.
    path = ".".join(map(str, steps))
    return any(f"{path}.".startswith(f"{secret}.") or secret.startswith(f"{path}.") for secret in secrets(model))


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
