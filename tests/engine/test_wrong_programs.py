"""Wrong programs: all invalid inputs are reported at once, each resource once, and nothing is sent to Platform."""

import re

import pytest
from stacking import Stack

TITLED = """
import pulumi
import aep_pulumi as aep


def titled(args):
    return pulumi.ResourceTransformationResult(props={**args.props, "title": "Person"}, opts=args.opts)


# A transformation may complete the program's inputs.
by_transformation = pulumi.ResourceOptions(transformations=[titled])
"""
TWO = f"""{TITLED}
schema = aep.Schema("person", class_id="https://ns.adobe.com/xdm/context/profile", opts=by_transformation)
one = aep.Dataset("d1", name=5, schema_id=schema.id)
two = aep.Dataset("d2", nme="People", schema_id=schema.id)
below = aep.MappingSet("m", schema=schema, mappings=[], opts=pulumi.ResourceOptions(parent=two))
pulumi.export("one", one.id)
pulumi.export("two", two.name.apply(str.upper))
"""
ASYNCHRONOUS = f"""{TITLED}
import asyncio


async def main():
    schema = aep.Schema("person", class_id="https://ns.adobe.com/xdm/context/profile", opts=by_transformation)
    await asyncio.sleep(0.2)
    aep.Dataset("d1", name=5, schema_id=schema.id)
    await asyncio.sleep(0.2)
    aep.Dataset("d2", nme="People", schema_id=schema.id)
    MORE

pulumi.run(main)
"""
D1 = 'dataset "d1": name is 5, but must be a valid string'
D2 = 'dataset "d2": name is required: set a dataset\'s name; nme is not an input of a dataset: did you mean name?'
M = 'mapping set "m": mappings list must have at least 1 item after validation, not 0'


def errors(output: str) -> list[str]:
    assert "Traceback" not in output
    return re.findall(r"^ *error: (.*)$", output, re.MULTILINE)


@pytest.fixture
def small(stack: Stack) -> Stack:
    """A stack whose program is written by the test."""
    (stack.folder / "stacks" / "__main__.py").write_text(TWO)
    return stack


def test_two_wrong_resources_are_each_named_once_and_nothing_is_sent(small: Stack) -> None:
    for ran in (small.preview(fails=True), small.up(fails=True)):
        reported = errors(ran.output)
        assert [each for each in reported if each in {D1, D2, M}] == [D1, D2, M], ran.output
        assert "3 resources have invalid inputs" in ran.output
        assert small.objects() == []


@pytest.mark.parametrize("more", ["", "await asyncio.sleep(0.2)"])
def test_in_an_asynchronous_program_all_wrong_resources_are_named_too(small: Stack, more: str) -> None:
    main = small.folder / "stacks" / "__main__.py"
    main.write_text(ASYNCHRONOUS.replace("MORE", more))
    error_output = small.preview(fails=True).output
    reported = errors(error_output)
    assert "title is required" not in error_output
    assert [each for each in reported if each in {D1, D2}] == [D1, D2], reported
    main.write_text(main.read_text().replace("name=5", 'name="Five"').replace("nme=", "name="))
    assert "to create" in small.preview().output
