"""Routes of Streaming ingestion: data inlets; what is sent to them has routes of its own, in `collection`."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Service
from aep_pulumi.emulator.streaming import inlets

SERVICE = Service(
    base="/data/core/edge",
    routes=inlets.ROUTES,
    sandbox_missing=None,  # Adobe's older samples omit the sandbox here
)
