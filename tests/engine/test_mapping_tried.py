"""Mappings tried on rows of the source before they are deployed."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_here import aep
from operated import HOSTILE, KNOWN_AS, project
from stacking import Stack

UNMAPPABLE = '{"source": "fpid_to_ecid(LastName)", "destination": "person.name.middleName", "source_type": "EXPRESSION"}'


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    yield from project(tmp_path)


def advised(error_output: str) -> list[str]:
    """The options of the `pulumi up` that an error recommends."""
    command = re.search(r"`pulumi up (.*)` deploys", error_output)
    assert command, error_output
    return shlex.split(command[1])


def test_a_mapping_can_be_tried_before_its_pipeline_is_deployed(stack: Stack) -> None:
    assert stack.objects() == []
    error_output = aep(stack, "mapping", "try", HOSTILE, code=1).output
    assert 'base connection "dynamics" and schema "contacts-schema" must be deployed' in error_output
    targets = advised(error_output)
    assert {target.rpartition("::")[2] for target in targets[1::2]} == {"dynamics", "contacts", "contacts-schema"}
    # The other pipeline uses the same schema.
    account = next(target for target in targets if target.endswith("::dynamics")).replace("dynamics", "salesforce")
    stack.up(*targets, "--target", account)
    assert {name.partition(" ")[0] for name in stack.ids()} == {"BaseConnection", "Schema"}
    assert len(stack.objects()) == 3

    # The current program counts.
    stack.edit('{"source": "Email",', f'{UNMAPPABLE},\n        {{"source": "Email",', "__main__.py")
    shown = aep(stack, "mapping", "try", "contacts", "--rows", "2", code=2).output
    assert "could not be mapped" in shown
    assert "contacts-mapping: 2 rows of table Contact" in shown
    lines = [re.split(r"\s{2,}", line.strip()) for line in shown.splitlines()]
    assert ["FirstName", "Granville", "person.name.firstName", "Granville"] in lines
    assert ["upper(LastName)", "LastName = Habicht", "person.name.lastName", "HABICHT"] in lines
    assert ["LastModifiedDate", "2018-07-14T06:20:26Z", "not mapped"] in lines
    assert "Phone" not in shown, "a column that the dataflow would not read"

    document = json.loads(aep(stack, "mapping", "try", HOSTILE, "--json").stdout)
    assert (document["table"], len(document["rows"])) == ("lead", 3)
    assert document["rows"][0]["before"]["emailaddress1"] == "mirthe.venus4@example.org"
    assert document["rows"][0]["after"] == {"personalEmail": {"address": "mirthe.venus4@example.org"}}
    assert "a-secret-value" not in shown + json.dumps(document)

    # Platform's rejection is one sentence, whatever the mapping's name.
    stack.configure({"aep:checks": "local"})
    stack.edit('table="Contact"', f"table={KNOWN_AS!r}", "__main__.py")
    error_output = aep(stack, "mapping", "try", "contacts-mapping", code=1).output.strip()
    assert (error_output.count("\n"), KNOWN_AS in error_output, "\x1b" in error_output) == (0, True, False)
    stack.edit("import pulumi\n", "import pulumi\nraise ValueError('no luck')\n", "__main__.py")
    error_output = aep(stack, "mapping", "try", "contacts", code=1).output.strip()
    assert error_output == "aep: the preview of the stack failed: ValueError: no luck"
