"""Base classes of the rules: their input, how the SDK calls them, their messages, and error handling.

A rule is a pure function with a description. `ResourceRule` checks one resource at a time, `StackRule` all resources of a stack
together. Both are policies of Pulumi's SDK, so a pack may list them along with any others.
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
    "description": "The names, in the program, of resources that the rule ignores; `*` matches any text.",
}
_LONGEST_VALUE = 80


class RuleError(Exception):
    """A rule could not be evaluated: the run stops, whatever the rule's level. The message is one sentence."""


@dataclass(frozen=True, eq=False)
class Declared:
    """A resource, as a rule sees it."""

    kind: str
    """Its class, such as `Dataset`."""
    name: str
    """Its name in the program."""
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Plain values by input name; `UNKNOWN` where a value is not known."""
    is_protected: bool = False
    """Whether it has Pulumi's option `protect`."""
    urn: str = ""
    """Its URN, if it has one."""
    uses: Mapping[str, Sequence["Declared"]] = field(default_factory=dict, repr=False)
    """The resources that each property depends on; they are known in a first preview, when ids are not. Only in stack rules."""

    def __str__(self) -> str:
        return f'{BY_NAME[self.kind].noun} "{self.name}"'

    def used(self, name: str) -> "Declared | None":
        """The one resource of the expected kind that a property refers to, or None."""
        kind = BY_NAME[self.kind].depends_on.get(name)
        candidates = [other for other in self.uses.get(name, ()) if other.kind == kind]
        return candidates[0] if len(candidates) == 1 else None


def declare(kind: str, name: str, properties: Mapping[str, Any], *, protect: bool = False) -> Declared:
    """A resource for an example or a test. A property is a plain value, or another declared resource that it refers to."""
    uses = {key: (value,) for key, value in properties.items() if isinstance(value, Declared)}
    values = {key: UNKNOWN if key in uses else value for key, value in properties.items()}
    return Declared(kind, name, known(values), is_protected=protect, uses=uses)


def sentence(*, says: str, limit: str, fix: str) -> str:
    """A message of a rule: the property and its value, the limit, and the fix."""
    return f"{says}, {limit}: {fix}"


def shown(value: object) -> str:
    """A value as shown in a message: text is quoted, and long values are truncated."""
    text = f"{value:g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def is_exempt(declared: Declared, settings: Settings) -> bool:
    """Whether the rule's settings exempt a resource."""
    return any(fnmatch.fnmatchcase(declared.name, pattern) for pattern in settings.get("exempt", ()))


class ResourceRule(ResourceValidationPolicy):
    """A rule that checks one resource at a time."""

    def __init__(  # noqa: PLR0913 - keywords only
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
            name: its name in settings and messages.
            description: the rule in one sentence.
            kinds: the kinds that it checks.
            judge: the check itself: yields a sentence for each violation of a resource.
            settings: the JSON schema of each setting.
            keeps: an example that satisfies the rule with default settings.
            breaks: an example that violates it.
            level: the enforcement level if the pack's settings do not set one.
            remedy: fixes the properties of a violating resource in place. Only if the fixed value is always acceptable.
            why: more details for the README.
        """
        self.kinds, self.judge, self.remedy = frozenset(kinds), judge, remedy
        self.keeps, self.breaks, self.why = keeps, breaks, why
        self.schemas: dict[str, Schema] = {**settings, "exempt": _EXEMPT}
        super().__init__(
            name=name,
            description=description,
            validate=self._check,
            remediate=self._fix if remedy else None,
            enforcement_level=level,
            config_schema=PolicyConfigSchema(properties=self.schemas),
        )

    def findings(self, resources: Sequence[Declared], configured: Settings) -> Iterator[tuple[Declared | None, str]]:
        """The violations, each with its resource. Omitted settings have their defaults."""
        settings = _settings(self.name, self.schemas, configured)
        for declared in resources:
            if declared.kind in self.kinds and not is_exempt(declared, settings):
                for reason in _guarded(self.name, declared, functools.partial(self.judge, declared, settings)):
                    yield declared, f"{declared}: {reason}"

    def _check(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        declared = _declared(args)
        for _resource, message in self.findings([] if declared is None else [declared], args.get_config()):
            report_violation(message, None)

    def _fix(self, args: ResourceValidationArgs) -> Any:  # noqa: ANN401 - the SDK's own mapping, with its secrets
        declared, configured = _declared(args), args.get_config()
        if declared is None or self.remedy is None or not any(self.findings([declared], configured)):
            return None
        self.remedy(args.props, _settings(self.name, self.schemas, configured))
        return args.props


class StackRule(StackValidationPolicy):
    """A rule that checks all resources of a stack together."""

    def __init__(  # noqa: PLR0913 - keywords only
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
        """Describe the rule, as for `ResourceRule`; but `judge` gets all resources and yields a resource with each violation."""
        self.judge, self.keeps, self.breaks, self.why = judge, keeps, breaks, why
        self.schemas: dict[str, Schema] = {**settings, "exempt": _EXEMPT}
        super().__init__(
            name=name,
            description=description,
            validate=self._check,
            enforcement_level=level,
            config_schema=PolicyConfigSchema(properties=self.schemas),
        )

    def findings(self, resources: Sequence[Declared], configured: Settings) -> Iterator[tuple[Declared | None, str]]:
        """The violations, each with its resource, or None for the stack as a whole."""
        settings = _settings(self.name, self.schemas, configured)
        for declared, reason in _guarded(self.name, "the stack", lambda: self.judge(resources, settings)):
            if declared is None:
                yield None, reason
            elif not is_exempt(declared, settings):
                yield declared, f"{declared}: {reason}"

    def _check(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for declared, message in self.findings(_with_references(args.resources), args.get_config()):
            report_violation(message, declared.urn if declared else None)


Rule: TypeAlias = ResourceRule | StackRule


def _declared(
    resource: ResourceValidationArgs | PolicyResource, uses: Mapping[str, Sequence[Declared]] | None = None
) -> Declared | None:
    """The resource, or None if it is not of this provider; its properties are not read then."""
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


def _with_references(resources: Sequence[PolicyResource]) -> list[Declared]:
    """All resources of this provider, with the resources that their properties depend on, sorted by URN."""
    resources = sorted(resources, key=lambda resource: resource.urn)
    uses: dict[str, dict[str, list[Declared]]] = {resource.urn: {} for resource in resources}
    seen = {resource.urn: declared for resource in resources if (declared := _declared(resource, uses[resource.urn]))}
    for resource in resources:
        for name, others in resource.property_dependencies.items():
            uses[resource.urn][name] = [seen[other.urn] for other in others if other.urn in seen]
    return list(seen.values())


def _settings(rule: str, schemas: Mapping[str, Schema], configured: Settings) -> Settings:
    """The settings with defaults. The engine validates types against the schemas, but does not reject unknown names."""
    for name in configured:
        if name not in schemas:
            remedy = did_you_mean(name, schemas, f"its settings are {', '.join(schemas)}")
            raise RuleError(f'policy rule "{rule}" has no setting {name!r}: {remedy}')
    settings = {name: schema["default"] for name, schema in schemas.items()} | dict(configured)
    return {name: int(value) if schemas[name].get("type") == "integer" else value for name, value in settings.items()}


def _guarded(rule: str, subject: object, judge: Callable[[], Iterable[Any]]) -> Iterator[Any]:
    """The violations that the rule yields. An exception in it stops the run with one sentence: the rule has not passed."""
    try:
        yield from judge()
    except RuleError:
        raise
    except Exception as error:  # noqa: BLE001 - a custom rule may raise anything
        # The exception's message is omitted: it may contain a property, and rules see secrets in plain text.
        *_, frame = traceback.extract_tb(error.__traceback__)
        raise RuleError(
            f'policy rule "{rule}" could not check {subject} ({type(error).__name__} in {Path(frame.filename).name}, line '
            f"{frame.lineno}): fix the rule, or set its enforcementLevel to disabled in the policy pack's settings"
        ) from None
