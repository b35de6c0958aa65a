"""Scripts of curl lines that show a violation again: for whoever has to mend it, without the suite.

A script makes its own record where it needs one, asks what the case asked, says whether the answers
are those that were judged, and removes what it made. Its exit code is 1 where the violation is seen,
0 where it is not, 2 where it could not be tried.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workspace_conformance.contract.requirements import Requirement
from workspace_conformance.exchange.messages import Exchange, Request
from workspace_conformance.reporting import chains, evidence, same_answer
from workspace_conformance.reporting.chains import Made
from workspace_conformance.reporting.marking import culprits
from workspace_conformance.reporting.results import Result
from workspace_conformance.reporting.violated import CAUSES, kind_of, simplest
from workspace_conformance.settings import Settings
from workspace_conformance.transport import proxies
from workspace_conformance.transport.redaction import Redactor
from workspace_conformance.verdict.verdicts import CaseResult, Judged, Verdict

FOLDER = "reproduce"
TEMPLATES = Path(__file__).resolve().parent / "templates"
LARGEST = 1_000_000  # bytes of a body that a script compares

_OUR_NAME = re.compile(rb"conformance-[\w-]+")
# Words of a violation that does not show in the status or the headers alone.
_IN_BODY = re.compile(r"well-formed|byte order mark|\bthen\b|effect|shows|holds|discloses|was made")
_EFFECT = re.compile(r"\beffect\b|was made|\bthen\b")
_BURST = (
    "it shows in a burst of hundreds of requests within seconds, which is no curl line; the report's "
    "picture of the limiter and exchanges.har show it"
)


class NoScript(Exception):
    """A violation that a script cannot show; the message says why."""


@dataclass(frozen=True, slots=True)
class Script:
    """What shows one finding again: a file's name and text; without a text, `why` there is none."""

    requirement: str
    case: str
    name: str
    text: str = ""
    why: str = ""


def scripts(result: Result, redactor: Redactor) -> list[Script]:
    """A script for each distinct finding: at most some few of one requirement."""
    made: list[Script] = []
    for row in result.judged:
        if row.verdict is Verdict.FAILED:
            made += _of_requirement(row, result, redactor)
    return made


def _of_requirement(row: Judged, result: Result, redactor: Redactor) -> Iterator[Script]:
    kinds: dict[str, list[CaseResult]] = {}
    for case in row.cases:
        if str(case.outcome) == "failed":
            kinds.setdefault(kind_of(case.message), []).append(case)
    ranked = sorted(kinds.values(), key=lambda cases: -len(cases))[: CAUSES + 1]
    for cases in ranked:
        case = simplest(cases, result.exchanges)
        name = f"{row.requirement.id}-{_slug(case.id)}.sh"
        try:
            text = _script(row.requirement, case, result, redactor)
        except NoScript as why:
            yield Script(row.requirement.id, case.id, name, why=str(why))
        else:
            yield Script(row.requirement.id, case.id, name, text)


def _slug(case: str) -> str:
    words = case.partition("::")[2].removeprefix("test_") or case
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:70].rstrip("-")


def _script(requirement: Requirement, case: CaseResult, result: Result, redactor: Redactor) -> str:
    if requirement.prefix == "RATE":
        raise NoScript(_BURST)
    if result.settings.headers:
        raise NoScript("it needs further headers (--header), whose values are secrets")
    steps = chains.chain(case.exchanges, case.shown_by, result.exchanges)
    if not steps:
        raise NoScript("no single exchange shows it")
    told = result.exchanges[case.shown_by or 0]
    writer = _Writer(result, redactor, steps, told, case.message)
    body = "\n".join(writer.steps(differs=requirement.id == "REST-4"))
    comment = [
        f"{requirement.id} ({requirement.level}): {requirement.statement}",
        f"Seen at {result.target_url}: {case.message}",
        f"Case: {case.id}",
    ]
    parts = {
        "COMMENT": "\n".join(f"# {line}" for line in _prose(redactor.text("\n".join(comment)))),
        "PORTAL": shlex.quote(result.target_url),
        "NEEDS": writer.needed(),
        "CURL": _options(result.settings),
        "EVEN": same_answer.SCRIPT,
        "REMOVALS": "\n".join(f"  {line}" for line in writer.removals()),
        "STEPS": body,
        "SEEN": _said(f"{requirement.id}: {case.message}", redactor),
    }
    template = (TEMPLATES / "reproduce.sh").read_text("utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: parts[found[1]], template)


def _prose(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield "".join(char if char.isprintable() else "?" for char in line)[:400]


def _said(text: str, redactor: Redactor) -> str:
    return shlex.quote(" ".join(_prose(redactor.text(text))))


def _options(settings: Settings) -> str:
    """curl's words that every request of a script needs: authorities, certificate, proxy."""
    words = ["-m", "60"]
    if settings.ca is not None:
        words += ["--cacert", str(settings.ca)]
    for flag, file in zip(("--cert", "--key"), settings.identity or (), strict=False):
        words += [flag, str(file)] if file else []
    if settings.proxy:
        words += ["-x", proxies.shown(settings.proxy)]
    return shlex.join(words)


class _Writer:
    """Writes the steps of one script."""

    def __init__(
        self,
        result: Result,
        redactor: Redactor,
        chain: Sequence[Exchange],
        told: Exchange,
        message: str,
    ) -> None:
        self._root = result.target_url
        self._seed = result.settings.seed
        self._redactor = redactor
        self._chain = chain
        self._told = told
        self._message = message
        self._makers: dict[int, Made] = {}
        self._posts: list[tuple[int, str, str, str]] = []  # step, listing, item, name
        self._variables: dict[str, str] = {}
        self._lines: list[str] = []
        for one in chain:
            made = chains.made_by(one)
            if made is not None:
                self._makers[one.number] = made
            elif (
                one.request.method == "POST"
                and one.succeeded
                and "authentication" not in one.request.url
            ):
                raise NoScript("it makes something of which no script knows how to remove it")
        if len(self._makers) > same_answer.RECORDS:
            raise NoScript("it needs more records of ours than a script makes")
        if any(one.request.address for one in chain):
            raise NoScript("it needs another local address")

    # --- steps --------------------------------------------------------------------------------

    def steps(self, *, differs: bool) -> Iterator[str]:
        """The lines that ask, and those that compare the answers with what was judged."""
        writes = any(not one.request.safe for one in self._chain)
        for number, one in enumerate(self._chain, 1):
            yield from self._step(number, one)
        twins = [n for n, one in enumerate(self._chain, 1) if one.request == self._told.request]
        if differs:
            if len(twins) < 2:
                raise NoScript("it shows in what other requests changed, and not in one answer")
            yield f"differ {twins[0]} {twins[-1]}"
            return
        lines: dict[str, None] = {}
        at = self._chain.index(self._told)
        for number, one in enumerate(self._chain, 1):
            if one is self._told:
                lines |= dict.fromkeys(self._compared(number, one, writes))
            elif self._is_telling(number - 1, at, writes):
                lines |= dict.fromkeys(self._whole(number, one))
        if not self._told.request.safe and _EFFECT.search(self._message):
            lines |= dict.fromkeys(self._effect(at))
        yield from lines

    def _effect(self, told: int) -> Iterator[str]:
        """Lines that look for what a write did: in the record, or for its name in a list."""
        ours = [made.id for made in self._makers.values()]
        for number, one in enumerate(self._chain[told + 1 :], told + 2):
            if any(identity in one.request.url for identity in ours):
                return  # compared as a whole
            body = one.response.body if one.response else b""
            names = [name for _, _, _, name in self._posts if name.encode() in body]
            if names:
                yield f"contains {number} {shlex.quote(names[-1])}"
                return
        raise NoScript("what the write did shows in a list that others change meanwhile")

    def _step(self, number: int, one: Exchange) -> Iterator[str]:
        request = self._spelled(one.request)
        where = one.request.url.removeprefix(self._root)
        yield ""
        yield f"say {_said(f'{number}. {one.request.method} {where}', self._redactor)}"
        made = self._makers.get(one.number)
        kind = chains.kind_at(chains.base(one.request.url).partition("/api/2.0/")[2])
        if one.request.method == "POST" and kind is not None:
            name = _OUR_NAME.search(one.request.body)
            listing, item = self._at(kind.listing, one), self._at(kind.item, one)
            removal = json.dumps(kind.typed(kind.removal())) if kind.sent_to_remove else ""
            if name is not None:
                self._posts.append((number, listing, item, name[0].decode()))
                self._lines.append(
                    f"sweep {listing} {item} {shlex.quote(name[0].decode())} {shlex.quote(removal)}"
                )
            elif made is not None:
                raise NoScript("what it makes bears no name of ours, by which to remove it")
            yield f"listed {number} {listing}"
        line = evidence.curl(request, self._redactor)
        if len(line) > 60_000:
            raise NoScript("its request is too long for a line")
        if not re.search(r"[][{}]", one.request.url):
            line = line.replace(" --globoff", "", 1)  # meant for the names of variables
        words = re.sub(r"^curl -([iI])", lambda m: "curl" + (" -I" if m[1] == "I" else ""), line)
        head = f'-D "$DIR/{number}.head" -o "$DIR/{number}.body"'
        yield words.replace("curl", f"curl {head}", 1)
        yield f"answered {number} $?"
        if made is not None:
            yield from self._take(number, one, made)

    def _take(self, number: int, one: Exchange, made: Made) -> Iterator[str]:
        """Lines that read the id of the record that the answer says was made."""
        assert one.response is not None
        at = list(self._makers).index(one.number) + 1
        name = chains.kind_at(chains.base(one.request.url).partition("/api/2.0/")[2])
        member = name.id if name is not None else "id"
        flat = one.response.body.translate(None, b"\r\n")
        for form, pattern in (
            ("json", rf'"{member}" *: *"?([^",}}]+)'),
            ("xml", rf"<{member}>([^<]+)"),
        ):
            found = [text.decode("utf-8", "replace") for text in re.findall(pattern.encode(), flat)]
            if made.id in found:
                place = found.index(made.id) + 1
                yield f"ID{at}=$(take {number} {form} {member} {place})"
                # Where the making itself is what is judged, a portal may rightly make nothing.
                needed = f'[ -z "$ID{at}" ] || ' if one is self._told else ""
                yield f'{needed}ours {number} "$ID{at}"'
                known = f'new {number} "$ID{at}"' if made.listing else f'[ -n "$ID{at}" ]'
                self._lines.append(f'{known} && remove "{self._in_script(made.item)}" ""')
                return
        raise NoScript("the answer does not show the id of what it made as a script could read it")

    def _at(self, path: str, one: Exchange) -> str:
        """A path of a kind as a word of the shell; {parent} stands for what it stood for."""
        rest = chains.base(one.request.url).partition("/api/2.0/")[2]
        parent = ""
        if "{parent}" in path:
            kind = chains.kind_at(rest)
            place = (
                kind.make.split("/").index("{parent}") if kind and "{parent}" in kind.make else -1
            )
            parent = rest.split("/")[place] if place >= 0 else ""
        return f'"{self._in_script(path.replace("{parent}", parent).removesuffix("/{id}"))}"'

    def _in_script(self, text: str) -> str:
        for at, made in enumerate(self._makers.values(), 1):
            text = text.replace(made.id, f"$ID{at}")
        return re.sub(r'([`"\\])', r"\\\1", text)

    def _spelled(self, request: Request) -> Request:
        """The request with variables for the portal's root and for ids of records of ours."""
        url, body = request.url, request.body
        url = f"[portal]{url.removeprefix(self._root)}" if url.startswith(self._root) else url
        for at, made in enumerate(self._makers.values(), 1):
            url = re.sub(rf"(?<=/){re.escape(made.id)}(?![\w-])", f"[record {at}]", url)
            if len(made.id) > 8:
                body = body.replace(made.id.encode(), f"[record {at}]".encode())
        return replace(request, url=url, body=body)

    # --- answers ------------------------------------------------------------------------------

    def _is_telling(self, place: int, told: int, writes: bool) -> bool:
        """Whether another answer than the telling one must be as it was as well: what was read just
        before it, what was read after it, and what the write before it reported, where it is that
        which is contradicted; no list, in which others come and go.
        """
        one = self._chain[place]
        if _by_head(self._message, self._told):
            return False
        if not one.request.safe:
            later = self._chain[place + 1 : told]
            reported = "reported" in self._message and place < told
            return reported and all(each.request.safe for each in later)
        of_ours = any(made.id in one.request.url for made in self._makers.values())
        return place >= told - 1 and (not writes or of_ours)

    def _compared(self, number: int, one: Exchange, writes: bool) -> Iterator[str]:
        response = one.response
        if response is None:
            yield f"same_status {number} ''"
            return
        yield f"same_status {number} {response.status}"
        if _by_head(self._message, one):
            for name in culprits(self._message, response).missing:
                yield f"same_lack {number} {name}"
            if re.search(r"\bdeclares\b", self._message):
                yield self._media(number, one)
            return
        of_ours = any(made.id in one.request.url for made in self._makers.values())
        if writes and one.request.method == "GET" and not of_ours:
            names = [name for _, _, _, name in self._posts if name.encode() in response.body]
            if not names:
                raise NoScript("it shows in a list that others change meanwhile")
            yield f"contains {number} {shlex.quote(names[0])}"
            return
        yield from self._whole(number, one)

    def _whole(self, number: int, one: Exchange) -> Iterator[str]:
        response = one.response
        if response is None:
            yield f"same_status {number} ''"
            return
        yield f"same_status {number} {response.status}"
        yield self._media(number, one)
        raw = response.body
        if len(raw) > LARGEST:
            raise NoScript("the answer is too large to compare")
        text = raw.decode("utf-8", "replace")
        if self._redactor.text(text) != text:
            raise NoScript("the answer holds a secret, which no script repeats")
        if not self._makers and f"conformance-{self._seed}-" in text:
            raise NoScript("it shows in a list that held records of the run, which are gone")
        ours = [made.id for made in self._makers.values()]
        yield f"same_body {number} {same_answer.checksum(same_answer.even(raw, ours))}"

    def _media(self, number: int, one: Exchange) -> str:
        value = one.response.header("content-type") if one.response else None
        return f"same_media {number} {_said(value or '', self._redactor)}"

    # --- around -------------------------------------------------------------------------------

    def removals(self) -> list[str]:
        """The lines that remove what the script made, the last first."""
        return self._lines[::-1]

    def needed(self) -> str:
        """The variables of secrets that the requests use, but for the token."""
        words = " ".join(
            evidence.curl(self._spelled(one.request), self._redactor) for one in self._chain
        )
        return " ".join(
            name for name in ("WORKSPACE_SECOND_TOKEN", "WORKSPACE_PASSWORD") if name in words
        )


def _makes_something(one: Exchange) -> bool:
    login = chains.base(one.request.url).endswith("/authentication")
    return one.request.method == "POST" and one.succeeded and not login


def _by_head(message: str, told: Exchange) -> bool:
    """Whether a violation shows in the status or the headers, whatever the body holds."""
    if told.response is None:
        return True
    if _IN_BODY.search(message):
        return False
    return bool(
        re.match(r"(?:answered|declares)\b", message) or culprits(message, told.response).missing
    )
