"""Comments of a post of ours: making one, and deleting one."""

from __future__ import annotations

from workspace_conformance import views
from workspace_conformance.client import as_form, as_json, succeeded
from workspace_conformance.exchange import Exchange
from workspace_conformance.expectations import given_success
from workspace_conformance.experiments import deletion
from workspace_conformance.identifiers import encode
from workspace_conformance.kinds import POST
from workspace_conformance.outcomes import Reason, Untested
from workspace_conformance.portal import Portal


def commented(portal: Portal) -> tuple[Exchange, bool]:
    """POST a comment to a post of ours; the exchange, and whether the post's comments show it.

    Where the account cannot write posts, another kind of record is made in its place.
    """
    return portal.once("commented on", lambda: _commented(portal))


def _commented(portal: Portal) -> tuple[Exchange, bool]:
    kinds = portal.creatable()
    if POST not in kinds:
        name = portal.name(kinds[0].name, "in-place-of-comment")
        fields = portal.fields(kinds[0], name)
        made, record = portal.create(kinds[0], name, "json", as_json(fields))
        return made, record is not None
    post = portal.make(POST, "commented")
    text = portal.name("comment")
    path = f"{post.path}/comment"
    exchange = _comment(portal, path, text)
    shown = portal.served(path, fresh=True)
    given_success(shown, "the comments of the post")
    identity = views.text(views.record(exchange), "id")
    # Whether its text arrived whole is another question.
    return exchange, any(
        text in str(view) or (identity and views.text(view, "id") == identity)
        for view in views.records(shown)
    )


def uncommented(portal: Portal) -> tuple[Exchange, bool]:
    """DELETE a comment of ours; the exchange, and whether the post's comments still show it.

    Where the account cannot write posts, another kind of record is deleted in its place.
    """
    if POST not in portal.creatable():
        removed = deletion(portal, 1, "json")
        return removed.asked, succeeded(removed.after)
    post = portal.make(POST, "uncommented")
    text = portal.name("comment-to-delete")
    path = f"{post.path}/comment"
    exchange = _comment(portal, path, text)
    shown = portal.served(path, fresh=True)
    found = [view for view in views.records(shown) if text in str(view)]
    identity = views.text(found[0], "id") if found else ""
    if not identity:
        raise Untested(Reason.SETUP_FAILED, "the post does not show the comment that was made")
    one = f"community/blog/comment/{encode(identity)}"
    exchange = portal.ask("DELETE", one, "json")
    if not succeeded(exchange):
        exchange = portal.ask("DELETE", one)
    after = portal.served(path, fresh=True)
    given_success(after, "the comments of the post")
    # Some portals keep the place of a deleted comment, and no longer its text; and where the answer
    # to the first form was lost, there are two of that text.
    return exchange, any(
        text in str(view) and views.text(view, "id") == identity for view in views.records(after)
    )


def _comment(portal: Portal, path: str, text: str) -> Exchange:
    exchange = portal.ask("POST", path, "json", body=as_json({"content": text}))
    if not succeeded(exchange):
        exchange = portal.ask("POST", path, "xml", body=as_form({"content": text}))
    given_success(exchange, "a comment")
    return exchange
