"""The local Platform: a strict, stateful stand-in for Adobe Experience Platform, over HTTP.

It obeys Adobe's documents, not our client, and shares no code with it: where both read a page wrong in the same way,
a test would pass and a real run fail. Start it with `python -m aep_pulumi.emulator --home DIR`.
"""
