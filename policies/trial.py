"""Testing rules: evaluates a rule on resources given as plain dicts, without a stack or an engine.

    from trial import declare, findings
    from names import NAMES

    def test_a_dataset_is_named_after_its_source():
        people = declare("Dataset", "people", {"name": "contacts "})
        assert findings(NAMES, people) == ['dataset "people": name is ...']

The modules of the pack are in one folder: add it to the path of the tests, as in `PYTHONPATH="$(aep policies)"`.
"""

from typing import Any

from rule import Declared, Rule, RuleError, declare

__all__ = ["Declared", "RuleError", "declare", "findings"]


def findings(rule: Rule, *resources: Declared, **settings: Any) -> list[str]:  # noqa: ANN401 - any setting
    """The messages of a rule for some resources, as a preview shows them.

    Args:
        rule: the rule, such as `NAMES` of `names`, or a custom one.
        resources: resources created with `declare`. Pass a declared resource where a program passes an id.
        settings: the rule's settings; omitted ones have their defaults. Types are not validated here: the engine does that.

    Raises:
        RuleError: the rule could not be evaluated.
    """
    return [message for _resource, message in rule.findings(resources, settings)]
