"""The declaration of a kind: the class attributes and hooks that `Provider` evaluates."""

from collections.abc import Callable, Iterator, Mapping, Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, Generic, TypeVar

from pulumi.dynamic import ResourceProvider

from aep_pulumi.client import Client
from aep_pulumi.client.collection import Collection, RemoteObject
from aep_pulumi.kinds import Kind
from aep_pulumi.models import Model
from aep_pulumi.resources._create_request import SecondStep
from aep_pulumi.resources._fields import Inputs, Problem, Values
from aep_pulumi.resources._wire import with_constants

I = TypeVar("I", bound=Inputs)  # noqa: E741 - inputs
M = TypeVar("M", bound=Model)

_DRAFT = "draft"


class Declaration(ResourceProvider, Generic[I, M]):
    """What a kind may declare. Every hook has a default that does nothing."""

    serialize_as_secret_always = False  # the pickle contains only a class name, no secret

    law: ClassVar[Kind]
    """The kind's definition in `kinds.py`. Set by the resource class."""
    inputs: type[I]
    """The model of the inputs."""
    model: type[M]
    """The model of Platform's responses."""
    collection: Callable[[Client], Collection]
    """Creates the client for the kind's API collection; wrapped in `staticmethod`."""
    constants: ClassVar[Mapping[str, object]] = {}
    """Constant values of every request body, by JSON Pointer."""
    outputs: ClassVar[tuple[str, ...]] = ()
    """The output properties besides the id and the inputs."""
    private_state: ClassVar[tuple[str, ...]] = ()
    """Fields persisted in state but not exposed as outputs."""
    lookup_field: ClassVar[str | None] = "name"
    """The body's field that a lookup can filter by, or None."""
    delete_before_replace: ClassVar[bool] = False
    """Whether a replacement must delete the old object before it creates the new one."""
    delete_rejected_hint: ClassVar[str] = ""
    """What to do if Platform rejects the deletion of the object."""
    loses: ClassVar[str] = ""
    """What a replacement loses, as a clause. If set, the stack must allow a replacement."""
    allow_loss_input: ClassVar[str] = ""
    """The input by which a program allows that loss for one object, or ""."""
    retention: ClassVar[str] = "it stays on Platform, which never deletes one"
    """For kinds that cannot be deleted: what remains on Platform when a resource is removed from the stack, as a clause."""
    part: ClassVar[str] = ""
    """Which part of the object at the kind's path the resource manages, if not all of it."""
    production_guard: ClassVar[str] = ""
    """Why a change requires `allowDestructive` in production: what the object controls for existing rows."""

    distinctive: ClassVar[tuple[str, ...]] = ()
    """Those of the constants that tell an object of this kind from others of its collection."""
    reproduced: ClassVar[tuple[str, ...]] = ()
    """The parts of the body, by JSON Pointer, that the inputs must reproduce completely: a change replaces the object, so that a
    value which they cannot express would be lost."""

    def __getstate__(self) -> None:
        """Pickle no attributes: the pickle is saved in users' state, and a provider holds the config with decrypted secrets."""

    def to_wire(self, desired: I, state: Values) -> Values:
        """The request body: each field at its place (`Wire`). `state` contains the outputs, if there are any."""
        return with_constants(desired.to_wire(), self.constants)

    def from_wire(self, remote: M) -> Values:
        """The remote values by input name. Values that Platform does not return are omitted."""
        return self.inputs.from_wire(remote.model_dump(by_alias=True))

    def unsupported(self, remote: M) -> Iterator[Problem]:
        """What of an object on Platform the inputs cannot express, so that it cannot be imported."""
        if getattr(remote, "state", None) == _DRAFT:
            yield Problem("state", "is draft: publish it, or delete it")

    def hidden(self, remote: M) -> Values:
        """The inputs that exist on Platform but are not returned, each as `KEEP`."""
        return {}

    def decided(self, desired: I, state: Values) -> Values:
        """Outputs that are computed before the request is sent, such as a start time."""
        return {}

    def returned_outputs(self, response: RemoteObject) -> Values:
        """Outputs that are read from a response."""
        return {}

    def problems(self, desired: I, as_text: AbstractSet[str]) -> Iterator[Problem]:
        """Validate new or changed inputs against Platform. Only called in preview; each lookup is sent once per run.

        Args:
            desired: the inputs, which may contain unknowns.
            as_text: the names of the inputs that are plain values in the program. The others are outputs of resources of the
                same program, which the same run may change.
        """
        yield from ()

    def on_change(self, olds: Values, news: Values, changed: list[str], replaces: list[str]) -> Iterator[str]:
        """Warnings in preview: what a replacement means for existing rows.

        Raises:
            GuardError: Platform would reject the update in place, given the current state of the object.
        """
        yield from ()

    def second_step(self, desired: I, decided: Values, body: Values) -> SecondStep | None:
        """How a create sets the fields marked `SET_AFTER`, or None if there are none."""
        return None

    def creating(self, desired: I) -> AbstractContextManager[Callable[[str], None]]:
        """A context manager around each POST, see `Steps.creating`."""
        return nullcontext(lambda _id: None)

    def observed(self, object_id: str, values: Values) -> None:
        """Called with the known values of an object on every diff and create."""

    def deletion_guard(self, object_id: str) -> str:
        """Why deleting the object loses data, as a clause; "" if it does not. The program or the stack must then allow it."""
        return ""
