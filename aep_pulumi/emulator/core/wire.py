"""Wire: how an answer leaves the server: whole, late, cut short, or not at all."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

# Zero seconds to linger: closing then resets the connection instead of ending it in order.
RESET = struct.pack("ii", 1, 0)

Delivery = Callable[[Scope, Receive, Send, Sequence[Message]], Awaitable[None]]


class Protocol(H11Protocol):
    """HTTP/1.1 that gives each request the connection it came by: `state.transport` of its scope.

    `state.ending`, an event that is set when the server stops, comes from the server.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep the connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


async def pause(scope: Scope, seconds: float) -> None:
    """Wait, but no longer than the server runs."""
    ending: asyncio.Event = scope["state"]["ending"]
    with suppress(TimeoutError):
        await asyncio.wait_for(ending.wait(), seconds)


async def whole(_scope: Scope, _receive: Receive, send: Send, messages: Sequence[Message]) -> None:
    """Send an answer as it is."""
    for message in messages:
        await send(message)


def late(seconds: float) -> Delivery:
    """Send an answer as it is, after a delay."""

    async def deliver(scope: Scope, receive: Receive, send: Send, messages: Sequence[Message]) -> None:
        await pause(scope, seconds)
        await whole(scope, receive, send, messages)

    return deliver


async def reset(scope: Scope, receive: Receive, _send: Send, _messages: Sequence[Message]) -> None:
    """Send nothing, and reset the connection."""
    transport = scope["state"]["transport"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    transport.abort()
    await _disconnected(receive)


async def truncated(scope: Scope, receive: Receive, send: Send, messages: Sequence[Message]) -> None:
    """Announce the whole body, send the first half of it, and end the connection; without a body, end it at once."""
    if any(message.get("body") for message in messages):
        for message in messages:
            await send(_halved(message) if "body" in message else message)
    scope["state"]["transport"].close()
    await _disconnected(receive)


def _halved(message: Message) -> Message:
    half = len(message["body"]) // 2
    return {**message, "body": message["body"][:half], "more_body": True}


async def _disconnected(receive: Receive) -> None:
    """Wait until the server knows that the connection is closed: until then it would send an answer of its own."""
    while (await receive())["type"] != "http.disconnect":
        pass
