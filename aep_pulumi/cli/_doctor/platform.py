"""Platform: the checks of what the credential may do there: token, organisation, sandbox, permissions, connectors. Only reads."""

from collections.abc import Iterator, Mapping

from aep_pulumi.cli import _times
from aep_pulumi.cli._doctor.examination import Examination
from aep_pulumi.cli._doctor.findings import Finding, Status, error, failed, ok, warning
from aep_pulumi.cli._doctor.tokens import claims_of, ends_at_s, scopes_of
from aep_pulumi.cli._stack import Resource, resources_of
from aep_pulumi.client import flow_service, guard, sandboxes
from aep_pulumi.client.auth import life_s_of
from aep_pulumi.client.failures import GATEWAYS
from aep_pulumi.connectors import CONNECTORS, connector_of
from aep_pulumi.errors import AepError, AnswerError, AuthError, NotFoundError
from aep_pulumi.kinds import BASE_CONNECTION, did_you_mean
from aep_pulumi.resources import KINDS

_SHORT_S = 3600.0
"""A ready token that ends so soon may end within a run."""
_OF_ORGANIZATION = frozenset({"403025", "403027"})
"""The gateway's codes that are about the organisation. Its others are about the token and the client."""
_AT_WORK = frozenset({"active", ""})
_UNKNOWN_SANDBOX = 404


def token(examination: Examination) -> Iterator[Finding]:
    """The access token: whether there is one, until when, for which scopes."""
    settings = examination.settings
    ready = settings.access_token
    if ready:
        claims = claims_of(ready.get_secret_value())
        yield _ready_token(ends_at_s(claims), examination.now_s())
    else:
        examination.client.sign_in()
        claims = claims_of(str(examination.issued.get("access_token") or ""))
        life = _times.lasting(life_s_of(examination.issued))
        yield ok("Token", f"issued to client {settings.client_id}, for {life}; a run renews it")
    granted, desired = scopes_of(claims.get("scope")), scopes_of(settings.scopes)
    if granted and not ready and (missing := sorted(desired - granted)):
        message = f"the token lacks {', '.join(missing)}"
        yield warning("Scopes", message, "set aep:scopes as Adobe's developer console shows them for this credential")
    elif granted or not ready:
        yield ok("Scopes", ", ".join(sorted(granted or desired)) + ("" if granted else " (requested)"))


def _ready_token(ends_s: float | None, now_s: float) -> Finding:
    action = "`pulumi config set --secret aep:accessToken …`, or set aep:clientSecret in its place: then runs renew it"
    if ends_s is None:
        return ok("Token", "aep:accessToken is set; it does not say when it expires")
    if ends_s <= now_s:
        return error("Token", f"the one in aep:accessToken expired {_times.lasting(now_s - ends_s)} ago", action)
    left = f"the one in aep:accessToken expires in {_times.lasting(ends_s - now_s)}"
    return ok("Token", left) if ends_s - now_s > _SHORT_S else warning("Token", f"{left}: a run may outlast it", action)


def credential(examination: Examination) -> Iterator[Finding]:
    """Whether Platform accepts the token and the client."""
    try:
        examination.sandboxes = sandboxes.open_to_credential(examination.client)
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
    """Whether the sandbox exists, and what may be written to it."""
    settings, client = examination.settings, examination.client
    name = settings.sandbox
    try:
        found = sandboxes.sandbox(client, name)
    except AnswerError as failure:
        if failure.status == _UNKNOWN_SANDBOX:
            yield _no_sandbox(name, examination)
            return
        if not isinstance(failure, AuthError) or GATEWAYS.fullmatch(failure.code):
            raise
        yield failed("Sandbox", failure, status=Status.WARNING)
        found = {}
    state, kind = str(found.get("state") or ""), str(found.get("type") or "unknown")
    if state in {"deleting", "deleted"}:
        yield _no_sandbox(name, examination)
        return
    if state not in _AT_WORK:
        yield warning("Sandbox", f"{name} is {state}: runs wait until it is active", "wait, or ask an administrator")
    if kind == guard.DEVELOPMENT:
        yield ok("Sandbox", f"{name}, of type {kind}")
        return
    counts = kind if kind == guard.PRODUCTION else f"{kind}, which counts as production"
    if settings.allow_production:
        yield ok("Sandbox", f"{name}, of type {counts}; aep:allowProduction lets this stack write to it")
    else:
        action = "if it shall: `pulumi config set aep:allowProduction true`"
        yield warning("Sandbox", f"{name} is of type {counts}, and this stack may not write to it", action)


def _no_sandbox(name: str, examination: Examination) -> Finding:
    options = examination.sandboxes or ()
    otherwise = f"set aep:sandbox to one of {', '.join(options)}" if options else "set aep:sandbox to one that exists"
    near = did_you_mean(name, options, "")
    return error(
        "Sandbox",
        f"there is no sandbox {name!r} in {examination.settings.organization}, or the credential may not use it",
        f"{near} {otherwise}" if near else otherwise,
    )


def permissions(examination: Examination) -> Iterator[Finding]:
    """Whether objects of each kind may be read. Kinds that lie at one path are read once."""
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
    """The connector of each base connection in the stack's state; where there is none, the connectors that this package names."""
    resources = [] if examination.state is None else resources_of(examination.state)
    used = [each for each in resources if each.kind == BASE_CONNECTION and each.id]
    for resource in used:
        subject = f"{BASE_CONNECTION} {resource.name}"
        try:
            yield _connector(examination, resource, subject)
        except NotFoundError:
            message = f"{resource.id} is in the stack's state and not on Platform"
            yield error(subject, message, "`pulumi refresh`, then `pulumi up`, creates it anew")
        except AepError as failure:
            yield failed(subject, failure)
    if used:
        return
    for connector in CONNECTORS:
        try:
            flow_service.spec(examination.client, "/connectionSpecs", id=connector.spec_id)
        except AepError as failure:
            if type(failure) is not AepError:
                raise  # it is about the request: nobody knows which connectors there are
            message = "not among the connectors of this organisation"
            yield warning(connector.__name__, message, "matters only to a program that uses it: ask an administrator")
        else:
            yield ok(connector.__name__, "among the organisation's connectors; no base connection uses one yet")


def _connector(examination: Examination, resource: Resource, subject: str) -> Finding:
    """Whether Platform has the connector of a base connection, still offers its authentication, and can sign in by it."""
    client = examination.client
    body = flow_service.base_connections(client).get(resource.id, {}).body
    spec_id = str(_field(body, "connectionSpec", "id") or resource.inputs.get("connection_spec_id") or "")
    known = connector_of(spec_id)
    found = flow_service.spec(client, "/connectionSpecs", id=spec_id)
    name = known.__name__ if known else str(found.get("name") or spec_id)
    way, ways = str(_field(body, "auth", "specName") or ""), flow_service.auth_of(found)
    if way and ways and way not in ways:
        message = f"{name} does not offer the authentication {way!r} any more"
        return warning(subject, message, f"change the base connection's auth to {' or '.join(map(repr, ways))}")
    if not flow_service.signs_in(client, resource.id):
        action = "correct the credentials in its auth, and `pulumi up`"
        return error(subject, f"Platform cannot sign in to {name} with it", action)
    return ok(subject, f"Platform signs in to {name}" + (f" by {way}" if way else ""))


def _field(body: Mapping[str, object], outer: str, inner: str) -> object:
    value = body.get(outer)
    return value.get(inner) if isinstance(value, Mapping) else None
