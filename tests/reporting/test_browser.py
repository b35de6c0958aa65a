"""The HTML report as a browser shows it."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support import ROOT, RawServer, reply
from workspace_conformance.exchange.outcomes import Outcome, Reason
from workspace_conformance.reporting.results import Result

from . import samples
from .browser import chromium
from .samples import all_passed, case, exchange, page_of, result


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def mixed() -> Result:
    """A result with something of everything."""
    cases = all_passed()
    failed = Outcome.FAILED
    cases["FMT-1"] = case("FMT-1", failed, message="declares text/html", exchange=1, method="PUT")
    cases["FMT-8"] = case("FMT-8", failed, message="declares text/plain", exchange=2)
    cases["STA-2"] = case(
        "STA-2", Outcome.UNTESTED, reason=Reason.NO_CONSENT, message="give --allow-writes"
    )
    del cases["DATE-1"]
    shown = {
        1: exchange(1, b'{"a":1}', method="PUT", headers=(("Content-Type", "text/html"),)),
        2: exchange(2, b"<a/>", headers=(("Content-Type", "text/plain"),)),
    }
    return result(cases.values(), shown, measured=samples.measured())


class Opened:
    """A report in a page of its own, with what it asked the network for and what it complained of."""

    def __init__(self, browser: Browser, folder: Path, made: Result, **options: object) -> None:
        file = folder / "report.html"
        file.write_text(page_of(made), encoding="utf-8", errors="backslashreplace")
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.url = file.as_uri()
        self.page: Page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.url)

    def shown(self) -> list[str]:
        """The ids of the requirements that can be seen."""
        found: list[str] = self.page.eval_on_selector_all(
            "details.row", "all => all.filter(one => one.offsetParent).map(one => one.id)"
        )
        return found


@pytest.fixture
def report(browser: Browser, tmp_path: Path) -> Opened:
    return Opened(browser, tmp_path, mixed(), viewport={"width": 1280, "height": 900})


def test_nothing_is_loaded_and_nothing_complained_of(report: Opened) -> None:
    assert report.requests == [report.url]
    assert report.complaints == []


def test_the_filter_shows_verdicts_and_words(report: Opened) -> None:
    everything = report.shown()
    assert len(everything) == 61
    report.page.get_by_label("failed 1").check(force=True)
    assert report.shown() == ["FMT-1"]
    report.page.get_by_label("advisory 1").check(force=True)
    assert report.shown() == ["FMT-1", "FMT-8"]
    assert report.page.locator("#told").inner_text() == "2 of 61 shown"
    report.page.get_by_role("searchbox").fill("put TEXT/html")
    assert report.shown() == ["FMT-1"]
    assert report.page.get_by_role("heading", name="Authentication").is_hidden()
    report.page.get_by_role("searchbox").fill("no such words")
    assert report.shown() == []
    report.page.get_by_role("searchbox").fill("")
    report.page.get_by_label("failed 1").uncheck(force=True)
    report.page.get_by_label("advisory 1").uncheck(force=True)
    assert report.shown() == everything


def test_the_filter_works_by_keyboard(report: Opened) -> None:
    report.page.get_by_label("failed 1").focus()
    report.page.keyboard.press("Space")
    assert report.shown() == ["FMT-1"]
    report.page.keyboard.press("Space")
    report.page.get_by_role("searchbox").focus()
    report.page.keyboard.type("STA-2")
    assert "STA-2" in report.shown()
    assert "FMT-1" not in report.shown()
    report.page.keyboard.press("Enter")
    assert report.page.url == report.url


def test_a_link_opens_the_requirement_it_leads_to(report: Opened) -> None:
    report.page.get_by_label("failed 1").check(force=True)
    row = report.page.locator("#STA-2")
    assert row.get_attribute("open") is None
    report.page.locator("a.dot[href='#STA-2']").click()
    row.wait_for()
    assert row.get_attribute("open") is not None
    assert len(report.shown()) == 61, "what is hidden cannot be led to"


def test_the_grid_opens_by_resource(report: Opened) -> None:
    body = report.page.locator("table.grid tbody", has_text="FMT-1").first
    assert body.locator("tr.resource").first.is_hidden()
    button = body.get_by_role("button", name="FMT-1", exact=True)
    button.focus()
    report.page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert body.locator("tr.resource").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_and_fits(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 900}
    opened = Opened(browser, tmp_path, mixed(), viewport=size, color_scheme=scheme)
    opened.page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    opened.page.eval_on_selector_all("table.grid button", "all => all[0].click()")
    found = Axe().run(opened.page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found] == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width


def test_without_scripts_everything_is_there(browser: Browser, tmp_path: Path) -> None:
    opened = Opened(browser, tmp_path, mixed(), java_script_enabled=False)
    assert opened.page.locator("#filter").is_hidden()
    assert opened.page.locator("tr.resource").first.is_visible()
    assert opened.page.locator("#FMT-1 .failure").is_visible()


def test_a_planted_script_does_not_run(browser: Browser, tmp_path: Path) -> None:
    opened = Opened(browser, tmp_path, samples.hostile())
    opened.page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    opened.page.wait_for_load_state("load")
    assert opened.page.evaluate("window.owned === undefined") is True
    assert opened.requests == [opened.url]
    assert opened.complaints == []
    assert opened.page.evaluate("document.querySelectorAll('script').length") == 1
    assert opened.page.evaluate("document.documentElement.classList.contains('js')") is True


def test_the_policy_alone_would_stop_a_script(browser: Browser, tmp_path: Path) -> None:
    opened = Opened(browser, tmp_path, mixed())
    with RawServer(reply()) as server:
        planted = "<script>window.owned=1</script><svg onload=window.owned=1></svg>"
        planted += f"<img src={server.url}>"
        file = tmp_path / "broken.html"
        file.write_text(page_of(mixed()).replace("</main>", f"{planted}</main>"), encoding="utf-8")
        opened.page.goto(file.as_uri())
        assert opened.page.evaluate("window.owned === undefined") is True
        assert server.connections == 0
    assert any("Content Security Policy" in words for words in opened.complaints)


def test_print_shows_findings_and_no_controls(report: Opened) -> None:
    report.page.emulate_media(media="print")
    assert report.page.locator("#filter").is_hidden()
    assert report.page.locator("#FMT-1 .failure").is_visible()
    assert report.page.pdf(format="A4").startswith(b"%PDF-")


def test_print_is_dark_on_white_whatever_the_screen(report: Opened) -> None:
    report.page.emulate_media(media="print", color_scheme="dark")
    style = "getComputedStyle(document.querySelector('pre')).backgroundColor"
    assert report.page.evaluate(style) == "rgb(246, 247, 248)"
    report.page.emulate_media(media="screen", color_scheme="dark")
    assert report.page.evaluate(style) == "rgb(28, 32, 36)"


def test_the_picture_of_the_readme_is_made_by_its_command(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text(page_of(mixed()), encoding="utf-8")
    picture = tmp_path / "picture.png"
    command = re.search(
        r"`python (tests/reporting/picture\.py) ", (ROOT / "docs" / "reports.md").read_text()
    )
    assert command is not None
    subprocess.run(
        [sys.executable, command[1], str(report), str(picture)], cwd=ROOT, check=True, timeout=120
    )
    for file in (picture, ROOT / "docs" / "report.png"):
        head = file.read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        assert struct.unpack(">II", head[16:24]) == (1200, 1150)
