"""Changes that people make to a deployed stack, for `aep review`: each a small edit of the checkout's own program or settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stacking import Stack

MAIN, SETTINGS = "stacks/__main__.py", "stacks/Pulumi.dev.yaml"
HOSTILE = ('"><script>', "@everyone | x")
ROTATED = "rotated-and-never-shown"
ELSEWHERE = "http://localhost:9"
"""Not the local Platform's address, but on this machine: a real one would be rejected with the published passphrase."""


@dataclass(frozen=True)
class Scenario:
    """An edit, and what it requires."""

    name: str
    edits: tuple[tuple[str, str], ...] = ()
    added: str = ""
    """Code that is added to the program."""
    config: tuple[tuple[str, ...], ...] = ()
    """Arguments for `pulumi config set`."""
    tainted: tuple[str, ...] = ()
    """The URNs of resources that are tainted during the scenario."""
    command: tuple[str, ...] = ("preview",)
    """The command that previews it, if not `pulumi preview`."""

    @contextmanager
    def done_to(self, stack: Stack) -> Iterator[None]:
        """The stack with the edit, until the context ends."""
        program = (str(path.relative_to(stack.folder)) for path in (stack.folder / "stacks").rglob("*.py"))
        before = {file: (stack.folder / file).read_text() for file in (*program, SETTINGS)}
        try:
            for old, new in self.edits:
                stack.edit(old, new)
            main = stack.folder / MAIN
            main.write_text(main.read_text() + self.added)
            if self.config:
                args = [word for *form, key, value in self.config for word in (*(form or ("--plaintext",)), f"{key}={value}")]
                stack.pulumi("config", "set-all", *args, "--stack", stack.stack)
            for urn in self.tainted:
                stack.pulumi("state", "taint", urn, "--stack", stack.stack)
            yield
        finally:
            for urn in self.tainted:
                stack.pulumi("state", "untaint", urn, "--stack", stack.stack)
            for file, text in before.items():
                (stack.folder / file).write_text(text)


_CLASS = ('https://ns.adobe.com/xdm/context/profile"', 'https://ns.adobe.com/xdm/context/experienceevent"')
_ALLOWED = (("aep:allowDestructive", "true"),)
_PIPELINE = """
import aep_pulumi as aep

aep.CrmPipeline(
    {name!r},
    title={title!r},
    description={description!r},
    base_connection=shared.base_connection,
    table={table!r},
    columns=["Email"],
    mappings={{"Email": "personalEmail.address"}},
    field_groups=["https://ns.adobe.com/xdm/context/profile-personal-details"],
    schedule={{"frequency": "hour", "interval": 2}},
)
"""

NO_CHANGE = Scenario("no_change")
NEW_PIPELINE = Scenario(
    "new_pipeline", added=_PIPELINE.format(name="leads", title="Leads", description="New people", table="Lead")
)
INTERVAL = Scenario("interval", edits=(('"interval": 30', '"interval": 45'),))
MAPPING = Scenario("mapping", edits=(('"personalEmail.address"', '"personalEmail.label"'),))
COLUMN = Scenario(
    "column", edits=(('{"name": "FirstName",', '{"name": "Title", "type": "string"},\n        {"name": "FirstName",'),)
)
REPLACEMENT = Scenario("dataset_replacement", edits=(_CLASS,), config=_ALLOWED)
GUARDED = Scenario("dataset_replacement_refused", edits=(_CLASS,))
SECRET = Scenario("secret", config=(("--secret", "crm:clientSecret", ROTATED),))
ENDPOINT = Scenario(
    "endpoint",
    config=(
        ("aep:endpoint", ELSEWHERE),
        ("aep:organization", "LOCAL@AdobeOrg"),
        ("aep:clientId", "another-client"),
        ("--secret", "aep:clientSecret", ROTATED),
    ),
)
REJECTED = Scenario("refused", edits=(('{"source": "FirstName"', '{"source": "FristName"'),))
BROKEN = Scenario("broken_program", added="\nraise ValueError('no luck')\n")
HOSTILE_NAMES = Scenario(
    "hostile_names",
    edits=(
        ('table_name="Contact"', f"table_name={HOSTILE[0]!r}"),
        ('description="Inbound data to Platform"', f"description={HOSTILE[1]!r}"),
    ),
    added=_PIPELINE.format(name=HOSTILE[1], title=HOSTILE[0], description=HOSTILE[1], table=HOSTILE[0]),
    config=(("aep:checks", "local"),),
)
FLOW_RENAMED = Scenario(
    "flow_renamed", edits=(('aep.Dataflow(\n        "contacts-to-people"', 'aep.Dataflow(\n        "people"'),)
)
EVERYTHING_RENAMED = Scenario(
    "everything_renamed",
    edits=tuple(
        (f'aep.{kind}(\n        "{name}"', f'aep.{kind}(\n        "renamed-{name}"')
        for kind, name in (
            ("BaseConnection", "crm"),
            ("Schema", "person"),
            ("SourceConnection", "contacts"),
            ("Dataset", "people"),
            ("TargetConnection", "people"),
            ("MappingSet", "contacts-to-people"),
            ("Dataflow", "contacts-to-people"),
        )
    ),
)

ALL = (
    NO_CHANGE,
    NEW_PIPELINE,
    INTERVAL,
    MAPPING,
    COLUMN,
    REPLACEMENT,
    GUARDED,
    SECRET,
    ENDPOINT,
    REJECTED,
    BROKEN,
    HOSTILE_NAMES,
    FLOW_RENAMED,
    EVERYTHING_RENAMED,
)

# -- datasets that the engine protects, and the same ones once it no longer does ----------------------------------------------

DATASETS = """
import pulumi
import aep_pulumi as aep

FORCE = None
DETAILS = "https://ns.adobe.com/xdm/context/profile-personal-details"

account = aep.BaseConnection(
    "crm",
    name="CRM",
    **aep.Salesforce.client_credentials(
        environment_url="https://acme.my.salesforce.com",
        client_id="x",
        client_secret=pulumi.Output.secret("y"),
        api_version="60.0",
    ),
)
contacts = aep.CrmPipeline(
    "contacts",
    base_connection=account,
    table="Contact",
    columns=["Email"],
    mappings={"Email": "personalEmail.address"},
    field_groups=[DETAILS],
    schedule={"frequency": "hour", "interval": 1},
    force_destroy=FORCE,
)
other = aep.Schema("other", title="Other", class_id="https://ns.adobe.com/xdm/context/profile", field_groups=[DETAILS])
opts = None
leads = aep.Dataset("leads", name="Leads of the CRM", schema_id=other.id, force_destroy=FORCE, opts=opts)
"""
"""A pipeline, whose name prefixes its objects' names, and a separate dataset."""
UNPROTECTED = ("FORCE = None", "FORCE = True")
LEADS = "urn:pulumi:dev::aep::pulumi-python:dynamic/aep:Dataset::leads"

REMOVED = Scenario("removed", edits=(("leads = aep.Dataset(", "lambda: aep.Dataset("),))
RENAMED = Scenario("renamed", edits=(('aep.Dataset("leads"', 'aep.Dataset("people"'),))
COMPONENT_RENAMED = Scenario("component_renamed", edits=(('    "contacts",\n', '    "people",\n'),))
REPLACED = Scenario("replaced", command=("preview", "--replace", LEADS))
REPLACED_ON_CHANGES = Scenario(
    "replaced_on_changes",
    edits=(("opts = None", 'opts = pulumi.ResourceOptions(replace_on_changes=["name"])'), ("Leads of the CRM", "Leads")),
)
TAINTED = Scenario("tainted", tainted=(LEADS,))
SCHEMA_CHANGED = Scenario("schema_changed", edits=(("schema_id=other.id", "schema_id=contacts.schema.id"),))
FORCED = Scenario("forced", edits=(UNPROTECTED,))
DESTROYED = Scenario("destroyed", command=("destroy", "--preview-only"))

LOSING = (REMOVED, RENAMED, COMPONENT_RENAMED, REPLACED, REPLACED_ON_CHANGES, TAINTED, SCHEMA_CHANGED, DESTROYED)
"""The changes that lose the rows of a dataset. `FORCED` allows them."""
