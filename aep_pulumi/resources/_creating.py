"""Creating: what tells the create of one resource from every other, and which objects it may have made."""

import functools
import json
import secrets as randomness
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aep_pulumi.client import Client, client_for
from aep_pulumi.client.collection import Collection, RemoteObject, SupportsMarks
from aep_pulumi.errors import AepError, NotFoundError
from aep_pulumi.kinds import OnConflict
from aep_pulumi.resources._create_request import CreateRequest
from aep_pulumi.resources._declaration import Declaration, I, M
from aep_pulumi.resources._fields import LOCAL, REPLACES, SET_AFTER, Values, is_unknown, marked, same, secrets
from aep_pulumi.resources._ownership import as_observed, changed_paths, concerned, without
from aep_pulumi.settings import Settings

MARK = "__mark"
"""The mark of the request that makes the object: new for each create, and kept by the engine with a pending operation."""

_LONGEST_TITLE = 200
"""How much of a name a message repeats, in characters."""

urns: dict[str, str] = {}
"""The resource of each mark that this process has checked."""


class Creating(Declaration[I, M]):
    """How the objects of a kind are looked up and told apart."""

    def keep(self, config: dict[str, Any]) -> None:
        """Keep the config alone, keys with their namespace: for a process that is not the engine's."""
        self._config = config

    @functools.cached_property
    def _settings(self) -> Settings:
        return Settings.read(self._config)

    @property
    def platform(self) -> Client:
        """The door to Platform."""
        return client_for(self._settings)

    @property
    def is_shared(self) -> bool:
        """Whether Platform shares such objects by nature: whoever made it, it is the one that is wanted."""
        return self.law.on_conflict is OnConflict.SHARED

    @property
    def set_after(self) -> set[str]:
        """The inputs that a second request of the create sets."""
        return marked(self.inputs, SET_AFTER)

    @property
    def _collection(self) -> Collection:
        return type(self).collection(self.platform)

    def request(self, wanted: I, props: Values) -> CreateRequest:
        """The create of this resource: what tells it from every other one.

        Args:
            wanted: what is to be made.
            props: its checked inputs, the mark among them.
        """
        mark = str(props.get(MARK) or new_mark())
        is_stored = isinstance(self._collection, SupportsMarks)
        return CreateRequest(
            self.content(wanted),
            self.law.name,
            urns.get(mark, ""),
            mark,
            is_stored=is_stored,
            is_shared=self.is_shared,
            taken_code=self.law.conflict_code,
        )

    def content(self, wanted: I) -> str:
        """What tells a create from another: the kind and its inputs, without secrets and what is not sent with the POST."""
        said = without(wanted.plain(), [*secrets(self.inputs), *marked(self.inputs, LOCAL), *self.set_after])
        return f"{type(self).__name__} {json.dumps(said, sort_keys=True)}"

    def created_since(self, wanted: I, body: Values, since_s: float) -> list[RemoteObject]:
        """The objects that are what is wanted, made since a time (epoch seconds, Platform's clock) by this very client."""
        by = {self.lookup_field: str(body[self.lookup_field])} if self.lookup_field else {}
        read = []
        for each in self.any_created_since(since_s, **by):
            with suppress(NotFoundError):  # gone again, or not to be read yet: the lookup asks once more
                read.append(replace(self._collection.get(each.id, {}), made_at_s=each.made_at_s, made_by=each.made_by))
        return [each for each in read if self._is(wanted, each)]

    def any_created_since(self, since_s: float, **by: str) -> list[RemoteObject]:
        """The objects of the kind that were made since a time by this very client."""
        ours = (None, self._settings.client_id)
        return [
            each
            for each in self._collection.list(**by)
            if each.made_at_s is not None and each.made_at_s >= since_s and each.made_by in ours
        ]

    def stored(self, object_id: str) -> RemoteObject:
        """An object as Platform holds it."""
        return self._collection.get(object_id, {})

    def mark_of(self, stored: RemoteObject) -> str:
        """The mark that an object carries, or ""."""
        collection = self._collection
        return collection.mark_of(stored.body) if isinstance(collection, SupportsMarks) else ""

    def _marked(self, body: Values, mark: str) -> Values:
        collection = self._collection
        return dict(collection.marked(body, mark)) if isinstance(collection, SupportsMarks) else body

    def _adopted(self, object_id: str, wanted: I, decided: Values, body: Values) -> RemoteObject:
        """An object that an earlier create of this resource made, brought to the desired state."""
        stored = self._collection.get(object_id, {})
        if self._is(wanted, stored):
            return stored
        remote = self._observed(wanted.plain(), stored)
        changed = changed_paths(self.inputs, remote, wanted.plain())
        if replaces := concerned(self.inputs, REPLACES, changed):
            raise AepError(
                f"{object_id} differs from the program in {' and '.join(replaces)}, which cannot change in place: correct the "
                f"program, or run `aep recover --clear` for it and delete {object_id}"
            )
        before = self.to_wire(self.inputs.from_state(remote), decided | self.told(stored))
        return replace(self._collection.update(object_id, before, body, stored.etag), body=body)

    def _shared(self, wanted: I, body: Values) -> RemoteObject | None:
        """The object that has the title already, where Platform shares such objects; None where it cannot be read yet.

        Raises:
            AepError: it is not what the program says.
        """
        said, title = wanted.plain(), str(self.law.title)
        by = {self.lookup_field: str(body[self.lookup_field])} if self.lookup_field else {}
        for each in self._collection.list(**by):
            stored = self._collection.get(each.id, {})
            remote = self._observed(said, stored)
            if not same(remote.get(title), said.get(title)):
                continue
            if differing := changed_paths(self.inputs, remote, said):
                raise AepError(
                    f"Platform has it already ({stored.id}), for everybody, with another {' and '.join(differing)}: say in the "
                    f"program what it holds, or choose another {title}"
                )
            return replace(stored, body=body)
        return None

    def _is(self, wanted: I, stored: RemoteObject) -> bool:
        """Whether what Platform holds is what is wanted, as far as it can be read."""
        said = wanted.plain()
        found = self._observed(said, stored)
        return all(same(found.get(name), value) for name, value in said.items() if name not in self.set_after)

    def _observed(self, said: Values, stored: RemoteObject, *, with_added: bool = False) -> Values:
        """What Platform holds of that which the program owns."""
        remote = self.from_wire(self.model.read(stored.body))
        return as_observed(self.inputs, said, remote, self.set_after, with_added=with_added)

    def subject(self, values: Values) -> str:
        """The object in a message: what it is, and the name that people know it by."""
        title = values.get(self.law.title) if self.law.title else None
        if not isinstance(title, str) or is_unknown(title):
            return self.law.noun
        shown = title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}…"
        return f'{self.law.noun} "{shown}"'


def new_mark() -> str:
    """A mark that no other request has."""
    return randomness.token_hex(8)
