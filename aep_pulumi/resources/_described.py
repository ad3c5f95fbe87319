"""Described: the name and description that Flow Service's objects share."""

from aep_pulumi.resources._fields import Inputs, Values


class Described(Inputs):
    """An object of Flow Service."""

    name: str
    """Names need not be unique."""
    description: str | None = None
    """What it is for."""

    def described(self, body: Values) -> Values:
        """The body with name and description in front."""
        named: Values = {"name": self.name}
        if self.description is not None:
            named["description"] = self.description
        return named | body
