"""Connectors: sources supported by Adobe, with typed functions for each authentication type.

Each function returns the arguments of a base connection except its name:

    aep.BaseConnection("crm", name="CRM", **aep.Salesforce.client_credentials(environment_url=…, …))

For any other connector, set `connection_spec_id` and `auth` yourself. Source of the names and parameters: Adobe's guides "Create
a … base connection using the Flow Service API".
"""

from typing import ClassVar, TypedDict

import pulumi
from pulumi import Input

from aep_pulumi.resources._signatures import AuthArgs


class Account(TypedDict):
    """The connector and the credentials of a base connection."""

    connection_spec_id: str
    auth: AuthArgs


class Connector:
    """A source: its connection spec, and its time format."""

    spec_id: ClassVar[str]
    """The id of its connection spec."""
    date_format: ClassVar[str] = "yyyy-MM-dd HH:mm:ss"
    """The format of a delta column's values."""
    delta_column: ClassVar[str | None] = None
    """The delta column that every table of the source has, or None."""
    retired: ClassVar[frozenset[str]] = frozenset()
    """The functions of authentication types that Adobe has retired: they warn."""

    @classmethod
    def _account(cls, spec_name: str, **params: Input[str] | None) -> Account:
        given = {name: value for name, value in params.items() if value is not None}
        return {"connection_spec_id": cls.spec_id, "auth": {"spec_name": spec_name, "params": given}}


class Salesforce(Connector):
    """Salesforce."""

    spec_id = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
    delta_column = "LastModifiedDate"
    retired = frozenset({"basic"})

    @classmethod
    def client_credentials(
        cls, *, environment_url: Input[str], client_id: Input[str], client_secret: Input[str], api_version: Input[str]
    ) -> Account:
        """OAuth 2 client credentials. `environment_url` is `https://[domain].my.salesforce.com`; `api_version` is required."""
        return cls._account(
            "OAuth2 Client Credential",
            environmentUrl=environment_url,
            clientId=client_id,
            clientSecret=client_secret,
            apiVersion=api_version,
        )

    @classmethod
    def jwt(cls, *, instance_url: Input[str], client_id: Input[str], client_secret: Input[str], jwt_token: Input[str]) -> Account:
        """OAuth 2 with a JWT token, for Platform on AWS."""
        return cls._account(
            "OAuth2 JWT Token Credential",
            instanceUrl=instance_url,
            clientId=client_id,
            clientSecret=client_secret,
            jwtToken=jwt_token,
        )

    @classmethod
    def basic(
        cls,
        *,
        environment_url: Input[str],
        username: Input[str],
        password: Input[str],
        security_token: Input[str],
        api_version: Input[str] | None = None,
    ) -> Account:
        """User and password. Deprecated: Adobe retired it in January 2026."""
        pulumi.log.warn("Salesforce.basic: Adobe retired basic authentication in January 2026: use Salesforce.client_credentials")
        return cls._account(
            "Basic Authentication",
            environmentUrl=environment_url,
            username=username,
            password=password,
            securityToken=security_token,
            apiVersion=api_version,
        )


class Dynamics(Connector):
    """Microsoft Dynamics."""

    spec_id = "38ad80fe-8b06-4938-94f4-d4ee80266b07"
    date_format = "yyyy-MM-ddTHH:mm:ssZ"
    delta_column = "modifiedon"

    @classmethod
    def service_principal(cls, *, service_uri: Input[str], principal_id: Input[str], principal_key: Input[str]) -> Account:
        """A service principal and its key."""
        return cls._account(
            "Service Principal Key Based Authentication",
            serviceUri=service_uri,
            servicePrincipalId=principal_id,
            servicePrincipalKey=principal_key,
        )

    @classmethod
    def basic(cls, *, service_uri: Input[str], username: Input[str], password: Input[str]) -> Account:
        """User and password, for Dynamics online."""
        return cls._account(
            "Basic Authentication for Dynamics-Online", serviceUri=service_uri, username=username, password=password
        )


class Veeva(Connector):
    """Veeva CRM."""

    spec_id = "fcad62f3-09b0-41d3-be11-449d5a621b69"
    delta_column = "LastModifiedDate"

    @classmethod
    def basic(
        cls, *, environment_url: Input[str], username: Input[str], password: Input[str], security_token: Input[str]
    ) -> Account:
        """User, password and security token."""
        return cls._account(
            "Basic Authentication",
            environmentUrl=environment_url,
            username=username,
            password=password,
            securityToken=security_token,
        )


class HubSpot(Connector):
    """HubSpot."""

    spec_id = "cc6a4487-9e91-433e-a3a3-9cf6626c1806"

    @classmethod
    def oauth(
        cls, *, client_id: Input[str], client_secret: Input[str], access_token: Input[str], refresh_token: Input[str]
    ) -> Account:
        """OAuth tokens. Adobe calls it `Basic Authentication`."""
        return cls._account(
            "Basic Authentication",
            clientId=client_id,
            clientSecret=client_secret,
            accessToken=access_token,
            refreshToken=refresh_token,
        )


CONNECTORS: tuple[type[Connector], ...] = (Salesforce, Dynamics, Veeva, HubSpot)
"""All connectors with typed authentication functions."""


def connector_of(spec_id: str) -> type[Connector] | None:
    """The connector of a connection spec, or None if it is not in `CONNECTORS`."""
    return next((connector for connector in CONNECTORS if connector.spec_id == spec_id), None)
