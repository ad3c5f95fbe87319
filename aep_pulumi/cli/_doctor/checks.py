"""Checks: all checks of `aep doctor`, in order, and the checks that each one needs."""

from aep_pulumi.cli._doctor import machine, network, platform
from aep_pulumi.cli._doctor.findings import Check
from aep_pulumi.kinds import BASE_CONNECTION

CHECKS: tuple[Check, ...] = (
    Check("packages", "Packages", machine.packages),
    Check("cli", "Pulumi CLI", machine.pulumi_cli),
    Check("program", "Program's Python", machine.program_python, needs=("cli",)),
    Check("backend", "Backend", machine.backend, needs=("cli",)),
    Check("stack", "Stack", machine.stack, needs=("backend",)),
    Check("passphrase", "Passphrase", machine.passphrase, needs=("stack",)),
    Check("locks", "Locks", machine.locks, needs=("stack",)),
    Check("operations", "Pending operations", machine.pending_operations, needs=("stack",)),
    # Without a stack, the settings from environment variables are checked.
    Check("settings", "Settings", machine.settings),
    Check("journal", "Journal", machine.journal, needs=("settings",)),
    Check("proxy", "Proxy", network.proxy, needs=("settings",)),
    Check("certificates", "Certificates", network.certificates, needs=("settings",)),
    Check("endpoint", "Platform", network.endpoint, needs=("settings",)),
    Check("ims", "IMS", network.ims, needs=("settings",)),
    Check("clock", "Clock", network.clock, needs=("endpoint",)),
    Check("token", "Token", platform.token, needs=("ims",)),
    Check("credential", "Credential", platform.credential, needs=("endpoint", "token")),
    Check("organization", "Organization", platform.organization, needs=("credential",)),
    Check("sandbox", "Sandbox", platform.sandbox, needs=("organization",)),
    Check("permissions", "Permissions", platform.permissions, needs=("sandbox",)),
    Check("connectors", "Connectors", platform.connectors, needs=(f"permissions/{BASE_CONNECTION}",)),
)
