"""Routes of Data Prep: mapping sets and the expression language."""

from __future__ import annotations

from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.data_prep import mapping_sets, mappings, operators, validation
from aep_pulumi.emulator.data_prep.functions import page


def _functions(_: Call) -> Reply:
    return Reply(200, page.documents())


SERVICE = Service(
    base="/data/foundation/conversion",
    routes=(
        Route("POST", "/mappingSets", mapping_sets.create, query=("validate",)),
        Route("GET", "/mappingSets", mapping_sets.list_all, query=("limit", "start", "name", "orderBy", "expandSchema")),
        Route("POST", "/mappingSets/validate", mapping_sets.validate),
        Route("POST", "/mappingSets/preview", mapping_sets.preview),
        Route("POST", "/languages/el/validate", validation.validate),
        Route("GET", "/languages/el/functions", _functions),
        Route("GET", "/languages/el/operators", lambda _: Reply(200, operators.documents())),
        Route("GET", "/mappingSets/{id}", mapping_sets.get, query=("version", "expandSchema")),
        Route("PUT", "/mappingSets/{id}", mapping_sets.replace),
        Route("DELETE", "/mappingSets/{id}", mapping_sets.delete),
        *mappings.ROUTES,
    ),
)
