"""The commands of the operations page, as a person enters them."""

import time

import pytest
import requests
from operated import HOUR, ahead, fail
from stacking import ROOT, Stack, platform_headers

FLOWS = "/data/foundation/flowservice/flows"


@pytest.mark.deployed
def test_the_commands_of_the_operations_page_work(stack: Stack) -> None:
    flow = stack.ids()["Dataflow contacts-to-people"]
    fail(stack, flow, at=4)
    # The copied stack was deployed some minutes ago.
    url = f"{stack.platform}{FLOWS}/{flow}"
    (deployed,) = requests.get(url, headers=platform_headers(stack), timeout=10).json()["items"]
    ahead(stack, 2 * HOUR - HOUR / 4 - (time.time() - deployed["createdAt"] / 1000))
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.partition("## Running pipelines")[2]
    lines = section.partition("```sh\n")[2].partition("```")[0].splitlines()
    codes = [stack.run("sh", "-c", line, fails=code != 0).code for line, code in zip(lines, (2, 2, 0, 0), strict=True)]
    assert codes == [2, 2, 0, 0]
    section = page.partition("## The rows of a dataset")[2]
    lines = section.partition("```sh\n")[2].partition("```")[0].splitlines()
    head, sql = (stack.run("sh", "-c", line).output for line in lines)
    assert (head.count("5 rows of its"), len(sql.splitlines())) == (1, 6)
