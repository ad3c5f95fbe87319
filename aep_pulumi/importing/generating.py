"""Generating: the code of the modules. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aep_pulumi.client.schema_registry import is_adobes
from aep_pulumi.components.crm_pipeline import SUFFIXES
from aep_pulumi.errors import AepError
from aep_pulumi.importing.accounts import function_for
from aep_pulumi.importing.fitting import Fit, fit
from aep_pulumi.importing.items import Item, Items, Key, Owner, Providers
from aep_pulumi.importing.layout import Layout, Module, Place
from aep_pulumi.importing.naming import slug, unique, variable
from aep_pulumi.importing.source import Call, Expression, Name, assignment
from aep_pulumi.kinds import BASE_CONNECTION, BY_NAME, Reference
from aep_pulumi.resources._fields import Values, same
from aep_pulumi.resources._imported import explicit
from aep_pulumi.resources._marks import KEEP, ByResource

_PROTECTED = Call("pulumi.ResourceOptions", [("protect", True)])


@dataclass
class Written:
    """The generated package."""

    modules: dict[str, str] = field(default_factory=dict)
    """The code of each module."""
    places: dict[Key, Place] = field(default_factory=dict)
    """Where each object is declared; in a component, with its name."""
    secrets: dict[str, str] = field(default_factory=dict)
    """The secrets to set: the key of the config, and what it is for."""
    exports: dict[str, dict[str, str]] = field(default_factory=dict)
    """The outputs of each stack, with the ids."""
    by_id: dict[str, list[str]] = field(default_factory=dict)
    """Sentences about objects that the code refers to by their ids, although a stack declares them, with the modules."""


@dataclass
class Context:
    """What the modules are written from."""

    items: Items
    """All objects of the sandbox."""
    owners: Mapping[Key, Owner]
    """The objects that are in a state already, whether they were read or not."""
    providers: Providers
    titles: Mapping[str, str]
    """The titles of Adobe's own resources, by id."""
    package: str
    """The name of the package."""
    stacks: Mapping[str, str]
    """The full name of each stack, for references to it."""


def generate(context: Context, arranged: Layout) -> Written:
    """Write the modules of a layout."""
    written = Written(places=dict(arranged.places))
    defaults = {name: _defaults(each) for name, each in context.providers.items()}
    fits: dict[str, Fit] = {}
    for module in arranged.modules:
        found = fit(context.items, module.keys, defaults) if module.pipeline else None
        if found is None or not _is_declarable(found, _Code(context, module, written, None)):
            continue
        fits[module.name] = found
        for key in found.parts:
            place = written.places[key]
            name = f"{module.pipeline}-{SUFFIXES[key[0]]}"
            written.places[key] = replace(
                place, variable=f"pipeline.{BY_NAME[key[0]].module}", name=name, component=module.pipeline
            )
    code = {module.name: _Code(context, module, written, fits.get(module.name)) for module in arranged.modules}
    for each in code.values():
        each.declare()
    # Last, because others add the outputs that they need.
    written.modules = {name: each.text() for name, each in code.items()}
    for name, module_code in written.modules.items():
        require_valid(name, module_code)
    return written


def _is_declarable(found: Fit, code: "_Code") -> bool:
    """Whether the component can be given what it does not declare: an account by its id needs a connector with a class."""
    has_account = code.is_resource(found.base_connection) or bool(found.connector)
    return has_account and (found.dataset in found.parts or code.is_resource(found.dataset))


def require_valid(name: str, code: str) -> None:
    """Reject a module that Python would not load, before anything is written.

    Raises:
        AepError: its code is not valid.
    """
    try:
        compile(code, f"{name}.py", "exec")
    except (SyntaxError, ValueError) as error:
        raise AepError(
            f"the code for the module {name} would not be valid Python ({error}), so nothing was changed: report this to the "
            "provider's maintainers, and import the rest with --exclude"
        ) from None


class _Code:
    """One module."""

    def __init__(self, context: Context, module: Module, written: Written, found: Fit | None) -> None:
        self._of, self._module, self._written, self._fit = context, module, written, found
        self._imports: set[str] = set()
        self._constants: dict[str, str] = {}
        self._comments: dict[str, str] = {}
        self._statements: list[str] = []

    def declare(self) -> None:
        """Write the declarations."""
        parts: Collection[Key] = self._fit.parts if self._fit else ()
        others = [key for key in self._module.keys if key not in parts]
        # What the component is given comes before it, and what refers to its parts after it.
        after = [key for key in others if any(other in parts for _input, other in self._of.items[key].references())]
        after += [key for key in others if key not in after and any(o in after for _, o in self._of.items[key].references())]
        for key in others:
            if key not in after:
                self._resource(self._of.items[key])
        if self._fit:
            self._component(self._fit)
        for key in others:
            if key in after:
                self._resource(self._of.items[key])

    def text(self) -> str:
        """The code of the module."""
        head = f"{self._module.subject or 'What belongs to no single pipeline'}, as `aep import` found it."
        imports = ["import aep_pulumi as aep\nimport pulumi"]
        if self._imports:
            imports.append(f"from {self._of.package} import {', '.join(sorted(self._imports))}")
        constants = [
            self._comments.get(value, "") + assignment(name, value)
            for value, name in sorted(self._constants.items(), key=lambda constant: constant[1])
        ]
        exported = self._written.exports.get(self._module.stack, {})
        exports = [
            assignment("", Call("pulumi.export", [("", place.export), ("", Name(f"{place.variable}.id"))]))
            for place in self._written.places.values()
            if place.module == self._module.name and place.export in exported
        ]
        parts = [f'"""{head}"""', "\n\n".join(imports), "\n".join(constants), "\n".join([*self._statements, *exports])]
        return "\n\n".join(part for part in parts if part) + "\n"

    # -- resources ------------------------------------------------------------------------------------------------------

    def _resource(self, item: Item) -> None:
        place, values = self._written.places[item.key], item.resource.inputs
        provider = self._of.providers[item.law.name]
        given = explicit(provider.inputs, values)
        arguments: list[tuple[str, Expression]] = [("", place.name)]
        skipped: set[str] = set()
        by_input = {each.input: each for each in item.law.references}
        for name in provider.inputs.model_fields:
            if name not in given or name in skipped:
                continue
            if reference := by_input.get(name):
                arguments += self._referenced(reference, given[name])
                skipped |= self._provided(item, reference)
            elif name in item.law.depends_on and isinstance(given[name], str):
                arguments.append((name, self._id(item.law.depends_on[name], given[name])))
            elif item.law.name == BASE_CONNECTION and name in {"connection_spec_id", "auth"}:
                continue
            else:
                arguments.append((name, self._value(given[name])))
        if item.law.name == BASE_CONNECTION:
            arguments += self._account(place, given)
        arguments += self._known(item, provider.inputs.model_fields)
        arguments.append(("opts", _PROTECTED))
        self._statements.append(assignment(place.variable, Call(f"aep.{item.law.name}", arguments)))

    def _referenced(self, reference: Reference, value: object) -> list[tuple[str, Expression]]:
        if isinstance(value, list):
            return [(reference.keyword, [self._object((reference.kind, str(each))) for each in value])]
        expression = self._object((reference.kind, str(value)))
        is_resource = isinstance(expression, Name) and self.is_resource((reference.kind, str(value)))
        return [(reference.keyword if is_resource else reference.input, expression)]

    def _provided(self, item: Item, reference: Reference) -> set[str]:
        """The inputs that the referenced resource sets, with the same values."""
        key = reference.kind, str(item.resource.inputs.get(reference.input))
        if not self.is_resource(key):
            return set()
        known = self._of.items[key].resource.outputs if key in self._of.items else self._of.owners[key].known
        return {name for name, output in reference.also_sets.items() if same(known.get(output), item.resource.inputs.get(name))}

    def _known(self, item: Item, fields: Mapping[str, Any]) -> list[tuple[str, Expression]]:
        """Resources that only a preview reads, such as the source of a mapping set: those of the same pipeline."""
        found: list[tuple[str, Expression]] = []
        keywords = {each.keyword for each in item.law.references}
        for model_field in fields.values():
            for mark in model_field.metadata:
                if isinstance(mark, ByResource) and mark.keyword not in keywords and self._module.pipeline:
                    own = [key for key in self._module.keys if key[0] == mark.resource]
                    found += [(mark.keyword, self._object(own[0]))] if len(own) == 1 else []
        return found

    def _account(self, place: Place, given: Values) -> list[tuple[str, Expression]]:
        """The connector and the credentials, by the connector's typed function if there is one."""
        spec_id, auth = given["connection_spec_id"], given["auth"]
        params = {name: self._secret(place, name, value) for name, value in auth["params"].items()}
        if found := function_for(spec_id, auth):
            function, keywords = found
            return [
                ("**", Call(f"aep.{function}", [(word, params[param]) for param, word in keywords.items() if param in params]))
            ]
        return [("connection_spec_id", spec_id), ("auth", {"spec_name": auth["spec_name"], "params": params})]

    def _secret(self, place: Place, name: str, value: object) -> Expression:
        if value != KEEP:
            return self._value(value)
        key = f"{place.name}-{name}"
        self._written.secrets[key] = f"{name} of {place.name}"
        self._imports.add("settings")
        return Call("settings.secret", [("", key)])

    # -- the component --------------------------------------------------------------------------------------------------

    def _component(self, found: Fit) -> None:
        pipeline = self._module.pipeline
        base = self._object(found.base_connection)
        arguments: list[tuple[str, Expression]] = [("", pipeline), ("base_connection", base)]
        if not self.is_resource(found.base_connection):
            arguments.append(("connector", Name(f"aep.{found.connector}")))
        arguments += [(name, self._value(value)) for name, value in found.arguments.items()]
        if found.field_groups:
            groups = [self._object(("FieldGroup", each)) for each in found.field_groups]
            arguments.append(("field_groups", groups))
        parts: dict[str, Expression] = {}
        for name, key in (("schema", found.schema), ("dataset", found.dataset)):
            if key not in found.parts:
                parts[name] = self._object(key)
        if parts:
            arguments.append(("parts", parts))
        arguments.append(("opts", _PROTECTED))
        self._statements.append(assignment("pipeline", Call("aep.CrmPipeline", arguments)))

    # -- values ---------------------------------------------------------------------------------------------------------

    def _object(self, key: Key) -> Expression:
        """An object: the variable of its resource, an output of another stack, or its id."""
        place = self._written.places.get(key)
        if place is not None and place.stack == self._module.stack:
            if place.module == self._module.name:
                return Name(place.variable)
            self._imports.add(place.module)
            return Name(f"{place.module}.{place.variable}")
        if place is not None:
            self._written.exports.setdefault(place.stack, {})[place.export] = key[1]
            return self._of_stack(self._of.stacks[place.stack], place.export)
        owner = self._of.owners.get(key)
        return self._owned(key, owner) if owner else self._value(key[1])

    def _owned(self, key: Key, owner: Owner) -> Expression:
        """An object that is in a state already."""
        if self._is_declared_here(owner):
            self._imports.add(owner.expression.partition(".")[0])
            return Name(owner.expression)
        if owner.output and not self._is_here(owner):  # a stack that reads its own outputs would see those of its last update
            return self._of_stack(owner.stack, owner.output)
        return self._owned_id(key, owner)

    def is_resource(self, key: Key) -> bool:
        """Whether the code refers to the object by its resource."""
        place = self._written.places.get(key)
        if place is not None:
            return place.stack == self._module.stack
        owner = self._of.owners.get(key)
        return owner is not None and self._is_declared_here(owner)

    def _is_declared_here(self, owner: Owner) -> bool:
        """Whether a variable of the package, in a module that this module's stack imports, is the object's resource."""
        return bool(owner.expression) and self._is_here(owner)

    def _is_here(self, owner: Owner) -> bool:
        return owner.stack == self._of.stacks[self._module.stack]

    def _owned_id(self, key: Key, owner: Owner) -> Expression:
        """The id of an object that a stack declares where the code cannot refer to it, as a constant with a comment."""
        what = f"{BY_NAME[key[0]].noun} {owner.name!r}"
        is_here = self._is_here(owner)
        where = "which this stack's program declares" if is_here else f"of stack {owner.stack}, which exports no id of it"
        name = self._constant(key[1], f"{owner.name} {key[0]} id")
        if key[1] in self._comments:
            return Name(name)
        self._comments[key[1]] = f"# The {what}, {where}.\n"
        advice = (
            f"your program declares it outside of the package {self._of.package}: to refer to its variable, move its declaration "
            "into a module that both import"
            if is_here
            else f"stack {owner.stack} exports no id of it: export it there, and replace the constant by settings.of_stack"
        )
        self._written.by_id.setdefault(f"the code contains the id of {what}, because {advice}", []).append(self._module.name)
        return Name(name)

    def _id(self, kind: str, object_id: str) -> Expression:
        expression = self._object((kind, object_id))
        if isinstance(expression, Name) and self.is_resource((kind, object_id)):
            return Name(f"{expression.text}.id")
        return expression

    def _of_stack(self, stack: str, output: str) -> Expression:
        self._imports.add("settings")
        return Call("settings.of_stack", [("", stack), ("", output)])

    def _value(self, value: object) -> Expression:
        if isinstance(value, str):
            is_titled = is_adobes(value) and value in self._of.titles
            return Name(self._constant(value, self._of.titles[value])) if is_titled else value
        if isinstance(value, Mapping):
            return {str(name): self._value(item) for name, item in value.items()}
        if isinstance(value, Sequence):
            return [self._value(item) for item in value]
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, bool | int | float) or value is None else str(value)

    def _constant(self, resource_id: str, title: str) -> str:
        """The constant for an id, such as that of one of Adobe's resources, named after its title."""
        if resource_id not in self._constants:
            last = re.split(r"[/#]", resource_id)[-1]
            name = variable(slug(title, "") or slug(last, "adobe"), "adobe").upper()
            self._constants[resource_id] = unique(name, self._constants.values(), "_")
        return self._constants[resource_id]


def _defaults(provider: Any) -> Values:  # noqa: ANN401 - a provider of any kind
    return {name: each.default for name, each in provider.inputs.model_fields.items() if not each.is_required()}
