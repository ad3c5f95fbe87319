"""Platform: the checks of token, organisation, sandbox, permissions and connectors. They only send reads."""

from collections.abc import Iterator, Mapping

from aep_pulumi.cli import _times
from aep_pulumi.cli._doctor.examination import Examination
from aep_pulumi.cli._doctor.findings import Finding, Status, error, failed, ok, warning
from aep_pulumi.cli._doctor.tokens import claims_of, ends_at_s, scopes_of
from aep_pulumi.cli._stack import Resource, resources_of
from aep_pulumi.client import flow_service, guard, sandboxes
from aep_pulumi.client.auth import lifetime_s
from aep_pulumi.client.failures import GATEWAYS
from aep_pulumi.connectors import CONNECTORS, connector_of
from aep_pulumi.errors import AepError, AuthError, NotFoundError, ResponseError
from aep_pulumi.kinds import BASE_CONNECTION, did_you_mean
from aep_pulumi.resources import KINDS

_SHORT_S = 3600.0
"""A configured token that expires within this many seconds may expire during a run."""
_OF_ORGANIZATION = frozenset({"403025", "403027"})
"""The gateway's codes for problems with the organisation. Its other codes are about the token and the client."""
_USABLE = frozenset({"active", ""})
_UNKNOWN_SANDBOX = 404


def token(examination: Examination) -> Iterator[Finding]:
    """The access token, its expiry and its scopes."""
    settings = examination.settings
    configured = settings.access_token
    if configured:
        claims = claims_of(configured.get_secret_value())
        yield _configured_token(ends_at_s(claims), examination.now_s())
    else:
        examination.client.sign_in()
        claims = claims_of(str(examination.issued.get("access_token") or ""))
        life = _times.lasting(lifetime_s(examination.issued))
        yield ok("Token", f"issued to client {settings.client_id}, for {life}; runs renew it")
    granted, desired = scopes_of(claims.get("scope")), scopes_of(settings.scopes)
    if granted and not configured and (missing := sorted(desired - granted)):
        message = f"the token lacks {', '.join(missing)}"
        yield warning("Scopes", message, "set aep:scopes as Adobe's developer console shows them for this credential")
    elif granted or not configured:
        yield ok("Scopes", ", ".join(sorted(granted or desired)) + ("" if granted else " (requested)"))


def _configured_token(ends_s: float | None, now_s: float) -> Finding:
    action = "`pulumi config set --secret aep:accessToken …`, or set aep:clientSecret instead, so that runs renew it"
    if ends_s is None:
        return ok("Token", "aep:accessToken is set; its expiry is unknown")
    if ends_s <= now_s:
        return error("Token", f"the token in aep:accessToken expired {_times.lasting(now_s - ends_s)} ago", action)
    left = f"the token in aep:accessToken expires in {_times.lasting(ends_s - now_s)}"
    return ok("Token", left) if ends_s - now_s > _SHORT_S else warning("Token", f"{left}, which may be during a run", action)


def credential(examination: Examination) -> Iterator[Finding]:
    """Whether Platform accepts the token and the client."""
    try:
        examination.sandboxes = sandboxes.accessible_sandboxes(examination.client)
    except AuthError as failure:
        is_own = failure.code in _OF_ORGANIZATION or not GATEWAYS.fullmatch(failure.code)
        if failure.status != 403 or not is_own:  # noqa: PLR2004 - an HTTP status is its own name
            yield failed("Credential", failure)
            return
        examination.not_listed = failure
    yield ok("Credential", f"Platform accepts the token of client {examination.settings.client_id}")


def organization(examination: Examination) -> Iterator[Finding]:
    """Whether the credential belongs to the organisation."""
    name, failure = examination.settings.organization, examination.not_listed
    if failure is None:
        listed = ", ".join(examination.sandboxes or ()) or "none"
        yield ok("Organization", f"{name}; sandboxes of this credential: {listed}")
    elif failure.code in _OF_ORGANIZATION:
        yield failed("Organization", failure, "correct aep:organization")
    else:
        yield failed("Organization", failure, status=Status.WARNING)


def sandbox(examination: Examination) -> Iterator[Finding]:
    """Whether the sandbox exists, and whether the stack may write to it."""
    settings, client = examination.settings, examination.client
    name = settings.sandbox
    try:
        remote = sandboxes.sandbox(client, name)
    except ResponseError as failure:
        if failure.status == _UNKNOWN_SANDBOX:
            yield _no_sandbox(name, examination)
            return
        if not isinstance(failure, AuthError) or GATEWAYS.fullmatch(failure.code):
            raise
        yield failed("Sandbox", failure, status=Status.WARNING)
        remote = {}
    state, kind = str(remote.get("state") or ""), str(remote.get("type") or "unknown")
    if state in {"deleting", "deleted"}:
        yield _no_sandbox(name, examination)
        return
    if state not in _USABLE:
        yield warning("Sandbox", f"{name} is {state}: runs wait until it is active", "wait, or ask an administrator")
    if kind == guard.DEVELOPMENT:
        yield ok("Sandbox", f"{name}, of type {kind}")
        return
    counts = kind if kind == guard.PRODUCTION else f"{kind}, which counts as production"
    if settings.allow_production:
        yield ok("Sandbox", f"{name}, of type {counts}; aep:allowProduction lets this stack write to it")
    else:
        action = "to allow it, run `pulumi config set aep:allowProduction true`"
        yield warning("Sandbox", f"{name} is of type {counts}, and this stack is not allowed to write to it", action)


def _no_sandbox(name: str, examination: Examination) -> Finding:
    options = examination.sandboxes or ()
    otherwise = f"set aep:sandbox to one of {', '.join(options)}" if options else "set aep:sandbox to an existing sandbox"
    near = did_you_mean(name, options, "")
    return error(
        "Sandbox",
        f"sandbox {name!r} does not exist in {examination.settings.organization}, or the credential has no access to it",
        f"{near} {otherwise}" if near else otherwise,
    )


def permissions(examination: Examination) -> Iterator[Finding]:
    """Whether the credential may read objects of each kind. Kinds with the same path are read once."""
    outcomes: dict[str, AepError | None] = {}
    for resource in KINDS:
        law = resource.provider.law
        if law.path not in outcomes:
            outcomes[law.path] = None
            try:
                next(iter(resource.provider.collection(examination.client).list()), None)
            except AepError as failure:
                outcomes[law.path] = failure
        denied = outcomes[law.path]
        yield failed(law.name, denied) if denied else ok(law.name, f"may be read (GET {law.path})")


def connectors(examination: Examination) -> Iterator[Finding]:
    """The connector of each base connection in the stack's state, or, without any, the connectors that this package supports."""
    resources = [] if examination.state is None else resources_of(examination.state)
    used = [each for each in resources if each.kind == BASE_CONNECTION and each.id]
    for resource in used:
        subject = f"{BASE_CONNECTION} {resource.name}"
        try:
            yield _connector(examination, resource, subject)
        except NotFoundError:
            message = f"{resource.id} is in the stack's state but not on Platform"
            yield error(subject, message, "run `pulumi refresh`, then `pulumi up` to create it again")
        except AepError as failure:
            yield failed(subject, failure)
    if used:
        return
    for connector in CONNECTORS:
        try:
            flow_service.spec(examination.client, "/connectionSpecs", id=connector.spec_id)
        except AepError as failure:
            if type(failure) is not AepError:
                raise  # the request failed, so the connectors are unknown
            message = "not available in this organisation"
            yield warning(connector.__name__, message, "only relevant if a program uses it: ask an administrator")
        else:
            yield ok(connector.__name__, "available in this organisation; not used by a base connection yet")


def _connector(examination: Examination, resource: Resource, subject: str) -> Finding:
    """Whether a base connection's connector exists and supports its authentication type, and Platform can authenticate."""
    client = examination.client
    body = flow_service.base_connections(client).get(resource.id, {}).body
    spec_id = str(_field(body, "connectionSpec", "id") or resource.inputs.get("connection_spec_id") or "")
    known = connector_of(spec_id)
    spec = flow_service.spec(client, "/connectionSpecs", id=spec_id)
    name = known.__name__ if known else str(spec.get("name") or spec_id)
    auth, supported = str(_field(body, "auth", "specName") or ""), flow_service.auth_of(spec)
    if auth and supported and auth not in supported:
        message = f"{name} no longer supports the authentication type {auth!r}"
        return warning(subject, message, f"change the base connection's auth to {' or '.join(map(repr, supported))}")
    if not flow_service.test_connection(client, resource.id):
        action = "correct the credentials in its auth, then run `pulumi up`"
        return error(subject, f"Platform cannot authenticate to {name} with it", action)
    return ok(subject, f"Platform authenticates to {name}" + (f" with {auth}" if auth else ""))


def _field(body: Mapping[str, object], outer: str, inner: str) -> object:
    value = body.get(outer)
    return value.get(inner) if isinstance(value, Mapping) else None
