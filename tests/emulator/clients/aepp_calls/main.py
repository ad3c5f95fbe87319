"""Calls of the public client `aepp` to the local Platform: `python main.py URL RESULTS`, in an environment that has it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aepp  # type: ignore[import-not-found]
import data_calls
import flow_calls
import organisation_calls
import registry_calls
import registry_managers
from recorder import Recorder

CREDENTIALS = {
    "org_id": "LOCAL@AdobeOrg",
    "client_id": "local-client",
    "secret": "local-secret",
    "scopes": "openid,session,AdobeID,read_organizations,additional_info.projectedProductContext",
    "sandbox": "dev",
}


def main(url: str, results: Path) -> None:
    """Make all calls, and write the rows and the wrong results."""
    aepp.configure(**CREDENTIALS)
    aepp.config.endpoints["global"] = url
    aepp.config.endpoints["streaming"] = {"inlet": url + "/data/core/edge", "collection": url}
    aepp.config.config_object["oauthTokenEndpointV2"] = url + "/ims/token/v3"
    call = Recorder(url)
    try:
        schema_id = registry_calls.run(call)
        registry_managers.run(call)
        dataset_id = data_calls.run(call, schema_id)
        flow_calls.run(call, schema_id, dataset_id)
        organisation_calls.run(call, url)
    finally:
        results.write_text(json.dumps({"rows": call.rows, "wrong": call.wrong}), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
