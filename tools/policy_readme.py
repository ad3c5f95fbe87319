"""Policy README: writes `policies/README.md` from the rules themselves: `python tools/policy_readme.py`."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PACK = Path(__file__).parents[1] / "policies"
README = PACK / "README.md"
sys.path.insert(0, str(PACK))

from pulumi_policy import ResourceValidationPolicy  # noqa: E402 - the pack's modules lie side by side in its folder
from rule import Declared, Rule  # noqa: E402
from rules import RULES  # noqa: E402

WIDTH = 130
ENVIRONMENTS = ("dev", "stage", "prod")

HEAD = """\
<!-- Written by tools/policy_readme.py from the rules: edit those. -->
# The policy pack

What a team requires of its pipelines beyond Platform's own rules: those are checked in preview without any pack.

```sh
pulumi preview --policy-pack policies                                                        # a checkout
pulumi preview --policy-pack "$(aep policies)"                                               # an installed package
pulumi preview --policy-pack policies --policy-pack-config policies/environments/prod.json   # production's levels
pulumi stack export >state.json && pulumi policy analyze --file state.json --policy-pack policies  # what is there already
```

## Levels

`advisory` warns, `mandatory` stops the run, `remediate` fixes the resource where it can and stops the run where it cannot,
`disabled` turns the rule off. Without a file of settings the rules for production are disabled. `environments/` holds a file for
each environment; copy one to start the team's own. A file may set every rule's level and its settings:

```json
{"minimum-interval": {"enforcementLevel": "remediate", "minimum": 60}, "personal-data": "disabled"}
```

"""

FOOT = """\
## What every rule keeps to

- A value that a preview does not know yet, or that an exported state hides (`[secret]`), breaks no rule: it is judged when it is
  known. Ids are never needed: what belongs together is seen by what the program wires.
- A resource of another provider is not looked at, and neither is the provider's own configuration.
- `exempt` holds the names, in the program, of resources that the rule leaves alone; `*` stands for any text.
- A setting of the wrong type, one that no rule has, and a rule that fails stop the run, each in one sentence. Pulumi itself lets
  one slip pass: a level for a rule that does not exist (`{"personal-dat": "mandatory"}`).
- A list or an object in the settings takes the place of the default as a whole.

## Testing rules

A rule is a pure function: `trial.py` asks one about resources that are said in plain dicts, with no stack and no engine.

```python
# PYTHONPATH="$(aep policies)" python -m pytest
from names import NAMES
from trial import declare, findings


def test_our_datasets_say_where_they_come_from():
    people = declare("Dataset", "people", {"name": "People"})
    (message,) = findings(NAMES, people, patterns={"Dataset": "CRM: .+"})
    assert "name is 'People'" in message
```

A rule of the team's own is a file like any here (`partial_ingestion.py` is the shortest): a function, a `ResourceRule` or
`StackRule` around it with an example that keeps it and one that breaks it, and a line in `rules.py`.
"""


def render() -> str:
    """The whole README."""
    return HEAD + "\n".join([*_levels(), "", "## Rules", "", *(line for rule in RULES for line in _rule(rule))]) + "\n" + FOOT


def _levels() -> Iterator[str]:
    files = {name: json.loads((PACK / "environments" / f"{name}.json").read_text()) for name in ENVIRONMENTS}
    yield "| rule | alone | dev | stage | prod | remedy |"
    yield "|---|---|---|---|---|---|"
    for rule in RULES:
        alone = rule.enforcement_level.value if rule.enforcement_level else ""
        levels = [files[name][rule.name] for name in ENVIRONMENTS]
        yield f"| [{rule.name}](#{rule.name}) | {' | '.join([alone, *levels])} | {'yes' if _has_remedy(rule) else ''} |"


def _rule(rule: Rule) -> Iterator[str]:
    yield from (f"### {rule.name}", "", rule.description, "")
    if rule.why:
        yield from (rule.why, "")
    yield from ("| setting | default | |", "|---|---|---|")
    for name, schema in rule.schemas.items():
        yield f"| `{name}` | {_cell(schema['default'])} | {_escaped(str(schema['description']))} |"
    yield from ("", "Keeps it:", "", "```python", *_program(rule.keeps), "```", "")
    yield from ("Breaks it:", "", "```python", *_program(rule.breaks), "```", "", "```text")
    yield from (message for _resource, message in rule.findings(rule.breaks, {}))
    yield from ("```", "")


def _has_remedy(rule: Rule) -> bool:
    return isinstance(rule, ResourceValidationPolicy) and rule.has_remediation() and rule.remedy is not None


def _cell(default: object) -> str:
    if isinstance(default, dict) and default and len({str(value) for value in default.values()}) == 1 < len(default):
        return f"`{_escaped(json.dumps(next(iter(default.values())), ensure_ascii=False))}` for {', '.join(default)}"
    return f"`{_escaped(json.dumps(default, ensure_ascii=False))}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _program(resources: Sequence[Declared]) -> Iterator[str]:
    """The example as a program says it: what the rule does not look at is left out."""
    wired = {other for resource in resources for others in resource.uses.values() for other in others}
    for resource in resources:
        said = {name: _python(value) for name, value in resource.properties.items()}
        said |= {name: f"{_variable(others[0])}.id" for name, others in resource.uses.items()}
        if resource.is_protected:
            said["opts"] = "pulumi.ResourceOptions(protect=True)"
        words = [_python(resource.name), *(f"{name}={value}" for name, value in said.items())]
        call = f"{f'{_variable(resource)} = ' if resource in wired else ''}aep.{resource.kind}("
        line = f"{call}{', '.join(words)})"
        yield from [line] if len(line) <= WIDTH else [call, f"    {', '.join(words)}", ")"]


def _variable(resource: Declared) -> str:
    return resource.name.replace("-", "_")


def _python(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_python(name)}: {_python(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_python, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


if __name__ == "__main__":
    README.write_text(render())
