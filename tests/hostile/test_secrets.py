"""No secret leaves a run: every byte that whole runs leave behind is searched, against a portal
that echoes secrets wherever it can.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import subprocess
import sys
import urllib.parse
import zlib
from pathlib import Path

import pytest

from tests.hostile.site import Behaviour, Expect, Site, declares, spelled
from tests.support import ROOT, Call, environment

CANARIES = {
    "TOKEN": "Canary/First+tok=en.~with<every>&kind of'char#7Q2xV9",
    "SECOND_TOKEN": "canary-second_TOKEN.0123456789/ABC+def==",
    "PASSWORD": 'Kanarien "Vogel" & pass/word %41 <3 \\ 8fJw',
}
SEARCHED = 10_000_000  # bytes that a run leaves at least
PIECE = 14  # characters of a secret that must not be found alone, either


def as_xml(text: str) -> str:
    """Every character as a reference."""
    return "".join(f"&#{ord(c)};" if i % 2 else f"&#x{ord(c):X};" for i, c in enumerate(text))


def as_json(text: str) -> str:
    """Every character as an escape of JSON."""
    return "".join(f"\\u{ord(c):04x}" for c in text)


def as_percent(text: str) -> str:
    """Every byte percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def as_base64(text: str) -> list[str]:
    """Base64 at three alignments, in both alphabets."""
    raw = [b"x" * n + text.encode() + b"yz" for n in range(3)]
    return [encode(it).decode() for it in raw for encode in (base64.b64encode, _url_safe)]


def _url_safe(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw)


class Echo:
    """Answers as a correct portal does, and says every secret that it knows wherever it can.

    `failing`: in bodies, statuses and redirects too, and it deletes nothing; otherwise only where a
    correct portal may.
    """

    def __init__(self, failing: bool) -> None:
        self.failing = failing
        self.secrets = dict(CANARIES)

    def __call__(self, call: Call, site: Site) -> bytes:
        """The answer to a request."""
        if self.failing and call.line.startswith("DELETE"):
            return b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
        answer = site.truth(call)
        if call.line.startswith("POST") and "/authentication" in call.line:
            found = re.search(rb'"token":"([^"]+)"|<token>([^<]+)</token>', answer.body)
            if found:
                token = html.unescape((found[1] or found[2]).decode())
                self.secrets[f"issued {len(self.secrets)}"] = token
        turn = site.number
        known = list(self.secrets.values())
        secret = known[turn % len(known)]
        headers = [
            ("Set-Cookie", f"asc_auth_key={urllib.parse.quote(secret)}; Path=/"),
            ("Set-Cookie", f'session="{base64.b64encode(secret.encode()).decode()}"; HttpOnly'),
            ("X-Echo", secret),
            ("X-Echo-Percent", as_percent(secret)),
            ("X-Echo-Base64", as_base64(secret)[turn % 6]),
            ("X-Request", urllib.parse.quote(call.raw[:2000])),
            ("Server", f"echo/{urllib.parse.quote(secret, safe='')}"),
        ]
        if not self.failing:
            return spelled(answer, call, headers=tuple(headers))
        body = self._talking(answer.body, secret, declares(answer, "json"))
        where = urllib.parse.urlencode({"token": secret, "again": as_percent(secret)})
        if turn % 11 == 0:
            headers.append(("Location", f"{site.trap}/login?{where}#{secret}"))
            return spelled(answer, call, headers=tuple(headers), status="302 Found")
        if turn % 7 == 0:
            words = f"ERROR near {secret} and {as_base64(secret)[turn % 6]} " + call.raw.decode()
            return spelled(
                answer,
                call,
                body=words.encode(),
                headers=(*headers, ("Content-Type", f"text/plain; x={secret.split()[0]}")),
                status=f"500 {secret}",
            )
        return spelled(answer, call, body=body, headers=tuple(headers))

    def _talking(self, body: bytes, secret: str, is_json: bool) -> bytes:
        """A body with the secret in every member and every spelling, and sometimes broken."""
        spellings = [as_percent(secret), urllib.parse.quote(secret), *as_base64(secret)]
        if is_json:
            value = json.loads(body)
            value["echo"] = [secret, *spellings]
            if isinstance(value.get("error"), dict):
                value["error"]["message"] = f"no access with {secret}"
            text = json.dumps(value)[:-1] + f', "escaped": "{as_json(secret)}"}}'
            return text.encode()
        echoes = "".join(f"<echo>{html.escape(it)}</echo>" for it in [secret, *spellings])
        end = f"{echoes}<echo>{as_xml(secret)}</echo><![CDATA[{secret}]]></result>"
        return body.replace(b"</result>", end.encode())


def peeled(data: bytes) -> list[str]:
    """What a file says, as it is and with its encodings undone, one after the other."""
    text = data.decode("utf-8", "replace")
    versions = [text]
    for _ in range(2):
        last = versions[-1]
        unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), last)
        unescaped = re.sub(r"\\(.)", r"\1", unescaped)
        versions.append(html.unescape(urllib.parse.unquote(unescaped)))
    versions.append(html.unescape(text))
    versions.append(urllib.parse.unquote_plus(text))
    return versions


def contents(file: Path) -> list[bytes]:
    """The bytes of a file, and of what is packed in it."""
    data = file.read_bytes()
    found = [data]
    if data[:2] == b"\x1f\x8b":
        found.append(gzip.decompress(data))
    for blob in re.findall(rb"[A-Za-z0-9+/]{400,}={0,2}", data):
        try:
            raw = base64.b64decode(blob[: len(blob) // 4 * 4])
            found.append(raw)
            found.append(zlib.decompressobj(47).decompress(raw, 50_000_000))
        except (ValueError, zlib.error):
            continue
    return found


def searched_for(secret: str) -> set[str]:
    """The texts that give a secret away: the whole, its pieces, and base64 of it."""
    pieces = {secret[n : n + PIECE] for n in range(0, len(secret) - PIECE + 1, 2)}
    cores = {it[4:-6] for it in as_base64(secret)}
    return pieces | {core[n : n + 20] for core in cores for n in range(0, len(core) - 19, 4)}


@pytest.mark.slow
@pytest.mark.parametrize("failing", [False, True], ids=["passing", "failing"])
def test_no_secret_is_in_anything_that_a_run_leaves(
    failing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports, terminal, JUnit, logs, caches, temporary files: no canary in any encoding."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(f"WORKSPACE_REFERENCE_{name}", value)
    echo = Echo(failing)
    left = tmp_path / "left"
    (left / "tmp").mkdir(parents=True)
    with Site(Behaviour("echo", "echoes", Expect.ACCUSED, echo, greets=False)) as site:
        assert site.credentials.token == CANARIES["TOKEN"]
        # fmt: off
        line = [
            sys.executable, "-m", "pytest", f"--target={site.url}", "--allow-writes",
            "--allow-burst", "--rate-limit=50000/1s", "--pace=off", "--id-examples=5",
            f"--report-dir={left}/reports", f"--junitxml={left}/junit.xml", "-v", "-rA",
            "--log-level=DEBUG", "-o", "log_cli=true", "--showlocals", "--tb=long",
            f"--log-file={left}/log.txt", "--log-file-level=DEBUG", "--full-trace",
            "-o", f"cache_dir={left}/cache", f"--debug={left}/debug.txt",
        ]
        # fmt: on
        env = environment(
            WORKSPACE_TOKEN=CANARIES["TOKEN"],
            WORKSPACE_SECOND_TOKEN=CANARIES["SECOND_TOKEN"],
            WORKSPACE_USERNAME=site.credentials.username,
            WORKSPACE_PASSWORD=CANARIES["PASSWORD"],
            TMPDIR=str(left / "tmp"),
            XDG_CACHE_HOME=str(left / "tmp"),
            XDG_RUNTIME_DIR=str(left / "tmp"),
            HYPOTHESIS_STORAGE_DIRECTORY=str(left / "hypothesis"),
        )
        with (left / "terminal.txt").open("wb") as out:
            done = subprocess.run(
                line, cwd=ROOT, env=env, stdout=out, stderr=out, timeout=500, check=False
            )
    terminal = (left / "terminal.txt").read_text("utf-8", "replace")
    assert done.returncode == (1 if failing else 0), terminal[-3000:]
    assert any(name.startswith("issued") for name in echo.secrets)
    assert bool(list(left.glob("reports/journal-*"))) == failing
    files = [file for file in left.rglob("*") if file.is_file()]
    assert {"results.json", "junit.xml", "terminal.txt", "log.txt"} <= {f.name for f in files}
    size, found = 0, []
    wanted = {text: name for name, it in echo.secrets.items() for text in searched_for(it)}
    pattern = re.compile("|".join(re.escape(text) for text in sorted(wanted, key=len)[::-1]))
    for file in files:
        for data in contents(file):
            size += len(data)
            for number, text in enumerate(peeled(data)):
                match = pattern.search(text)
                if match:
                    near = text[max(0, match.start() - 200) : match.end() + 60]
                    where = f"{file.relative_to(left)} ({number})"
                    found.append(f"{where}: {wanted[match[0]]}: {near!r}")
                    break
    print(f"searched {size:,} bytes in {len(files)} files for {len(echo.secrets)} secrets")
    assert size > SEARCHED
    assert not found, "\n".join(found)
