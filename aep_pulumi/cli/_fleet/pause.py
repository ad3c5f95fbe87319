"""`aep fleet pause`: pause dataflows of many stacks."""

from aep_pulumi.cli._fleet import switching

command = switching.command(enabled=False)
