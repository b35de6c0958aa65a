"""The proxy that a run goes through: as the environment says it, and shown before anything is sent."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from workspace_conformance.settings import SettingsError


def find(target: str) -> str | None:
    """The URL of the HTTP proxy that HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names for `target`, unless
    NO_PROXY excepts it (in capitals or not, as curl reads them: names, their ends, addresses and
    networks such as 127.0.0.0/8); None without one.

    Raises SettingsError for a proxy that cannot be gone through.
    """
    import urllib.request  # slow to import

    parts = urlsplit(target)
    known = urllib.request.getproxies()
    proxy = known.get(parts.scheme) or known.get("all")
    excepted = urllib.request.proxy_bypass(parts.netloc)
    if not proxy or excepted or _in_networks(parts.hostname or "", known.get("no", "")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        scheme, host = urlsplit(proxy).scheme, urlsplit(proxy).hostname
        urlsplit(proxy).port  # noqa: B018 - reading it is the check
    except ValueError:
        scheme, host = "http", None
    variable = f"{parts.scheme if known.get(parts.scheme) else 'all'}_proxy".upper()
    if scheme not in ("http", "https"):
        raise SettingsError(
            f"{variable} names a {scheme} proxy, and the suite goes through HTTP proxies alone; "
            "give one, or set NO_PROXY"
        )
    if not host:
        raise SettingsError(f"{variable}: the value is no URL of a proxy")
    return proxy


def _in_networks(host: str, exceptions: str) -> bool:
    """Whether a host that is written as an address lies in one of the networks, or is one of the
    addresses, among comma-separated exceptions.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for exception in exceptions.split(","):
        try:
            network = ipaddress.ip_network(exception.strip().strip("[]"), strict=False)
        except ValueError:
            continue  # a name
        if address in network:
            return True
    return False


def shown(proxy: str) -> str:
    """A proxy's URL without what may be secret in it: user name and password."""
    parts = urlsplit(proxy)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", ""))


def password_of(proxy: str) -> str | None:
    """The password for the proxy, if one is given."""
    return urlsplit(proxy).password
