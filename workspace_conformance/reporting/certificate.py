"""Signing a certificate, and opening one: its signature is checked.

A certificate is signed as a DSSE envelope with an Ed25519 key in PEM (made, for example, by
`openssl genpkey -algorithm ed25519`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workspace_conformance.settings import SettingsError

PAYLOAD = "application/vnd.in-toto+json"


class Doubt(Exception):
    """A certificate does not hold; the message says what is wrong with it."""


def check_key(file: Path) -> None:
    """Raise SettingsError where `file` is no private Ed25519 key in PEM."""
    _private(file)


def signed(told: Mapping[str, Any], key: Path) -> dict[str, Any]:
    """The statement in a DSSE envelope, signed with the private key in the file `key`."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]

    envelope = Envelope(json.dumps(told, ensure_ascii=False).encode(), PAYLOAD, {})
    envelope.sign(CryptoSigner(_private(key)))
    made: dict[str, Any] = envelope.to_dict()
    return made


def opened(text: str, key: Path | None) -> dict[str, Any]:
    """The statement that a certificate holds, its signature checked; raises Doubt.

    Without a `key` only an unsigned certificate is opened.
    """
    try:
        data = json.loads(text)
        if "payload" not in data:
            if key is not None:
                raise Doubt("the certificate is not signed")
            return dict(data)
        if key is None:
            raise Doubt("the certificate is signed: give the public key with --key")
        return _verified(data, key)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Doubt("not a certificate of this suite") from None


def _verified(data: dict[str, Any], key: Path) -> dict[str, Any]:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import FormatError, VerificationError

    try:
        envelope = Envelope.from_dict(data)
        envelope.verify([_public(key)], 1)
    except (VerificationError, FormatError):
        raise Doubt("the signature is not that of this key over this content") from None
    if envelope.payload_type != PAYLOAD:
        raise Doubt(f"the envelope holds {envelope.payload_type}, not a statement")
    return dict(json.loads(envelope.payload))


def _private(file: Path) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise SettingsError(f"--sign {file}: {error.strerror or error}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(
            f"--sign {file}: give an Ed25519 private key in PEM, without a passphrase"
        )
    return key


def _public(file: Path) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

    try:
        key = load_pem_public_key(file.read_bytes())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Doubt(f"{file} is no Ed25519 public key in PEM")
    return SSlibKey.from_crypto(key)
