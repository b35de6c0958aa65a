"""Where the contract's data files are: in the checkout, or in an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
# The copy inside the package exists only in an installed wheel, and belongs to that very version.
_CANDIDATES = (_PACKAGE / "_data" / "schemas", _PACKAGE.parent / "schemas")


def schema_path(name: str) -> Path:
    """The path of one data file of the contract.

    name: the file's name inside ``schemas/``, such as ``"openapi.yaml"``.
    Returns: its path inside the package in a wheel, else in the checkout's ``schemas/``.
    Raises: FileNotFoundError, naming where it was looked for, when there is no such file.
    """
    for candidate in _CANDIDATES:
        if (candidate / name).is_file():
            return candidate / name
    places = " nor in ".join(str(candidate) for candidate in _CANDIDATES)
    raise FileNotFoundError(f"{name} is neither in {places}")
