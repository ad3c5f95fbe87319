"""Resource: the base class of all resources."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import pulumi
from pulumi import Output, ResourceOptions, dynamic

from aep_pulumi.kinds import BY_NAME
from aep_pulumi.resources._constructor import prepared
from aep_pulumi.resources._fields import REASON, holds_unknown, secrets
from aep_pulumi.resources._marks import KEEP, Secret
from aep_pulumi.resources._program_checks import WrongInputs, checked, known
from aep_pulumi.resources._provider import IN_PREVIEW, URN, Provider
from aep_pulumi.resources._registration import keep_imports, without_stack_trace
from aep_pulumi.resources._values import IMPORT, rejected

Part: TypeAlias = dict[str, Any]
"""An output with nested fields, as a plain dict by input name."""


_NO_IMPORT = (
    "is not supported: Pulumi cannot import dynamic resources: remove the option, and run `aep import` with the kind, the name "
    "and the id, or refer to the existing object by its id"
)


class Resource(dynamic.Resource):
    """A resource: an object on Platform that a program declares.

    The constructor takes the resource's name, then its inputs as keywords, then `opts`. The signature in each class is for
    editors and type checkers; at run time every keyword is passed to the provider's `check`, which rejects all misspelled,
    missing or invalid inputs at once, in preview, instead of raising TypeError at the first.
    """

    provider: ClassVar[type[Provider[Any, Any]]]
    """The provider class."""
    specified: dict[str, Any]
    """The inputs that the program specified, as values that the engine supports. In a preview they are known, unlike outputs."""
    resolved: dict[str, Any]
    """The same, with resources replaced by their ids."""

    def __init_subclass__(cls, *, provider: type[Provider[Any, Any]], **kwargs: Any) -> None:  # noqa: ANN401 - Python's own
        # The type token is in users' state: a class must not be renamed.
        super().__init_subclass__(module="aep", name=cls.__name__, **kwargs)
        cls.provider = provider
        provider.law = BY_NAME[cls.__name__]
        provider.inputs.noun = provider.law.noun
        provider.inputs.references = provider.law.references

    def __init__(self, resource_name: str, *, opts: ResourceOptions | None = None, **inputs: Any) -> None:  # noqa: ANN401 - any input
        keep_imports()
        provider = self.provider
        subject = f'{provider.law.noun} "{resource_name}"'
        self.specified, references, registered = prepared(provider.law, provider.inputs, subject, inputs)
        self.resolved = references.inputs
        opts = opts or ResourceOptions()
        if opts.import_ is not None:
            # The engine would read the object without its provider, and fail with the SDK's traceback.
            opts = copy.copy(opts)
            opts.import_ = None
            registered[IMPORT] = rejected(_NO_IMPORT)
        run = checked(provider.inputs, registered, subject, opts)
        props: dict[str, Any] = dict.fromkeys((*provider.inputs.model_fields, *provider.outputs)) | registered
        for path, mark in secrets(provider.inputs).items():
            _wrap(props, path.split("."), mark, subject, path)
        if pulumi.runtime.is_dry_run():
            props[IN_PREVIEW] = _not_of_this_run(self.resolved)
        opts = self.with_defaults(opts)
        props[URN] = _urn(provider.law.type, resource_name, opts.parent, run)
        if provider.delete_before_replace:
            # Also set as an option: `--replace` and tainted resources do not call the provider's diff.
            opts = ResourceOptions.merge(ResourceOptions(delete_before_replace=True), opts)
        with without_stack_trace():
            super().__init__(provider(), resource_name, props, opts)

    def with_defaults(self, opts: ResourceOptions) -> ResourceOptions:
        """The options, with the kind's defaults for those that the program does not set."""
        return opts


async def _not_of_this_run(inputs: Mapping[str, Any]) -> list[str]:
    """The inputs whose objects this run does not change: those given as they are, or as outputs of no resource of this provider.

    An awaitable: an output would make the resource depend on what its inputs depend on.
    """
    names = []
    for name, value in inputs.items():
        if holds_unknown(known(value)):
            resources = await Output.from_input(value).resources()
            if any(isinstance(each, Resource) for each in resources):
                continue
        names.append(name)
    return names


async def _urn_below(parent: pulumi.Resource, own: str) -> str:
    urn = str(await parent.urn.future())
    qualified = urn.split("::")[2]
    place = "::".join(urn.split("::")[:2])
    return f"{place}::{own}" if qualified == "pulumi:pulumi:Stack" else f"{place}::{qualified}${own}"


async def _urn(type_: str, name: str, parent: pulumi.Resource | None, run: WrongInputs) -> str:
    """The resource's URN. It is an awaitable, because an output would make the resource depend on all of its parent's children.

    It is awaited right before the resource is registered, which is when the collected errors are reported.
    """
    run.stop()
    own = f"{type_}::{name}"
    if parent is None:
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{own}"
    return await _urn_below(parent, own)


def _wrap(props: dict[str, Any], steps: list[str], mark: Secret, subject: str, path: str) -> None:
    """Replace the value at a path by a secret output."""
    name, rest = steps[0], steps[1:]
    value = props.get(name)
    if rest and isinstance(value, Mapping):
        props[name] = inner = dict(value)
        _wrap(inner, rest, mark, subject, path)
    elif isinstance(value, Mapping) and REASON not in value:
        props[name] = {key: item if key in mark.clear else _secret(item, subject, f"{path}.{key}") for key, item in value.items()}
    elif value is not None:
        props[name] = _secret(value, subject, path)


def _secret(value: Any, subject: str, path: str) -> Any:  # noqa: ANN401 - any input
    if value is None or value == KEEP:
        return value
    if not isinstance(value, Output):
        pulumi.log.warn(
            f"{subject}: {path} is a plain value in the program: read it from a secret setting instead "
            f"(`pulumi config set --secret …`, then `Config.require_secret`)"
        )
    return Output.secret(value)
