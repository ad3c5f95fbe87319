"""Author: the credential that makes a change, as recorded on objects."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Call
from aep_pulumi.emulator.ims import organisation


def client_id(_call: Call) -> str:
    """The API client of a call."""
    return organisation.CLIENT_ID


def user_id(_call: Call) -> str:
    """The technical account of a call."""
    return organisation.USER
