"""`python -m workspace_conformance.reference`: the embedded portal for any client to talk to."""

import argparse
import sys
from typing import get_args

from .options import DOCUMENTED_RATE, LimiterKind, Options, parse_rate

PROGRAM = "python -m workspace_conformance.reference"


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serve a small ONLYOFFICE Workspace API portal; print how to reach it.",
    )
    default = Options()
    add = parser.add_argument
    add("--host", default=default.host, metavar="A", help="address to listen at (%(default)s)")
    add("--port", default=0, type=int, metavar="N", help="port to listen at (any free one)")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        help="have this known deviation (may be given several times)",
    )
    add("--list-faults", action="store_true", help="list the known deviations and exit")
    add(
        "--variant",
        action="append",
        default=[],
        metavar="NAME",
        help="differ in this lawful way (may be given several times)",
    )
    add("--list-variants", action="store_true", help="list the lawful ways to differ and exit")
    add("--like", metavar="NAME", help="answer as this known server does")
    add("--latency-ms", default=0.0, type=float, metavar="N", help="added to every answer")
    add(
        "--rate-limit",
        default=str(DOCUMENTED_RATE),
        metavar="N/Ss|off",
        help="requests per period, for each address and account (%(default)s)",
    )
    add(
        "--limiter",
        default=default.limiter,
        choices=get_args(LimiterKind),
        help="where a period begins: with its first request, by the clock, or anywhere",
    )
    add("--seed", default=default.seed, metavar="TEXT", help="decides the ids of records")
    add("--exit-with-stdin", action="store_true", help="end when standard input is closed")
    return parser


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Run the command; gives the exit code (0 a clean end, 2 wrong usage)."""
    parser = _parser(program)
    given = parser.parse_args(arguments)
    if given.list_faults:
        from .faults import listing

        print(listing())
        return 0
    if given.list_variants:
        from .variants import listing as variants

        print(variants())
        return 0
    try:
        options = Options(
            host=given.host,
            port=given.port,
            faults=tuple(given.fault),
            latency_ms=given.latency_ms,
            rate=parse_rate(given.rate_limit),
            limiter=given.limiter,
            seed=given.seed,
            variants=tuple(given.variant),
            like=given.like,
        )
    except ValueError as error:
        parser.error(str(error))
    # Here, not above: neither the list nor a wrong option needs a server.
    from .server import serve

    try:
        serve(options, exit_with_stdin=given.exit_with_stdin)
    except KeyError as error:
        parser.error(error.args[0])
    except OSError as error:
        parser.error(f"cannot listen at {options.host} port {options.port}: {error.strerror}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
