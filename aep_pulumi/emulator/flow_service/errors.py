"""Errors of Flow Service, with the codes on Adobe's pages on Flow Service errors and sources errors."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.errors import UNAVAILABLE, PlatformError, outage as uncoded_outage
from aep_pulumi.emulator.core.json_schema import JsonSchema

Json = dict[str, Any]

MESSAGES = {
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
    "1402-400": "The action {op} is only allowed for the provider of the source.",
    "1403-400": "The header 'If-Match' is missing in the request.",
    # Adobe's two error tables use these codes for two errors each; our suffix distinguishes them.
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


def coded(code: str, **details: object) -> PlatformError:
    """An error with a code, which ends in the status.

    Adobe documents the codes, but only one body (stale version). The same format is assumed for all codes (inferred).
    """
    number = code.split(" ", maxsplit=1)[0]
    return _with_code(number, MESSAGES[code].format(**details))


def stale_version(supplied: str, current: str) -> PlatformError:
    """An outdated If-Match: the only error with a documented body (Platform troubleshooting)."""
    message = f"Supplied version=[{supplied}] does not match the current version on entity=[{current}]"
    return _with_code("1404-412", message)


def _with_code(code: str, message: str) -> PlatformError:
    return PlatformError(int(code[-3:]), {"code": code, "errorMessage": message}, code)


def uncoded(message: str) -> PlatformError:
    """An error without a documented code (inferred)."""
    return PlatformError(400, {"errorMessage": message})


def malformed(message: str) -> PlatformError:
    """A body that is empty or not valid JSON."""
    return coded("1405-400") if "empty" in message else uncoded(message)


def outage(status: int) -> PlatformError:
    """An outage of Flow Service; some statuses have a code."""
    code = {500: "1102-500", 503: "1103-503", 504: "1104-504"}.get(status)
    return _with_code(code, UNAVAILABLE) if code else uncoded_outage(status)


def validated(schema: JsonSchema, body: object) -> Json:
    """Validate a body against a schema of an object, and return it.

    Raises:
        PlatformError: the body does not match the schema.
    """
    if body is None or body in ({}, []):
        raise coded("1405-400")
    if violation := schema.violation(body):
        if violation.missing:
            raise coded("1304-400", field=violation.missing)
        raise uncoded(violation.message)  # inferred
    return dict(body)  # type: ignore[call-overload, no-any-return]  # guaranteed by the schema
