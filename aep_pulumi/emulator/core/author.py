"""Author: the credential that makes a change, as recorded on objects."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Call


def client_id(call: Call) -> str:
    """The API client of a call."""
    return call.client.id


def user_id(call: Call) -> str:
    """The technical account of a call."""
    return call.client.user
