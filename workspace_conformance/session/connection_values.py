"""What goes along with every connection: further headers, and a certificate of ours."""

from __future__ import annotations

import re
from pathlib import Path

from workspace_conformance.session.option_values import OptionValues
from workspace_conformance.settings import SettingsError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a field name: RFC 9110, 5.6.2
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20\x09-\x7e]*[\x21-\x7e])?")
# What the suite sends itself, or HTTP frames by: with another value it would judge something else.
_OURS = frozenset(
    (
        *("authorization", "accept", "accept-encoding", "content-type", "user-agent"),
        *("host", "content-length", "connection", "transfer-encoding", "cookie"),
    )
)


def headers(read: OptionValues) -> tuple[tuple[str, str], ...]:
    """The headers of --header, each `Name: value`, or of WORKSPACE_HEADERS, one a line; SettingsError
    for what is none, and never with its value, which is a secret.
    """
    given = read.many("--header") or tuple((read.text("--header") or "").splitlines())
    return tuple(_header(line) for line in given if line.strip())


def _header(line: str) -> tuple[str, str]:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise SettingsError("--header: write Name: value, in ASCII")
    if name.lower() in _OURS:
        raise SettingsError(f"--header {name}: the suite sends this header itself; leave it out")
    return name, value


def identity(read: OptionValues) -> tuple[Path, Path | None] | None:
    """The certificate of ours (PEM) and its key (None: it stands in the same file), or None;
    SettingsError where they cannot be used.
    """
    certificate, key = read.text("--client-cert"), read.text("--client-key")
    if certificate is None:
        if key is not None:
            raise SettingsError("--client-key needs --client-cert")
        return None
    import ssl  # slow to import, and needed by few

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except ssl.SSLError:
        words = "no certificate in PEM with its key: give the key with --client-key"
        raise SettingsError(f"--client-cert {certificate}: {words}") from None
    except OSError as error:
        file = error.filename or (certificate if key is None else f"{certificate}, {key}")
        words = error.strerror or str(error)
        raise SettingsError(f"--client-cert {file}: cannot be read: {words}") from None
    return Path(certificate), None if key is None else Path(key)
