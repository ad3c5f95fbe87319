"""Trial: asks a rule about resources that a test says in plain dicts, with no stack and no engine.

    from trial import declare, findings
    from names import NAMES

    def test_a_dataset_is_named_after_its_source():
        people = declare("Dataset", "people", {"name": "contacts "})
        assert findings(NAMES, people) == ['dataset "people": name is ...']

The modules of the pack lie side by side in its folder: put it on the path of the tests, as in `PYTHONPATH="$(aep policies)"`.
"""

from typing import Any

from rule import Declared, Rule, RuleError, declare

__all__ = ["Declared", "RuleError", "declare", "findings"]


def findings(rule: Rule, *resources: Declared, **settings: Any) -> list[str]:  # noqa: ANN401 - any setting
    """What a rule says of resources, a message each, as a preview shows it.

    Args:
        rule: the rule, such as `NAMES` of `names`, or one of the team's own.
        resources: resources made with `declare`. In place of an id, name the resource that the program wires there.
        settings: the rule's settings; those that are not said have their defaults. Their types are the engine's to check.

    Raises:
        RuleError: the rule could not judge.
    """
    return [message for _resource, message in rule.findings(resources, settings)]
