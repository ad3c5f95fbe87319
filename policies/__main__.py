"""Policy pack `aep`: what a team requires of its pipelines beyond Platform's own rules."""

import os

from pulumi_policy import EnforcementLevel, PolicyPack
from rules import RULES

# No rule asks for the stack's config, and the SDK reads it anew at each of two calls per resource: more work than all rules.
for name in ("PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_DRY_RUN"):
    os.environ.pop(name, None)

PolicyPack(name="aep", enforcement_level=EnforcementLevel.ADVISORY, policies=list(RULES))
