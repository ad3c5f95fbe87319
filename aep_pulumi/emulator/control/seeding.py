"""Seeding: the control API's calls about the tables that a user puts in the place of a connector's samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aep_pulumi.emulator.core.objects import RUN_INPUTS
from aep_pulumi.emulator.core.store import Store
from aep_pulumi.emulator.crm import seeds
from aep_pulumi.emulator.crm.seeds import SeedError
from aep_pulumi.emulator.flow_service import run_inputs
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS, Connector
from aep_pulumi.emulator.flow_service.sources import TABLES
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

DEFAULT = "salesforce"

# How people call a connector whose name is longer.
SHORT_NAMES = {"dynamics": "dynamics-online"}


class UnknownConnectorError(Exception):
    """No connector with tables has this name; the message is a sentence."""


def connector_named(name: str) -> Connector:
    """The connector with a name or an id, of those that read tables."""
    with_tables = {each.name: each for each in CONNECTORS.values() if each.reads == TABLES}
    found = with_tables.get(SHORT_NAMES.get(name, name)) or next((each for each in with_tables.values() if each.id == name), None)
    if found is None:
        names = ", ".join(sorted(set(with_tables) - set(SHORT_NAMES.values()) | set(SHORT_NAMES)))
        raise UnknownConnectorError(f"No connector with tables is called {name}: choose one of {names}.")
    return found


def read(folder: str, delta_column: str | None) -> Json:
    """Read a folder; this takes a while, and needs no database. Raises SeedError."""
    path = Path(folder)
    if not path.is_absolute():
        raise SeedError(f"{folder} is not an absolute path: the local Platform runs in a folder of its own.")
    return seeds.read(path, delta_column)


def use(store: Store, connector: Connector, seed: Json | None) -> Json:
    """Use a seed, or the samples again, from now on. Returns what the connector has now."""
    for sandbox in sandboxes.by_name(store.global_settings):
        # Runs that are due have read what there was at their time.
        run_inputs.keep_before_change(store, sandbox)
    with store.transaction():
        if seed:
            seeds.use(store.global_settings, connector.id, seed)
        else:
            seeds.use_samples(store.global_settings, connector.id)
    delete_unused(store)
    return described(store, connector)


def described(store: Store, connector: Connector) -> Json:
    """The tables of a connector, if they are seeded."""
    seed = seeds.record_of(store.global_settings, connector.id)
    tables = [
        {name: each[name] for name in ("path", "rows", "modificationColumn", "columns")}
        for each in (seed or {"tables": []})["tables"]
    ]
    return {"connector": connector.name, "seeded": seed is not None, "tables": tables}


def all_described(store: Store) -> list[Json]:
    """All connectors whose tables are seeded."""
    found = [described(store, each) for each in CONNECTORS.values() if each.reads == TABLES]
    return [each for each in found if each["seeded"]]


def delete_unused(store: Store) -> None:
    """Delete the files of seeds that neither a connector nor a run that is due needs."""
    used = {each["folder"] for each in store.global_settings.all(seeds.SEEDS)}
    for sandbox in sandboxes.by_name(store.global_settings):
        used |= set(store.objects(sandbox).values(RUN_INPUTS, "seed.folder").values())
    seeds.delete_unused(used)
