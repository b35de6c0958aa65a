"""The portal in a process of its own, started and stopped from Python."""

import contextlib
import os
import queue
import shlex
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from .options import Options

READY = "# ready"
_PARENT = str(Path(__file__).resolve().parents[2])


class LaunchError(RuntimeError):
    """The portal did not start; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Running:
    """A portal that runs: where it is, and what one needs to use it. Stops at the end of `with`.

    `ca` is the file of the certificate authority to trust, None where it does not speak TLS.
    """

    url: str
    token: str
    username: str
    password: str
    second_token: str
    process: "subprocess.Popen[str]"
    ca: str | None = None

    def stop(self, patience: float = 5.0) -> None:
        """Ask the portal to end, wait for it, and end it by force after `patience` seconds."""
        for ask in (self._close, self.process.terminate, self.process.kill):
            ask()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
                break
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _close(self) -> None:
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def command_line(options: Options) -> list[str]:
    """The arguments that start a portal with these options."""
    arguments = ["--host", options.host, "--port", str(options.port), "--seed", options.seed]
    arguments += ["--latency-ms", str(options.latency_ms), "--limiter", options.limiter]
    arguments += ["--rate-limit", str(options.rate) if options.rate is not None else "off"]
    for name in options.faults:
        arguments += ["--fault", name]
    for name in options.variants:
        arguments += ["--variant", name]
    if options.like is not None:
        arguments += ["--like", options.like]
    return arguments


def _read_lines(stream: IO[str], lines: "queue.Queue[str | None]") -> None:
    with contextlib.suppress(ValueError):
        for line in stream:
            lines.put(line.rstrip("\n"))
    lines.put(None)


def _await_ready(lines: "queue.Queue[str | None]", patience: float) -> dict[str, str] | None:
    """The exported variables, once the portal accepts connections; None if it never does."""
    variables: dict[str, str] = {}
    while True:
        try:
            line = lines.get(timeout=patience)
        except queue.Empty:
            return None
        if line is None:
            return None
        if line == READY:
            return variables
        words = shlex.split(line, comments=True)
        if len(words) == 2 and words[0] == "export":
            name, _, value = words[1].partition("=")
            variables[name] = value


def launch(options: Options | None = None, patience: float = 15.0) -> Running:
    """Start a portal in a process of its own and wait until it accepts connections.

    It ends with this process, however that ends. Raises LaunchError with what the portal wrote
    where it ends at once, or says nothing for `patience` seconds.
    """
    command = [sys.executable, "-m", __package__, *command_line(options or Options())]
    path = os.pathsep.join(filter(None, (_PARENT, os.environ.get("PYTHONPATH"))))
    lines: queue.Queue[str | None] = queue.Queue()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        process = subprocess.Popen(
            [*command, "--exit-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
            # Ctrl-C at a terminal is for the parent: the portal must outlive its clean-up.
            start_new_session=True,
        )
        assert process.stdout is not None
        threading.Thread(target=_read_lines, args=(process.stdout, lines), daemon=True).start()
        variables = _await_ready(lines, patience)
        if variables is None:
            process.kill()
            process.wait()
            complaints.seek(0)
            said = complaints.read().strip() or "it said nothing"
            raise LaunchError(f"the embedded portal did not start: {said}")
    return Running(
        url=variables["WORKSPACE_TARGET"],
        token=variables["WORKSPACE_TOKEN"],
        username=variables["WORKSPACE_USERNAME"],
        password=variables["WORKSPACE_PASSWORD"],
        second_token=variables["WORKSPACE_SECOND_TOKEN"],
        process=process,
        ca=variables.get("WORKSPACE_CA"),
    )
