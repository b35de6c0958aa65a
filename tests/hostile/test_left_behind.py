"""After a run the target holds what it held before, record by record, however the run ended."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile import runs
from tests.support import ROOT, Observed, command, environment, observed_portal
from workspace_conformance.contract.kinds import KINDS, letters
from workspace_conformance.contract.requirements import Level, load
from workspace_conformance.portal import journal
from workspace_conformance.reference import Options, Rate
from workspace_conformance.reference.faults import FAULTS
from workspace_conformance.reference.records import Comment, Group, Person, Post
from workspace_conformance.reference.store import Store

WRITING = [f"--requirement={name}" for name in ("REST", "STA", "AUTH-8", "REQ-3")]

NAMES = [
    "conformance-1-{}-life-json",
    "conformance-1-{}-life-xml",
    "conformance-1-{}-life-none",
    "conformance-1-{}-try-json-json",
    "conformance-1-{}-refused-none",
    "conformance-1-{}-refused-json of somebody else",
    "conformance-1-{}-malformed-cut-off",
    "conformance-1-",
    "conformance-1",
    "conformance-11-{}-life-json",
    "Conformance-1-{}-LIFE-json",
    "conformance-2-{}-life-json",
    "my conformance-1-{}-life-json",
]


def full_of_look_alikes(store: Store) -> None:
    """Put records into a portal that are named as those of a run, and are somebody else's."""
    owner = store.people.all()[0].id
    stranger = store.people.all()[2].id
    for name in NAMES:
        title = name.format("post")
        for author in (owner, stranger):
            post = Post(store.new_id(Post, title), title, f"Made by {title}", author, "", "")
            moment = "2024-05-01T12:00:00.0000000Z"
            store.posts.put(replace(post, created=moment, updated=moment))
        comment = Comment(store.new_id(Comment, title), post.id, title, owner, moment, moment)
        store.comments.put(comment)
        store.groups.put(Group(store.new_id(Group, title), name.format("group"), owner))
        email = f"{name.format('person')}@example.com".replace(" ", ".")
        store.people.put(
            Person(
                id=store.new_id(Person, email),
                user_name=store.new_user_name(email),
                email=email,
                first_name="Conformance",
                last_name=letters(name.format("person")),
                created=moment,
            )
        )


def judge(portal: Observed, folder: Path, *arguments: str) -> runs.Whole:
    """A run with everything allowed against an observed portal."""
    return runs.run(
        folder,
        *runs.arguments_for(portal.url, *arguments),
        env=runs.variables_for(portal.credentials),
    )


def clean_up(portal: Observed, file: Path, *arguments: str) -> tuple[int, str]:
    """`pytest --clean-up`, in a process of its own: exit code and output."""
    done = subprocess.run(
        [*command(file.parent)[:3], f"--clean-up={file}", *arguments],
        cwd=ROOT,
        env=environment(WORKSPACE_TOKEN=portal.credentials.token),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


# --- runs that come to their end ------------------------------------------------------------------


@pytest.mark.parametrize(
    "crowded",
    [
        pytest.param(False, id="as it is", marks=pytest.mark.slow),
        pytest.param(True, id="full of look-alikes"),
    ],
)
def test_a_passing_run_leaves_nothing(crowded: bool, tmp_path: Path) -> None:
    """Records, their order and every member are the same; look-alikes too."""
    with observed_portal() as portal:
        if crowded:
            full_of_look_alikes(portal.app.parts.store)
        before = portal.held()
        ran = judge(portal, tmp_path, *WRITING)
        assert portal.held() == before
        writes = [method for method, _ in portal.asked if method in ("POST", "PUT", "DELETE")]
    assert ran.code == 0, ran.out[-3000:]
    traffic = ran.results["traffic"]
    assert traffic["created"] == traffic["deleted"] > 20
    assert traffic["left_behind"] == []
    assert len(writes) > 100
    assert not list(ran.folder.glob("journal-*"))


FAULTY = [
    "refused-post-applied",
    "create-200",
    "create-nothing",
    "created-not-served",
    "broken-body-creates",
    "json-text-cut",
    "json-broken",
    "xml-raw-ampersand",
    "delete-202",
    "delete-204",
    "open-post",
    "default-json",
    "suffix-not-on-delete",
    "update-not-kept",
    "login-no-token",
    "json-field-lost",
]


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTY)
def test_a_failing_run_leaves_nothing(fault: str, tmp_path: Path) -> None:
    """Failing checks, refusals that create all the same, answers without an id: all is removed,
    and no look-alike is."""
    with observed_portal(Options(rate=None, faults=(fault,))) as portal:
        full_of_look_alikes(portal.app.parts.store)
        before = portal.held()
        ran = judge(portal, tmp_path)
        assert portal.held() == before, ran.out[-3000:]
    broken = next(one.requirement for one in FAULTS if one.name == fault)
    is_must = load().requirements[broken].level is Level.MUST
    assert ran.code == int(is_must), ran.out[-3000:]
    assert ran.results["traffic"]["left_behind"] == []


@pytest.mark.parametrize(
    "fault", ["delete-keeps", pytest.param("delete-keeps-group", marks=pytest.mark.slow)]
)
def test_what_cannot_be_removed_is_listed(fault: str, tmp_path: Path) -> None:
    """The summary and results.json name every record that is left, with its URL; the journal
    stays."""
    with observed_portal(Options(rate=None, faults=(fault,))) as portal:
        full_of_look_alikes(portal.app.parts.store)
        before = portal.held()
        ran = judge(portal, tmp_path, "--requirement=STA")
        left = {
            (shelf, record.id)  # type: ignore[attr-defined]
            for shelf, records in portal.held().items()
            for record in records
            if record not in before[shelf] and shelf != "comments"  # they are their post's
        }
        assert all(record in portal.held()[shelf] for shelf in before for record in before[shelf])
    assert left
    assert ran.code == 1
    listed = ran.results["traffic"]["left_behind"]
    paths = {"posts": "community/blog", "groups": "group", "people": "people"}
    urls = {f"{portal.url}/api/2.0/{paths[shelf]}/{id_}" for shelf, id_ in left}
    assert {item["url"] for item in listed} == urls
    assert all(url in ran.out for url in urls)
    (file,) = ran.folder.glob("journal-*.jsonl")
    assert {entry.name for entry in journal.read(file)[1] if not entry.gone} == {
        item["name"] for item in listed
    }


@pytest.mark.parametrize(
    ("fault", "requirement", "further"),
    [
        ("refused-post-applied", "AUTH-8", ("--requirement=AUTH-8",)),
        ("excess-post-applied", "RATE-10", ("--requirement=RATE", "--rate-limit=50/2s")),
    ],
    ids=["401", "503"],
)
def test_a_write_that_is_refused_and_carried_out_is_removed(
    fault: str, requirement: str, further: tuple[str, ...], tmp_path: Path
) -> None:
    """401 to one without a credential, 503 to one in a hurry: what they made all the same goes."""
    rate = Rate(50, 2.0) if requirement == "RATE-10" else None
    with observed_portal(Options(rate=rate, faults=(fault,))) as portal:
        full_of_look_alikes(portal.app.parts.store)
        before = portal.held()
        ran = judge(portal, tmp_path, *further)
        assert portal.held() == before
    assert ran.requirement(requirement)["verdict"] == "failed", ran.out[-3000:]
    assert ran.results["traffic"]["left_behind"] == []


@pytest.mark.slow
def test_twins_are_removed_too(tmp_path: Path) -> None:
    """A portal that makes two records of one POST, the second of which no answer shows."""
    with observed_portal() as portal:
        store = portal.app.parts.store
        full_of_look_alikes(store)
        before = portal.held()
        put = store.posts.put

        def twice(record: Post) -> Post:
            known = {post.id for post in store.posts.all()}
            if record.id not in known:
                put(replace(record, id=store.new_id(Post, f"twin of {record.title}")))
            return put(record)

        store.posts.put = twice  # type: ignore[method-assign]
        judge(portal, tmp_path, "--requirement=STA")
        assert portal.held() == before


# --- runs that do not -----------------------------------------------------------------------------


def interrupted(
    portal: Observed, folder: Path, after: int, stop: Callable[[subprocess.Popen[str]], None]
) -> tuple[int, str]:
    """A run that is stopped once it has sent `after` requests: exit code and output."""
    env = environment(**runs.variables_for(portal.credentials))
    line = [*command(folder), *runs.arguments_for(portal.url), "-m", "not burst"]
    with (folder.parent / "out.txt").open("w+") as out:
        process = subprocess.Popen(
            line, cwd=ROOT, env=env, stdout=out, stderr=out, text=True, stdin=subprocess.DEVNULL
        )
        began = time.monotonic()
        while len(portal.asked) < after and process.poll() is None:
            assert time.monotonic() - began < 200
            time.sleep(0.005)
        stop(process)
        code = process.wait(100)
        out.seek(0)
        return code, out.read()


SEEDS = [pytest.param(n, marks=() if n < 1 else pytest.mark.slow) for n in range(10)]


def moment(seed: int) -> int:
    """After how many requests a run is stopped: more often than not while it writes."""
    return random.Random(seed).randrange(300, 1000)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_ctrl_c_nothing_is_left(seed: int, tmp_path: Path) -> None:
    """At any moment: the clean-up still happens, and the run says it was interrupted."""
    with observed_portal() as portal:
        full_of_look_alikes(portal.app.parts.store)
        before = portal.held()
        code, out = interrupted(
            portal, tmp_path / "reports", moment(seed), lambda p: p.send_signal(signal.SIGINT)
        )
        assert portal.held() == before, out[-3000:]
    assert code == 2, out[-3000:]
    assert "INTERNALERROR" not in out
    assert not list((tmp_path / "reports").glob("journal-*"))


def press(times: int) -> Callable[[subprocess.Popen[str]], None]:
    """Presses Ctrl-C that many times."""

    def stop(process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGINT)
        for _ in range(times - 1):
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)

    return stop


COLLECTIONS = tuple(kind.collection for kind in KINDS)


def is_listed(record: object, urls: set[str], names: list[str]) -> bool:
    """Whether what was left behind is told of, by its place or by its name."""
    told = str(record).lower()
    return any(url in told for url in urls) or any(
        name in told or letters(name).lower() in told for name in names
    )


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 3])
def test_ctrl_c_again_breaks_nothing_off(times: int, tmp_path: Path) -> None:
    """The second is answered by a line and the clean-up goes on; the third gives it up, and what is
    left is listed, with its journal."""
    with observed_portal() as portal:
        posts = portal.app.parts.store.posts
        remove = posts.remove

        def slowly(id_: str) -> None:
            time.sleep(0.3)
            remove(id_)

        posts.remove = slowly  # type: ignore[assignment, method-assign]
        before = portal.held()
        code, out = interrupted(portal, tmp_path / "reports", 600, press(times))
        left = [
            record
            for shelf, records in portal.held().items()
            for record in records
            if record not in before[shelf] and shelf != "comments"  # they are their post's
        ]
    assert code == 2, out[-3000:]
    assert "Traceback" not in out
    assert "INTERNALERROR" not in out
    assert "removing what this run made" in out
    data = json.loads((tmp_path / "reports" / "results.json").read_text("utf-8"))
    files = list((tmp_path / "reports").glob("journal-*"))
    if times == 2:
        assert (left, files, data["traffic"]["left_behind"]) == ([], [], [])
    else:
        assert "given up" in out
        assert len(files) == 1
        listed = data["traffic"]["left_behind"]
        urls = {item["url"].rpartition("/")[2] for item in listed}
        # By its name, where the answer that told its place was not waited for.
        names = [item["name"].lower() for item in listed if item["url"].endswith(COLLECTIONS)]
        lost = [one for one in left if not is_listed(one, urls, names)]
        assert lost == []
        assert urls


@pytest.mark.slow
def test_sigterm_is_an_interruption_too(tmp_path: Path) -> None:
    """Pipelines cancel by it."""
    with observed_portal() as portal:
        before = portal.held()
        code, out = interrupted(
            portal, tmp_path / "reports", 600, lambda p: p.send_signal(signal.SIGTERM)
        )
        assert portal.held() == before, out[-3000:]
    assert code == 2, out[-3000:]
    assert not list((tmp_path / "reports").glob("journal-*"))


@pytest.mark.parametrize("seed", SEEDS)
def test_after_kill_a_journal_cleans_up(seed: int, tmp_path: Path) -> None:
    """After kill -9 a journal remains; the next run says so; --clean-up removes what it lists, and
    nothing else, and can be repeated."""
    reports = tmp_path / "reports"
    with observed_portal() as portal:
        full_of_look_alikes(portal.app.parts.store)
        before = portal.held()
        interrupted(portal, reports, moment(seed), lambda p: os.kill(p.pid, signal.SIGKILL))
        files = list(reports.glob("journal-*.jsonl"))
        if not files:
            assert portal.held() == before
            pytest.skip("nothing was written yet")
        (file,) = files
        left = sum(map(len, portal.held().values())) - sum(map(len, before.values()))
        listed = journal.read(file)[1]

        # A later run, with the same seed, says so, is not disturbed, and leaves those records be.
        holding = portal.held()
        ran = judge(portal, tmp_path, "--requirement=STA")
        assert str(file.name) in ran.out
        assert "--clean-up" in ran.out
        assert ran.code == 0, ran.out[-3000:]
        assert portal.held() == holding

        # As if the kill had cut a line of the journal off.
        file.write_bytes(file.read_bytes() + b'{"gone": "community/bl')
        code, out = clean_up(portal, file)
        assert portal.held() == before, out
        assert code == 0, out
        assert not file.exists()
        code, out = clean_up(portal, file)
        assert code == 4, out
        assert "there is no such file" in out
        assert portal.held() == before
    print(f"{len(listed)} records listed, {left} of them there")


# --- the command ----------------------------------------------------------------------------------


def test_clean_up_removes_only_what_is_listed(tmp_path: Path) -> None:
    """Records with a place, one that is known by name only, one that was never made."""
    with observed_portal() as portal:
        store = portal.app.parts.store
        full_of_look_alikes(store)
        before = portal.held()
        owner = store.people.all()[0].id
        ours = []
        for name in ("conformance-7-post-a", "conformance-7-post-b"):
            date = "2024-05-01T12:00:00.0000000Z"
            record = Post(store.new_id(Post, name), f"{name} x", "", owner, date, date)
            ours.append(store.posts.put(record))
        notes = journal.Journal(tmp_path / "journal-1.jsonl", portal.url)
        notes.intend("post", "conformance-7-post-a")
        notes.made_at("conformance-7-post-a", f"community/blog/{ours[0].id}")
        notes.intend("post", "conformance-7-post-b")
        notes.intend("group", "conformance-7-group-c")
        code, out = clean_up(portal, tmp_path / "journal-1.jsonl")
        assert code == 0, out
        assert "removed 2" in out
        assert portal.held() == before
    assert not list(tmp_path.iterdir())


def test_clean_up_knows_what_an_update_called_a_record(tmp_path: Path) -> None:
    """A run that was killed while a group of its bore another text than its name; an edited journal
    that says so of somebody else's group.
    """
    with observed_portal() as portal:
        store = portal.app.parts.store
        other = store.groups.all()[0]
        before = portal.held()
        ours = store.groups.put(replace(other, id=store.new_id(Group, "ours"), name="0012.50"))
        file = tmp_path / "journal-1.jsonl"
        notes = journal.Journal(file, portal.url)
        for name, group, text in (("a", ours, "0012.50"), ("b", other, other.name)):
            notes.intend("group", f"conformance-7-group-{name}")
            notes.made_at(f"conformance-7-group-{name}", f"group/{group.id}")
            notes.called(f"conformance-7-group-{name}", text)
        _, out = clean_up(portal, file)
        assert portal.held() == before, out


def test_clean_up_of_what_stays_keeps_the_journal(tmp_path: Path) -> None:
    with observed_portal(Options(rate=None, faults=("delete-keeps",))) as portal:
        store = portal.app.parts.store
        post = store.posts.all()[0]
        file = tmp_path / "journal-1.jsonl"
        notes = journal.Journal(file, portal.url)
        notes.intend("post", "conformance-7-post-a")
        store.posts.put(replace(post, title="conformance-7-post-a"))
        notes.made_at("conformance-7-post-a", f"community/blog/{post.id}")
        code, out = clean_up(portal, file)
        assert code == 1
        assert f"{portal.url}/api/2.0/community/blog/{post.id}" in out
        assert [entry.name for entry in journal.read(file)[1]] == ["conformance-7-post-a"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "lists no record"),
        (b"hello\n\n", "line 1"),
        (b"\xff\xfe\x00", "it is no text"),
        (b'{"will": "make", "kind": "post", "name": "mine", "target": "TARGET"}\n', "no record of"),
        (
            b'{"will": "make", "kind": "wiki", "name": "conformance-1", "target": "TARGET"}\n',
            "no record of",
        ),
        (
            b'{"will": "make", "kind": "post", "name": "conformance-1", "target": "TARGET"}\n'
            b'{"made": "people/@self", "name": "conformance-1"}\n',
            "no record of",
        ),
        (
            b'{"will": "make", "kind": "post", "name": "conformance-1", "target": "TARGET"}\n'
            b'{"made": "community/blog/../../people/x", "name": "conformance-1"}\n',
            "no record of",
        ),
    ],
)
def test_what_is_no_journal_is_refused_before_any_request(
    content: bytes, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "journal-1.jsonl"
    with observed_portal() as portal:
        file.write_bytes(content.replace(b"TARGET", portal.url.encode()))
        code, out = clean_up(portal, file)
        assert code == 4, out
        assert says in out
        assert portal.asked == []
    assert "Traceback" not in out


def test_another_target_is_refused_before_any_request(tmp_path: Path) -> None:
    file = tmp_path / "journal-1.jsonl"
    notes = journal.Journal(file, "http://portal.test")
    notes.intend("post", "conformance-7-post-a")
    with observed_portal() as portal:
        code, out = clean_up(portal, file, f"--target={portal.url}")
        assert portal.asked == []
    assert code == 4
    assert "the journal is of http://portal.test" in out
