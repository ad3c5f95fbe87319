"""Resource: what every user-facing class shares."""

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar, TypeAlias

import pulumi
from pulumi import Output, ResourceOptions, dynamic

from aep_pulumi.kinds import BY_NAME
from aep_pulumi.resources._constructor import prepared
from aep_pulumi.resources._fields import Secret, secrets
from aep_pulumi.resources._provider import IN_PREVIEW, URN, Provider

Part: TypeAlias = dict[str, Any]
"""An output with fields of its own, as the program reads it back: a plain dict, by the inputs' names."""


class Resource(dynamic.Resource):
    """An object of Platform, declared.

    A kind's constructor takes the resource's name first, then its inputs by keyword, then `opts`. Its signature stands in
    the class for editors and type checkers; at run time every keyword goes to the provider's `check`, which refuses all
    that is misspelt, missing or wrong at once, in preview, instead of Python at the first.
    """

    provider: ClassVar[type[Provider[Any, Any]]]
    """Who performs it."""
    said: dict[str, Any]
    """What the program said, as it said it: known in a preview where outputs are not."""
    resolved: dict[str, Any]
    """The same as inputs, with ids in place of resources."""

    def __init_subclass__(cls, *, provider: type[Provider[Any, Any]], **kwargs: Any) -> None:  # noqa: ANN401 - Python's own
        # The type token is in users' state: a class never changes its name.
        super().__init_subclass__(module="aep", name=cls.__name__, **kwargs)
        cls.provider = provider
        provider.law = BY_NAME[cls.__name__]
        provider.inputs.noun = provider.law.noun
        provider.inputs.references = provider.law.references

    def __init__(self, resource_name: str, *, opts: ResourceOptions | None = None, **inputs: Any) -> None:  # noqa: ANN401 - any input
        provider = self.provider
        subject = f'{provider.law.noun} "{resource_name}"'
        references, prepared_props = prepared(provider.law, provider.inputs, subject, inputs)
        self.said, self.resolved = dict(inputs), references.inputs
        props: dict[str, Any] = dict.fromkeys((*provider.inputs.model_fields, *provider.outputs)) | prepared_props
        for path, mark in secrets(provider.inputs).items():
            _wrap(props, path.split("."), mark, subject, path)
        if pulumi.runtime.is_dry_run():
            props[IN_PREVIEW] = True
        opts = self.with_defaults(opts or ResourceOptions())
        props[URN] = _urn(provider.law.type, resource_name, opts.parent)
        if provider.delete_before_replace:
            # As an option too: `--replace` and a tainted resource never ask the provider's diff.
            opts = ResourceOptions.merge(ResourceOptions(delete_before_replace=True), opts)
        super().__init__(provider(), resource_name, props, opts)

    def with_defaults(self, opts: ResourceOptions) -> ResourceOptions:
        """The options with those that the kind sets unless the program does."""
        return opts


async def _urn_below(parent: pulumi.Resource, own: str) -> str:
    urn = str(await parent.urn.future())
    qualified = urn.split("::")[2]
    place = "::".join(urn.split("::")[:2])
    return f"{place}::{own}" if qualified == "pulumi:pulumi:Stack" else f"{place}::{qualified}${own}"


def _urn(type_: str, name: str, parent: pulumi.Resource | None) -> str | Awaitable[str]:
    """The resource's URN. An awaitable: an output would make the resource depend on all of its parent's children."""
    own = f"{type_}::{name}"
    if parent is None:
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{own}"
    return _urn_below(parent, own)


def _wrap(props: dict[str, Any], steps: list[str], mark: Secret, subject: str, path: str) -> None:
    """Make a secret of what lies at a path, in place of what the program said."""
    name, rest = steps[0], steps[1:]
    value = props.get(name)
    if rest and isinstance(value, Mapping):
        props[name] = inner = dict(value)
        _wrap(inner, rest, mark, subject, path)
    elif isinstance(value, Mapping):
        props[name] = {key: item if key in mark.clear else _secret(item, subject, f"{path}.{key}") for key, item in value.items()}
    elif value is not None:
        props[name] = _secret(value, subject, path)


def _secret(value: Any, subject: str, path: str) -> Any:  # noqa: ANN401 - any input
    if value is None:
        return None
    if not isinstance(value, Output):
        pulumi.log.warn(
            f"{subject}: {path} stands in the program in clear: take it from secret config "
            f"(`pulumi config set --secret …`, then `Config.require_secret`)"
        )
    return Output.secret(value)
