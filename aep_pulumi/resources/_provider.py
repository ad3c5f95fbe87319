"""Provider: implements Pulumi's provider methods with the client's collections. The only module that depends on both.

A kind declares its inputs, its collection and the mapping between them; everything else (CRUD, diff, unknowns, secrets,
ownership, error messages) is implemented here, once. Instances are pickled into users' state by the name of their module and
class, so neither must change, and an instance has no attributes before `configure`.
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
from aep_pulumi.client.request_log import LAST_RESPONSE, RESOURCE, note
from aep_pulumi.errors import AepError, AuthError, GuardError, NotFoundError, RejectedError, SettingsError
from aep_pulumi.kinds import Kind
from aep_pulumi.resources import _host, _keep as keep
from aep_pulumi.resources._change_once import changed_once
from aep_pulumi.resources._constructor import PROBLEMS
from aep_pulumi.resources._create_request import Steps
from aep_pulumi.resources._creating import MARK, Creating, new_mark, urns
from aep_pulumi.resources._declaration import I, M
from aep_pulumi.resources._fields import Values, holds_unknown, marked, same, with_integers
from aep_pulumi.resources._marks import CHECK_ONLY, IMMUTABLE, REPLACES, WRITE_ONLY
from aep_pulumi.resources._once import create_once, record_deletion
from aep_pulumi.resources._ownership import as_observed, changed_paths, concerned, merged
from aep_pulumi.resources._pool import widen
from aep_pulumi.resources._reference_checks import missing
from aep_pulumi.resources._sets import respelled
from aep_pulumi.resources._unexpected import UNEXPECTED, is_about_missing, unexpected
from aep_pulumi.resources._values import validated

R = TypeVar("R")

_ETAG, _ORGANIZATION, _SANDBOX = "etag", "organization", "sandbox"
PROVIDER = "__provider"
URN = "__urn"
"""An internal input that the constructor adds and `check` removes: the engine does not pass the URN to a dynamic provider."""
IN_PREVIEW = "__preview"
"""An internal input that the constructor adds in a preview and `check` removes: the engine does not pass it to a provider. Only a
preview validates inputs against Platform: an update sends one request per object, which Platform validates itself. Its value is
the list of the inputs that are plain values and not outputs of other resources; True if these are not known."""

_MAX_NAMED = 10
_done: list[tuple[Kind, str]] = []
"""The objects with rows that this process has created and deleted: reported if a deletion is then rejected."""


def _provider_method(method: Callable[..., R]) -> Callable[..., R]:
    """Wrap a provider method: convert whole numbers back to integers, and add the object's name to errors."""

    @functools.wraps(method)
    def wrapper(self: "Provider[Any, Any]", *arguments: Any) -> R:  # noqa: ANN401 - the engine's values
        subject = self.subject(arguments[-1])
        resource, response = RESOURCE.set(subject), LAST_RESPONSE.set("")
        try:
            with operation():
                return method(self, *map(with_integers, arguments))
        except AepError as error:
            if is_about_missing(error, arguments[-1]):
                error.advise("if that was deleted outside of Pulumi, run `pulumi refresh`, and `pulumi up` recreates it")
            raise error.about(subject) from None
        except UNEXPECTED as error:
            # The first values are those in state. A create has none, and those of a check may be empty.
            state = next((value for value in arguments if isinstance(value, dict)), {}) if method.__name__ != "create" else {}
            outputs = (*self.outputs, *self.private_state)
            raise unexpected(self.inputs, outputs, state, LAST_RESPONSE.get(), error).about(subject) from None
        finally:
            LAST_RESPONSE.reset(response)
            RESOURCE.reset(resource)

    return wrapper


class Provider(Creating[I, M]):
    """Implements the resources of a kind from its declaration."""

    # -- provider methods -----------------------------------------------------------------------------------------------

    def configure(self, req: ConfigureRequest) -> None:
        """Set the stack's config: once per class and process."""
        _host.prepare_process()
        self.keep(req.config._props)  # noqa: SLF001 - the public accessor cannot list the keys, which is needed to reject unknown ones
        with suppress(SettingsError):  # the first operation reports it, with the name of its resource
            widen(self._settings.max_operations, note)

    @_provider_method
    def check(self, _olds: Values, news: Values) -> CheckResult:
        """Validate the inputs in preview, and reject all errors at once."""
        specified = {name: value for name, value in news.items() if name not in {PROVIDER, IN_PREVIEW, URN, MARK, PROBLEMS}}
        desired, problems = validated(self.inputs, specified, news.get(PROBLEMS) or ())
        if desired is None or problems:
            # The property is left empty: the engine would print its value, even if secret, and supports no nested paths.
            return CheckResult(specified, [CheckFailure("", f"{problem.path} {problem.reason}") for problem in problems])
        kept = {name: value for name, value in desired.plain().items() if name not in marked(self.inputs, CHECK_ONLY)}
        state = {name: _olds[name] for name in self.inputs.model_fields if name in _olds}
        if not state and (unset := keep.kept(self.inputs, kept)):
            reason = "is aep.KEEP, but a new object has no secret on Platform that could stay: set it"
            return CheckResult(specified, [CheckFailure("", f"{path} {reason}") for path in unset])
        if state and not changed_paths(self.inputs, state, keep.filled(self.inputs, kept, state)):
            kept = respelled(self.inputs, kept, state)  # so that refreshes and reviews show no difference either
        if (
            IN_PREVIEW not in news
            or not self._settings.checks_on_platform
            or same(kept, {name: _olds.get(name) for name in self.inputs.model_fields})
        ):
            return CheckResult(kept | self._mark(_olds, news), [])
        as_text = news[IN_PREVIEW] if isinstance(news[IN_PREVIEW], list) else self.inputs.model_fields
        remote = [*missing(self.platform, self.law, desired), *self.problems(desired, frozenset(map(str, as_text)))]
        failures = [CheckFailure("", f"{problem.path} {problem.reason}") for problem in remote]
        return CheckResult(kept | self._mark(_olds, news), failures)

    @_provider_method
    def diff(self, _id: str, olds: Values, news: Values) -> DiffResult:
        """Compare state with inputs: which fields changed, and whether the object must be replaced."""
        self.require_same_sandbox(olds)
        self.observed(_id, olds)
        changed = changed_paths(self.inputs, olds, keep.filled(self.inputs, news, olds))
        replaces = concerned(self.inputs, REPLACES, changed)
        fixed = concerned(self.inputs, IMMUTABLE, changed)
        # A value that is unknown in preview may turn out unchanged: the update decides.
        if fixed := [path for path in fixed if not holds_unknown(news.get(path.partition(".")[0]))]:
            raise GuardError(
                f"a change of {' and '.join(fixed)} is rejected: Platform can neither update it nor delete {self.law.plural}, "
                "so the object cannot be replaced: keep the old value, or declare an additional resource"
            )
        self._require_secrets(news, changed, replaces)
        if replaces and self.loses and not self._allows_replacement(olds):
            by_program = self.allow_loss_input and not olds.get(self.allow_loss_input)
            first = f"{self.allow_loss_input}=True in a `pulumi up` before this one, or with " if by_program else ""
            raise GuardError(
                f"a change of {' and '.join(replaces)} would replace it, and {self.loses}: keep the old value, declare an "
                f"additional resource, or accept the loss with {first}`pulumi config set aep:allowDestructive true`"
            )
        if changed and self.production_guard and not self._settings.allow_destructive and self.platform.is_production:
            raise GuardError(
                f"a change of {' and '.join(replaces or changed)} would {'replace' if replaces else 'update'} it in a production "
                f"sandbox, and it controls {self.production_guard}: keep the old value, or allow the change with "
                "`pulumi config set aep:allowDestructive true`"
            )
        for consequence in self.on_change(olds, news, changed, replaces):
            warn(f"{self.subject(news)}: a change of {' and '.join(replaces)} replaces it: {consequence}")
        # With `True`, the engine would show no detailed diff. With None, it computes the diff itself.
        return DiffResult(
            changes=None if changed else False,
            replaces=replaces,
            delete_before_replace=self.delete_before_replace,
        )

    @_provider_method
    def create(self, props: Values) -> CreateResult:
        """Create the object with one POST, and a second request for fields that can only be set after it."""
        # This also sets Platform's time, and an error here is never an ambiguous create.
        self.platform.sandbox_type()
        desired = self._desired(props)
        decided = self.decided(desired, {})
        body = self.to_wire(desired, decided)
        request = self.request(desired, props)

        steps = Steps(
            make=lambda: self._collection.create(self._marked(body, request.mark)),
            creating=lambda: self.creating(desired),
            find=lambda since_s: self.created_since(desired, body, since_s),
            find_any=self.any_created_since,
            adopt=lambda object_id: self._adopted(object_id, desired, decided, body),
            second=self.second_step(desired, decided, body),
            mark_of=self.mark_of,
            shared=lambda: self._shared(desired, body),
        )
        response = create_once(self.platform, request, steps)
        self.observed(response.id, desired.plain())
        if self.law.moves_rows:
            _done.append((self.law, f"created {self.subject(desired.plain())} ({response.id})"))
        return CreateResult(response.id, self.state_of(desired.plain(), decided, response, props))

    @_provider_method
    def read(self, id_: str, props: Values) -> ReadResult:
        """Read the object. A deleted object is removed from state; drift is returned in the inputs."""
        self.require_same_sandbox(props)
        try:
            remote = self._read_remote(id_, props)
        except NotFoundError:
            return ReadResult(None, {})
        inputs, state = self.reread(remote, props)
        return ReadResult(id_, state, inputs | ({MARK: props[MARK]} if props.get(MARK) else {}))

    def reread(self, remote: RemoteObject, props: Values) -> tuple[Values, Values]:
        """The inputs and the state after a read of the object."""
        specified = {name: props[name] for name in self.inputs.model_fields if props.get(name) is not None}
        inputs = self._observed(specified, remote, with_added=True)
        kept = {name: props[name] for name in (*self.outputs, *self.private_state) if name in props}
        state = self.state_of(inputs, kept, remote, props)
        if specified and props.get(_ETAG) and same(inputs, specified):
            # An etag-only change is not drift: keep the old etag. The next update is rejected as stale and reads again.
            state[_ETAG] = props[_ETAG]
        return inputs, state

    @_provider_method
    def update(self, _id: str, _olds: Values, _news: Values) -> UpdateResult:
        """Update the object in place, with one request."""
        self.require_same_sandbox(_olds)
        self.platform.sandbox_type()
        desired = self._desired(keep.filled(self.inputs, _news, _olds))
        # With sets in the order of the program, so that a different order alone is not sent.
        olds = {name: _olds[name] for name in self.inputs.model_fields if name in _olds}
        previous = self.inputs.from_state(respelled(self.inputs, olds, desired.plain()))
        state = {name: _olds[name] for name in (*self.outputs, *self.private_state) if name in _olds}
        decided = state | self.decided(desired, _olds)
        before, after = self.to_wire(previous, state), self.to_wire(desired, decided)
        etag = text(_olds.get(_ETAG))
        if before == after:
            return UpdateResult(self.state_of(desired.plain(), decided, RemoteObject(_id, after, etag), _news))
        # Write-only fields cannot be verified by a read: retry the update unconditionally.
        changed = changed_paths(self.inputs, _olds, _news)
        hidden = any(path.startswith(mark) for path in changed for mark in marked(self.inputs, WRITE_ONLY))
        owned_before_or_after = merged(previous.plain(), desired.plain())

        must_report = [name for name in self.set_after if getattr(previous, name, None) != getattr(desired, name)]

        def observe(remote: RemoteObject) -> I | None:
            """The current inputs of the object; None if Platform does not return a changed field."""
            observed = self.from_wire(self.model.read(remote.body))
            if hidden or any(observed.get(name) is None for name in must_report):
                return None
            with suppress(ValidationError):
                return self.inputs.model_validate(as_observed(self.inputs, owned_before_or_after, observed, self.set_after))
            return None

        def send(remote: RemoteObject | None) -> RemoteObject:
            if remote is None:
                return self._collection.update(_id, before, after, etag)
            current = observe(remote)
            base = before if current is None else self.to_wire(current, state)
            return self._collection.update(_id, base, after, remote.etag)

        def is_done(remote: RemoteObject) -> bool:
            current = observe(remote)
            return current is not None and self.to_wire(current, decided) == after

        try:
            response = changed_once(self.platform, send, lambda: self._collection.get(_id, _olds), is_done)
        except NotFoundError as error:
            raise error.advise(
                "it, or an object that it depends on, was deleted outside of Pulumi: run `pulumi refresh` (or `pulumi up "
                "--refresh`), and `pulumi up` recreates it"
            ) from None
        return UpdateResult(self.state_of(desired.plain(), decided, response, _news))

    @_provider_method
    def delete(self, _id: str, _props: Values) -> None:
        """Delete the object, unless it is deleted already. Kinds that cannot be deleted are only removed from state."""
        self.require_same_sandbox(_props)
        if not self.law.is_deletable:
            warn(f"{self.subject(_props)}: removed from the stack only; {self.retention}")
            return
        if not self._allows_loss(_props) and (reason := self.deletion_guard(_id)):
            raise GuardError(self._rejected_deletion(reason))
        try:
            self._collection.delete(_id)
        except NotFoundError:
            record_deletion(_id)  # deleted by somebody else
            return
        except (RejectedError, AuthError) as error:
            raise (error.advise(self.delete_rejected_hint) if self.delete_rejected_hint else error) from None
        record_deletion(_id)
        if self.law.moves_rows:
            _done.append((self.law, f"deleted {self.subject(_props)} ({_id})"))

    # -- helpers --------------------------------------------------------------------------------------------------------

    def _read_remote(self, object_id: str, props: Values) -> RemoteObject:
        if not self._settings.bulk_reads:
            return self._collection.get(object_id, props)
        return self.platform.bulk.get(self.law.name, self._collection, object_id, props)

    def _mark(self, olds: Values, news: Values) -> Values:
        """The mark as a checked input: that of the existing object, or a new one."""
        if olds.keys() - {PROVIDER}:
            return {MARK: olds[MARK]} if olds.get(MARK) else {}
        if IN_PREVIEW in news:
            return {MARK: UNKNOWN}  # the update creates its own, which must not conflict with a saved plan
        mark = new_mark()
        if urn := news.get(URN):
            urns[mark] = str(urn)
        return {MARK: mark}

    def _require_secrets(self, news: Values, changed: list[str], replaces: list[str]) -> None:
        """Reject a change that needs secrets which the program leaves as Platform has them."""
        # A value that is unknown in preview may turn out unchanged: the update decides.
        known = [path for path in changed if not holds_unknown(news.get(path.partition(".")[0]))]
        if replaces and (unset := keep.kept(self.inputs, news)):
            raise GuardError(
                f"a change of {' and '.join(replaces)} would replace it, and the new one needs all secrets, but "
                f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} aep.KEEP: set {_it(unset)}, or keep the old value"
            )
        if unset := keep.blocked(self.inputs, news, known):
            raise GuardError(
                f"a change of {' and '.join(known)} needs all secrets, because Platform takes them as a whole, but "
                f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} aep.KEEP: set {_it(unset)} too, or undo the change"
            )

    def _allows_loss(self, state: Values) -> bool:
        """Whether the stack, or the program for this object, allows the loss of its data."""
        return self._settings.allow_destructive or bool(self.allow_loss_input and state.get(self.allow_loss_input) is True)

    def _allows_replacement(self, state: Values) -> bool:
        """The same for a replacement. In production, the deletion at its end must be allowed by the stack, not by the program."""
        return self._settings.allow_destructive or (self._allows_loss(state) and not self.platform.is_production)

    def _rejected_deletion(self, reason: str) -> str:
        return (
            f"{reason}, so it was not deleted{_done_so_far(self.law)}; if it was renamed or moved in the program, it needs "
            "`aliases` with its old name: restore that name and run `pulumi up`, then rename it with `aliases`; to delete it "
            f"anyway, set {self.allow_loss_input}=True or run `pulumi config set aep:allowDestructive true`, and run `pulumi up` "
            "before you remove it: a deletion uses the values of the last `pulumi up` (`pulumi destroy --run-program` uses "
            "new configuration)"
        )

    def _desired(self, values: Values) -> I:
        return self.inputs.model_validate({name: values[name] for name in self.inputs.model_fields if name in values})

    def state_of(self, inputs: Values, decided: Values, response: RemoteObject, props: Values) -> Values:
        """The state of an object. It is kept small, because the engine rewrites the whole state at every step."""
        mark = {MARK: props[MARK]} if props.get(MARK) else {}
        where = {_ORGANIZATION: self._settings.organization, _SANDBOX: self._settings.sandbox}
        etag = {_ETAG: response.etag} if response.etag else {}
        return inputs | decided | self.returned_outputs(response) | where | etag | mark

    def require_same_sandbox(self, state: Values) -> None:
        """Reject a stack whose organisation or sandbox changed: its ids would refer to other objects, or to none."""
        here = (self._settings.organization, self._settings.sandbox)
        there = (state.get(_ORGANIZATION, here[0]), state.get(_SANDBOX, here[1]))
        if there != here:
            raise SettingsError(
                f"it is in sandbox {str(there[1])[:100]!r} of {str(there[0])[:100]}, but the stack is now configured for "
                f"{here[1]!r} of {here[0]}: restore aep:sandbox and aep:organization, and use another stack for that sandbox"
            )


def _it(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _done_so_far(stopped: Kind) -> str:
    """What this process has created and deleted of objects with rows, for the message of a rejected deletion of another kind."""
    if not _done:
        return ""
    writers = [law for law, _ in _done if not law.stores_rows]
    again = f"; a recreated {writers[0].noun} reads all rows again" if writers else ""
    older = len(_done) - _MAX_NAMED
    done = (f"{older} others, " if older > 0 else "") + ", ".join(what for _, what in _done[-_MAX_NAMED:])
    return f" (this run has already {done}; this {stopped.noun} and its dependencies were kept{again})"
