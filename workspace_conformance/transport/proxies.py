"""The proxy that a run goes through: as the environment says it, and shown before anything is sent."""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit, urlunsplit

from workspace_conformance.settings import SettingsError


def find(target: str) -> str | None:
    """The URL of the HTTP proxy that HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names for `target`, unless
    NO_PROXY excepts it (in capitals or not, as curl and Python read them); None without one.

    Raises SettingsError for a proxy that cannot be gone through.
    """
    parts = urlsplit(target)
    known = urllib.request.getproxies()
    proxy = known.get(parts.scheme) or known.get("all")
    if not proxy or urllib.request.proxy_bypass(parts.netloc):
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


def shown(proxy: str) -> str:
    """A proxy's URL without what may be secret in it: user name and password."""
    parts = urlsplit(proxy)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", ""))


def password_of(proxy: str) -> str | None:
    """The password for the proxy, if one is given."""
    return urlsplit(proxy).password
