"""Clusters: the Dask cluster of a run: a small one in this process, or a scheduler that is running already."""

import ipaddress
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from aep_pulumi.errors import SettingsError

_CONNECT_S = 15
_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.admin.system-monitor.interval": "5s",
    # Nobody watches a cluster that ends with the command.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # The tasks are threads that wait: a busy machine is no defect of the event loop.
    "distributed.admin.tick.limit": "1h",
    "distributed.comm.timeouts.connect": f"{_CONNECT_S}s",
}


@dataclass(frozen=True)
class Tls:
    """The files of a TLS connection to the scheduler; empty for Dask's own configuration."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@contextmanager
def local(slots: int, project_root: Path) -> Iterator[Client]:
    """A cluster in this process. Its threads only wait for engines, so further processes would not be faster.

    Args:
        slots: how many stacks run at once.
        project_root: the folder of the program, for the journals beside its projects.
    """
    _silence()
    with (
        dask.config.set(_QUIET),
        LocalCluster(
            n_workers=1,
            threads_per_worker=slots,
            processes=False,
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            memory_limit=0,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        for worker in cluster.workers.values():
            worker.name, worker.fleet_root = socket.gethostname(), project_root
        yield client


@contextmanager
def remote(address: str, tls: Tls, *, insecure: bool, wait_s: float) -> Iterator[Client]:
    """A running scheduler, which is waited for if it does not respond, but not for long.

    Raises:
        SettingsError: it cannot be reached, or the connection would not be encrypted.
    """
    check(address, insecure=insecure)
    security = _security(address, tls)
    _silence()
    with dask.config.set(_QUIET):
        try:
            client = Client(address, security=security, set_as_default=False, timeout=max(1, min(wait_s, _CONNECT_S)))
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise SettingsError(f"the scheduler at {address} cannot be reached: {_reason(error)}") from None
        with client:
            yield client


def configured() -> str:
    """The scheduler of Dask's own configuration (DASK_SCHEDULER_ADDRESS, or `scheduler-address` in its files); "" if none."""
    return str(dask.config.get("scheduler-address", None) or "")


def check(address: str, *, insecure: bool) -> None:
    """Reject an unencrypted connection to another machine.

    Raises:
        SettingsError: it would be one, or the address is not valid.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"tcp", "tls"} or not parts.hostname:
        raise SettingsError(f"{address} is not the address of a scheduler: use tls://HOST:PORT, or tcp://127.0.0.1:PORT")
    if parts.scheme == "tcp" and not insecure and not _is_this_machine(parts.hostname):
        raise SettingsError(
            f"the scheduler at {address} is on another machine, and tcp:// is not encrypted: anyone on the way can run programs "
            "on the workers; use tls:// (see docs/fleet-workers.md), or --insecure in a network that you trust"
        )


def _silence() -> None:
    """Keep Dask from logging to the terminal: what goes wrong is reported in a sentence."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("distributed."):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _security(address: str, tls: Tls) -> Any:  # noqa: ANN401 - Dask's attributes have no types
    given = {
        "tls_ca_file": tls.ca,
        "tls_client_cert": tls.certificate,
        "tls_client_key": tls.key,
    }
    files = {name: str(path) for name, path in given.items() if path}
    for name, path in files.items():
        if not Path(path).is_file():
            raise SettingsError(f"{path} ({name.replace('_', ' ')}) does not exist")
    if not address.startswith("tls://"):
        return None
    security: Any = Security(require_encryption=True, **files)
    if not security.tls_ca_file or not security.tls_client_cert:
        raise SettingsError(
            "a tls:// scheduler needs certificates: set --tls-ca, --tls-cert and --tls-key, or Dask's distributed.comm.tls"
        )
    return security


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).partition("\n")[0] or type(error).__name__
