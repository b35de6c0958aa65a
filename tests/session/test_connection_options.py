"""What goes along with every connection: further headers, and a certificate of ours."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import against, observed_portal, run_suite
from workspace_conformance.verdict.verdicts import Exit

PASS = "a-pass-that-nobody-may-see"


def test_further_headers_go_with_every_request_and_are_shown_nowhere(tmp_path: Path) -> None:
    seen: list[str | None] = []

    class Closed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["X-Pass"])
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Closed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        env = {
            "WORKSPACE_TARGET": f"http://127.0.0.1:{server.server_port}",
            "WORKSPACE_TOKEN": "some-token-of-somebody",
            "WORKSPACE_HEADERS": f"X-Pass: {PASS}\nX-Route: staging-3\n",
        }
        ran = run_suite(tmp_path, "--requirement=DATE-1", env=env)
        server.shutdown()
    assert ran.code == Exit.NOT_JUDGED
    assert set(seen) == {PASS}


def test_the_values_of_headers_are_secrets(tmp_path: Path) -> None:
    with observed_portal() as portal:
        given = ("--header", f"X-Pass: {PASS}", "--requirement=DATE-1", "-v")
        ran = run_suite(tmp_path, *given, env=against(portal))
    assert ran.code == Exit.OK
    assert ran.results["settings"]["headers"] == ["X-Pass: [header X-Pass]"]
    texts = [file.read_text("utf-8") for file in tmp_path.rglob("*") if file.is_file()]
    assert not [text for text in (*texts, ran.out) if PASS in text]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--header", f"without-a-colon {PASS}"], "--header: write Name: value"),
        (["--header", f"X Pass: {PASS}"], "--header: write Name: value"),
        (["--header", f"X-Pass: {PASS}\xe9"], "--header: write Name: value"),
        (["--header", "Authorization: x"], "the suite sends this header itself"),
        (["--client-key", "key.pem"], "--client-key needs --client-cert"),
        (["--client-cert", "nowhere.pem"], "--client-cert nowhere.pem: cannot be read"),
        (["--client-cert", "README.md"], "no certificate in PEM with its key"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    ran = run_suite(tmp_path, "--embedded", *arguments)
    assert ran.code == Exit.USAGE
    assert words in ran.out
    assert len(ran.out.strip().splitlines()) == 1
    assert PASS not in ran.out
