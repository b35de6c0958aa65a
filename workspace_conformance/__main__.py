"""`workspace-conformance` and `python -m workspace_conformance`: the suite from anywhere."""

import sys

from workspace_conformance.session.command import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
