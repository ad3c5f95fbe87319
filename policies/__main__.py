"""Policy pack `aep`: what a team requires of its pipelines beyond Platform's own rules."""

import os
import sys

try:
    from pulumi_policy import EnforcementLevel, PolicyPack
except ModuleNotFoundError:
    sys.exit('aep: the policy pack needs the extra policies: pip install "aep-pulumi[policies]"')
from rules import RULES

# No rule uses the stack's configuration, but the SDK parses it twice per resource, which costs more than all rules together.
for name in ("PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_DRY_RUN"):
    os.environ.pop(name, None)

PolicyPack(name="aep", enforcement_level=EnforcementLevel.ADVISORY, policies=list(RULES))
