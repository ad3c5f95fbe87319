"""Providers that do nothing. They are in a module, so that the state contains their names and not their code."""

import uuid
from typing import Any, TypeAlias

from pulumi.dynamic import ConfigureRequest, CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

from aep_pulumi.resources._pool import widen
from aep_pulumi.resources._registration import keep_imports

Props: TypeAlias = dict[str, Any]
ADDED = {"organization": "LOCAL@AdobeOrg", "sandbox": "dev"}


class Plain(ResourceProvider):
    """Does nothing."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compare as this package does: the engine computes the details."""
        return DiffResult(changes=None if any(_olds.get(name) != value for name, value in _news.items()) else False)

    def create(self, props: Props) -> CreateResult:
        """An id, and the inputs with what Platform adds."""
        return CreateResult(str(uuid.uuid4()), {**props, **ADDED, "etag": uuid.uuid4().hex, "version": 0})

    def read(self, id_: str, props: Props) -> ReadResult:
        """What the state has."""
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """The new inputs."""
        return UpdateResult({**_news, **ADDED, "etag": uuid.uuid4().hex, "version": 1})


class Tuned(Plain):
    """Does nothing, at the width of this package's provider."""

    def configure(self, req: ConfigureRequest) -> None:  # noqa: ARG002 - the SDK's signature
        """Widen the pool, and keep what was imported out of garbage collections."""
        keep_imports()
        widen(64, print)
