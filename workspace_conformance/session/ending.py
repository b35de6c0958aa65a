"""The end of a run's traffic: what is under way ends, what was made is removed, connections close."""

from __future__ import annotations

from workspace_conformance.portal import cleaning
from workspace_conformance.session import confirming
from workspace_conformance.session.run import Run


def stop(run: Run) -> None:
    """End what is under way, remove what was made, close the connections. Safe to call twice."""
    if run.transport is None or run.stopped:
        return
    run.stopped = True
    if run.cannot is None and not run.given_up and not run.settings.plan:
        confirming.review(run)
    run.waits.stop()
    halt(run)
    run.transport.settle()
    run.transport.resume()
    if run.given_up:
        run.transport.halt()
    if run.portal is not None and run.settings.allow_writes and not run.settings.replay:
        run.portal.controls.clean_up()
        run.left = cleaning.clean(run.portal)
        run.portal.journal.close()
    run.transport.close()
    if run.embedded is not None:
        run.embedded.stop()


def halt(run: Run) -> None:
    """End what is under way; nothing more is asked until `stop` cleans up."""
    if run.transport is not None:
        run.transport.halt()
    run.scheduler.stop()


def give_up(run: Run) -> None:
    """Remove nothing more: whoever waits for the end of `stop` cannot wait on."""
    run.given_up = True
    if run.transport is not None:
        run.transport.halt()
