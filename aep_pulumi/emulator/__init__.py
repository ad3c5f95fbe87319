"""The local Platform: a strict, stateful emulator of Adobe Experience Platform, over HTTP.

It follows Adobe's documents, not our client, and shares no code with it: if both misread a page in the same way, a test
would pass and a real run fail. Start it with `python -m aep_pulumi.emulator --home DIR`.

Each service of Platform is a folder, whose `routes.py` lists what it can do; `core` is what they share. A new service is
a new folder, and its `SERVICE` in `core/server.py`.
"""
