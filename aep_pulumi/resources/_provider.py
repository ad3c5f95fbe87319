"""Provider: Pulumi's verbs in terms of a collection's. The only file that knows both.

A kind says what its inputs are, which collection holds it and how the two vocabularies map; everything else (CRUD, diff,
unknowns, secrets, ownership, the wording of errors) is written here, once. Instances are pickled into users' state by the name
of their module and class: neither ever changes, and an instance holds nothing before `configure`.
"""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.output import UNKNOWN
from pydantic import ValidationError

from aep_pulumi.client import warn
from aep_pulumi.client.collection import RemoteObject, text
from aep_pulumi.client.deadline import operation
from aep_pulumi.client.request_log import LAST_RESPONSE, RESOURCE
from aep_pulumi.errors import AepError, AuthError, GuardError, NotFoundError, RejectedError, SettingsError
from aep_pulumi.kinds import Kind
from aep_pulumi.resources import _host
from aep_pulumi.resources._change_once import changed_once
from aep_pulumi.resources._constructor import PROBLEMS
from aep_pulumi.resources._create_request import Steps
from aep_pulumi.resources._creating import MARK, Creating, new_mark, urns
from aep_pulumi.resources._declaration import I, M
from aep_pulumi.resources._fields import (
    CHECK_ONLY,
    IMMUTABLE,
    REPLACES,
    WRITE_ONLY,
    Values,
    holds_unknown,
    marked,
    same,
    with_integers,
)
from aep_pulumi.resources._once import create_once, record_deletion
from aep_pulumi.resources._ownership import as_observed, changed_paths, concerned, merged
from aep_pulumi.resources._reference_checks import missing
from aep_pulumi.resources._sets import respelled
from aep_pulumi.resources._unexpected import UNEXPECTED, is_about_missing, unexpected
from aep_pulumi.resources._values import validated

R = TypeVar("R")

_ETAG, _ORGANIZATION, _SANDBOX = "etag", "organization", "sandbox"
_OURS = "__provider"
URN = "__urn"
"""What the constructor adds to the inputs, and `check` takes away: the engine does not tell a provider the resource's URN."""
IN_PREVIEW = "__preview"
"""What the constructor adds to the inputs in a preview, and `check` takes away: the engine does not tell a provider. Only a
preview asks Platform about inputs: an update sends its one request per object, and hears from Platform itself. Its value is the
list of the inputs that the program gives as they are, and not as outputs of other resources; True where nobody knows which."""

_MOST_NAMED = 10
_done: list[tuple[Kind, str]] = []
"""The objects with rows that this process has made and deleted, for the message of a deletion that stops half-way."""


def _verb(verb: Callable[..., R]) -> Callable[..., R]:
    """A verb of the engine's: numbers arrive as they were said, and errors name the object by the last property values."""

    @functools.wraps(verb)
    def named(self: "Provider[Any, Any]", *said: Any) -> R:  # noqa: ANN401 - the engine's values
        subject = self.subject(said[-1])
        resource, answer = RESOURCE.set(subject), LAST_RESPONSE.set("")
        try:
            with operation():
                return verb(self, *map(with_integers, said))
        except AepError as error:
            if is_about_missing(error, said[-1]):
                error.advise("if that was deleted outside of Pulumi, run `pulumi refresh`, and `pulumi up` makes it anew")
            raise error.about(subject) from None
        except UNEXPECTED as error:
            # The first of the values are the state's: a create has none, and a check's are empty where there is none.
            state = next((value for value in said if isinstance(value, dict)), {}) if verb.__name__ != "create" else {}
            outputs = (*self.outputs, *self.private_state)
            raise unexpected(self.inputs, outputs, state, LAST_RESPONSE.get(), error).about(subject) from None
        finally:
            LAST_RESPONSE.reset(answer)
            RESOURCE.reset(resource)

    return named


class Provider(Creating[I, M]):
    """Performs what a kind declares."""

    # -- the engine's verbs ---------------------------------------------------------------------------------------------

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's config: once per class and process."""
        _host.settle()
        self.keep(req.config._props)  # noqa: SLF001 - the only way to see a misspelt key

    @_verb
    def check(self, _olds: Values, news: Values) -> CheckResult:
        """Refuse wrong inputs, all of them at once, in preview."""
        said = {name: value for name, value in news.items() if name not in {_OURS, IN_PREVIEW, URN, MARK, PROBLEMS}}
        wanted, problems = validated(self.inputs, said, news.get(PROBLEMS) or ())
        if wanted is None or problems:
            # No property is named: the engine would print its value, a secret too, and none for a path below it.
            return CheckResult(said, [CheckFailure("", f"{problem.path} {problem.reason}") for problem in problems])
        kept = {name: value for name, value in wanted.plain().items() if name not in marked(self.inputs, CHECK_ONLY)}
        state = {name: _olds[name] for name in self.inputs.model_fields if name in _olds}
        if state and not changed_paths(self.inputs, state, kept):
            kept = respelled(self.inputs, kept, state)  # then a refresh and a review have nothing to show either
        if (
            IN_PREVIEW not in news
            or not self._settings.checks_on_platform
            or same(kept, {name: _olds.get(name) for name in self.inputs.model_fields})
        ):
            return CheckResult(kept | self._mark(_olds, news), [])
        as_text = news[IN_PREVIEW] if isinstance(news[IN_PREVIEW], list) else self.inputs.model_fields
        found = [*missing(self.platform, self.law, wanted), *self.problems(wanted, frozenset(map(str, as_text)))]
        failures = [CheckFailure("", f"{problem.path} {problem.reason}") for problem in found]
        return CheckResult(kept | self._mark(_olds, news), failures)

    @_verb
    def diff(self, _id: str, olds: Values, news: Values) -> DiffResult:
        """Say which fields changed, and whether one of them replaces the object."""
        self._reject_elsewhere(olds)
        self.observed(_id, olds)
        changed = changed_paths(self.inputs, olds, news)
        replaces = concerned(self.inputs, REPLACES, changed)
        fixed = concerned(self.inputs, IMMUTABLE, changed)
        # A value that this preview does not know yet may be the old one: the update decides.
        if fixed := [path for path in fixed if not holds_unknown(news.get(path.partition(".")[0]))]:
            raise GuardError(
                f"a changed {' and '.join(fixed)} is refused: Platform neither changes it nor deletes {self.law.plural}, so "
                "there can be no successor: keep the old value, or declare a new resource beside this one"
            )
        if replaces and self.loses and not self._may_replace(olds):
            by_program = self.loses_with and not olds.get(self.loses_with)
            first = f"{self.loses_with}=True in a `pulumi up` before this one, or with " if by_program else ""
            raise GuardError(
                f"a changed {' and '.join(replaces)} would replace it, and {self.loses}: keep the old value, make a new "
                f"resource beside this one, or accept the loss with {first}`pulumi config set aep:allowDestructive true`"
            )
        if changed and self.production_guard and not self._settings.allow_destructive and self.platform.is_production:
            raise GuardError(
                f"a changed {' and '.join(replaces or changed)} would {'replace' if replaces else 'change'} it in a sandbox of "
                f"production, and it decides on {self.production_guard}: keep the old value, or allow the change with "
                "`pulumi config set aep:allowDestructive true`"
            )
        for consequence in self.on_change(olds, news, changed, replaces):
            warn(f"{self.subject(news)}: a changed {' and '.join(replaces)} replaces it: {consequence}")
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
        self.platform.sandbox_type()
        wanted = self._wanted(props)
        decided = self.decided(wanted, {})
        body = self.to_wire(wanted, decided)
        request = self.request(wanted, props)

        steps = Steps(
            make=lambda: self._collection.create(self._marked(body, request.mark)),
            creating=lambda: self.creating(wanted),
            find=lambda since_s: self.created_since(wanted, body, since_s),
            find_any=self.any_created_since,
            adopt=lambda object_id: self._adopted(object_id, wanted, decided, body),
            second=self.second_step(wanted, decided, body),
            mark_of=self.mark_of,
            shared=lambda: self._shared(wanted, body),
        )
        stored = create_once(self.platform, request, steps)
        self.observed(stored.id, wanted.plain())
        if self.law.moves_rows:
            _done.append((self.law, f"made {self.subject(wanted.plain())} ({stored.id})"))
        return CreateResult(stored.id, self._state(wanted.plain(), decided, stored, props))

    @_verb
    def read(self, id_: str, props: Values) -> ReadResult:
        """Find out what has become of the object. Gone is gone; drift shows in the inputs."""
        self._reject_elsewhere(props)
        try:
            stored = self._collection.get(id_, props)
        except NotFoundError:
            return ReadResult(None, {})
        said = {name: props[name] for name in self.inputs.model_fields if props.get(name) is not None}
        inputs = self._observed(said, stored, with_added=True)
        kept = {name: props[name] for name in (*self.outputs, *self.private_state) if name in props}
        state = self._state(inputs, kept, stored, props)
        if said and props.get(_ETAG) and same(inputs, said):
            # Nothing that the program owns has changed: a new etag alone is nobody's news. The next update finds it stale
            # and reads again.
            state[_ETAG] = props[_ETAG]
        return ReadResult(id_, state, inputs | ({MARK: props[MARK]} if props.get(MARK) else {}))

    @_verb
    def update(self, _id: str, _olds: Values, _news: Values) -> UpdateResult:
        """Change the object in place, with one request."""
        self._reject_elsewhere(_olds)
        self.platform.sandbox_type()
        wanted = self._wanted(_news)
        # In the order of the program: what it only puts in another order is not sent.
        olds = {name: _olds[name] for name in self.inputs.model_fields if name in _olds}
        had = self.inputs.from_state(respelled(self.inputs, olds, wanted.plain()))
        state = {name: _olds[name] for name in (*self.outputs, *self.private_state) if name in _olds}
        decided = state | self.decided(wanted, _olds)
        before, after = self.to_wire(had, state), self.to_wire(wanted, decided)
        etag = text(_olds.get(_ETAG))
        if before == after:
            return UpdateResult(self._state(wanted.plain(), decided, RemoteObject(_id, after, etag), _news))
        # What Platform does not read back, nobody can see done: it is sent again as it was.
        changed = changed_paths(self.inputs, _olds, _news)
        hidden = any(path.startswith(mark) for path in changed for mark in marked(self.inputs, WRITE_ONLY))
        owned_before_or_after = merged(had.plain(), wanted.plain())

        to_be_told = [name for name in self.set_after if getattr(had, name, None) != getattr(wanted, name)]

        def seen(found: RemoteObject) -> I | None:
            """The object as it is now, in the inputs' words; None where Platform does not tell what is changed."""
            told = self.from_wire(self.model.read(found.body))
            if hidden or any(told.get(name) is None for name in to_be_told):
                return None
            with suppress(ValidationError):
                return self.inputs.model_validate(as_observed(self.inputs, owned_before_or_after, told, self.set_after))
            return None

        def send(found: RemoteObject | None) -> RemoteObject:
            if found is None:
                return self._collection.update(_id, before, after, etag)
            is_now = seen(found)
            still = before if is_now is None else self.to_wire(is_now, state)
            return self._collection.update(_id, still, after, found.etag)

        def is_done(found: RemoteObject) -> bool:
            is_now = seen(found)
            return is_now is not None and self.to_wire(is_now, decided) == after

        try:
            stored = changed_once(self.platform, send, lambda: self._collection.get(_id, _olds), is_done)
        except NotFoundError as error:
            raise error.advise(
                "it, or an object that it stands on, was deleted outside of Pulumi: run `pulumi refresh` (or `pulumi up "
                "--refresh`), and `pulumi up` makes it anew"
            ) from None
        return UpdateResult(self._state(wanted.plain(), decided, stored, _news))

    @_verb
    def delete(self, _id: str, _props: Values) -> None:
        """Remove the object; one that is gone already is fine, and one that Platform never deletes is forgotten."""
        self._reject_elsewhere(_props)
        if not self.law.is_deletable:
            warn(f"{self.subject(_props)}: forgotten, but {self.forgotten}")
            return
        if not self._may_lose(_props) and (reason := self.why_kept(_id)):
            raise GuardError(self._kept_because(reason))
        try:
            self._collection.delete(_id)
        except NotFoundError:
            record_deletion(_id)  # whoever deleted it
            return
        except (RejectedError, AuthError) as error:
            raise (error.advise(self.if_it_stays) if self.if_it_stays else error) from None
        record_deletion(_id)
        if self.law.moves_rows:
            _done.append((self.law, f"deleted {self.subject(_props)} ({_id})"))

    # -- what they need -------------------------------------------------------------------------------------------------

    def _mark(self, olds: Values, news: Values) -> Values:
        """The mark as a checked input: that of the object where there is one, else a new one."""
        if olds.keys() - {_OURS}:
            return {MARK: olds[MARK]} if olds.get(MARK) else {}
        if IN_PREVIEW in news:
            return {MARK: UNKNOWN}  # the update makes one of its own, and a saved plan must not hold it to this one
        mark = new_mark()
        if urn := news.get(URN):
            urns[mark] = str(urn)
        return {MARK: mark}

    def _may_lose(self, state: Values) -> bool:
        """Whether the stack, or the program for this object, allows that what the object holds is lost."""
        return self._settings.allow_destructive or bool(self.loses_with and state.get(self.loses_with) is True)

    def _may_replace(self, state: Values) -> bool:
        """The same for a replacement: in production the deletion at its end needs the stack's word, whatever the program says."""
        return self._settings.allow_destructive or (self._may_lose(state) and not self.platform.is_production)

    def _kept_because(self, reason: str) -> str:
        return (
            f"{reason}, so it was not deleted{_done_so_far(self.law)}; renamed or moved in the program? It needs `aliases` with "
            "its old name: restore the old name and run `pulumi up`, then rename it with `aliases`; to delete it all the same, "
            f"declare it with {self.loses_with}=True or `pulumi config set aep:allowDestructive true`, and run `pulumi up` "
            "before you remove it: a deletion sees what the last `pulumi up` stored (`pulumi destroy --run-program` sees new "
            "configuration)"
        )

    def _wanted(self, values: Values) -> I:
        return self.inputs.model_validate({name: values[name] for name in self.inputs.model_fields if name in values})

    def _state(self, inputs: Values, decided: Values, stored: RemoteObject, props: Values) -> Values:
        """What is kept of an object: small, for the engine writes all of it again at every step."""
        mark = {MARK: props[MARK]} if props.get(MARK) else {}
        where = {_ORGANIZATION: self._settings.organization, _SANDBOX: self._settings.sandbox}
        etag = {_ETAG: stored.etag} if stored.etag else {}
        return inputs | decided | self.told(stored) | where | etag | mark

    def _reject_elsewhere(self, state: Values) -> None:
        """An object stays where it was made: pointed elsewhere, every verb would take another object for it, or none."""
        here = (self._settings.organization, self._settings.sandbox)
        there = (state.get(_ORGANIZATION, here[0]), state.get(_SANDBOX, here[1]))
        if there != here:
            raise SettingsError(
                f"it lives in sandbox {str(there[1])[:100]!r} of {str(there[0])[:100]}, and the stack now says {here[1]!r} of "
                f"{here[0]}: set "
                "aep:sandbox and aep:organization back, and deploy to the other sandbox with a stack of its own"
            )


def _done_so_far(stopped: Kind) -> str:
    """What this process has made and deleted of objects with rows, after which the deletion of another kind stops half-way."""
    if not _done:
        return ""
    writers = [law for law, _ in _done if not law.stores_rows]
    again = f"; a {writers[0].noun} that is made again reads all rows again" if writers else ""
    older = len(_done) - _MOST_NAMED
    done = (f"{older} others, " if older > 0 else "") + ", ".join(what for _, what in _done[-_MOST_NAMED:])
    return f" (this run has already {done}; this {stopped.noun} and what it stands on are left{again})"
