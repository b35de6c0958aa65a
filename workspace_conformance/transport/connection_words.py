"""What is said of a connection that did not come about: what happened, and what to do about it."""

from __future__ import annotations

import re
import ssl

_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
_WANTS_OURS = ("CERTIFICATE_REQUIRED", "CERTIFICATE REQUIRED")
_REFUSED_OURS = (
    "ALERT_BAD_CERTIFICATE",
    "ALERT_UNKNOWN_CA",
    "ALERT_CERTIFICATE",
    "ALERT UNKNOWN CA",
)
_UNKNOWN_AUTHORITY = 18, 19, 20, 21  # OpenSSL's X509_V_ERR_*: self-signed, or no issuer known


def of(error: BaseException, *, proxy: str | None = None, identified: bool = False) -> str:
    """One sentence about an error that ended an attempt to connect or to be heard over TLS.

    proxy: the URL, without secrets, of the proxy that was gone through. identified: whether a
    certificate of our own was shown.
    """
    said = " ".join(str(error).split())[:300]
    if proxy is not None and type(error).__name__ == "ProxyError":
        return f"the proxy {proxy} refused to connect to the target: {said or 'it said nothing'}"
    if is_unknown_authority(error):
        return (
            f"{_reason(said)}: if the certificate's authority is your own, "
            "give its certificate (PEM) with --ca FILE"
        )
    upper = said.upper()
    if any(mark in upper for mark in _NO_TLS):
        return f"what answers at this port does not speak TLS ({_reason(said)}): is it http://?"
    if any(mark in upper for mark in _WANTS_OURS):
        return f"{_reason(said)}: the server wants to see a certificate of ours: {_GIVE}"
    if any(mark in upper for mark in _REFUSED_OURS):
        advice = "does it know the authority of that certificate?" if identified else _GIVE
        return f"{_reason(said)}: the server refused the certificate that it was shown: {advice}"
    if "HANDSHAKE_FAILURE" in upper and not identified:
        return f"{_reason(said)}: if the server wants to see a certificate of ours, {_GIVE}"
    return said


_GIVE = "give it with --client-cert FILE and --client-key FILE"


def is_unknown_authority(error: BaseException) -> bool:
    """Whether a certificate was refused because nobody vouches for it, somewhere in the chain of
    causes.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLCertVerificationError):
            return link.verify_code in _UNKNOWN_AUTHORITY
        link = link.__cause__ or link.__context__
    return False


def _reason(said: str) -> str:
    """OpenSSL's words without the place in its source."""
    return re.sub(r"\s*\(_ssl\.c:\d+\)", "", said)
