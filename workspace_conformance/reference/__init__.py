"""The embedded portal: a small, real server of the ONLYOFFICE Workspace API to judge.

It keeps the whole contract, and can be given known faults. `launch` starts one in a process of
its own; `python -m workspace_conformance.reference` does so from a shell; `create_app` in
`.assembly` makes an ASGI application to call in process.

It uses nothing of the harness but the contract.
"""

from .launcher import LaunchError, Running, launch
from .options import DOCUMENTED_RATE, Options, Rate, parse_rate

__all__ = ["DOCUMENTED_RATE", "LaunchError", "Options", "Rate", "Running", "launch", "parse_rate"]
