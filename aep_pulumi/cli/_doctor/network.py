"""Network: the checks of proxy, certificates, the connection to Adobe's hosts, and the clock."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from aep_pulumi.cli import _times
from aep_pulumi.cli._doctor.examination import TOKEN_PATH, Examination
from aep_pulumi.cli._doctor.findings import Finding, Status, error, failed, ok, warning
from aep_pulumi.client import sandboxes
from aep_pulumi.client.network import certificates_of, proxy_of
from aep_pulumi.errors import AepError, SettingsError

_CLOCK_S = 60.0
"""The clock difference from which a warning is given, in seconds."""
_HALF_A_SECOND = 0.5
"""The mean rounding error of a `Date` header, in seconds."""


def proxy(examination: Examination) -> Iterator[Finding]:
    """The proxy that the environment sets for Adobe's hosts."""
    if examination.settings.is_local:
        yield ok("Proxy", "not used for the local Platform")
        return
    by_host = {urlsplit(url).netloc: url for url in _hosts(examination)}
    for host, url in by_host.items():
        yield ok("Proxy", f"{host} through {through}" if (through := proxy_of(url)) else f"none for {host}")


def certificates(examination: Examination) -> Iterator[Finding]:
    """The trusted certificates. The checks of Platform and IMS use them to verify the hosts."""
    path, source = certificates_of(examination.settings.ca_bundle)
    if not any(url.startswith("https:") for url in _hosts(examination)):
        yield ok("Certificates", "not used: no request leaves this machine")
    elif not Path(path).exists():
        yield error("Certificates", f"file {path} does not exist", f"correct {source}, or remove it")
    else:
        yield ok("Certificates", f"using {path}" + (f", set by {source}" if source else ""))


def endpoint(examination: Examination) -> Iterator[Finding]:
    """Whether Platform responds to a request without a credential."""
    url = examination.platform_url()
    try:
        response, at_s = examination.send_bare(f"{url}{sandboxes.BASE}/")
    except AepError as failure:
        yield _unreachable("Platform", failure, "aep:endpoint")
        return
    if response.body() is None:
        message = (
            f"{urlsplit(url).netloc} returned {response.status} and no JSON: the response may come from a proxy or a login page"
        )
        yield error("Platform", message, "check aep:endpoint, the network and its proxy")
        return
    examination.reached, examination.reached_at_s = response, at_s
    yield ok("Platform", f"{url} responds")


def ims(examination: Examination) -> Iterator[Finding]:
    """Whether Adobe's token service responds, if tokens are requested from it."""
    settings = examination.settings
    if settings.access_token:
        yield ok("IMS", "not used: aep:accessToken is set")
    elif settings.is_local:
        yield ok("IMS", "not used: the local Platform issues its own tokens")
    else:
        try:
            examination.send_bare(settings.ims_endpoint + TOKEN_PATH)
        except AepError as failure:
            yield _unreachable("IMS", failure, "aep:imsEndpoint")
            return
        yield ok("IMS", f"{settings.ims_endpoint} responds")


def clock(examination: Examination) -> Iterator[Finding]:
    """The difference between this machine's clock and Platform's."""
    response = examination.reached
    try:
        date_s = parsedate_to_datetime((response.headers if response else {}).get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        message = "unknown: Platform returned no valid Date header"
        yield warning("Clock", message, "compare this machine's clock with a time server yourself")
        return
    ahead_s = date_s + _HALF_A_SECOND - examination.reached_at_s
    examination.clock_ahead_s = ahead_s
    if abs(ahead_s) <= _CLOCK_S:
        yield ok("Clock", f"within {_CLOCK_S:.0f} s of Platform's")
        return
    side = "behind" if ahead_s > 0 else "ahead of"
    yield warning(
        "Clock",
        f"this machine's clock is {_times.lasting(abs(ahead_s))} {side} Platform's",
        "synchronize it with a time server: computed start times, tokens and certificates depend on it",
    )


def _unreachable(subject: str, failure: AepError, setting: str) -> Finding:
    if isinstance(failure, SettingsError):
        # For certificates and proxies, the client's error contains the action after the colon.
        message, sent, action = str(failure).partition(", so nothing was sent: ")
        return Finding(subject, Status.ERROR, message, action) if sent else failed(subject, failure)
    return failed(subject, failure, f"check {setting} and the network; if it needs a proxy, set HTTPS_PROXY")


def _hosts(examination: Examination) -> list[str]:
    settings = examination.settings
    return [] if settings.is_local else [settings.endpoint] + ([] if settings.access_token else [settings.ims_endpoint])
