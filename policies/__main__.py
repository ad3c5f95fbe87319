"""Policy pack `aep`: what a team may ask of its pipelines beyond what Platform itself refuses."""

from minimum_interval import MINIMUM_INTERVAL
from pulumi_policy import EnforcementLevel, PolicyPack

PolicyPack(name="aep", enforcement_level=EnforcementLevel.MANDATORY, policies=[MINIMUM_INTERVAL])
