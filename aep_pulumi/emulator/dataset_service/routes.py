"""Routes of Dataset Service."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Service
from aep_pulumi.emulator.dataset_service.labels import ROUTES

SERVICE = Service(base="/data/foundation/dataset", routes=ROUTES)
