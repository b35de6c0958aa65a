"""Which records a documented operation is about.

Records that the documentation shows under several types are one family: the contact of
ContactWrapper, ContactBaseWrapper and PersonWrapper is the CRM's contact. A family is named by its
module and the type's name without such endings. What names alone do not tell stands in tables.
"""

import re
from collections.abc import Mapping
from functools import cache

from workspace_conformance.contract.documented import Operation, Type, record_types

Name = tuple[str, str]
"""A family: its module ("crm", "community/wiki") and what its records are ("contact")."""

Members = tuple[tuple[str, Type], ...]
"""The names and types of a record's members, as the documentation spells them."""

PERSON: Name = ("people", "person")
GROUP: Name = ("group", "group")

_ENDINGS = re.compile(r"(Base|Summary|Full)?(WithEmail)?(Wrap?per|Data)(Full|Summary|Base)?$")

_STEMS = {
    "EmployeeWraper": "person",
    "EmployeeWraperFull": "person",
    "ParticipantWrapper": "person",
    "UserParams": "person",
    "UserInfo": "person",
    "GroupWrapperSummary": "group",
    "GroupWrapperFull": "group",
    "PersonWrapper": "contact",
    "CompanyWrapper": "contact",
    "CasesWrapper": "case",
    "SimpleProjectWrapper": "project",
    "SimpleMilestoneWrapper": "milestone",
    "CommentInfo": "comment",
    "FileEntryWrapper": "file",
    "EventHistoryWrapper": "history",
    "ObjectWrapperBase": "tag",
    "CurrencyRateInfoWrapper": "currencyinfo",
}
"""The stems of types whose names do not tell which records they show."""

_OPERATIONS = {
    "project/template": "template",
    "project/template/{id}": "template",
    "files/thirdparty/common": "folder",
    "crm/contact/{contactid}/data/{infoType}": "",
}
"""What operations answer whose types do not tell: a family of their module, or no record at all."""

_PARAMETERS: Mapping[tuple[str, str], str] = {
    # Named "id" or otherwise, where the words before them tell: (module, words before) -> stem.
    ("calendar", "calendar"): "calendar",
    ("community/bookmark", "bookmark"): "bookmark",
    ("community/bookmark", "@favs"): "bookmark",
    ("community/wiki", "wiki"): "page",
    ("community/wiki", "file"): "file",
    ("crm", "rates"): "currencyrate",
    ("crm", "stage"): "dealmilestone",
    ("crm", "history"): "relationshipevent",
    ("crm", "history/category"): "historycategory",
    ("crm", "task/category"): "taskcategory",
    ("crm", "contact/status"): "contactstatus",
    ("crm", "contact/type"): "contacttype",
    ("crm", "customfield"): "customfield",
    ("crm", "data"): "contactinfo",
    ("crm", "addressdata"): "contactinfo",
    ("crm", "invoice"): "invoice",
    ("crm", "invoiceline"): "invoiceline",
    ("crm", "invoiceitem"): "invoiceitem",
    ("crm", "tax"): "invoicetax",
    ("mail", "messages"): "mailmessage",
    ("mail", "conversation"): "mailmessage",
    ("mail", "filters"): "mailsievefilter",
    ("mail", "operations"): "mailoperationstatus",
    ("mail", "userfolders"): "mailuserfolder",
    ("mail", "tags"): "mailtag",
    ("mail", "alert"): "mailalert",
    ("mailserver", "mailboxes/remove"): "servermailbox",
    ("mailserver", "groupaddress/remove"): "serverdomaingroup",
    ("mailserver", "domains/remove"): "serverdomain",
    ("portal", "deletebackup"): "backuphistoryrecord",
    ("project", "project"): "project",
    ("project", "template"): "template",
    ("project", "milestone"): "milestone",
    ("project", "status"): "customtaskstatus",
    ("project", "report/files"): "file",
    ("settings", "get"): "customnavigationitem",
    ("settings", "delete"): "customnavigationitem",
    ("settings", "spaceusage"): "security",
    ("settings", "security"): "security",
}

_NAMES = {
    "eventuid": "event",
    "feedid": "event",
    "threadid": "forumthread",
    "topicid": "forumtopic",
    "postid": "forumtopicpost",
    "categoryid": "forumcategory",
    "numberid": "voipphone",
    "callid": "voipcall",
    "companyid": "contact",
    "personid": "contact",
    "fieldid": "customfield",
    "stageid": "dealmilestone",
    "providerid": "thirdpartyparams",
    "mailboxid": "mailaccount",
    "messageid": "message",
    "operationid": "mailoperationstatus",
    "reportid": "reporttemplate",
    "attachmentid": "mailattachment",
    "tagid": "mailtag",
    "folderid": "folder",
    "copyfrom": "task",
    "parenttaskid": "task",
    "productid": "security",
    "entityid": "project",
    "loginevent": "loginevent",
    "page": "page",
}
"""Parameters that are named otherwise than what they name, in lower case and without underscores."""

_PEOPLE = frozenset(("userid", "username", "operatorid"))

FREE = frozenset(
    ("signature", "linkid", "migratorname", "code", "status", "fromcurrency", "tocurrency")
)
"""Parameters that name no record of a list."""

WORDS = frozenset(("query", "content", "tag"))
"""Parameters that say what is searched for."""

DATES = frozenset(("startdate", "enddate", "year", "month", "day"))
"""Parameters that say when."""

_BY_ENTITY = {
    "contact": "contact",
    "person": "contact",
    "company": "contact",
    "opportunity": "opportunity",
    "case": "case",
}


def stem(type_name: str) -> str:
    """What records of a type are: "contact" for ContactBaseWithEmailWrapper."""
    known = _STEMS.get(type_name)
    return known if known is not None else _ENDINGS.sub("", type_name).lower()


def family_of_type(module: str, type_name: str) -> Name:
    """The family of the records of a type, as a module shows them."""
    what = stem(type_name)
    if what == "person":
        return PERSON
    if what == "group":
        return GROUP
    if what == "contact" and module == "mail":
        return ("mail", "mailcontact")
    if what == "file" and module == "crm":
        return ("crm", "file")
    return (module, what)


def family_of_answer(operation: Operation) -> Name | None:
    """The family of the records that an operation answers; None where it answers none."""
    if operation.name in _OPERATIONS:
        what = _OPERATIONS[operation.name]
        return (operation.module, what) if what else None
    if operation.answer is None or operation.answer.lists > 1:
        return None
    name = operation.answer.name
    if name not in record_types():
        return None
    return family_of_type(operation.module, name)


def family_of_parameter(operation: Operation, place: int, words: tuple[str, ...]) -> Name | None:
    """The family of the record that a parameter of a path names, None where it names none.

    place: which of the path's parameters; words: what stands in their places.
    """
    field = operation.path_parameters[place]
    module, name = operation.module, field.name.lower().replace("_", "")
    if field.type.choices or name in FREE or name in WORDS or name in DATES:
        return None
    if name in _PEOPLE:
        return PERSON
    if name in ("groupid", "newgroupid"):
        return GROUP
    before = _before(operation.name, field.name)
    if name == "name" and before == "search/byname":
        return None
    if module == "crm" and name == "entityid":
        kind = words[place - 1] if place else words[place + 1]
        return (module, _BY_ENTITY.get(kind.lower(), "contact"))
    if name == "contactid":
        return ("crm", "contact")
    if name == "projectid":
        return ("project", "project")
    if module == "mail" and name == "messageid":
        return (module, "mailmessage")
    if module == "mail" and name == "folderid":
        return (module, "mailfolder")
    if module == "crm" and name == "categoryid":
        return (module, "taskcategory")
    if module == "community/event" and name == "commentid":
        return (module, "eventcomment")
    if module == "community/bookmark" and name == "commentid":
        return (module, "bookmarkcomment")
    if name in _NAMES:
        return (module, _NAMES[name])
    for words_before in (before, before.rpartition("/")[2]):
        if (module, words_before) in _PARAMETERS:
            return (module, _PARAMETERS[module, words_before])
    return (module, name.removesuffix("id"))


@cache
def _before(path: str, name: str) -> str:
    """The last two words of a path before a parameter, or the one that there is."""
    head = path.partition("{" + name + "}")[0].strip("/").split("/")
    plain = [word for word in head if not word.startswith("{")]
    return "/".join(plain[-2:])


def _named(*members: tuple[str, str]) -> Members:
    return tuple((name, Type(kind)) for name, kind in members)


_FILE = _named(
    ("Id", "int32"),
    ("FolderId", "int32"),
    ("Version", "int32"),
    ("Title", "string"),
    ("ContentLength", "string"),
    ("FileExst", "string"),
    ("Created", "string"),
    ("CreatedBy", "EmployeeWraper"),
    ("Updated", "string"),
    ("UpdatedBy", "EmployeeWraper"),
)
_OPAQUE = _named(("Id", "string"), ("Title", "string"), ("Created", "string"))
_BRIEF = frozenset(("files", "comments", "project", "subscribers", "text", "poll", "subtasks"))


@cache
def members_of(module: str, type_name: str) -> Members:
    """The members that a module shows of a record of a type.

    One name may stand for two types (the documentation's TaskWrapper is the CRM's, and the one of
    projects): where it is not the one that is listed, its likeness is taken.
    """
    if type_name == "FileWrapper" and module != "community/wiki":
        return _FILE
    if type_name == "TaskWrapper" and module == "project":
        return tuple(m for m in _listed("TaskWrapperFull") if m[0].lower() not in _BRIEF)
    if type_name == "EventWrapper" and module == "community/event":
        return tuple(m for m in _listed("EventWrapperFull") if m[0].lower() not in _BRIEF)
    return _listed(type_name) or _OPAQUE


def _listed(type_name: str) -> Members:
    return tuple((field.name, field.type) for field in record_types().get(type_name, ()))
