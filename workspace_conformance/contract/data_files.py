"""Where the suites and the contract's data files are: in the checkout, or in an installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
# The copy inside the package exists only in an installed wheel, and belongs to that very version.
_CANDIDATES = (_PACKAGE / "_data", _PACKAGE.parent)


def schema_path(name: str) -> Path:
    """The path of one data file of the contract.

    name: the file's name inside ``schemas/``, such as ``"openapi.yaml"``.
    Returns: its path inside the package in a wheel, else in the checkout's ``schemas/``.
    Raises: FileNotFoundError, naming where it was looked for, when there is no such file.
    """
    folders = [candidate / "schemas" for candidate in _CANDIDATES]
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    places = " nor in ".join(str(folder) for folder in folders)
    raise FileNotFoundError(f"{name} is neither in {places}")


def suite_root() -> Path:
    """The folder that holds ``suites/``, and the ``pytest.ini`` and ``conftest.py`` that they run
    with: inside the package in a wheel, else the checkout.
    """
    return next((place for place in _CANDIDATES if (place / "suites").is_dir()), _CANDIDATES[-1])
