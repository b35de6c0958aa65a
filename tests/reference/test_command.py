"""The portal as a process: the command, and the helper that starts it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from workspace_conformance.reference import LaunchError, Options, Rate, Running, launch
from workspace_conformance.reference.__main__ import main


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One portal for all tests of this module that only talk to it."""
    with launch(Options(rate=None, latency_ms=1)) as portal:
        yield portal


def ask(
    portal: Running, method: str, target: str, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    """A request whose target is sent as it is."""
    parts = urlsplit(portal.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in (headers or {"Authorization": portal.token}).items():
        connection.putheader(name, value)
    connection.endheaders()
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply


def test_what_it_prints_is_enough_to_use_it(running: Running) -> None:
    assert ask(running, "GET", "/api/2.0/people/@self").status == 200
    second = {"Authorization": running.second_token}
    assert ask(running, "GET", "/api/2.0/people/@self", second).status == 200
    assert running.username == "Mike.Zanyatski"
    assert len(running.password) > 15


def test_the_path_arrives_as_it_was_sent(running: Running) -> None:
    assert ask(running, "GET", "/api/2.0/people/x%2F..%2F..%2Fgroup").status == 404
    assert ask(running, "GET", "/api/2.0/people/..%2f@self").status == 404
    assert ask(running, "GET", "/api/2.0/people/../group").status == 404


def test_methods_arrive_as_they_were_sent(running: Running) -> None:
    for method, status in (("HEAD", 200), ("INVENTED", 405), ("TRACE", 405), ("PATCH", 405)):
        assert ask(running, method, "/api/2.0/people").status == status


def test_a_broken_answer_breaks_the_connection() -> None:
    with (
        launch(Options(faults=("wrong-form-breaks-off",))) as portal,
        pytest.raises(http.client.IncompleteRead),
    ):
        ask(portal, "GET", "/api/2.0/group/wrong")


def test_it_ends_when_it_is_stopped() -> None:
    portal = launch(Options(rate=Rate(1, 10), limiter="sliding"))
    assert ask(portal, "GET", "/api/2.0/group").status == 200
    assert ask(portal, "GET", "/api/2.0/group").status == 503
    portal.stop()
    portal.stop()
    assert portal.process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent another way there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    portal = launch()
    os.kill(portal.process.pid, number)
    assert portal.process.wait(10) == 0
    portal.stop()


def test_secrets_can_be_given_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_REFERENCE_TOKEN", "it's a token # with $signs")
    monkeypatch.setenv("WORKSPACE_REFERENCE_PASSWORD", 'pass "word"')
    with launch() as portal:
        assert portal.token == "it's a token # with $signs"
        assert portal.password == 'pass "word"'


def test_a_port_that_is_taken_is_one_clear_error() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LaunchError, match=f"cannot listen at 127.0.0.1 port {port}"):
            launch(Options(port=port))


def test_wrong_options_are_one_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["--fault", "nonsense-x"], "there is no fault 'nonsense-x'"),
        (["--rate-limit", "many"], "a rate limit is written like"),
    ):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2
        assert words in capsys.readouterr().err


def test_the_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-faults"]) == 0
    assert "default-json " in capsys.readouterr().out


def test_several_variants_may_stand_between_commas() -> None:
    with launch(Options(variants=("no-crm,no-mail", "mailserver-forbidden"))) as portal:
        found = [
            ask(portal, "GET", f"/api/2.0/{path}").status
            for path in ("crm/task/filter", "mail/tags", "mailserver/domains/get", "project")
        ]
    assert found == [404, 404, 403, 200]


def test_the_command_prints_shell_lines() -> None:
    command = [sys.executable, "-m", "workspace_conformance.reference", "--exit-with-stdin"]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=True)
    lines = done.stdout.splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "export WORKSPACE_TARGET",
        "export WORKSPACE_TOKEN",
        "export WORKSPACE_USERNAME",
        "export WORKSPACE_PASSWORD",
        "export WORKSPACE_SECOND_TOKEN",
        "# ready",
    ]
