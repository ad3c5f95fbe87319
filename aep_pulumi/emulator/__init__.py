"""The local Platform: a strict, stateful emulator of Adobe Experience Platform, over HTTP.

It implements Adobe's documentation and shares no code with our client: with shared code, a misread page would affect both
sides, and tests would pass where a real run fails. Start it with `python -m aep_pulumi.emulator --home DIR`.

Each Platform service has its own folder, whose `routes.py` lists its operations; `core` is shared. To add a service, add a
folder and register its `SERVICE` in `core/server.py`.
"""
