"""Declaration: what a kind declares of itself, for the provider to perform: class lines and hooks."""

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


class Declaration(ResourceProvider, Generic[I, M]):
    """What a kind may declare. The class lines say what varies, and each hook does nothing unless the kind writes it."""

    serialize_as_secret_always = False  # our pickle is a class's name, and no secret

    law: ClassVar[Kind]
    """What is true of the kind; the resource's class says which it is."""
    inputs: type[I]
    """What a program may say."""
    model: type[M]
    """What Platform answers."""
    collection: Callable[[Client], Collection]
    """Where the objects lie; wrapped in `staticmethod`."""
    constants: ClassVar[Mapping[str, object]] = {}
    """What every body has, by JSON Pointers."""
    outputs: ClassVar[tuple[str, ...]] = ()
    """What a program may wire beside the id and the inputs."""
    private_state: ClassVar[tuple[str, ...]] = ()
    """What state keeps of the object beside that, for the next change."""
    lookup_field: ClassVar[str | None] = "name"
    """The field of the body that a lookup filters by, if there is one."""
    delete_before_replace: ClassVar[bool] = False
    """Whether the old object must be gone before its successor comes."""
    delete_rejected_hint: ClassVar[str] = ""
    """What remains possible where Platform refuses to delete the object."""
    loses: ClassVar[str] = ""
    """What is lost when the object is replaced; the stack must then allow it."""
    allow_loss_input: ClassVar[str] = ""
    """The input by which a program allows that loss for this object alone, if there is one."""
    retention: ClassVar[str] = "it stays on Platform, which never deletes one"
    """What remains once an object is forgotten whose kind Platform never deletes."""
    part: ClassVar[str] = ""
    """What it is of the object at the kind's path, where it is not the whole."""
    production_guard: ClassVar[str] = ""
    """What the object decides on for rows that are there; in production the stack must then allow that it changes."""

    def __getstate__(self) -> None:
        """Nothing: a pickle lands in users' state, and a provider at work holds the stack's config, secrets in clear."""

    def to_wire(self, desired: I, state: Values) -> Values:
        """The body to send: the fields at their places (`Wire`). `state` holds the outputs, where Platform decided on one."""
        return with_constants(desired.to_wire(), self.constants)

    def from_wire(self, remote: M) -> Values:
        """What Platform holds, by the fields' names. A value that it does not report is left out."""
        return self.inputs.from_wire(remote.model_dump(by_alias=True))

    def decided(self, desired: I, state: Values) -> Values:
        """Outputs that are decided before sending, such as a start time."""
        return {}

    def returned_outputs(self, response: RemoteObject) -> Values:
        """Outputs that an answer tells."""
        return {}

    def problems(self, desired: I, as_text: AbstractSet[str]) -> Iterator[Problem]:
        """What is wrong with new or changed inputs in Platform's eyes: requested in preview, once per run for each question.

        Args:
            wanted: the inputs, unknowns among them.
            as_text: the inputs that the program gives as they are. What another one names belongs to this program, and the
                same run may be about to change it.
        """
        yield from ()

    def on_change(self, olds: Values, news: Values, changed: list[str], replaces: list[str]) -> Iterator[str]:
        """What a replacement means for rows, to be said in preview.

        Raises:
            GuardError: Platform would reject the change in place, because of what the object has become meanwhile.
        """
        yield from ()

    def second_step(self, desired: I, decided: Values, body: Values) -> SecondStep | None:
        """How a create sets the fields marked `SET_AFTER`, where there are any."""
        return None

    def creating(self, desired: I) -> AbstractContextManager[Callable[[str], None]]:
        """What surrounds each POST: may refuse one that Platform would accept and that must not happen; is called with the id."""
        return nullcontext(lambda _id: None)

    def observed(self, object_id: str, values: Values) -> None:
        """Called with what is known of an object whenever the engine compares or makes it."""

    def why_kept(self, object_id: str) -> str:
        """Why the object must not be deleted unless the program or the stack allows the loss; "" where nothing is lost."""
        return ""
