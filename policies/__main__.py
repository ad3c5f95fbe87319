"""Policy pack `aep`: what a team requires of its pipelines beyond Platform's own rules."""

import os
import sys

try:
    from pulumi_policy import EnforcementLevel, PolicyPack
except ModuleNotFoundError:
    sys.exit('aep: the policy pack needs the extra policies: pip install "aep-pulumi[policies]"')
from rules import RULES

# No rule asks for the stack's config, and the SDK reads it anew at each of two calls per resource: more work than all rules.
for name in ("PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_DRY_RUN"):
    os.environ.pop(name, None)

PolicyPack(name="aep", enforcement_level=EnforcementLevel.ADVISORY, policies=list(RULES))
