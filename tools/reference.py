"""Reference: writes `docs/reference.md`, and README's tables, from what runs: the models, their marks and their docstrings.

Run by `make docs`; a test fails where the files say something else.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import itertools
import json
import operator
import re
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import SecretStr
from pydantic.fields import FieldInfo

import aep_pulumi
from aep_pulumi import errors, lookups, settings
from aep_pulumi.client import home
from aep_pulumi.components.crm_pipeline import CrmPipeline
from aep_pulumi.connectors import CONNECTORS, Connector
from aep_pulumi.resources import KINDS
from aep_pulumi.resources._fields import (
    CHECK_ONLY,
    FREE_JSON,
    IMMUTABLE,
    LOCAL,
    REPLACES,
    WHOLE,
    WRITE_ONLY,
    Inputs,
    Secret,
    marked,
    part_of,
)
from aep_pulumi.resources._resource import Resource
from aep_pulumi.resources._sets import shape_of
from aep_pulumi.resources.base_connection import CLEAR

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "policies"), str(ROOT / "tools")]

import signatures  # noqa: E402 - a tool beside this one
from rules import RULES  # noqa: E402 - the pack's modules lie side by side in its folder

EXAMPLES = ROOT / "docs" / "examples"
REFERENCE = ROOT / "docs" / "reference.md"
README = ROOT / "README.md"

_NEEDED = "required"
_WORDS = {str: "text", int: "whole number", float: "number", bool: "`True` or `False`", SecretStr: "secret text"}
_LATER = re.compile(r"Output\b|.*Awaitable\b")
"""What a program may say in place of a value: every input takes these, so no type names them."""

_INTRODUCTION = """\
# Reference

Written by `make docs` from the code that runs: do not edit it. Each example is a whole program (`docs/examples`), and a test
deploys it.

How to read the tables of inputs:

- **Type**: what a program says. Every input also takes an output of another resource.
- **Default**: *Platform decides* means that a value left out is not sent: Platform fills it in and owns it, and whatever it
  becomes is no drift. *Depends* means that another input decides whether it is required. *None* means that there is no value.
  Any other default is sent and watched.
- **A change**: *in place* keeps the object and its id. *Replaces* makes a new object, for Platform refuses the change or does
  nothing with it. *Never read back* means that Platform does not return the value: a change made there is not seen, a change made
  here is sent. *Never sent* means that only this provider reads the value: a change updates the state, without a request.
  *Secret* means encrypted in state and hidden in messages. A list changes as a whole: its items' fields do what it does.
- **Order**: *a set* means that Platform gives no meaning to the order, so another order in the program is no change and makes no
  request; *a set by* a field, that this field tells an item from the others. A list that is no set *keeps its order*: another
  order is a change. An empty list or mapping that may be left out is the same as none.
- **Drift**: what somebody changes, or takes away, of what the program sets shows at the next `pulumi refresh`, and so does an
  item added to a list. What somebody adds to a JSON object or to a mapping, or sets in a part where the program sets nothing,
  shows where the table says *additions show*, at every depth below; elsewhere it cannot be told from what Platform fills in
  itself (tags of its own, an account's organisation, a mapping's defaults), and is left alone.

Every resource takes its name in the stack first, then its inputs by keyword, then `opts`. It has its inputs and its `id` as
outputs, for other resources to take."""

_CONNECTORS = """\
The sources that Adobe names, each with its typed ways to sign in. A way returns what a base connection needs beside its name:
`aep.BaseConnection(…, **aep.Salesforce.client_credentials(…))`. For any other connector say `connection_spec_id` and `auth` by
hand: `aep.get_connection_spec` tells both."""

_POLICIES = """\
The pack comes with the package: `pulumi preview --policy-pack "$(aep policies)"`. Each rule's settings and examples are in
[its own page](../policies/README.md)."""


# -- what the code says ------------------------------------------------------------------------------------------------------


def sentences(docstring: str | None) -> str:
    """A docstring as paragraphs of one line each."""
    paragraphs = inspect.cleandoc(docstring or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def said_below(where: type | types.ModuleType) -> dict[str, str]:
    """The docstrings under a class's or a module's names."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(where))).body if isinstance(where, type) else (None,)
    lines = body.body if isinstance(body, ast.ClassDef) else ast.parse(inspect.getsource(where)).body
    found: dict[str, str] = {}
    for line, below in itertools.pairwise(lines):
        named = line.target if isinstance(line, ast.AnnAssign) else line.targets[0] if isinstance(line, ast.Assign) else None
        told = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
        if isinstance(named, ast.Name) and told:
            found[named.id] = sentences(ast.literal_eval(below.value))  # type: ignore[attr-defined]
    return found


def arguments(function: Callable[..., Any]) -> dict[str, str]:
    """What the docstring's `Args:` says of each argument."""
    told = inspect.cleandoc(function.__doc__ or "").partition("Args:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", told, re.MULTILINE)
    return {name: _capital(sentences(words)) for name, words in found}


def rows_of(model: type[Inputs], prefix: str = "", seen: tuple[type[Inputs], ...] = ()) -> Iterator[tuple[str, FieldInfo]]:
    """Every field with its path, what lies in lists and mappings too; what only a check reads is left out."""
    model.model_rebuild()
    for name, field in model.model_fields.items():
        if CHECK_ONLY in field.metadata:
            continue
        yield prefix + name, field
        part, between = part_within(field.annotation)
        if part and part not in (*seen, model):
            yield from rows_of(part, f"{prefix}{name}{between}.", (*seen, model))


def part_within(annotation: object) -> tuple[type[Inputs] | None, str]:
    """The part that a field holds, and what a path says of how: `[]` for a list's items, `.*` for a mapping's values."""
    if part := part_of(annotation):
        return part, ""
    for inner in _alternatives(annotation):
        mark = {list: "[]", dict: ".*"}.get(get_origin(inner), "")
        if mark and (part := part_of(get_args(inner)[-1])):
            return part, mark
    return None, ""


# -- in readers' words -------------------------------------------------------------------------------------------------------


def type_of(annotation: object) -> str:  # noqa: PLR0911 - one line for each form of type
    """A type, in words."""
    if isinstance(annotation, type) and (name := _public(annotation)):
        return f"`{name}`"
    if annotation in _WORDS:
        return _WORDS[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return type_of(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner) if len(inner) < 3 else "one of " + _code(inner)  # noqa: PLR2004 - two
    if origin in {Union, types.UnionType}:
        return " or ".join(dict.fromkeys(type_of(each) for each in _alternatives(annotation)))
    if origin in {list, Sequence}:
        return f"list of {_plural(type_of(inner[0]))}"
    if origin in {dict, Mapping}:
        return "JSON object" if inner[1] is Any else f"{_plural(type_of(inner[1]))} by name"
    return "any JSON" if annotation is Any else f"`{getattr(annotation, '__name__', annotation)}`"


def limits(field: FieldInfo) -> str:
    """What a field's values must be beside their type."""
    words = []
    for mark in field.metadata:
        if isinstance(mark, annotated_types.MinLen):
            words.append("not empty")
        elif isinstance(mark, annotated_types.MaxLen):
            words.append(f"up to {mark.max_length} characters")
        elif isinstance(mark, annotated_types.Ge):
            words.append(f"{mark.ge} or more")
        elif isinstance(mark, annotated_types.Gt):
            words.append(f"above {mark.gt}")
        elif isinstance(mark, annotated_types.Le):
            words.append(f"up to {mark.le}")
        elif pattern := getattr(mark, "pattern", None):
            words.append(f"matching `{pattern}`")
    return "".join(f", {word}" for word in words)


def default_of(field: FieldInfo) -> str:
    """A field's default."""
    if field.is_required():
        return _NEEDED
    if field.default is None and LOCAL in field.metadata:
        return "none"
    if field.default is None:
        # A validator looks at other inputs; of what a field's items need, only the sentence says so.
        depends = field.validate_default or "equired" in (field.description or "")
        return "depends" if depends else "Platform decides"
    return "empty" if field.default == "" else f"`{_as_program(field.default)}`"


def _as_program(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def change_of(kind: type[Resource], path: str, field: FieldInfo) -> str:
    """What a change of a field does."""
    provider, inputs = kind.provider, kind.provider.inputs
    mine = re.sub(r"\[\]|\.\*", "", path)
    replacing = marked(inputs, REPLACES)
    if mine in marked(inputs, IMMUTABLE):
        words = ["refused: Platform never changes it, and never deletes the object"]
    elif any(mine == mark or mine.startswith(f"{mark}.") for mark in replacing):
        words = [f"replaces: refused unless {allowed_by(kind)}, for {provider.loses}" if provider.loses else "replaces"]
    else:
        words = ["as its fields" if any(mark.startswith(f"{mine}.") for mark in replacing) else "in place"]
    for mark in field.metadata:
        if mark is WRITE_ONLY:
            words.append("never read back")
        elif mark is LOCAL:
            words.append("never sent")
        elif isinstance(mark, Secret):
            words.append("secret" + (f" but for {_code(sorted(mark.clear))}" if mark.clear else ""))
    return "; ".join([*words, *order_of(field), *(["additions show"] if WHOLE in field.metadata else [])])


def order_of(field: FieldInfo) -> Iterator[str]:
    """What the order of a list means, where the field is one or holds some."""
    if FREE_JSON in field.metadata:
        yield "its lists keep their order"
    if not type_of(field.annotation).startswith(("list of", "lists of")):
        return
    shape = shape_of(field)
    set_by = shape.set_by or (shape.inner.set_by if shape.inner else None)
    if set_by is None:
        yield "keeps its order"
    else:
        of = f"a set by `{set_by.key}`" if set_by.key else "a set"
        yield f"{of}: order means nothing" if set_by.ordered is operator.eq else f"{of}: order counts only among those of one"


def allowed_by(kind: type[Resource]) -> str:
    """What allows that an object is replaced with what it holds."""
    return " or ".join(f"`{name}`" for name in (kind.provider.loses_with, "aep:allowDestructive") if name)


def _alternatives(annotation: object) -> list[Any]:
    """What a value may be, but for None and for what comes later."""
    each = get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else (annotation,)
    return [one for one in each if one is not types.NoneType and not _LATER.match(getattr(one, "__forward_arg__", repr(one)))]


def _public(named: type) -> str | None:
    """The name by which a program knows a class, or the arguments of a part."""
    return next((name for name in (named.__name__, f"{named.__name__}Args") if name in aep_pulumi.__all__), None)


def _plural(words: str) -> str:
    singular, _, rest = words.partition(" or ")
    many = {"text": "texts", "number": "numbers", "whole number": "whole numbers"}.get(singular, singular)
    return f"{many} or {_plural(rest)}" if rest else re.sub(r"^list of", "lists of", many)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _code(names: Sequence[object]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    cells = [heads, ["---"] * len(heads), *([" ".join(cell.replace("|", r"\|").split()) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


# -- the chapters ------------------------------------------------------------------------------------------------------------


def of_kind(kind: type[Resource]) -> str:
    """A kind's chapter."""
    provider = kind.provider
    keywords = signatures.keywords(kind)
    rows = []
    for path, field in rows_of(provider.inputs):
        default = default_of(field)
        if default == _NEEDED and not keywords.get(path, True):
            default = "required, unless its resource is given"
        rows.append(
            [
                f"`{path}`",
                type_of(field.annotation) + limits(field),
                default,
                change_of(kind, path, field),
                field.description or "",
            ]
        )
    parts = [
        f"## {kind.__name__}",
        sentences(kind.__doc__),
        f"Platform object: {object_of(kind)}.",
        *(["One that is replaced goes before its successor comes."] if provider.delete_before_replace else []),
        table(("Input", "Type", "Default", "A change", ""), rows),
        *([sentences(kind.translated.__doc__)] if "translated" in vars(kind) else []),
    ]
    told = said_below(kind)
    if provider.outputs:
        parts.append(table(("Output", ""), [[f"`{name}`", told.get(name, "")] for name in provider.outputs]))
    return "\n\n".join([*parts, example(kind.__name__)])


def object_of(kind: type[Resource]) -> str:
    """Where a kind lies on Platform."""
    path = f"`{kind.provider.law.path.removeprefix('/data/foundation')}`"
    return f"{kind.provider.part}: {path}" if kind.provider.part else path


def example_file(name: str) -> Path:
    """The example of a class."""
    return EXAMPLES / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}.py"


def example(name: str) -> str:
    """The example of a class, quoted."""
    return f"```python\n{example_file(name).read_text()}```"


def of_pipeline() -> str:
    """The component's chapter."""
    told = arguments(CrmPipeline.__init__)
    rows = [
        [
            f"`{name}`",
            type_of(said.annotation),
            _NEEDED if said.default is inspect.Parameter.empty else _default_of_argument(said.default),
            told.get(name, ""),
        ]
        for name, said in inspect.signature(CrmPipeline.__init__).parameters.items()
        if name not in {"self", "opts"}
    ]
    parts = [name for name in CrmPipeline.__annotations__ if not name.startswith("_")]
    return "\n\n".join(
        [
            "## CrmPipeline",
            sentences(CrmPipeline.__doc__),
            table(("Argument", "Type", "Default", ""), rows),
            f"Its resources, as attributes: {_code(parts)}.",
            example("CrmPipeline"),
        ]
    )


def _default_of_argument(value: object) -> str:
    return f"`{_as_program(value)}`" if value else "none"


def of_connectors() -> str:
    """The connectors' chapter."""
    parts = ["## Connectors", _CONNECTORS]
    for connector in CONNECTORS:
        column = f"`{connector.delta_column}`" if connector.delta_column else "to be said"
        parts += [
            f"### {connector.__name__}",
            f"Connection spec `{connector.spec_id}`; delta column {column}, time written as `{connector.date_format}`.",
            table(("Way", "Arguments", "Platform's name for it", ""), [_way(connector, name) for name in ways(connector)]),
        ]
    return "\n\n".join(parts)


def ways(connector: type[Connector]) -> list[str]:
    """The names of a connector's ways to sign in."""
    return [name for name, value in vars(connector).items() if isinstance(value, classmethod) and not name.startswith("_")]


def _way(connector: type[Connector], name: str) -> list[str]:
    way = getattr(connector, name)
    keywords = inspect.signature(way).parameters
    with contextlib.redirect_stderr(io.StringIO()):  # a deprecated way warns
        auth = way(**{keyword: keyword for keyword in keywords})["auth"]
    secret = {said for platforms, said in auth["params"].items() if platforms not in CLEAR}
    needed = {keyword for keyword, said in keywords.items() if said.default is inspect.Parameter.empty}
    words = [
        f"`{keyword}`" + ("" if keyword in needed else " (optional)") + (" (secret)" if keyword in secret else "")
        for keyword in keywords
    ]
    return [f"`{connector.__name__}.{name}`", ", ".join(words), f"`{auth['spec_name']}`", sentences(way.__doc__)]


def of_lookups() -> str:
    """The look-ups' chapter."""
    asking = [name for name in aep_pulumi.__all__ if name.startswith("get_") and not name.endswith("_output")]
    return "\n\n".join(
        [
            "## Look-ups",
            sentences(lookups.__doc__).removeprefix("Look-ups: ").replace("what exists", "What exists", 1),
            table(("Look-up", "Returns", ""), [_lookup(getattr(lookups, name)) for name in asking]),
            f"```python\n{(EXAMPLES / 'lookups.py').read_text()}```",
        ]
    )


def _lookup(ask: Callable[..., Any]) -> list[str]:
    said = ", ".join(
        name if each.default is inspect.Parameter.empty else f"{name}={_as_program(each.default)}"
        for name, each in inspect.signature(ask).parameters.items()
    )
    returned = typing.get_type_hints(ask)["return"]
    one = get_args(returned)[0] if get_origin(returned) is list else returned
    if _public(one):
        words = type_of(returned)
    else:
        told = said_below(one)
        fields = "; ".join(
            f"`{name}`" + (f" ({told[name][:1].lower()}{told[name][1:].rstrip('.')})" if name in told else "")
            for name in one.__annotations__
        )
        words = f"{'a list, of each ' if one is not returned else ''}{fields}"
    return [f"`{ask.__name__}({said})`", words, sentences(ask.__doc__)]


def of_settings() -> str:
    """The settings' chapter."""
    return "\n\n".join(["## Settings", sentences(settings.Settings.__doc__), table_of_settings(types_too=True), only_variables()])


def table_of_settings(*, types_too: bool = False) -> str:
    """Every setting."""
    told = said_below(settings.Settings)
    rows = []
    for name, field in settings.Settings.model_fields.items():
        default = _NEEDED if field.is_required() else "none" if field.default is None else f"`{_as_config(field.default)}`"
        kind = [type_of(field.annotation) + limits(field)] if types_too else []
        rows.append([f"`aep:{field.alias}`", f"`AEP_{name.upper()}`", *kind, default, told.get(name, "")])
    return table(("Config", "Variable", *(["Type"] if types_too else []), "Default", ""), rows)


def _as_config(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def only_variables() -> str:
    """What only the environment says."""
    rows = [
        [f"`{getattr(where, name)}`", said_below(where)[name]]
        for where, name in ((settings, "OTHER_HOSTS_VARIABLE"), (home, "HOME_VARIABLE"))
    ]
    return table(("Variable", ""), rows)


def of_errors() -> str:
    """The errors' chapter."""
    introduction, _, tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")
    words = _capital(introduction.removeprefix("Errors: "))
    return f"## Errors\n\n{words} All of them are in `aep_pulumi.errors`.\n\n```text\n{tree}\n```"


def of_policies() -> str:
    """The policies' chapter."""
    return "\n\n".join(["## Policies", _POLICIES, table_of_policies("../")])


def table_of_policies(root: str = "") -> str:
    """Every rule, in a line."""
    rows = [
        [f"[`{rule.name}`]({root}policies/README.md#{rule.name})", sentences(rule.description), _code(list(rule.schemas))]
        for rule in RULES
    ]
    return table(("Rule", "What it asks", "Settings"), rows)


# -- the documents -----------------------------------------------------------------------------------------------------------


def reference() -> str:
    """The whole reference."""
    chapters = [
        *map(of_kind, KINDS),
        of_pipeline(),
        of_connectors(),
        of_lookups(),
        of_settings(),
        of_errors(),
        of_policies(),
    ]
    heads = [chapter.partition("\n")[0].removeprefix("## ") for chapter in chapters]
    contents = " · ".join(f"[{head}](#{head.lower()})" for head in heads)
    return "\n\n".join([_INTRODUCTION, contents, *chapters]) + "\n"


def table_of_kinds() -> str:
    """Every kind, in a line."""
    rows = []
    for kind in KINDS:
        paths = [path for path, _field in rows_of(kind.provider.inputs)]
        every = marked(kind.provider.inputs, REPLACES)
        replacing = [path for path in paths if path in every]
        others = [path for path in paths if path not in every and "." not in path]
        words = f"all but {_code(others)}" if len(replacing) > 2 * len(others) else _code(replacing) or "nothing"
        refused = f" (refused unless {allowed_by(kind)})" if kind.provider.loses else ""
        name = kind.__name__
        rows.append([f"[`{name}`](docs/reference.md#{name.lower()})", object_of(kind), words + refused])
    return table(("Resource", "Platform object", "Replaced by a change of"), rows)


def readme(text: str) -> str:
    """README with its tables written anew, each between `<!-- NAME: written by make docs -->` and `<!-- end -->`."""
    for name, written in (("kinds", table_of_kinds), ("settings", table_of_settings), ("policies", table_of_policies)):
        opening, closing = f"<!-- {name}: written by make docs -->\n", "<!-- end -->"
        before, found, rest = text.partition(opening)
        if not found:
            raise SystemExit(f"{README.name} has no line {opening.strip()!r}: put it, and {closing.strip()!r}, around the table")
        text = before + opening + written() + "\n" + closing + rest.partition(closing)[2]
    return text


def documents() -> dict[Path, str]:
    """Every written document, as it should be."""
    return {REFERENCE: reference(), README: readme(README.read_text())}


def main() -> None:
    """Write what is stale."""
    for path, text in documents().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
