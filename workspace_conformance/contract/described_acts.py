"""Whether a GET of a description may do something: such a one is never sent.

The documentation has 22 GETs that do something (they stop a report, subscribe, send a test mail), and
they are told by their words. A description's are told by the same words, and by more of the kind:
better a harmless operation left out than one sent that acts.
"""

from __future__ import annotations

import re

# The last words of the documentation's own, then others that ask for something to be done.
_TOLD = """
apply check checkconversion invite move notify openedit pdf progress recalculate subscribe
sync terminate test tmp token track abort accept activate add approve archive assign
attach authenticate authorize backup ban begin build bulk buy cancel charge clean clear
click clone close commit complete confirm connect convert copy create deactivate decline
delete deliver deny deploy detach disable disconnect dismiss do download drop duplicate
edit empty enable end enqueue erase exec execute expire export finish fire fix flush
follow force forward generate impersonate import increment init initialize insert install
invalidate invoke join kick kill launch lock login logout make merge migrate modify mute
open pause pay perform pin ping play poll pop prepare process prolong publish pull purge
push put reactivate rebuild receive recover redeem redo refresh refund regenerate register
reindex reject release reload remove rename renew reopen reorder repair replace reply
reschedule resend reserve reset resolve restart restore resume retry revert revoke rotate
run save schedule send set shutdown sign signal signin signout signup start stop submit
suspend switch take toggle transfer trash trigger unarchive unassign unblock undo unfollow
uninstall unlink unlock unpin unpublish unregister unsubscribe update upgrade upload
upsert use validate verify warm withdraw write
"""
_VERBS = frozenset(_TOLD.split())
# Their long ones also tell by a beginning: recalculateuserquota, subscribers.
_LONG = tuple(sorted(verb for verb in _VERBS if len(verb) >= 8))
_READING = frozenset({"get", "list", "find", "search", "read", "fetch", "count", "query", "all"})
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def why(path: str, operation_id: str = "", summary: str = "") -> str:
    """Why a GET may do something, in words that say what tells it; empty where nothing does.

    path: with its parameters in braces. operation_id, summary: as the file gives them.
    """
    literals = [part for part in path.split("/") if part and not part.startswith("{")]
    last = literals[-1] if literals else ""
    words = _words(last)
    if words and (words[0] in _VERBS or last.lower().startswith(_LONG)):
        return f"may do something, by the word {last} in its path"
    pieces = [found for part in re.split(r"[\W_]+", operation_id) if (found := _words(part))]
    if pieces and pieces[-1][0] not in _READING and {pieces[0][0], pieces[-1][0]} & _VERBS:
        return f"may do something, by its operationId {operation_id}"
    first = next(iter(_words(summary)), "")
    if {first, first.removesuffix("s"), first.removesuffix("es")} & _VERBS:
        return f"may do something, by its summary, which begins with {first}"
    return ""


def _words(text: str) -> list[str]:
    """The words of a name, in lower case: of testSmtp and test-smtp "test" and "smtp"."""
    return [found[0].lower() for found in _PARTS.finditer(text)]
