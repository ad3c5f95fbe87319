"""Mocked: a program run with Pulumi's mocks, and the inputs that its resources send."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from pulumi import runtime
from pulumi.runtime.settings import SETTINGS

R = TypeVar("R")

VERSION = 7
"""The version of every mapping set."""


class Everything(runtime.Mocks):
    """A Platform on which everything succeeds."""

    def __init__(self, sent: dict[str, dict[str, Any]]) -> None:
        """Record the inputs of each resource, by its name."""
        self.sent = sent

    def new_resource(self, args: runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Create it."""
        self.sent[args.name] = dict(args.inputs)
        return f"{args.name}-id", args.inputs | {"version": VERSION}

    def call(self, args: runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Lookups return nothing."""
        raise AssertionError(args.token)


def left_to_checks() -> None:
    """Let only the provider's check judge the inputs, as in a stack with transforms: a constructor then reports no errors."""
    SETTINGS.callbacks = cast("Any", object())


def declared(declare: Callable[[], R], sent: dict[str, dict[str, Any]] | None = None) -> R:
    """The result of a program, once its resources are registered; `sent` receives the inputs of each resource, by its name."""
    loops: list[asyncio.AbstractEventLoop] = []

    def begin_thread() -> None:
        # Pulumi's mocks would create one for each thread, and never close it.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    async def program() -> R:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(initializer=begin_thread))
        runtime.set_mocks(Everything({} if sent is None else sent))
        left_to_checks()
        resource = declare()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.gather(*others)
        return resource

    try:
        return asyncio.run(program())
    finally:
        for loop in loops:
            loop.close()
