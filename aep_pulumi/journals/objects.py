"""Objects: the bucket that also holds the states, beside which the journal's objects are kept, under the prefix `.aep`.

A claim is a conditional write: the object must not exist, or must still be the version that was read. Times are the store's: an
object's modification time, to the second.
"""

import configparser
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from aep_pulumi.client.redaction import redacted
from aep_pulumi.errors import JournalError, SettingsError
from aep_pulumi.journals import backend

T = TypeVar("T")

PATIENCE_S = 60.0
"""How long an operation waits for a bucket that cannot be reached."""
RESOLUTION_S = 1.0
"""The resolution of modification times."""
_TIMEOUT = timedelta(seconds=15)
_PREFIX = ".aep"
_CLOCK = "clock"
_TRUE = frozenset({"1", "t", "T", "true", "True", "TRUE"})


@dataclass(frozen=True)
class Version:
    """A version of an object."""

    tag: str | None
    version: str | None
    modified_s: float


class Bucket:
    """The bucket of a backend.

    Args:
        url: the backend's URL, as for Pulumi's CLI.
    """

    def __init__(self, url: str) -> None:
        self.name = backend.shown(url)
        self._url = url
        self._store = _store(url)
        self._lock = threading.Lock()
        self._clock: tuple[float, float] | None = None

    def list(self, prefix: str, *, consequence: str, of_pulumi: bool = False) -> dict[str, Version]:
        """The objects below a prefix, by path."""
        folder = _path(prefix, of_pulumi=of_pulumi)
        found = self._existing(lambda: obstore.list(self._store, folder).collect(), consequence)
        start = len(_path("", of_pulumi=of_pulumi)) + 1
        return {
            each["path"][start:]: Version(each["e_tag"], each["version"], each["last_modified"].timestamp()) for each in found
        }

    def read(
        self, path: str, *, consequence: str, patience_s: float = PATIENCE_S, of_pulumi: bool = False
    ) -> tuple[bytes, Version] | None:
        """An object and its version, or None if it does not exist."""

        def read() -> tuple[bytes, Version]:
            result = obstore.get(self._store, _path(path, of_pulumi=of_pulumi))
            meta = result.meta
            return bytes(result.bytes()), Version(meta["e_tag"], meta["version"], meta["last_modified"].timestamp())

        try:
            return self._attempt(read, consequence, patience_s)
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes, *, consequence: str) -> None:
        """Write an object, whether it exists or not."""
        self._existing(lambda: obstore.put(self._store, _path(path), content, use_multipart=False), consequence)

    def write_if(
        self, path: str, content: bytes, version: Version | None, *, consequence: str, patience_s: float = PATIENCE_S
    ) -> bool:
        """Write an object if its version is this one, or if it does not exist. False if another writer was faster.

        After a lost response, the result may be False although it was written: read the object to know.
        """
        mode: Any = "create"
        if version is not None:  # stores use one of the two, or both
            mode = {name: value for name, value in (("e_tag", version.tag), ("version", version.version)) if value is not None}
        try:
            self._attempt(
                lambda: obstore.put(self._store, _path(path), content, mode=mode, use_multipart=False), consequence, patience_s
            )
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            return False
        return True

    def delete(self, path: str, *, consequence: str) -> None:
        """Delete an object, if it exists."""
        with suppress(FileNotFoundError):
            self._attempt(lambda: obstore.delete(self._store, _path(path)), consequence)

    def now_s(self, *, consequence: str) -> float:
        """The store's time, in epoch seconds: never ahead of it, and at most two seconds behind."""
        with self._lock:
            if self._clock is None:
                self.write(_CLOCK, b"", consequence=consequence)
                head = self._existing(lambda: obstore.head(self._store, _path(_CLOCK)), consequence)
                self._clock = (head["last_modified"].timestamp(), time.monotonic())
            at_s, when_s = self._clock
            return at_s + time.monotonic() - when_s

    def _attempt(self, call: Callable[[], T], consequence: str, patience_s: float = PATIENCE_S) -> T:
        end_s, pause_s = time.monotonic() + patience_s, 0.1
        while True:
            try:
                return call()
            except (AlreadyExistsError, PreconditionError, FileNotFoundError):
                raise
            except (BaseError, ValueError, OSError) as error:
                if not _is_temporary(error) or time.monotonic() + pause_s > end_s:
                    raise self._failure(error, consequence) from None
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, 1.0)

    def _existing(self, call: Callable[[], T], consequence: str) -> T:
        """The same, where something that does not exist is the bucket."""
        try:
            return self._attempt(call, consequence)
        except FileNotFoundError as error:
            raise self._failure(error, consequence) from None

    def _failure(self, error: Exception, consequence: str) -> JournalError:
        return JournalError(
            f"{self.name}, which has the journal of pending creates, cannot be reached or used ({self._reason(error)}), "
            f"{consequence}: check the bucket, the credentials and the parameters in {backend.BACKEND_VARIABLE}"
        )

    def _reason(self, error: Exception) -> str:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        secrets = [*backend.secrets_in(self._url), os.environ.get("AWS_SECRET_ACCESS_KEY", "")]
        return redacted(" ".join(first.split())[:300], secrets)


def _is_temporary(error: Exception) -> bool:
    """Whether a later attempt may succeed: everything that is not a client error (`4xx`), and has no class of its own."""
    return type(error).__name__ in {"GenericError", "JoinError"} and not any(
        f" {code} " in str(error) for code in range(400, 408)
    )


_buckets: dict[str, Bucket] = {}
_buckets_lock = threading.Lock()


def bucket(url: str) -> Bucket:
    """The bucket of a backend: one per process."""
    with _buckets_lock:
        if url not in _buckets:
            _buckets[url] = Bucket(url)
        return _buckets[url]


def _path(path: str, *, of_pulumi: bool = False) -> str:
    folder = ".pulumi" if of_pulumi else _PREFIX
    return f"{folder}/{path}" if path else folder


def _store(url: str) -> ObjectStore:
    parts = urlsplit(url)
    parameters = {name: values[-1] for name, values in backend.parameters_of(parts).items()}
    prefix = parts.path.strip("/") or None
    retries: Any = {"max_retries": 2, "retry_timeout": _TIMEOUT}
    options: Any = {"timeout": _TIMEOUT, "connect_timeout": timedelta(seconds=5)}
    try:
        if parts.scheme == "gs":
            return GCSStore(parts.netloc, prefix=prefix, client_options=options, retry_config=retries)
        if parts.scheme == "azblob":
            account: Any = {"account_name": parameters["storage_account"]} if "storage_account" in parameters else {}
            return AzureStore(parts.netloc, prefix=prefix, config=account, client_options=options, retry_config=retries)
        config, is_plain = _s3(parameters)
        return S3Store(
            parts.netloc, prefix=prefix, config=config, client_options=options | {"allow_http": is_plain}, retry_config=retries
        )
    except (BaseError, ValueError) as error:
        raise SettingsError(f"the bucket {backend.shown(url)} cannot be used: {error}") from None


def _s3(parameters: Mapping[str, str]) -> tuple[Any, bool]:
    """The configuration of S3, from the parameters that Pulumi's CLI knows; and whether the connection is without TLS."""
    is_plain = any(parameters.get(name) in _TRUE for name in ("disableSSL", "disable_https"))
    config: dict[str, object] = {}
    if region := parameters.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        config["region"] = region
    endpoint = parameters.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        config["endpoint"] = endpoint if "://" in endpoint else f"{'http' if is_plain else 'https'}://{endpoint}"
        is_plain = is_plain or endpoint.startswith("http://")
    is_path_style = any(parameters.get(name) in _TRUE for name in ("s3ForcePathStyle", "use_path_style"))
    config["virtual_hosted_style_request"] = not is_path_style
    if parameters.get("anonymous") in _TRUE:
        config["skip_signature"] = True
    elif profile := parameters.get("profile") or _profile_needed():
        config |= _keys_of(profile)
    return config, is_plain


def _profile_needed() -> str:
    """The profile whose keys are used: none if the environment has keys, or tells where a machine gets them."""
    sources = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
    containers = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if any(os.environ.get(name) for name in (*sources, *containers)):
        return ""
    return os.environ.get("AWS_PROFILE") or ("default" if _credentials_file().is_file() else "")


def _credentials_file() -> Path:
    return Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")


def _keys_of(profile: str) -> dict[str, str]:
    """The keys of a profile: the library reads the environment and the machine's role, but no profiles."""
    file = configparser.RawConfigParser()
    with suppress(OSError, configparser.Error):
        file.read(_credentials_file(), encoding="utf-8")
    section = dict(file[profile]) if file.has_section(profile) else {}
    names = {
        "aws_access_key_id": "access_key_id",
        "aws_secret_access_key": "secret_access_key",
        "aws_session_token": "session_token",
    }
    keys = {names[name]: value for name, value in section.items() if name in names}
    if not {"access_key_id", "secret_access_key"} <= keys.keys():
        raise SettingsError(
            f"the AWS profile {profile} has no keys in the credentials file, which the journal needs: put them into the "
            f'environment with `eval "$(aws configure export-credentials --profile {profile} --format env)"`'
        )
    return keys
