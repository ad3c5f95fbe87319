"""Refusals: what Platform says instead of doing what was asked, in its codes, words and envelopes.

Codes come from Adobe's pages on Flow Service errors, sources errors, XDM troubleshooting and Platform troubleshooting;
the words are ours, after theirs. Where Adobe documents no code, the envelope carries none: `# inferred`.
"""

from __future__ import annotations

import uuid
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.json_schema import Shape

Json = dict[str, Any]


class Refusal(Exception):  # noqa: N818 - a refusal is Platform's word, an error would be ours
    """An answer other than the one hoped for."""

    def __init__(self, status: int, body: object, code: str | None = None) -> None:
        super().__init__(status, code)
        self.status = status
        self.body = body
        self.code = code


# --- the gateway in front of every service -------------------------------------------------------------------------

GATEWAY = {
    "403010": "Oauth token is missing.",
    "401013": "Oauth token is not valid",
    "403000": "Api Key is required",
    "403003": "Api Key is invalid",
    "400003": "Missing header",
    "403025": "Profile is not valid",
}


def gateway(code: str) -> Refusal:
    """A refusal of the gateway: its code begins with the status."""
    return Refusal(int(code[:3]), {"error_code": code, "message": GATEWAY[code]}, code)


TITLES = {
    400: "BadRequestError",
    403: "ForbiddenError",
    404: "NotFoundError",
    412: "PreconditionFailedError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
}


def placeholder(status: int, detail: str) -> Refusal:
    """The envelope without a code: documented for content types, and for the registry's older errors."""
    body = {"type": "/placeholder/type/uri", "status": status, "title": TITLES.get(status, "ServerError"), "detail": detail}
    return Refusal(status, body)


MISSING_PERMISSION = "You do not have sufficient permissions to perform the operation."


def forbidden() -> Refusal:
    """A missing permission, told without a code (inferred: no page shows one)."""
    return placeholder(403, MISSING_PERMISSION)


def bad_request(detail: str) -> Refusal:
    """A refusal without a code."""
    return placeholder(400, detail)


def in_shape(shape: Shape, body: object) -> Json:
    """The body, once it has the shape that OpenAPI gives it; refused without a code where it has not."""
    if defect := shape.defect(body):
        raise bad_request(defect.words)
    return dict(body)  # type: ignore[call-overload, no-any-return]  # the shape says that it is an object


# The one answer of the kind that Adobe shows, the identity graph's; all services are taken to give it (inferred).
THROTTLED: Json = {"title": "RequestRateTooLarge", "status": 429, "detail": "Request rate is large. Please try again later."}


def outage(status: int, *, of_flow_service: bool) -> Refusal:
    """Platform out of order: Flow Service says so by codes, the others are taken to do without (inferred)."""
    words = "The service is temporarily unavailable. Try again later."
    code = {500: "1102-500", 503: "1103-503", 504: "1104-504"}.get(status) if of_flow_service else None
    return Refusal(status, {"code": code, "errorMessage": words}, code) if code else placeholder(status, words)


def oauth(status: int, error: str, description: str) -> Refusal:
    """A refusal of IMS, in the shape of RFC 6749 (inferred: Adobe documents none)."""
    return Refusal(status, {"error": error, "error_description": description}, error)


# --- Flow Service ---------------------------------------------------------------------------------------------------

FLOW_SERVICE = {
    "1101-404": "The requested resource is not found: there is no {kind} with the id {id}.",
    "1302-400": "The authentication type {auth} is not supported for the connector {connector}.",
    "1304-400": "The mandatory field {field} is not provided.",
    "1307-400": "The target connection spec {id} is not valid. The allowed value is: {allowed}",
    "1308-400": "The request could not be processed. Error message: {message}",
    "1317-400": "The schedule params are empty and should not be.",
    "1320-400": "The {field} cannot be null or empty.",
    "1321-400": "The length of {field} should be one, supplied size is {size}.",
    "1325-400": "The dataSetId param cannot be null or empty in the target connection.",
    "1327-400": "The format {format} of the source data is not supported. The allowed values are: {allowed}.",
    "1328-400": "The mapping transformation cannot be null when extracting {field}.",
    "1330-400": "No columns were found for table {table}.",
    "1331-400": "The column delimiter cannot be more than one character in the source connection.",
    "1336-400": "Explore is not supported for the connection spec {id}.",
    "1337-400": "The parameter {name} cannot be empty for objectType={object_type}.",
    "1353-400": "Filtering at the source is not yet supported for the connector {connector}.",
    "1355-400": "The filter type is invalid. The supported filter type is: PQL.",
    "1356-400": "The filter format is invalid. The supported filter format is: pql/json.",
    "1357-400": "The filter is invalid: its value must hold the detailed filters.",
    "1358-400": "The parameter 'objectType' is invalid.",
    "1359-400": "The parameter {name} is missing in the request.",
    "1360-400": "The start time cannot be set in the past.",
    "1361-400": "Interval is not allowed with one time ingestion. Remove the interval or change the frequency.",
    "1362-400": "Interval cannot be less than {minimum}.",
    "1363-400": "Interval {interval} is not allowed with frequency: {frequency}.",
    "1364-400": "The backfill flag is not allowed when frequency is set to once.",
    "1365-400": "The path {path} provided in the operations is invalid.",
    "1366-400": "The start time has passed and the update operation is no longer allowed.",
    "1367-400": "The delta column is required in the copy transformation when creating a CRM connector.",
    "1368-400": "Mode is not allowed in the flow request.",
    "1369-400": "The delta column in the copy transformation is not allowed when frequency is set to once.",
    "1370-400": "The source columns could not be fetched because the mapping transformation is missing.",
    "1397-400": "The frequency {frequency} is invalid.",
    "1398-400": "The operation {op} is unsupported.",
    "1381-400": "WindowEndTime={end} cannot be before WindowStartTime={start}.",
    "1382-400": "The delta column should match the value present in the flow's Copy transformations.",
    "1383-400": "The delta column is missing in the params received for creating a flow run.",
    "1384-400": "The params={params} provided for creating flow run are invalid or empty.",
    "1386-400": "The flowId={id} with scheduleParams frequency={frequency} is not supported for creating flow runs.",
    "1387-400": "The flowRunId={id} is in an invalid state={state} for re-triggering.",
    "1388-400": "The flow={id} is in state={state} and cannot be re-triggered. It must be in enabled state.",
    "1396-400": "A matching format could not be found.",
    "1399-400": "A valid requestFileType could not be found.",
    "1401-400": "The limit and count parameters cannot be given together in the same request.",
    "1403-400": "The header 'If-Match' is missing in the request.",
    # The two tables of errors give these numbers two meanings each; the others are told apart by a word of ours.
    "1403-400 once": "The start time has passed and the frequency can no longer be changed to once.",
    "1401-400 run": "The provided flow run action={op} is not supported.",
    "1404-400": "The start time has passed and backfill can no longer be updated.",
    "1405-400": "The request body cannot be null or empty.",
    "1410-400": "State is not allowed in the create flow request.",
    "1412-400": "Invalid mapping version in the request: version {version} of {id} does not exist.",
    "1413-400": "The spec ID {id} is invalid.",
    "1414-400": "The connection spec of a connection cannot be updated.",
    "1415-400": "The auth spec '{auth}' could not be found for the connection spec ID {id}.",
    "1416-400": "Delete or Update can only be applied on connection with enabled, disabled or initializing state.",
    "1417-400": "Delete or Update on Connections in initializing state are not allowed with UserToken.",
    "1418-400": "The base connection with the ID {id} cannot be deleted because it is being used in one or more flows. "
    "Delete the corresponding flows first.",
    "1419-400": "Error while validating mapping with id {id}, version {version}.",
    "1420-400": "The current state {state} cannot be updated.",
    "1421-400": "The current state {state} cannot be transitioned.",
    "1422-400": "The action {op} cannot be applied on the current state {state}.",
    "1425-400": "Error while matching schema in target dataset {dataset} with schema in mapping {mapping}. "
    "Schema with same id and version must be used in both.",
    "1426-400": "The user token is unauthorized to create or update the spec.",
    "1427-400": "The user token is unauthorized to create or update flow runs.",
    "1430-400": "Flow not found with id {id}.",
    "1432-400": "The sort order is not correct: prepend + for ascending order and - for descending order.",
    "1433-400": "Incorrect field {field} passed in orderby; examples are +name, -name, name.",
    "1434-400": "Unsupported operation '{op}' received.",
    "1443-400": "Operator '{operator}' is not allowed for multiple values.",
    "1446-400": "The flow ID cannot be null or empty.",
    "1447-400": "Found active flows containing id {id}.",
    "1450-400": "Invalid operator in the filter {filter}.",
    "1451-400": "Invalid params {name} provided in query params.",
    "1453-400": "Invalid query value {filter} provided in query param.",
    "1455-400": "An error has occurred while validating patch instructions: {words}.",
    "1457-400": "Operation update cannot be applied in state {state}.",
    "1458-400": "Operation delete cannot be applied in state {state}.",
    "2100-404": "The sandbox with the name '{name}' could not be found.",
    "2105-400": "The header x-sandbox-name is missing in the request.",
    "2110-400": "The header x-sandbox-id is not allowed with the user token.",
    "2120-403": "You do not have sufficient permissions to perform the operation. Contact your administrator.",
    "2111-403": "The header x-sandbox-name with value * is restricted with the user token.",
}


def flow_service(code: str, **words: object) -> Refusal:
    """A refusal of Flow Service: its code ends with the status.

    Adobe documents the codes and one body, that of a stale version. Joining both is inferred.
    """
    number = code.split(" ", maxsplit=1)[0]
    return _flow_service_body(number, FLOW_SERVICE[code].format(**words))


def stale_version(supplied: str, current: str) -> Refusal:
    """The one refusal of Flow Service whose body is documented (Platform troubleshooting)."""
    words = f"Supplied version=[{supplied}] does not match the current version on entity=[{current}]"
    return _flow_service_body("1404-412", words)


def _flow_service_body(code: str, words: str) -> Refusal:
    return Refusal(int(code[-3:]), {"code": code, "errorMessage": words}, code)


def flow_service_plain(words: str) -> Refusal:
    """A refusal of Flow Service whose code is undocumented (inferred)."""
    return Refusal(400, {"errorMessage": words})


# --- Schema Registry ------------------------------------------------------------------------------------------------

REGISTRY = {
    "XDM-1006-400": (
        "Accept header invalid",
        (
            "The supplied Accept header is not valid: {accept} - "
            "A valid Accept value should look like application/vnd.adobe.'{{xed|xdm'}}+json"
        ),
    ),
    "XDM-1007-400": (
        "Accept header invalid",
        (
            "The supplied Accept header is not valid: {accept} - A valid Accept value should look like "
            "application/vnd.adobe.'{{xed|xdm'}}+json; version=1 (Version should be specified)"
        ),
    ),
    "XDM-1008-400": (
        "Accept header invalid",
        (
            "The supplied Accept header is not valid: {accept} - "
            "A valid Accept value should look like application/vnd.adobe.xdm-id+json"
        ),
    ),
    "XDM-1009-400": (
        "Accept header invalid",
        (
            "The supplied Accept header is not valid: {accept} - "
            "A valid Accept value should look like application/vnd.adobe.xdm+json"
        ),
    ),
    "XDM-1012-404": ("Resource Not Found", "Requested resource {id} with version {version} is not found"),
    "XDM-1021-400": (
        "Namespace validation error",
        (
            "A custom field is defined under an invalid namespace: {field}. "
            "All custom fields must be defined under a top-level field named {tenant}."
        ),
    ),
    "XDM-1521-400": (
        "Title not unique",
        "Object titles must be unique. An object {id} already exists with the same title",
    ),
    "XDM-1528-400": (
        "Union validation error",
        "For a schema to participate in union, it needs a primary identity descriptor or an identityMap: {id}",
    ),
}


def registry(code: str, **words: object) -> Refusal:
    """A refusal of the Schema Registry."""
    title, template = REGISTRY[code]
    status, detail = int(code[-3:]), template.format(**words)
    body = {
        "type": f"http://ns.adobe.com/aep/errors/{code}",
        "title": title,
        "status": status,
        "report": {
            "registryRequestId": str(uuid.uuid4()),
            "timestamp": clock.registry_time(),
            "detailed-message": detail,
            "sub-errors": [],
        },
        "detail": detail,
    }
    return Refusal(status, body, code)


# --- Sandbox management, identity namespaces ------------------------------------------------------------------------


def sandbox_forbidden() -> Refusal:
    """A refusal of Sandbox management (inferred)."""
    return Refusal(403, {"status": 403, "title": MISSING_PERMISSION, "type": "/placeholder/type/uri"})


def sandbox_not_found(name: str) -> Refusal:
    """A refusal of Sandbox management (inferred: the status is declared nowhere, and so is the code)."""
    body = {"status": 404, "title": f"Sandbox `{name}` was not found.", "type": "/placeholder/type/uri"}
    return Refusal(404, body)


def namespace(status: int, error: str, title: str) -> Refusal:
    """A refusal of the identity namespaces, which name theirs in words."""
    body = {"timestamp": clock.now_ms(), "type": error, "status": status, "error": error, "title": title, "report": {}}
    return Refusal(status, body, error)
