"""Signatures: writes `aep_pulumi/resources/_signatures.py`, what editors and type checkers see of each kind, from its inputs.

Run by `make docs`; a test fails where the file says something else.
"""

from __future__ import annotations

import builtins
import inspect
import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from aep_pulumi.kinds import Reference
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._fields import CHECK_ONLY, LOCAL, TIME, Inputs, part_of
from aep_pulumi.resources._references import by_resource
from aep_pulumi.resources._resource import Resource

ROOT = Path(__file__).parents[1]
SIGNATURES = ROOT / "aep_pulumi" / "resources" / "_signatures.py"

_HEAD = '''\
"""Signatures: what editors and type checkers see of each kind. Written by `make docs` from the kinds' inputs: do not edit it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from pulumi import Input, Output, ResourceOptions

from aep_pulumi.resources._references import ResourceOrId
from aep_pulumi.resources._resource import Part, Resource
'''
_FOOT = '''
else:

    def __getattr__(name: str) -> type[Resource]:
        """Every signature at run time: there, a keyword goes to the provider's `check`, which finds all that is wrong at once."""
        if not name.endswith("Signature"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return Resource
'''


def said_fields(model: type[Inputs]) -> dict[str, FieldInfo]:
    """The fields that a program sets, but for those that the constructor sets for it."""
    model.model_rebuild()
    return {name: field for name, field in model.model_fields.items() if CHECK_ONLY not in field.metadata}


def known(kind: type[Resource]) -> dict[str, str]:
    """The further keywords for resources that only a preview looks at, each with their kind."""
    of_the_law = {reference.keyword for reference in kind.provider.law.references}
    return {mark.keyword: mark.resource for mark in by_resource(kind.provider.inputs).values() if mark.keyword not in of_the_law}


def keywords(kind: type[Resource]) -> dict[str, bool]:
    """The keywords of a kind's constructor, and whether each must be set: of what can be set in two ways, neither."""
    references = {reference.input: reference for reference in kind.provider.law.references}
    brought = {name for reference in references.values() for name in reference.also_sets}
    found: dict[str, bool] = {}
    for name, field in said_fields(kind.provider.inputs).items():
        if name in references:
            found |= dict.fromkeys((references[name].keyword, name), references[name].keyword == name and field.is_required())
        else:
            found[name] = field.is_required() and name not in brought
    return found | dict.fromkeys(known(kind), False)


# -- types -------------------------------------------------------------------------------------------------------------------


def bare(annotation: Any) -> Any:  # noqa: ANN401 - any type
    """A type without None and marks."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        (one,) = [each for each in get_args(annotation) if each is not types.NoneType]
        return bare(one)
    return annotation


def scalar(type_: object) -> str:
    """A type that holds no other."""
    if get_origin(type_) is Literal:
        return f"Literal[{', '.join(map(json.dumps, get_args(type_)))}]"
    return str(getattr(type_, "__name__", type_))


def item(annotation: object) -> str:
    """What a program may say inside a list or a mapping."""
    type_ = bare(annotation)
    if part := part_of(type_):
        return f"{part.__name__}Args"
    inner = get_args(type_)
    if get_origin(type_) is list:
        return f"Sequence[{item(inner[0])}]"
    if get_origin(type_) is dict:
        return "dict[str, Any]" if inner[1] is Any else f"Mapping[str, {item(inner[1])}]"
    return f"Input[{scalar(type_)}]"


def taken(field: FieldInfo, reference: Reference | None) -> str:
    """What a constructor takes for a field."""
    type_ = bare(field.annotation)
    if reference is not None and not reference.is_list:
        return f"ResourceOrId[{reference.kind}]"
    if LOCAL in field.metadata:
        return scalar(type_)  # the program must know it: the engine is told before any output is known
    one = item(type_)
    whole = one if one.startswith("Input[") else f"Input[{one}]"
    return f"{whole} | Sequence[ResourceOrId[{reference.kind}]]" if reference else whole


def taken_in_part(field: FieldInfo, part: type[Inputs]) -> str:
    """What a part takes for a field. Its lists and mappings are the program's own, and each value in them may be an output."""
    inner, one = part_of(bare(field.annotation)), item(field.annotation)
    if TIME in field.metadata:
        return "Input[int] | Input[datetime]"
    if inner is None:
        return one.replace(f"{part.__name__}Args", f'"{part.__name__}Args"')
    return f'"{one}"' if inner is part else f"Input[{one}]"


def given_back(annotation: object) -> str:
    """What an output holds."""
    type_ = bare(annotation)
    if part_of(type_) or get_origin(type_) is dict:
        return "Part"
    if get_origin(type_) is list:
        return f"list[{given_back(get_args(type_)[0])}]"
    return "str" if get_origin(type_) is Literal else scalar(type_)


def parts(model: type[Inputs], seen: list[type[Inputs]]) -> Iterator[type[Inputs]]:
    """Every part that a program says, inner ones first."""
    for field in said_fields(model).values():
        for part in held(field.annotation):
            if part not in seen:
                seen.append(part)
                yield from parts(part, seen)
                yield part


def held(annotation: object) -> Iterator[type[Inputs]]:
    """The parts that a type holds."""
    type_ = bare(annotation)
    if part := part_of(type_):
        yield part
    elif get_origin(type_) in {list, dict}:
        yield from held(get_args(type_)[-1])


# -- the module --------------------------------------------------------------------------------------------------------------


def arguments(part: type[Inputs]) -> str:
    """A part, as a program says it."""
    lines = [f"class {part.__name__}Args(TypedDict):", f'    """{inspect.cleandoc(part.__doc__ or "")}"""', ""]
    for name, field in sorted(said_fields(part).items(), key=lambda each: not each[1].is_required()):
        type_ = taken_in_part(field, part)
        lines.append(f"    {name}: {type_ if field.is_required() else f'NotRequired[{type_}]'}")
    return "\n".join(lines)


def signature(kind: type[Resource]) -> str:
    """A kind's outputs and its constructor."""
    model = kind.provider.inputs
    fields, must = said_fields(model), keywords(kind)
    outputs = [
        f"{name}: Output[{given_back(field.annotation)}{' | None' if not field.is_required() and field.default is None else ''}]"
        for name, field in fields.items()
    ]
    references = {reference.input: reference for reference in kind.provider.law.references}
    types_ = {name: taken(field, references.get(name)) for name, field in fields.items()}
    types_ |= {reference.keyword: types_[name] for name, reference in references.items()} | known(kind)
    by_keyword = fields | {reference.keyword: fields[name] for name, reference in references.items()}
    # What must be set comes first, then what must be set in one of two ways.
    rank = {name: (not needed, name not in by_keyword or not by_keyword[name].is_required()) for name, needed in must.items()}
    constructor = [
        f"{name}: {types_[name]}{'' if needed else ' | None = None'},"
        + ("  # noqa: A002 - Platform's word" if hasattr(builtins, name) else "")
        for name, needed in sorted(must.items(), key=lambda each: rank[each[0]])
    ]
    lines = [
        f"class {kind.__name__}Signature(Resource, provider=Provider):",
        f'    """Outputs and constructor: {kind.provider.law.noun}."""',
        "",
        *(f"    {output}" for output in outputs),
        "",
        "    def __init__(",
        "        self,",
        "        resource_name: str,",
        "        *,",
        *(f"        {argument}" for argument in constructor),
        "        opts: ResourceOptions | None = None,",
        "    ) -> None: ...",
    ]
    return "\n".join(f"    {line}" if line else "" for line in lines)


def module() -> str:
    """The whole module."""
    seen: list[type[Inputs]] = []
    args = [arguments(part) for kind in KINDS for part in parts(kind.provider.inputs, seen)]
    taken_ = {reference.kind for kind in KINDS for reference in kind.provider.law.references}
    taken_ |= {resource for kind in KINDS for resource in known(kind).values()}
    homes = {"Provider": "_provider"} | {kind.__name__: kind.provider.law.module for kind in KINDS if kind.__name__ in taken_}
    imports = sorted(f"    from aep_pulumi.resources.{home} import {name}\n" for name, home in homes.items())
    signatures = [f"\n{signature(kind)}\n" for kind in KINDS]
    return "".join([_HEAD, *(f"\n\n{each}\n" for each in args), "\n\nif TYPE_CHECKING:\n", *imports, *signatures, _FOOT])


def main() -> None:
    """Write the module, if it is stale."""
    if not SIGNATURES.exists() or SIGNATURES.read_text() != module():
        SIGNATURES.write_text(module())
        print(f"wrote {SIGNATURES.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
