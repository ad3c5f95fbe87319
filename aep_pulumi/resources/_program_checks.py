"""Program checks: validation errors of all resources, reported together before the first resource is registered.

The engine stops at the first resource that a provider rejects. All constructors of a program run before its first resource
reaches the engine (in an asynchronous program, up to its first `await`). So the constructors collect the errors that need no
provider, and the first registration reports them.
"""

import enum
import weakref
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import ResourceOptions, RunError
from pulumi.output import Unknown
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS, get_root_resource

from aep_pulumi.resources._constructor import PROBLEMS
from aep_pulumi.resources._fields import Inputs, with_integers
from aep_pulumi.resources._values import validated

_PLAIN = (str, int, float, type(None))
_MAX_DEPTH = 64
_UNKNOWN = Unknown()  # type: ignore[no-untyped-call]


class WrongInputs:
    """The validation errors of one run of a program."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._reported = 0

    def add(self, sentence: str) -> None:
        """Add an error, to be reported at the next registration."""
        self._sentences.append(sentence)

    def stop(self) -> None:
        """Report the errors, each once, and stop the program.

        Raises:
            RunError: there are errors.
        """
        if not self._sentences:
            return
        unreported, self._reported = self._sentences[self._reported :], len(self._sentences)
        for sentence in unreported:
            pulumi.log.error(sentence)
        count = len(self._sentences)
        have = "resource has" if count == 1 else "resources have"
        raise RunError(f"{count} {have} invalid inputs, as reported above: nothing was sent to Platform for this program")


_of_runs: "weakref.WeakKeyDictionary[pulumi.Resource, WrongInputs]" = weakref.WeakKeyDictionary()
"""Keyed by the stack resource: one process may run several programs, one after another or concurrently."""


def checked(model: type[Inputs], inputs: Mapping[str, Any], subject: str, opts: ResourceOptions) -> WrongInputs:
    """Validate a constructor's arguments, as far as they are known.

    Args:
        model: the inputs of the kind.
        inputs: the properties that the constructor prepared; outputs are not known yet.
        subject: how messages name the resource.
        opts: its options.

    Raises:
        RunError: an input is invalid, and there is no stack resource with whose run it could be reported.
    """
    root = get_root_resource()
    run = _of_run(root)
    if opts.id is not None or opts.urn is not None or opts.ignore_changes or _may_be_transformed(opts, root):
        return run  # a lookup, or the inputs may still change before the provider's check, which validates them
    values = {name: known(value) for name, value in inputs.items() if value is not None and name != PROBLEMS}
    _valid, problems = validated(model, values, inputs.get(PROBLEMS, ()))
    if problems:
        run.add(f"{subject}: {'; '.join(f'{problem.path} {problem.reason}' for problem in problems)}")
        if root is None:
            run.stop()
    return run


def known(value: object, depth: int = 0) -> Any:  # noqa: ANN401 - any input
    """The value as the provider will receive it; unknown if it is an output or not a plain value."""
    if isinstance(value, enum.Enum):
        return known(value.value, depth)
    if isinstance(value, _PLAIN):
        return with_integers(value)
    if depth >= _MAX_DEPTH:
        return _UNKNOWN
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            return _UNKNOWN
        return {name: known(item, depth + 1) for name, item in value.items() if item is not None}  # as the SDK sends it
    return [known(item, depth + 1) for item in value] if isinstance(value, list | tuple) else _UNKNOWN


def _of_run(root: pulumi.Resource | None) -> WrongInputs:
    """The errors of the current run. With mocks, all tests of a process share one stack resource: each resource is on its own."""
    if root is None or isinstance(SETTINGS.monitor, MockMonitor):
        return WrongInputs()
    return _of_runs.setdefault(root, WrongInputs())


def _may_be_transformed(opts: ResourceOptions, root: pulumi.Resource | None) -> bool:
    above = opts.parent if opts.parent is not None else root
    inherited = above._transformations if above is not None else None  # noqa: SLF001 - the SDK has no public accessor
    return bool(opts.transformations or opts.transforms or inherited or SETTINGS.callbacks)
