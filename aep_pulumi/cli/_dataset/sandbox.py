"""Sandbox: the datasets of a stack and of its sandbox, and how they are named."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aep_pulumi.cli._stack import Resource, Stack, resources_of
from aep_pulumi.client import Client, catalog, client_for
from aep_pulumi.client.collection import RemoteObject
from aep_pulumi.errors import AepError, NotFoundError
from aep_pulumi.kinds import DATASET, PIPELINE_TYPE
from aep_pulumi.models.catalog import Dataset as Body
from aep_pulumi.settings import Settings

_ID = re.compile(r"[0-9a-f]{24}")
_NAMED = 20
"""The most names that an error lists."""


@dataclass(frozen=True)
class Dataset:
    """A dataset on Platform."""

    id: str
    name: str


class Sandbox:
    """The sandbox of a stack.

    Args:
        stack: the stack's name; defaults to the selected one.
    """

    def __init__(self, stack: str | None) -> None:
        self._stack = Stack(stack)
        self.platform: Client = client_for(Settings.read(self._stack.config()))
        self._datasets = catalog.Datasets(self.platform)

    def all(self) -> list[Dataset]:
        """All datasets."""
        return [_dataset(each) for each in self._datasets.list()]

    def of_stack(self) -> list[Dataset]:
        """The datasets in the stack's state.

        Raises:
            AepError: the stack has none, or one of them is no longer on Platform.
        """
        known = self._in_state()
        if not known:
            raise AepError("the stack's state has no dataset: name one of the sandbox, or select a stack with --stack")
        return [self._get(each) for each in known]

    def named(self, text: str) -> Dataset:
        """Find a dataset by its name or id on Platform, or by the name of its resource or pipeline in the program.

        Raises:
            AepError: none matches, or more than one.
        """
        if _ID.fullmatch(text):
            try:
                return _dataset(self._datasets.get(text, {}))
            except NotFoundError:
                pass
        matching = [_dataset(each) for each in self._datasets.list(name=text)]
        if not matching:
            matching = [self._get(each) for each in self._in_state() if text in _names_in_program(each)]
        if not matching:
            raise AepError(
                f'there is no dataset "{text}", neither in sandbox {self.platform.settings.sandbox!r} nor in the stack: the '
                f"sandbox has {_listed([each.name for each in self.all()])}"
            )
        if len(matching) > 1:
            ids = ", ".join(each.id for each in matching)
            raise AepError(f'"{text}" is the name of {len(matching)} datasets: name one by its id: {ids}')
        return matching[0]

    def _in_state(self) -> list[Resource]:
        return [each for each in resources_of(self._stack.export()) if each.kind == DATASET and each.id]

    def _get(self, resource: Resource) -> Dataset:
        try:
            return _dataset(self._datasets.get(resource.id, {}))
        except NotFoundError:
            raise AepError(
                f'dataset "{resource.name}" ({resource.id}) is in the stack\'s state but no longer on Platform: it has been '
                "deleted there; run `pulumi refresh`, then `pulumi up` to create it again"
            ) from None


def _dataset(remote: RemoteObject) -> Dataset:
    return Dataset(remote.id, Body.read(remote.body).name or remote.id)


def _names_in_program(resource: Resource) -> set[str]:
    """The names of a resource and of its pipeline."""
    owner, _, name = resource.parent.rpartition("::")
    return {resource.name} | ({name} if owner.endswith(PIPELINE_TYPE) else set())


# --- views ---------------------------------------------------------------------------------------------------------------


class Views:
    """The views that a query can name: one for each dataset.

    A view is named after its dataset, in lower case and with underscores; if several have the same name, their ids follow. A
    query can also use the id, or the exact name in quotes.
    """

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        self._by_name: dict[str, Dataset] = {}
        plain = Counter(_plain(each.name) for each in datasets)
        exact = Counter(each.name.casefold() for each in datasets)
        for each in datasets:
            self._by_name[each.id] = each
            if exact[each.name.casefold()] == 1:
                self._by_name[each.name.casefold()] = each
        self._names = [self._unique(each, plain) for each in datasets]
        self._by_name |= dict(zip(self._names, datasets, strict=True))

    def named(self, name: str) -> Dataset:
        """The dataset of a view.

        Raises:
            AepError: there is no such view.
        """
        found = self._by_name.get(name.casefold())
        if found is None:
            raise AepError(f'there is no view "{name}": the sandbox has {_listed(self._names)}')
        return found

    @staticmethod
    def _unique(dataset: Dataset, plain: Counter[str]) -> str:
        name = _plain(dataset.name)
        return name if name and plain[name] == 1 else "_".join(filter(None, (name, dataset.id)))


def _plain(name: str) -> str:
    """A name that SQL accepts without quotes; "" if nothing of it is left."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")
    return f"_{plain}" if plain[:1].isdigit() else plain


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(sorted(names)[:_NAMED]) + more
