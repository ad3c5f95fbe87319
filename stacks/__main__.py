"""The pipelines that the stack's settings select, and the shared objects that they use."""

import pulumi
from pipelines import PIPELINES
from settings import StackSettings
from shared import declare_or_reference

settings = StackSettings.of_this_stack(PIPELINES)
shared = declare_or_reference(settings)

for name in settings.pipelines:
    for output, value in PIPELINES[name](shared, settings).items():
        pulumi.export(output, value)

if not settings.pipelines:
    for output, shared_value in shared.outputs(settings).items():
        pulumi.export(output, shared_value)
