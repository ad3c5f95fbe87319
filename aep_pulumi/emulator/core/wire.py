"""Wire: delivery of responses: complete, delayed, truncated, or not at all."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

# A linger time of zero: closing the socket then resets the connection instead of shutting it down gracefully.
RESET = struct.pack("ii", 1, 0)

Delivery = Callable[[Scope, Receive, Send, Sequence[Message]], Awaitable[None]]


class Protocol(H11Protocol):
    """HTTP/1.1 protocol that exposes the connection of each request as `state.transport` in its scope.

    `state.ending`, an event that is set when the server stops, is provided by the server.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Store the transport."""
        joined = _JoinedWrites(transport, self.loop)
        super().connection_made(joined)  # type: ignore[arg-type]  # has all that the protocol calls
        self.app_state = {**self.app_state, "transport": joined}


class _JoinedWrites:
    """A transport that sends the head and the body of a response in one system call instead of two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._unsent: list[bytes] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send data together with all other data that is written before the event loop continues."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(data)

    def close(self) -> None:
        """Send what is unsent, then close the connection."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close the connection without sending anything."""
        self._unsent.clear()
        self._transport.abort()

    def _flush(self) -> None:
        if self._unsent:
            self._transport.write(b"".join(self._unsent))
            self._unsent.clear()


async def pause(scope: Scope, seconds: float) -> None:
    """Wait for some seconds, or until the server stops."""
    ending: asyncio.Event = scope["state"]["ending"]
    with suppress(TimeoutError):
        await asyncio.wait_for(ending.wait(), seconds)


async def complete(_scope: Scope, _receive: Receive, send: Send, messages: Sequence[Message]) -> None:
    """Send a response unchanged."""
    for message in messages:
        await send(message)


def delayed(seconds: float) -> Delivery:
    """Send a response unchanged, after a delay."""

    async def deliver(scope: Scope, receive: Receive, send: Send, messages: Sequence[Message]) -> None:
        await pause(scope, seconds)
        await complete(scope, receive, send, messages)

    return deliver


async def reset(scope: Scope, receive: Receive, _send: Send, _messages: Sequence[Message]) -> None:
    """Reset the connection without sending anything."""
    transport = scope["state"]["transport"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    transport.abort()
    await _disconnected(receive)


async def truncated(scope: Scope, receive: Receive, send: Send, messages: Sequence[Message]) -> None:
    """Send the headers and half of the body, then close the connection; without a body, close it immediately."""
    if any(message.get("body") for message in messages):
        for message in messages:
            await send(_halved(message) if "body" in message else message)
    scope["state"]["transport"].close()
    await _disconnected(receive)


def _halved(message: Message) -> Message:
    half = len(message["body"]) // 2
    return {**message, "body": message["body"][:half], "more_body": True}


async def _disconnected(receive: Receive) -> None:
    """Wait until the server has noticed the disconnect; before that, it would send a response of its own."""
    while (await receive())["type"] != "http.disconnect":
        pass
