"""How pytest was called, put right before it begins: the ini file that is meant, and one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from workspace_conformance.contract.data_files import suite_root
from workspace_conformance.session.options import OPTIONS, taken

NOTES: pytest.StashKey[list[str]] = pytest.StashKey()  # what the header says of how it was called
_LISTING = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")


def only_shows(config: pytest.Config) -> bool:
    """Whether pytest is to show what there is, and to run nothing: then nothing is sent, and no
    earlier result is touched.
    """
    return any(getattr(config.option, name, False) for name in _LISTING)


def notes(config: pytest.Config) -> list[str]:
    """What was put right of how pytest was called, and which options other plugins have."""
    rival = [
        f"{option.flag} is another plugin's here: ours is {option.long}"
        + (f" or {option.variable}" if option.variable else "")
        for option in taken(config)
    ]
    return [*config.stash.get(NOTES, []), *rival]


def keep_to_suites(config: pytest.Config) -> None:
    """Where the whole checkout is named (`pytest PATH_OF_CLONE`), collect its suites alone: what
    tests the harness is not about any target.
    """
    root = config.rootpath
    if not (root / "suites").is_dir() or not (root / "workspace_conformance").is_dir():
        return
    here = config.invocation_params.dir
    config.args = [
        str(root / "suites") if (here / argument).resolve() == root else argument
        for argument in config.args
    ]


def complain_without_suites(config: pytest.Config) -> None:
    """Raise UsageError where an option of the suite is given and there is no suite to run."""
    given = [option for option in OPTIONS if config.getoption(option.dest, None) is not None]
    if given and not (config.rootpath / "suites").is_dir():
        raise pytest.UsageError(
            f"{given[0].flag} is given, and there are no suites here: "
            "run workspace-conformance, or pytest with the path of a clone of the suite"
        )


def is_meant(config: pytest.Config) -> bool:
    """Whether pytest was called for the suites: where they are, or with an option of theirs. In other
    projects the suite may be installed, too.
    """
    if config.inipath is not None and config.inipath == _own_ini(config.rootpath):
        return True
    given = any(config.getoption(option.dest, None) is not None for option in OPTIONS)
    return given or config.rootpath == suite_root()


def with_own_ini(config: pytest.Config) -> list[str] | None:
    """The arguments to start pytest with again, where it was led astray; None where it was not.

    pytest looks for its ini file above every argument that exists as a path, and does so before it
    knows our options: with `--report-dir ../out` it would look in ../out. Once the options are
    known, the ini file can be named.
    """
    ini = _own_ini(Path(config.invocation_params.dir))
    given = [str(argument) for argument in config.invocation_params.args]
    if ini is None or config.inipath == ini or "-c" in given:
        return None
    return [*given, "-c", str(ini), "--rootdir", str(ini.parent)]


def _own_ini(here: Path) -> Path | None:
    """The pytest.ini of the checkout that pytest was started in, if it was started in one."""
    for folder in (here, *here.parents):
        if (folder / "pytest.ini").is_file():
            is_ours = (folder / "suites").is_dir() and (folder / "workspace_conformance").is_dir()
            return folder / "pytest.ini" if is_ours else None
    return None


def keep_to_one_process(config: pytest.Config) -> None:
    """Judge a target in this process, whatever `-n` asks of pytest-xdist, or `--forked` of
    pytest-forked.

    A second process has nothing to win: requests overlap already, and the pace, which all would
    share, is what a run waits for. It has much to lose: the record of what was asked, the records
    that were made, and the quiet that the campaign needs lie in one place.
    """
    option = config.option
    asked = {
        "-n": getattr(option, "numprocesses", None) or getattr(option, "tx", None),
        "--forked": getattr(option, "forked", False),
    }
    if not any(asked.values()) or not _judges(config):
        return
    if asked["-n"]:
        option.numprocesses, option.dist, option.distload, option.tx = 0, "no", False, []
    if asked["--forked"]:
        option.forked = False
    names = " and ".join(name for name, given in asked.items() if given)
    config.stash.setdefault(NOTES, []).append(
        f"one process judges the target, whatever {names} says: the pace is shared"
    )


def _judges(config: pytest.Config) -> bool:
    """Whether the suites are among what is to be run."""
    suites = config.rootpath / "suites"
    if not suites.is_dir():
        return False
    for argument in config.args:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        if path == suites or suites in path.parents or path in suites.parents:
            return True
    return False
