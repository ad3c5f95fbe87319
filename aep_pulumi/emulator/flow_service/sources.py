"""Sources: facts about file, streaming and database sources, from the pages of their connection specs.

Their auth specs list what Adobe's pages require; a connector without sample tables of its own accepts any table, as nobody can
say what somebody's database holds.
"""

from __future__ import annotations

from dataclasses import dataclass

TABLES, FILES, STREAM, INLET, RESOURCE = "tables", "files", "stream", "inlet", "resource"

HTTP_API = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"


@dataclass(frozen=True)
class Source:
    """One source: its connection spec, and what connections to it look like."""

    id: str
    name: str
    category: str
    kind: str
    """What it reads: tables, files, a stream, or what is sent to an inlet of Platform's own."""

    auth: tuple[tuple[str, str, str, str], ...]
    """The auth specs: name, type, and the required and optional params."""


BASIC = "Basic Authentication"
IAM_ROLE_BASED, IAM_AUTHENTICATION = "IAMRole Based", "IamBasedAuthentication"
CONNECTION_STRING = ("Connection String Based Authentication", "ConnectionStringAuth", "connectionString", "")


def _database(source_id: str, name: str, *auth: tuple[str, str, str, str]) -> Source:
    return Source(source_id, name, "databases", TABLES, auth or (CONNECTION_STRING,))


def _file_storage(source_id: str, name: str, *auth: tuple[str, str, str, str]) -> Source:
    return Source(source_id, name, "Cloud Storage", FILES, auth)


def _stream(source_id: str, name: str, *auth: tuple[str, str, str, str]) -> Source:
    return Source(source_id, name, "Streaming", STREAM, auth)


SOURCES = (
    # --- files ------------------------------------------------------------------------------------------------------
    _file_storage(
        "ecadc60c-7455-4d87-84dc-2a0e293d997b",
        "amazon-s3",
        ("Access Key", "AccessKey", "s3AccessKey s3SecretKey", "serviceUrl bucketName folderPath s3SessionToken"),
        (IAM_ROLE_BASED, IAM_AUTHENTICATION, "bucketName", ""),
    ),
    _file_storage(
        "4c10e202-c428-4796-9208-5f1f5732b1cf",
        "azure-blob",
        ("ConnectionString", "ConnectionStringAuth", "connectionString", "container folderPath"),
        ("SAS URI Authentication", "SasURIAuth", "sasUri", "container folderPath"),
        ("SasURIAuthentication", "SasURIAuth", "sasUri", "container folderPath"),
    ),
    _file_storage(
        "b3ba5556-48be-44b7-8b85-ff2b69b46dc4",
        "adls-gen2",
        (f"{BASIC} for adls-gen2", "BasicAuthentication", "url servicePrincipalId servicePrincipalKey tenant", ""),
    ),
    _file_storage(
        "b7bf2577-4520-42c9-bae9-cad01560f7bc",
        "sftp",
        (f"{BASIC} for sftp", "BasicAuthentication", "host userName password", "port maxConcurrentConnections folderPath"),
        (
            "SSH PublicKey Authentication for sftp",
            "SshPublicKeyAuthentication",
            "host userName privateKeyContent",
            "port passPhrase maxConcurrentConnections folderPath",
        ),
    ),
    # --- streams ----------------------------------------------------------------------------------------------------
    Source(
        HTTP_API,
        "Streaming Connection",
        "Streaming",
        INLET,
        (("Streaming Connection", "StreamingConnection", "dataType", "sourceId name authenticationRequired inletId inletUrl"),),
    ),
    _stream(
        "86043421-563b-46ec-8e6c-e23184711bf6",
        "aws-kinesis",
        ("Aws Kinesis authentication credentials", "AwsKinesis", "accessKeyId secretKey region", ""),
    ),
    _stream(
        "bf9f5905-92b7-48bf-bf20-455bc6b60a4e",
        "azure-eventhub",
        ("Azure EventHub authentication credentials", "AzureEventHub", "sasKeyName sasKey namespace", "eventHubName"),
    ),
    # --- databases --------------------------------------------------------------------------------------------------
    _database(
        "b2e08744-4f1a-40ce-af30-7abac3e23cf3",
        "snowflake",
        (
            "KeyPair Authentication",
            "KeyPairAuthentication",
            "account username database privateKey",
            "privateKeyPassphrase warehouse role schema",
        ),
        ("ConnectionString", "ConnectionStringAuth", "connectionString", ""),
        (BASIC, "BasicAuthentication", "host port username password database warehouse schema", ""),
    ),
    _database(
        "3c9b37f8-13a6-43d8-bad3-b863b941fedd",
        "google-big-query",
        (BASIC, "BasicAuthentication", "project clientId clientSecret refreshToken", "largeResultsDataSetId"),
        ("Service Authentication", "ServiceAuthentication", "projectId keyFileContent", "largeResultsDataSetId"),
    ),
    _database(
        "e9d7ec6b-0873-4e57-ad21-b3a7c65e310b",
        "azure-databricks",
        ("Access Token Authentication", "AccessToken", "domain clusterId accessToken database", "catalog"),
    ),
    _database("74a1c565-4e59-48d7-9d67-7c03b8a13137", "postgres"),
    _database("26d738e0-8963-47ea-aadf-c60de735468a", "mysql"),
    _database("1f372ff9-38a4-4492-96f5-b9a4e4bd00ec", "sql-server"),
    _database("d6b52d86-f0f8-475f-89d4-ce54c8527328", "oracle"),
    _database("3416976c-a9ca-4bba-901a-1f08f66978ff", "amazon-redshift"),
    _database("a49bcc7d-8038-43af-b1e4-5a7a089a7d79", "azure-synapse-analytics"),
)
