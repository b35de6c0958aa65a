"""exchanges.har as Chromium's developer tools read it: by their own importer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import run_suite

from .browser import chromium

_TOOLS = "devtools://devtools/bundled"
_IMPORT = f"""async (text) => {{
    const har = await import("{_TOOLS}/models/har/har.js");
    const root = new har.HARFormat.HARRoot(JSON.parse(text));
    const read = har.Importer.Importer.requestsFromHARLog(root.log);
    return await Promise.all(read.map(async (it) => {{
        const content = await it.requestContentData();
        return [it.requestMethod, it.url(), it.statusCode, content.isTextContent ? content.text : null];
    }}));
}}"""


@pytest.mark.parametrize("fault", [None, "json-as-html"], ids=["conformant", "failing"])
def test_the_developer_tools_open_an_archive(fault: str | None, tmp_path: Path) -> None:
    """Every exchange is there with method, URL, status and body."""
    narrowed = ("--requirement=FMT-1", "--requirement=REQ-1", "--requirement=ID-4")
    ran = run_suite(tmp_path, *narrowed, *([f"--fault={fault}"] if fault else []))
    assert ran.code == (1 if fault else 0), ran.out[-2000:]
    text = (ran.folder / "exchanges.har").read_text("utf-8")
    entries = json.loads(text)["log"]["entries"]
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{_TOOLS}/devtools_app.html")
        seen = page.evaluate(_IMPORT, text)
    assert len(seen) == len(entries) > 50
    for shown, entry in zip(seen, entries, strict=True):
        request, response = entry["request"], entry["response"]
        assert shown[:3] == [request["method"], request["url"], response["status"]]
        if response["content"].get("encoding") is None:
            assert shown[3] in (response["content"]["text"], None)
    assert sum(1 for shown in seen if shown[3]) > 30
