"""Run work: executing a run in a thread, and storing its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from aep_pulumi.emulator.core import batch_files
from aep_pulumi.emulator.core.objects import DATASETS, RUN_BATCHES, RUN_RESULTS, Objects
from aep_pulumi.emulator.flow_service.run_inputs import UNREACHABLE
from aep_pulumi.emulator.flow_service.run_sources import Window, source_of
from aep_pulumi.emulator.flow_service.slots import RUN_RECORD, Slot

Json = dict[str, Any]

SUCCESS, FAILED = "success", "failed"
MS = 1000

# Crockford's Base32 alphabet, used for batch ids.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

# How many compiled mappings and schemas are kept; only the worker's thread uses them.
_KEPT = 16
_compiled: dict[str, Any] = {}


def batch_id_of(slot: Slot, started_ms: int) -> str:
    """The id of the batch of a run."""
    number = int.from_bytes(hashlib.sha256(f"{slot.id}/{started_ms}".encode()).digest()[:16])
    return "01" + "".join(LETTERS[number >> (5 * place) & 31] for place in range(24))


def window_of(slot: Slot) -> Window:
    """The rows that a run reads."""
    if slot.window is None:
        return Window(slot.due, slot.after)
    start, end = (slot.window[name] / MS for name in ("windowStart", "windowEnd"))
    return Window(slot.due, start, end if end < slot.due else None)


@dataclass(frozen=True)
class RunJob:
    """The execution of one run."""

    objects: Objects
    flow: Json
    slot: Slot
    started_ms: int
    inputs: Json
    must_write: bool
    """False if only the counts matter now."""

    @property
    def key(self) -> str:
        """The run, as of its last start, and what of it is needed."""
        return f"{self.objects.sandbox}/{self.slot.id}/{self.started_ms}/{self.must_write}"

    def perform(self, is_cancelled: Callable[[], bool]) -> Json:
        """Read, filter, map, validate and write the rows. Returns the result."""
        # Imported when the first run is executed: a server that only keeps objects needs none of this.
        from aep_pulumi.emulator.rows import copy_run  # noqa: PLC0415

        if problem := self.inputs.get("problem"):
            return copy_run.failed(self.inputs.get("problemCode", UNREACHABLE), problem)
        source = source_of(self.inputs, window_of(self.slot))
        options = self.inputs["options"]
        batch_id = batch_id_of(self.slot, self.started_ms)
        order = copy_run.Order(
            source=source,
            transformation=partial(_transformation, self.inputs),
            schema=self.inputs["schema"],
            folder=batch_files.folder(self.objects.sandbox, self.inputs["dataset"], batch_id),
            scratch=batch_files.incomplete(),
            started=self.started_ms / MS,
            percent=options.get("partialIngestionPercent"),
            has_diagnostics=bool(options.get("errorDiagnosticsEnabled")),
            failure=failure_of(self.flow, self.slot),
            must_write=self.must_write,
        )
        return {**copy_run.performed(order, is_cancelled), "source": source.name}

    def store(self, result: object) -> None:
        """Store the result, unless the dataset has been deleted meanwhile."""
        assert isinstance(result, dict)  # noqa: S101 - made above
        batch_id = batch_id_of(self.slot, self.started_ms)
        dataset_id = self.inputs["dataset"]
        if dataset_id and self.objects.find(DATASETS, dataset_id) is None:
            batch_files.delete(self.objects.sandbox, dataset_id)
        has_failed = bool(result["errors"] or failure_of(self.flow, self.slot)) and not result["written"]
        body = {**result, "started": self.started_ms, "status": FAILED if has_failed else SUCCESS}
        body |= {"dataset": dataset_id} if dataset_id else {}
        self.objects.put(RUN_RESULTS + self.flow["id"], self.slot.key, body)
        if result["read"] or has_failed:
            self.objects.put(RUN_BATCHES, batch_id, {"flow": self.flow["id"], "run": self.slot.key})


def failure_of(flow: Json, slot: Slot) -> Json | None:
    """The failure that somebody wants a run to have; a re-triggered run has none."""
    record = flow[RUN_RECORD]
    found: Json | None = None if slot.id in record["again"] else record["fails"].get(str(slot.number))
    return found


def _transformation(inputs: Json) -> Any:  # noqa: ANN401 - imported when it is needed
    from aep_pulumi.emulator.rows.transformation import Transformation  # noqa: PLC0415 - as above

    key = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    if key not in _compiled:
        if len(_compiled) >= _KEPT:
            _compiled.clear()
        _compiled[key] = Transformation(inputs)
    return _compiled[key]
