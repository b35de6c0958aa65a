"""How pytest was called, put right before it begins: the ini file that is meant, and one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from workspace_conformance.contract.data_files import suite_root
from workspace_conformance.session.options import OPTIONS

ONE_PROCESS: pytest.StashKey[str] = pytest.StashKey()  # what the header says of it


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
    """Judge a target in this process, whatever `-n` asks of pytest-xdist.

    A second process has nothing to win: requests overlap already, and the pace, which all would
    share, is what a run waits for. It has much to lose: the record of what was asked, the records
    that were made, and the quiet that the campaign needs lie in one place.
    """
    option = config.option
    asked = getattr(option, "numprocesses", None) or getattr(option, "tx", None)
    if not asked or not _judges(config):
        return
    option.numprocesses, option.dist, option.distload, option.tx = 0, "no", False, []
    config.stash[ONE_PROCESS] = (
        "one process judges the target, whatever -n says: the pace is shared"
    )


def _judges(config: pytest.Config) -> bool:
    """Whether the suites are among what is to be run."""
    suites = config.rootpath / "suites"
    for argument in config.args:
        path = (config.invocation_params.dir / argument.partition("::")[0]).resolve()
        if path == suites or suites in path.parents or path in suites.parents:
            return True
    return False
