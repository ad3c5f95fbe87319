"""Errors of the Schema Registry, with the codes on Adobe's page on XDM troubleshooting."""

from __future__ import annotations

import time

from aep_pulumi.emulator.core import clock, ids
from aep_pulumi.emulator.core.errors import PlatformError, content_type_unsupported as uncoded_content_type, problem

MESSAGES = {
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


def content_type_unsupported(media_type: str) -> PlatformError:
    """A body whose content type is missing, or of another format: a client in use reports 415 for Adobe's own media types."""
    if media_type.startswith("application/vnd.adobe."):
        return problem(415, f"The content type {media_type} is not supported.")
    return uncoded_content_type(media_type)


def coded(code: str, **details: object) -> PlatformError:
    """An error with a code, which ends in the status."""
    title, template = MESSAGES[code]
    status, detail = int(code[-3:]), template.format(**details)
    body = {
        "type": f"http://ns.adobe.com/aep/errors/{code}",
        "title": title,
        "status": status,
        "report": {
            "registryRequestId": ids.of_request(),
            "timestamp": time.strftime("%m-%d-%Y %H:%M:%S", time.gmtime(clock.now())),
            "detailed-message": detail,
            "sub-errors": [],
        },
        "detail": detail,
    }
    return PlatformError(status, body, code)
