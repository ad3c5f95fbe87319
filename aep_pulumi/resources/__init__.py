"""Resources: Platform's objects as Pulumi resources, one file per kind."""

from aep_pulumi.resources._resource import Resource
from aep_pulumi.resources.base_connection import BaseConnection
from aep_pulumi.resources.dataflow import Dataflow
from aep_pulumi.resources.dataset import Dataset
from aep_pulumi.resources.field_group import FieldGroup
from aep_pulumi.resources.identity_descriptor import IdentityDescriptor
from aep_pulumi.resources.mapping_set import MappingSet
from aep_pulumi.resources.profile_enablement import ProfileEnablement
from aep_pulumi.resources.schema import Schema
from aep_pulumi.resources.source_connection import SourceConnection
from aep_pulumi.resources.target_connection import TargetConnection

KINDS: tuple[type[Resource], ...] = (
    BaseConnection,
    SourceConnection,
    FieldGroup,
    Schema,
    IdentityDescriptor,
    ProfileEnablement,
    Dataset,
    TargetConnection,
    MappingSet,
    Dataflow,
)
"""Every kind, in the order in which a pipeline needs them."""
