"""`aep fleet resume`: resume dataflows of many stacks."""

from aep_pulumi.cli._fleet import switching

command = switching.command(enabled=True)
