"""The picture of a report in the README: `python tests/reporting/picture.py REPORT PICTURE`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Take the top of a report as a browser shows it on a screen of 1200 pixels."""
    sys.path.insert(0, str(ROOT))
    from tests.reporting.browser import chromium

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 1150})
        page.goto(given.report.resolve().as_uri())
        page.screenshot(path=given.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
