"""Provider: Pulumi's verbs in terms of a collection's. The only file that knows both.

A kind says what its inputs are, which collection holds it and how the two vocabularies map; everything else (CRUD, diff,
unknowns, secrets, ownership, the wording of errors) is written here, once. Instances are pickled into users' state by the name
of their module and class: neither ever changes, and an instance holds nothing before `configure`.
"""

import functools
import json
import secrets as randomness
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import UNKNOWN
from pydantic import ValidationError

from aep_pulumi.client import Client, client_for, tell
from aep_pulumi.client.collection import Collection, Stored, StoresMarks
from aep_pulumi.client.request_log import RESOURCE
from aep_pulumi.errors import AepError, AuthError, GuardError, NotFoundError, RefusedError, SettingsError
from aep_pulumi.models import Model
from aep_pulumi.resources import _host
from aep_pulumi.resources._fields import (
    CHECK_ONLY,
    LOCAL,
    REPLACES,
    UNORDERED,
    WRITE_ONLY,
    Inputs,
    Problem,
    Values,
    at,
    fields_of,
    is_unknown,
    marked,
    owned,
    part_of,
    same,
    secrets,
    with_integers,
)
from aep_pulumi.resources._once import CreateRequest, Steps, changed_once, create_once, record_deletion
from aep_pulumi.settings import Settings

I = TypeVar("I", bound=Inputs)  # noqa: E741 - inputs
M = TypeVar("M", bound=Model)
R = TypeVar("R")

_ETAG, _ORGANIZATION, _SANDBOX = "etag", "organization", "sandbox"
_OURS = "__provider"
MARK = "__mark"
"""The mark of the request that makes the object: new for each create, and kept by the engine with a pending operation."""
URN = "__urn"
"""What the constructor adds to the inputs, and `check` takes away: the engine does not tell a provider the resource's URN."""
IN_PREVIEW = "__preview"
"""What the constructor adds to the inputs in a preview, and `check` takes away: the engine does not tell a provider. Only a
preview asks Platform about inputs: an update sends its one request per object, and hears from Platform itself."""

_urns: dict[str, str] = {}
"""The resource of each mark that this process has checked."""
_done: list[str] = []
"""The objects with rows that this process has made and deleted, for the message of a deletion that stops half-way."""


def _verb(verb: Callable[..., R]) -> Callable[..., R]:
    """A verb of the engine's: numbers arrive as they were said, and errors name the object by the last property values."""

    @functools.wraps(verb)
    def named(self: "Provider[Any, Any]", *said: object) -> R:
        values = [with_integers(value) for value in said]
        subject = self.subject(values[-1])
        token = RESOURCE.set(subject)
        try:
            return verb(self, *values)
        except AepError as error:
            raise error.about(subject) from None
        finally:
            RESOURCE.reset(token)

    return named


class Provider(ResourceProvider, Generic[I, M]):
    """What all kinds share. A kind sets the class lines and writes `to_wire` and `from_wire`."""

    serialize_as_secret_always = False  # our pickle is a class's name, and no secret

    inputs: type[I]
    """What a program may say."""
    model: type[M]
    """What Platform answers."""
    collection: Callable[[Client], Collection]
    """Where the objects lie; wrapped in `staticmethod`."""
    outputs: ClassVar[tuple[str, ...]] = ()
    """What a program may wire beside the id and the inputs."""
    remembers: ClassVar[tuple[str, ...]] = ()
    """What state keeps of the object beside that, for the next change."""
    titled_by: ClassVar[str] = "name"
    """The input that people know the object by."""
    found_by: ClassVar[str | None] = "name"
    """The field of the body that a look-up asks Platform for, if there is one."""
    set_after: ClassVar[frozenset[str]] = frozenset()
    """Inputs that a second request sets, so that a create that broke off may lack them."""
    delete_before_replace: ClassVar[bool] = False
    """Whether the old object must be gone before its successor comes."""
    if_it_stays: ClassVar[str] = ""
    """What remains possible where Platform refuses to delete the object."""
    loses: ClassVar[str] = ""
    """What is lost when the object is replaced; the stack must then allow it."""
    loses_with: ClassVar[str] = ""
    """The input by which a program allows that loss for this object alone, if there is one."""
    moves_rows: ClassVar[bool] = False
    """Whether rows lie in the object or are written by it: a deletion that stops half-way names such objects."""
    is_shared: ClassVar[bool] = False
    """Whether Platform shares such an object by nature, never to be deleted: whoever made it, it is the one that is wanted."""
    decides_on: ClassVar[str] = ""
    """What the object decides on for rows that are there; in production the stack must then allow that it changes."""

    def __getstate__(self) -> None:
        """Nothing: a pickle lands in users' state, and a provider at work holds the stack's config, secrets in clear."""

    def to_wire(self, wanted: I, state: Values) -> Values:
        """The body to send. `state` holds the outputs, where Platform decided on one."""
        raise NotImplementedError

    def from_wire(self, found: M) -> Values:
        """What Platform holds, in the inputs' words. A value that it does not tell is left out."""
        raise NotImplementedError

    def decided(self, wanted: I, state: Values) -> Values:
        """Outputs that are decided before sending, such as a start time."""
        return {}

    def told(self, stored: Stored) -> Values:
        """Outputs that an answer tells."""
        return {}

    def problems(self, wanted: I) -> Iterator[Problem]:
        """What is wrong with new or changed inputs in Platform's eyes: asked for in preview, once per run for each question."""
        yield from ()

    def consequences(self, olds: Values, news: Values, replaces: list[str]) -> Iterator[str]:
        """What a replacement means for rows, to be said in preview."""
        yield from ()

    def creating(self, wanted: I) -> AbstractContextManager[Callable[[str], None]]:
        """What surrounds each POST: may refuse one that Platform would accept and that must not happen; is called with the id."""
        return nullcontext(lambda _id: None)

    def observed(self, object_id: str, values: Values) -> None:
        """Called with what is known of an object whenever the engine compares or makes it."""

    def why_kept(self, object_id: str) -> str:
        """Why the object must not be deleted unless the program or the stack allows the loss; "" where nothing is lost."""
        return ""

    def refusals(self, olds: Values, news: Values, changed: list[str]) -> Iterator[str]:
        """Why Platform would refuse a change in place, where that depends on what the object has become meanwhile."""
        yield from ()

    # -- the engine's verbs ---------------------------------------------------------------------------------------------

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config: once per class and process."""
        _host.settle()
        self.keep(req.config._props)  # noqa: SLF001 - the only way to see a misspelt key

    def keep(self, config: dict[str, Any]) -> None:
        """Keep the config alone, keys with their namespace: for a process that is not the engine's."""
        self._config = config

    @_verb
    def check(self, _olds: Values, news: Values) -> CheckResult:
        """Refuse wrong inputs, all of them at once, in preview."""
        said = {name: value for name, value in news.items() if name not in {_OURS, IN_PREVIEW, URN, MARK}}
        wanted, problems = self.inputs.read(said)
        if wanted is None:
            # No property is named: the engine would print its value, a secret too, and none for a path below it.
            return CheckResult(said, [CheckFailure("", f"{problem.path} {problem.reason}") for problem in problems])
        kept = {name: value for name, value in wanted.plain().items() if name not in marked(self.inputs, CHECK_ONLY)}
        if (
            IN_PREVIEW not in news
            or not self._settings.asks_platform
            or same(kept, {name: _olds.get(name) for name in self.inputs.model_fields})
        ):
            return CheckResult(kept | self._mark(_olds, news), [])
        failures = [CheckFailure("", f"{problem.path} {problem.reason}") for problem in self.problems(wanted)]
        return CheckResult(kept | self._mark(_olds, news), failures)

    @_verb
    def diff(self, _id: str, olds: Values, news: Values) -> DiffResult:
        """Say which fields changed, and whether one of them replaces the object."""
        self._refuse_elsewhere(olds)
        self.observed(_id, olds)
        changed = self._changed(olds, news)
        replaces = [path for path in changed if self._replaces(path)]
        if replaces and self.loses and not self._may_replace(olds):
            by_program = self.loses_with and not olds.get(self.loses_with)
            first = f"{self.loses_with}=True in a `pulumi up` before this one, or with " if by_program else ""
            raise GuardError(
                f"a changed {' and '.join(replaces)} would replace it, and {self.loses}: keep the old value, make a new "
                f"resource beside this one, or accept the loss with {first}`pulumi config set aep:allowDestructive true`"
            )
        if changed and self.decides_on and not self._settings.allow_destructive and self.platform.is_production:
            raise GuardError(
                f"a changed {' and '.join(replaces or changed)} would {'replace' if replaces else 'change'} it in a sandbox of "
                f"production, and it decides on {self.decides_on}: keep the old value, or accept that with `pulumi config set "
                "aep:allowDestructive true`"
            )
        if changed and not replaces and (reasons := list(self.refusals(olds, news, changed))):
            raise GuardError("; ".join(reasons))
        if replaces:
            for consequence in self.consequences(olds, news, replaces):
                tell(f"{self.subject(news)}: a changed {' and '.join(replaces)} replaces it: {consequence}")
        # Not `True`: then the engine shows no field by field difference. None makes it compare for itself.
        return DiffResult(
            changes=None if changed else False,
            replaces=replaces,
            delete_before_replace=self.delete_before_replace,
        )

    @_verb
    def create(self, props: Values) -> CreateResult:
        """Make the object, with one POST, and one request more where something can only be set after it."""
        # Platform's clock is known after this, and an error here is never an ambiguous create.
        self.platform.ask_about_sandbox()
        wanted = self._wanted(props)
        decided = self.decided(wanted, {})
        body = self.to_wire(wanted, decided)
        request = self.request(wanted, props)

        steps = Steps(
            make=lambda: self._collection.create(self._marked(body, request.mark)),
            creating=lambda: self.creating(wanted),
            find=lambda since_s: self.made_since(wanted, body, since_s),
            find_any=self.any_made_since,
            adopt=lambda object_id: self._adopted(object_id, wanted, decided, body),
            finish=lambda stored: self._completed(wanted, decided, body, stored),
            roll_back=self._taken_back if self.set_after else None,
            mark_of=self.mark_of,
        )
        stored = create_once(self.platform, request, steps)
        self.observed(stored.id, wanted.plain())
        if self.moves_rows:
            _done.append(f"made {self.subject(wanted.plain())} ({stored.id})")
        return CreateResult(stored.id, self._state(wanted.plain(), decided, stored, props))

    @_verb
    def read(self, id_: str, props: Values) -> ReadResult:
        """Find out what has become of the object. Gone is gone; drift shows in the inputs."""
        self._refuse_elsewhere(props)
        try:
            stored = self._collection.get(id_, props)
        except NotFoundError:
            return ReadResult(None, {})
        said = {name: props[name] for name in self.inputs.model_fields if props.get(name) is not None}
        inputs = self._as_found(said, self.from_wire(self.model.read(stored.body)))
        kept = {name: props[name] for name in (*self.outputs, *self.remembers) if name in props}
        state = self._state(inputs, kept, stored, props)
        if said and props.get(_ETAG) and same(inputs, said):
            # Nothing that the program owns has changed: a new etag alone is nobody's news. The next update finds it stale
            # and reads again.
            state[_ETAG] = props[_ETAG]
        return ReadResult(id_, state, inputs | ({MARK: props[MARK]} if props.get(MARK) else {}))

    @_verb
    def update(self, _id: str, _olds: Values, _news: Values) -> UpdateResult:
        """Change the object in place, with one request."""
        self._refuse_elsewhere(_olds)
        self.platform.ask_about_sandbox()
        had = self.inputs.once_taken({name: _olds[name] for name in self.inputs.model_fields if name in _olds})
        wanted = self._wanted(_news)
        state = {name: _olds[name] for name in (*self.outputs, *self.remembers) if name in _olds}
        decided = state | self.decided(wanted, _olds)
        before, after = self.to_wire(had, state), self.to_wire(wanted, decided)
        etag = _olds.get(_ETAG)
        if before == after:
            return UpdateResult(self._state(wanted.plain(), decided, Stored(_id, after, etag), _news))
        # What Platform does not read back, nobody can see done: it is sent again as it was.
        hidden = any(path.startswith(mark) for path in self._changed(_olds, _news) for mark in marked(self.inputs, WRITE_ONLY))
        owned_before_or_after = _merged(had.plain(), wanted.plain())

        to_be_told = [name for name in self.set_after if getattr(had, name, None) != getattr(wanted, name)]

        def seen(found: Stored) -> I | None:
            """The object as it is now, in the inputs' words; None where Platform does not tell what is changed."""
            told = self.from_wire(self.model.read(found.body))
            if hidden or any(told.get(name) is None for name in to_be_told):
                return None
            with suppress(ValidationError):
                return self.inputs.model_validate(self._as_found(owned_before_or_after, told))
            return None

        def send(found: Stored | None) -> Stored:
            if found is None:
                return self._collection.update(_id, before, after, etag)
            is_now = seen(found)
            still = before if is_now is None else self.to_wire(is_now, state)
            return self._collection.update(_id, still, after, found.etag)

        def is_done(found: Stored) -> bool:
            is_now = seen(found)
            return is_now is not None and self.to_wire(is_now, decided) == after

        stored = changed_once(self.platform, send, lambda: self._collection.get(_id, _olds), is_done)
        return UpdateResult(self._state(wanted.plain(), decided, stored, _news))

    @_verb
    def delete(self, _id: str, _props: Values) -> None:
        """Remove the object; one that is gone already is fine."""
        self._refuse_elsewhere(_props)
        if not self._may_lose(_props) and (reason := self.why_kept(_id)):
            raise GuardError(self._kept_because(reason))
        try:
            self._collection.delete(_id)
        except NotFoundError:
            record_deletion(_id)  # whoever deleted it
            return
        except (RefusedError, AuthError) as error:
            raise (error.advise(self.if_it_stays) if self.if_it_stays else error) from None
        record_deletion(_id)
        if self.moves_rows:
            _done.append(f"deleted {self.subject(_props)} ({_id})")

    # -- what they need -------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _settings(self) -> Settings:
        return Settings.read(self._config)

    @property
    def platform(self) -> Client:
        """The door to Platform."""
        return client_for(self._settings)

    @property
    def _collection(self) -> Collection:
        return type(self).collection(self.platform)

    def request(self, wanted: I, props: Values) -> CreateRequest:
        """The create of this resource: what tells it from every other one.

        Args:
            wanted: what is to be made.
            props: its checked inputs, the mark among them.
        """
        mark = str(props.get(MARK) or _new_mark())
        is_stored = isinstance(self._collection, StoresMarks)
        urn = _urns.get(mark, "")
        return CreateRequest(self.content(wanted), self._kind, urn, mark, is_stored=is_stored, is_shared=self.is_shared)

    def content(self, wanted: I) -> str:
        """What tells a create from another: the kind and its inputs, without secrets and what is not sent with the POST."""
        said = _without(wanted.plain(), [*secrets(self.inputs), *marked(self.inputs, LOCAL), *self.set_after])
        return f"{type(self).__name__} {json.dumps(said, sort_keys=True)}"

    def made_since(self, wanted: I, body: Values, since_s: float) -> list[Stored]:
        """The objects that are what is wanted, made since a time (epoch seconds, Platform's clock) by this very client."""
        by = {self.found_by: str(body[self.found_by])} if self.found_by else {}
        read = []
        for each in self.any_made_since(since_s, **by):
            with suppress(NotFoundError):  # gone again, or not to be read yet: the lookup asks once more
                read.append(replace(self._collection.get(each.id, {}), made_at_s=each.made_at_s, made_by=each.made_by))
        return [each for each in read if self._is(wanted, each)]

    def any_made_since(self, since_s: float, **by: str) -> list[Stored]:
        """The objects of the kind that were made since a time by this very client."""
        ours = (None, self._settings.client_id)
        return [
            each
            for each in self._collection.list(**by)
            if each.made_at_s is not None and each.made_at_s >= since_s and each.made_by in ours
        ]

    def stored(self, object_id: str) -> Stored:
        """An object as Platform holds it."""
        return self._collection.get(object_id, {})

    def mark_of(self, stored: Stored) -> str:
        """The mark that an object carries, or ""."""
        collection = self._collection
        return collection.mark_of(stored.body) if isinstance(collection, StoresMarks) else ""

    def _marked(self, body: Values, mark: str) -> Values:
        collection = self._collection
        return dict(collection.marked(body, mark)) if isinstance(collection, StoresMarks) else body

    def _mark(self, olds: Values, news: Values) -> Values:
        """The mark as a checked input: that of the object where there is one, else a new one."""
        if olds.keys() - {_OURS}:
            return {MARK: olds[MARK]} if olds.get(MARK) else {}
        if IN_PREVIEW in news:
            return {MARK: UNKNOWN}  # the update makes one of its own, and a saved plan must not hold it to this one
        mark = _new_mark()
        if urn := news.get(URN):
            _urns[mark] = str(urn)
        return {MARK: mark}

    @property
    def _kind(self) -> str:
        """The resource's class, by the name of its provider."""
        return type(self).__name__.removesuffix("Provider")

    def _adopted(self, object_id: str, wanted: I, decided: Values, body: Values) -> Stored:
        """An object that an earlier create of this resource made, brought to the desired state."""
        stored = self._collection.get(object_id, {})
        if self._is(wanted, stored):
            return stored
        remote = self._as_found(wanted.plain(), self.from_wire(self.model.read(stored.body)))
        if replaces := [path for path in self._changed(remote, wanted.plain()) if self._replaces(path)]:
            raise AepError(
                f"{object_id} differs from the program in {' and '.join(replaces)}, which cannot change in place: correct the "
                f"program, or run `aep recover --clear` for it and delete {object_id}"
            )
        before = self.to_wire(self.inputs.once_taken(remote), decided | self.told(stored))
        return replace(self._collection.update(object_id, before, body, stored.etag), body=body)

    def _may_lose(self, state: Values) -> bool:
        """Whether the stack, or the program for this object, allows that what the object holds is lost."""
        return self._settings.allow_destructive or bool(self.loses_with and state.get(self.loses_with) is True)

    def _may_replace(self, state: Values) -> bool:
        """The same for a replacement: in production the deletion at its end needs the stack's word, whatever the program says."""
        return self._settings.allow_destructive or (self._may_lose(state) and not self.platform.is_production)

    def _kept_because(self, reason: str) -> str:
        return (
            f"{reason}, so it was not deleted{_done_so_far()}; renamed or moved in the program? It needs `aliases` with its old "
            "name: restore the old name and run `pulumi up`, then rename it with `aliases`; to delete it all the same, declare "
            f"it with {self.loses_with}=True or `pulumi config set aep:allowDestructive true`, and run `pulumi up` before you "
            "remove it: a deletion sees what the last `pulumi up` stored (`pulumi destroy --run-program` sees new configuration)"
        )

    def _completed(self, wanted: I, decided: Values, body: Values, stored: Stored) -> Stored:
        """What was made or adopted, with what only a second request sets."""
        if not self.set_after:
            return stored
        found = self.from_wire(self.model.read(stored.body))
        # What Platform does not tell yet is as a create leaves it.
        left = {
            name: self.inputs.model_fields[name].default if found.get(name) is None else found[name] for name in self.set_after
        }
        still = self.to_wire(wanted.model_copy(update=left), decided)
        if still == body:
            return stored

        def send(found: Stored | None) -> Stored:
            return self._collection.update(stored.id, still, body, (found or stored).etag)

        def is_done(found: Stored) -> bool:
            is_now = self.from_wire(self.model.read(found.body))
            return all(is_now.get(name) == getattr(wanted, name) for name in self.set_after)

        def read() -> Stored:
            try:
                return self._collection.get(stored.id, {})
            except NotFoundError:
                return stored  # a read may lag behind the POST

        done = changed_once(self.platform, send, read, is_done)
        return replace(done, body=stored.body)

    def _taken_back(self, stored: Stored) -> bool:
        """Remove what was made and could not be completed; False where it may still be there."""
        try:
            self._collection.delete(stored.id)
        except NotFoundError:
            pass
        except AepError:
            return False
        record_deletion(stored.id)
        return True

    def _is(self, wanted: I, stored: Stored) -> bool:
        """Whether what Platform holds is what is wanted, as far as it can be read."""
        said = wanted.plain()
        found = self._as_found(said, self.from_wire(self.model.read(stored.body)))
        return all(same(found.get(name), value) for name, value in said.items() if name not in self.set_after)

    def _wanted(self, values: Values) -> I:
        return self.inputs.model_validate({name: values[name] for name in self.inputs.model_fields if name in values})

    def _state(self, inputs: Values, decided: Values, stored: Stored, props: Values) -> Values:
        """What is kept of an object: small, for the engine writes all of it again at every step."""
        mark = {MARK: props[MARK]} if props.get(MARK) else {}
        where = {_ORGANIZATION: self._settings.organization, _SANDBOX: self._settings.sandbox}
        etag = {_ETAG: stored.etag} if stored.etag else {}
        return inputs | decided | self.told(stored) | where | etag | mark

    def _changed(self, olds: Values, news: Values) -> list[str]:
        """The paths of the fields whose values differ, as deep as the model goes."""
        unordered = marked(self.inputs, UNORDERED)
        differing = [
            path
            for path, _field in fields_of(self.inputs)
            if not same(at(olds, path), at(news, path), unordered=path in unordered)
        ]
        # A part differs because a field in it does: the field is what to name, unless the part came, went or is unknown.
        return [path for path in differing if not any(other.startswith(f"{path}.") for other in differing)]

    def _replaces(self, path: str) -> bool:
        marks = marked(self.inputs, REPLACES)
        # A field replaces, or the part that it lies in; a part that came or went replaces if anything in it does.
        return any(path == mark or path.startswith(f"{mark}.") or mark.startswith(f"{path}.") for mark in marks)

    def _as_found(self, said: Values, found: Values) -> Values:
        """What Platform holds of that which the program owns: all of it where nothing is owned yet."""
        if not said:
            return {name: value for name, value in found.items() if value is not None}
        kept = _carried_over(self.inputs, said, found, marked(self.inputs, WRITE_ONLY) | marked(self.inputs, LOCAL))
        # What Platform does not tell while it is at work on the object has not changed.
        kept |= {name: said[name] for name in self.set_after if found.get(name) is None and name in said}
        inputs = {name: owned(value, kept[name]) for name, value in said.items() if kept.get(name) is not None}
        for path in marked(self.inputs, UNORDERED):
            if path in said and same(said[path], inputs.get(path), unordered=True):
                inputs[path] = said[path]
        return inputs

    def _refuse_elsewhere(self, state: Values) -> None:
        """An object stays where it was made: pointed elsewhere, every verb would take another object for it, or none."""
        here = (self._settings.organization, self._settings.sandbox)
        there = (state.get(_ORGANIZATION, here[0]), state.get(_SANDBOX, here[1]))
        if there != here:
            raise SettingsError(
                f"it lives in sandbox {there[1]!r} of {there[0]}, and the stack now says {here[1]!r} of {here[0]}: set "
                "aep:sandbox and aep:organization back, and deploy to the other sandbox with a stack of its own"
            )

    def subject(self, values: Values) -> str:
        """The object in a message: what it is, and the name that people know it by."""
        title = values.get(self.titled_by)
        return self.inputs.noun if title is None or is_unknown(title) else f'{self.inputs.noun} "{title}"'


def _done_so_far() -> str:
    """What this process has made and deleted of objects with rows, after which another deletion stops half-way."""
    if not _done:
        return ""
    again = "; a dataflow that is made again reads all rows again" if any("dataflow" in each for each in _done) else ""
    return f" (this run has already {', '.join(_done)}; this dataset and what it stands on are left{again})"


def _new_mark() -> str:
    """A mark that no other request has."""
    return randomness.token_hex(8)


def _merged(old: Values, new: Values) -> Values:
    """The new values, with what only the old ones hold: a field that is dropped counts too."""
    both = {name: _merged(old[name], new[name]) for name in old.keys() & new.keys() if _are_parts(old[name], new[name])}
    return old | new | both


def _are_parts(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def _without(values: Values, paths: Iterable[str]) -> Values:
    """The values without those at these paths."""
    kept = dict(values)
    for path in paths:
        name, _, rest = path.partition(".")
        if rest and isinstance(kept.get(name), dict):
            kept[name] = _without(kept[name], [rest])
        elif not rest:
            kept.pop(name, None)
    return kept


def _carried_over(model: type[Inputs], said: Values, found: Values, write_only: set[str], prefix: str = "") -> Values:
    """What was found, with the program's word where Platform does not read a value back."""
    kept = dict(found)
    for name, field in model.model_fields.items():
        path, here = prefix + name, said.get(name)
        if path in write_only and here is not None:
            both = isinstance(here, dict) and isinstance(found.get(name), dict)
            kept[name] = here | found[name] if both else here
        elif (part := part_of(field.annotation)) and isinstance(here, dict) and isinstance(found.get(name), dict):
            kept[name] = _carried_over(part, here, found[name], write_only, f"{path}.")
    return kept
