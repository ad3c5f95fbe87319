"""Rule: what all rules share: what one sees, how it is asked, what it says, and how it fails.

A rule is a pure function and a few words about it. `ResourceRule` judges one resource at a time, `StackRule` all of a stack's
together. Both are Pulumi's own policies, so a pack lists them beside any other.
"""

import fnmatch
import functools
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from known import UNKNOWN, Known, known
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from aep_pulumi.kinds import BY_NAME, did_you_mean, kind_of

Settings: TypeAlias = Mapping[str, Any]
"""A rule's settings, by the names of its schema."""
Schema: TypeAlias = dict[str, Any]
"""The JSON schema of one setting, with its default and a description."""

_EXEMPT: Schema = {
    "type": "array",
    "items": {"type": "string"},
    "default": [],
    "description": "The names of the resources that the rule leaves alone, as in the program; `*` stands for any text.",
}
_LONGEST_VALUE = 80


class RuleError(Exception):
    """A rule that cannot judge: the run stops, whatever the rule's level. One sentence."""


@dataclass(frozen=True, eq=False)
class Declared:
    """A resource, as a rule sees it."""

    kind: str
    """Its class, such as `Dataset`."""
    name: str
    """Its name in the program."""
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Plain values by the inputs' names, `UNKNOWN` where they are not known."""
    is_protected: bool = False
    """Whether Pulumi refuses to delete it."""
    urn: str = ""
    """Its URN, where it has one."""
    uses: Mapping[str, Sequence["Declared"]] = field(default_factory=dict, repr=False)
    """The resources that each property is wired to. On a first preview no id is known, and these are. Stack rules alone."""

    def __str__(self) -> str:
        return f'{BY_NAME[self.kind].noun} "{self.name}"'

    def used(self, name: str) -> "Declared | None":
        """The one resource that a property is wired to, of the kind that it names; or None."""
        kind = BY_NAME[self.kind].depends_on.get(name)
        candidates = [other for other in self.uses.get(name, ()) if other.kind == kind]
        return candidates[0] if len(candidates) == 1 else None


def declare(kind: str, name: str, properties: Mapping[str, Any], *, protect: bool = False) -> Declared:
    """A resource for an example or a test: its properties are plain values, or other such resources where one is wired."""
    wired = {key: (value,) for key, value in properties.items() if isinstance(value, Declared)}
    values = {key: UNKNOWN if key in wired else value for key, value in properties.items()}
    return Declared(kind, name, known(values), is_protected=protect, uses=wired)


def sentence(*, says: str, limit: str, fix: str) -> str:
    """What every rule says: the property and its value, the limit, and the fix."""
    return f"{says}, {limit}: {fix}"


def shown(value: object) -> str:
    """A value in a sentence: quoted where it is a text, and not too long."""
    text = f"{value:g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def is_exempt(declared: Declared, settings: Settings) -> bool:
    """Whether a rule's settings say to leave a resource alone."""
    return any(fnmatch.fnmatchcase(declared.name, pattern) for pattern in settings.get("exempt", ()))


class ResourceRule(ResourceValidationPolicy):
    """A rule that judges one resource at a time."""

    def __init__(  # noqa: PLR0913 - all that a rule is, by name
        self,
        *,
        name: str,
        description: str,
        kinds: Iterable[str],
        judge: Callable[[Declared, Settings], Iterable[str]],
        settings: Mapping[str, Schema],
        keeps: Sequence[Declared],
        breaks: Sequence[Declared],
        level: EnforcementLevel = EnforcementLevel.ADVISORY,
        remedy: Callable[[Any, Settings], None] | None = None,
        why: str = "",
    ) -> None:
        """Describe the rule.

        Args:
            name: what settings and messages call it.
            description: the rule in a sentence.
            kinds: the classes that it looks at.
            judge: the rule itself: what is wrong with a resource, a sentence each.
            settings: the JSON schema of each setting.
            keeps: an example that keeps it, with default settings.
            breaks: an example that breaks it.
            level: what happens when it is broken, where the pack's settings say nothing.
            remedy: mends the properties of a resource that breaks it, in place. Only where the mended value is as good.
            why: what a reader should know beyond the sentence.
        """
        self.kinds, self.judge, self.remedy = frozenset(kinds), judge, remedy
        self.keeps, self.breaks, self.why = keeps, breaks, why
        self.schemas: dict[str, Schema] = {**settings, "exempt": _EXEMPT}
        super().__init__(
            name=name,
            description=description,
            validate=self._ask,
            remediate=self._mend if remedy else None,
            enforcement_level=level,
            config_schema=PolicyConfigSchema(properties=self.schemas),
        )

    def findings(self, resources: Sequence[Declared], said: Settings) -> Iterator[tuple[Declared | None, str]]:
        """What is wrong, with the resource that it is wrong with. Settings that are not said have their defaults."""
        settings = _settings(self.name, self.schemas, said)
        for declared in resources:
            if declared.kind in self.kinds and not is_exempt(declared, settings):
                for reason in _guarded(self.name, declared, functools.partial(self.judge, declared, settings)):
                    yield declared, f"{declared}: {reason}"

    def _ask(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        declared = _declared(args)
        for _one, message in self.findings([] if declared is None else [declared], args.get_config()):
            report_violation(message, None)

    def _mend(self, args: ResourceValidationArgs) -> Any:  # noqa: ANN401 - the SDK's own mapping, with its secrets
        declared, said = _declared(args), args.get_config()
        if declared is None or self.remedy is None or not any(self.findings([declared], said)):
            return None
        self.remedy(args.props, _settings(self.name, self.schemas, said))
        return args.props


class StackRule(StackValidationPolicy):
    """A rule that judges all resources of a stack together."""

    def __init__(  # noqa: PLR0913 - all that a rule is, by name
        self,
        *,
        name: str,
        description: str,
        judge: Callable[[Sequence[Declared], Settings], Iterable[tuple[Declared | None, str]]],
        settings: Mapping[str, Schema],
        keeps: Sequence[Declared],
        breaks: Sequence[Declared],
        level: EnforcementLevel = EnforcementLevel.ADVISORY,
        why: str = "",
    ) -> None:
        """Describe the rule: as in `ResourceRule`, but `judge` sees all resources and says which one each sentence is about."""
        self.judge, self.keeps, self.breaks, self.why = judge, keeps, breaks, why
        self.schemas: dict[str, Schema] = {**settings, "exempt": _EXEMPT}
        super().__init__(
            name=name,
            description=description,
            validate=self._ask,
            enforcement_level=level,
            config_schema=PolicyConfigSchema(properties=self.schemas),
        )

    def findings(self, resources: Sequence[Declared], said: Settings) -> Iterator[tuple[Declared | None, str]]:
        """What is wrong, with the resource that it is wrong with, None for the stack as a whole."""
        settings = _settings(self.name, self.schemas, said)
        for declared, reason in _guarded(self.name, "the stack", lambda: self.judge(resources, settings)):
            if declared is None:
                yield None, reason
            elif not is_exempt(declared, settings):
                yield declared, f"{declared}: {reason}"

    def _ask(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for declared, message in self.findings(_wired(args.resources), args.get_config()):
            report_violation(message, declared.urn if declared else None)


Rule: TypeAlias = ResourceRule | StackRule


def _declared(
    resource: ResourceValidationArgs | PolicyResource, uses: Mapping[str, Sequence[Declared]] | None = None
) -> Declared | None:
    """The resource, or None for one that is no kind of this provider: its properties are not looked at."""
    kind = kind_of(resource.resource_type)
    if kind is None:
        return None
    return Declared(
        kind.name,
        resource.name,
        Known(resource.props),
        is_protected=resource.opts.protect,
        urn=resource.urn,
        uses={} if uses is None else uses,
    )


def _wired(resources: Sequence[PolicyResource]) -> list[Declared]:
    """All resources of this provider, each with those that its properties are wired to. The engine's order means nothing."""
    resources = sorted(resources, key=lambda resource: resource.urn)
    uses: dict[str, dict[str, list[Declared]]] = {resource.urn: {} for resource in resources}
    seen = {resource.urn: declared for resource in resources if (declared := _declared(resource, uses[resource.urn]))}
    for resource in resources:
        for name, others in resource.property_dependencies.items():
            uses[resource.urn][name] = [seen[other.urn] for other in others if other.urn in seen]
    return list(seen.values())


def _settings(rule: str, schemas: Mapping[str, Schema], said: Settings) -> Settings:
    """The settings in full. The engine has checked their types against the schemas; a name that no schema has, it lets pass."""
    for name in said:
        if name not in schemas:
            rather = did_you_mean(name, schemas, f"it takes {', '.join(schemas)}")
            raise RuleError(f'policy rule "{rule}" has no setting {name!r}: {rather}')
    given = {name: schema["default"] for name, schema in schemas.items()} | dict(said)
    return {name: int(value) if schemas[name].get("type") == "integer" else value for name, value in given.items()}


def _guarded(rule: str, subject: object, judge: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """What the rule says; a fault in it stops the run in one sentence, for a rule that could not judge has not passed."""
    try:
        yield from judge()
    except RuleError:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever a team's own rule does wrong
        # The fault's own words stay here: they may repeat a property, and a rule is shown secrets in clear.
        *_, place = traceback.extract_tb(fault.__traceback__)
        raise RuleError(
            f'policy rule "{rule}" could not judge {subject} ({type(fault).__name__} in {Path(place.filename).name}, line '
            f"{place.lineno}): mend the rule, or set its enforcementLevel to disabled in the policy pack's settings"
        ) from None
