"""report.html: one self-contained page for the person who reads the result.

A target's answers are hostile input. Everything is escaped by Jinja2; characters that are invisible
or turn text around are spelt out; and the page's policy lets nothing run or load but its own style
and script, which it names by their digests.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workspace_conformance.exchange.messages import Exchange
from workspace_conformance.reporting import judged_target
from workspace_conformance.reporting import page as pages
from workspace_conformance.reporting.chart import chart
from workspace_conformance.reporting.coverage import grid
from workspace_conformance.reporting.operation_map import operation_map
from workspace_conformance.transport.redaction import Redactor

TEMPLATES = Path(__file__).resolve().parent / "templates"
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"}


def render(data: Mapping[str, Any], exchanges: Mapping[int, Exchange], redactor: Redactor) -> str:
    """The page for a result: `data` is results.json, redacted; `exchanges` are those that its cases
    name, as they were recorded.
    """
    css = style()
    js = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    measured = data.get("measured")
    return (
        environment()
        .get_template("report.html")
        .render(
            page=pages.page(data, exchanges, redactor),
            data=data,
            judged=judged_target.words(data),
            chart=chart(measured, data["settings"]["rate_limit"]),
            measured=measured,
            retry_after=retry_after(measured),
            grid=grid(data),
            map=operation_map(data),
            order=pages.ORDER,
            examples=pages.EXAMPLES,
            css=Markup(css),
            js=Markup(js),
            policy=policy(css, js),
        )
    )


def style() -> str:
    """The style of every page."""
    return (TEMPLATES / "report.css").read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Where templates are rendered: everything is escaped, and a name that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["short"] = pages.short
    made.filters["day"] = pages.moment
    made.filters["capital"] = lambda text: text[:1].upper() + text[1:]
    return made


def policy(css: str, js: str | None = None) -> str:
    """The Content-Security-Policy of a page with this style and this script, and nothing else."""
    script = "'none'" if js is None else f"'{_digest(js)}'"
    return (
        f"default-src 'none'; style-src '{_digest(css)}'; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )


def visible(value: Any) -> Any:
    """A text with every control, bidirectional and other invisible character spelt out as ⟨U+202E⟩;
    line feed and tab stay. Anything but a text is left as it is.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(map(_visible, value))


def _visible(char: str) -> str:
    if char in "\n\t" or unicodedata.category(char) not in _INVISIBLE:
        return char
    return f"⟨U+{ord(char):04X}⟩"


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def retry_after(measured: Mapping[str, Any] | None) -> str:
    """The values of Retry-After that were seen, in words."""
    values = (measured or {}).get("retry_after", [])
    shown = [pages.short(value, 40) if value is not None else "missing" for value in values[:10]]
    return ", ".join(shown) + (f" and {len(values) - 10} more" if len(values) > 10 else "")
