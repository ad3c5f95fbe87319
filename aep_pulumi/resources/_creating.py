"""What identifies the create of a resource, and which objects it may have created."""

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
from aep_pulumi.resources._fields import Values, is_unknown, marked, same, secrets
from aep_pulumi.resources._marks import LOCAL, REPLACES, SET_AFTER, WRITE_ONLY
from aep_pulumi.resources._ownership import as_observed, changed_paths, concerned, without
from aep_pulumi.settings import Settings

MARK = "__mark"
"""A unique mark of the create request: new for each create; the engine saves it with a pending operation."""

_MAX_TITLE = 200
"""The maximum length of a name in messages, in characters."""

urns: dict[str, str] = {}
"""URNs by mark, for the resources that this process has checked."""


class Creating(Declaration[I, M]):
    """How the objects of a kind are looked up and identified."""

    def keep(self, config: dict[str, Any]) -> None:
        """Set the config, keys with their namespace: for a process that is not a provider of the engine's."""
        self._config = config

    @functools.cached_property
    def _settings(self) -> Settings:
        return Settings.read(self._config)

    @property
    def platform(self) -> Client:
        """The client for Platform."""
        return client_for(self._settings)

    @property
    def is_shared(self) -> bool:
        """Whether Platform shares objects of this kind: an existing one is used, whoever created it."""
        return self.law.on_conflict is OnConflict.SHARED

    @property
    def set_after(self) -> frozenset[str]:
        """The inputs that are set by a second request after the create."""
        return marked(self.inputs, SET_AFTER)

    def is_write_only(self, name: str) -> bool:
        """Whether Platform does not return this input."""
        return name in marked(self.inputs, WRITE_ONLY)

    @property
    def _collection(self) -> Collection:
        return type(self).collection(self.platform)

    def request(self, desired: I, props: Values) -> CreateRequest:
        """The create request of this resource.

        Args:
            desired: the desired state.
            props: its checked inputs, including the mark.
        """
        mark = str(props.get(MARK) or new_mark())
        stores_mark = isinstance(self._collection, SupportsMarks)
        return CreateRequest(
            self.content(desired),
            self.law.name,
            urns.get(mark, ""),
            mark,
            stores_mark=stores_mark,
            is_shared=self.is_shared,
            taken_code=self.law.conflict_code,
        )

    def content(self, desired: I) -> str:
        """What identifies a create: the kind and its inputs, without secrets and without fields that are not in the POST."""
        specified = without(desired.plain(), [*secrets(self.inputs), *marked(self.inputs, LOCAL), *self.set_after])
        return f"{type(self).__name__} {json.dumps(specified, sort_keys=True)}"

    def created_since(self, desired: I, body: Values, since_s: float) -> list[RemoteObject]:
        """The objects in the desired state that this client created since a time (epoch seconds, Platform's clock)."""
        by = {self.lookup_field: str(body[self.lookup_field])} if self.lookup_field else {}
        objects = []
        for each in self.any_created_since(since_s, **by):
            with suppress(NotFoundError):  # deleted, or not readable yet: the lookup is repeated
                objects.append(replace(self._collection.get(each.id, {}), made_at_s=each.made_at_s, made_by=each.made_by))
        return [each for each in objects if self._matches(desired, each)]

    def any_created_since(self, since_s: float, **by: str) -> list[RemoteObject]:
        """The objects of the kind that this client created since a time."""
        ours = (None, self._settings.client_id)
        return [
            each
            for each in self._collection.list(**by)
            if each.made_at_s is not None and each.made_at_s >= since_s and each.made_by in ours
        ]

    def read_remote(self, object_id: str) -> RemoteObject:
        """The object as Platform returns it."""
        return self._collection.get(object_id, {})

    def mark_of(self, remote: RemoteObject) -> str:
        """The mark of an object, or ""."""
        collection = self._collection
        return collection.mark_of(remote.body) if isinstance(collection, SupportsMarks) else ""

    def _marked(self, body: Values, mark: str) -> Values:
        collection = self._collection
        return dict(collection.marked(body, mark)) if isinstance(collection, SupportsMarks) else body

    def _adopted(self, object_id: str, desired: I, decided: Values, body: Values) -> RemoteObject:
        """An object that an earlier create of this resource created, updated to the desired state."""
        remote = self._collection.get(object_id, {})
        if self._matches(desired, remote):
            return remote
        observed = self._observed(desired.plain(), remote)
        changed = changed_paths(self.inputs, observed, desired.plain())
        if replaces := concerned(self.inputs, REPLACES, changed):
            raise AepError(
                f"{object_id} differs from the program in {' and '.join(replaces)}, which cannot be updated in place: correct "
                f"the program, or run `aep recover --clear` for it and delete {object_id}"
            )
        before = self.to_wire(self.inputs.from_state(observed), decided | self.returned_outputs(remote))
        return replace(self._collection.update(object_id, before, body, remote.etag), body=body)

    def _shared(self, desired: I, body: Values) -> RemoteObject | None:
        """The existing object with this title, for kinds that Platform shares; None if it cannot be read yet.

        Raises:
            AepError: it differs from the program.
        """
        specified, title = desired.plain(), str(self.law.title)
        by = {self.lookup_field: str(body[self.lookup_field])} if self.lookup_field else {}
        for each in self._collection.list(**by):
            remote = self._collection.get(each.id, {})
            observed = self._observed(specified, remote)
            if not same(observed.get(title), specified.get(title)):
                continue
            if differing := changed_paths(self.inputs, observed, specified):
                raise AepError(
                    f"it already exists on Platform ({remote.id}), shared by the whole organisation, with a different "
                    f"{' and '.join(differing)}: set the existing value in the program, or choose another {title}"
                )
            return replace(remote, body=body)
        return None

    def _matches(self, desired: I, remote: RemoteObject) -> bool:
        """Whether the remote object is in the desired state, as far as Platform returns it."""
        specified = desired.plain()
        observed = self._observed(specified, remote)
        return all(same(observed.get(name), value) for name, value in specified.items() if name not in self.set_after)

    def _observed(self, specified: Values, remote: RemoteObject, *, with_added: bool = False) -> Values:
        """The remote values of the fields that the program owns."""
        observed = self.from_wire(self.model.read(remote.body))
        return as_observed(self.inputs, specified, observed, self.set_after, with_added=with_added)

    def subject(self, values: Values) -> str:
        """How messages name the object: its noun and its title."""
        title = values.get(self.law.title) if self.law.title else None
        if not isinstance(title, str) or is_unknown(title):
            return self.law.noun
        shown = title if len(title) <= _MAX_TITLE else f"{title[:_MAX_TITLE]}…"
        return f'{self.law.noun} "{shown}"'


def new_mark() -> str:
    """A new, unique mark."""
    return randomness.token_hex(8)
