"""What the portal does: its documented operations on its records.

A handler takes a `Call` and gives an `Outcome`, or raises `Mistake`. It validates all that the
client sent before it changes anything.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from . import bodies, views
from .bodies import Fields
from .paging import paged
from .records import MISSING, Comment, Group, Person, Post
from .store import is_guid, round_trip
from .values import Account, Call, Kind, Mistake, Outcome

if TYPE_CHECKING:
    from .parts import Parts, Routes

LOGIN_LASTS = timedelta(days=365)


def not_found() -> Mistake:
    """What is raised where a record cannot be found."""
    return Mistake(404, "The record could not be found")


class Operations:
    """The handlers of one portal, reading and writing the store of its parts."""

    def __init__(self, parts: "Parts") -> None:
        self._parts = parts
        self._store = parts.store

    def routes(self) -> "Routes":
        """The handlers by kind of resource and method."""
        return {
            Kind.LOGIN: {"GET": self.logged_in, "POST": self.login},
            Kind.PEOPLE: {"GET": self.list_people, "POST": self.create_person},
            Kind.SELF: {"GET": self.get_self},
            Kind.PERSON: {
                "GET": self.get_person,
                "PUT": self.update_person,
                "DELETE": self.delete_person,
            },
            Kind.GROUPS: {"GET": self.list_groups, "POST": self.create_group},
            Kind.GROUP: {
                "GET": self.get_group,
                "PUT": self.update_group,
                "DELETE": self.delete_group,
            },
            Kind.POSTS: {"GET": self.list_posts, "POST": self.create_post},
            Kind.POST: {
                "GET": self.get_post,
                "PUT": self.update_post,
                "DELETE": self.delete_post,
            },
            Kind.COMMENTS: {"GET": self.list_comments, "POST": self.create_comment},
            Kind.COMMENT: {"PUT": self.update_comment, "DELETE": self.delete_comment},
            Kind.DOCUMENTED: dict.fromkeys(("GET", "POST", "PUT", "DELETE"), self.documented),
        }

    def documented(self, call: Call) -> Outcome:
        """Any other operation that the documentation lists."""
        return self._parts.serving.serve(call)

    def _fields(self, call: Call) -> Fields:
        return self._parts.read_fields(call.asked)

    # Authentication

    def logged_in(self, call: Call) -> Outcome:
        """GET api/2.0/authentication: whether the caller is logged in."""
        return Outcome(200, value=call.account is not None)

    def login(self, call: Call) -> Outcome:
        """POST api/2.0/authentication: a token for a user name (or address) and a password."""
        fields = self._fields(call)
        name = bodies.need_text(fields, "userName")
        password = bodies.text_of(fields, "password") or ""
        accounts = self._parts.accounts
        account = accounts.with_password(name, password)
        if account is None:
            return self._parts.refuse(call)
        expires = round_trip(self._store.now() + LOGIN_LASTS)
        return Outcome(201, value={"token": accounts.new_token(account), "expires": expires})

    # People

    def _person(self, id: str) -> Person:
        person = self._store.find_person(id)
        if person is None:
            raise not_found()
        return person

    def _person_outcome(self, person: Person, status: int = 200) -> Outcome:
        return Outcome(status, value=views.full_person(self._store, person))

    def list_people(self, call: Call) -> Outcome:
        """GET api/2.0/people."""
        people = self._store.people.all()
        return paged(call, people, partial(views.full_person, self._store))

    def get_self(self, call: Call) -> Outcome:
        """GET api/2.0/people/@self."""
        return self._person_outcome(self._person(self._author(call).id))

    def get_person(self, call: Call) -> Outcome:
        """GET api/2.0/people/{username}, by id or user name."""
        return self._person_outcome(self._person(call.place.id))

    def _person_changes(self, fields: Fields) -> dict[str, Any]:
        """The attributes that the fields set; those that are not given are not in it."""
        department = bodies.texts_of(fields, "department")
        known = [self._store.groups.find(id) for id in department or ()]
        if None in known:
            raise Mistake(400, "department must hold ids of groups")
        changes = {
            "title": bodies.text_of(fields, "title"),
            "location": bodies.text_of(fields, "location"),
            "sex": bodies.text_of(fields, "sex"),
            "notes": bodies.text_of(fields, "comment"),
            "birthday": bodies.date_of(fields, "birthday"),
            "work_from": bodies.date_of(fields, "worksfrom"),
            "contacts": bodies.contacts_of(fields, "contacts"),
            "is_visitor": bodies.flag_of(fields, "isVisitor"),
            "department": None if department is None else tuple(g.id for g in known if g),
        }
        return {name: value for name, value in changes.items() if value is not None}

    def create_person(self, call: Call) -> Outcome:
        """POST api/2.0/people."""
        fields, store = self._fields(call), self._store
        email = bodies.need_text(fields, "email")
        first_name = bodies.need_text(fields, "firstname")
        last_name = bodies.need_text(fields, "lastname")
        local, at, domain = email.partition("@")
        if not (local and at and domain) or "@" in domain or any(c.isspace() for c in email):
            raise Mistake(400, "email must be an e-mail address")
        changes = self._person_changes(fields)
        person = Person(
            id=store.new_id(Person, email),
            user_name=store.new_user_name(email),
            email=email,
            first_name=first_name,
            last_name=last_name,
            created=store.moment(),
        )
        password = bodies.text_of(fields, "password")
        if password:
            guest = Account(person.id, person.user_name, email, password)
            self._parts.accounts.guests[person.id] = guest
        return self._person_outcome(store.people.put(replace(person, **changes)), 201)

    def update_person(self, call: Call) -> Outcome:
        """PUT api/2.0/people/{userid}: the fields that are given change, the others stay."""
        person = self._person(call.place.id)
        fields = self._fields(call)
        changes = self._person_changes(fields)
        for name, attribute in (("firstname", "first_name"), ("lastname", "last_name")):
            if fields.get(name) is not None:
                changes[attribute] = bodies.need_text(fields, name)
        return self._person_outcome(self._store.people.put(replace(person, **changes)))

    def delete_person(self, call: Call) -> Outcome:
        """DELETE api/2.0/people/{userid}; those who could log in from the start are not deleted."""
        person = self._person(call.place.id)
        if any(account.id == person.id for account in self._parts.accounts.by_name.values()):
            raise Mistake(403, "Access denied")
        self._parts.accounts.dismiss(person.id)
        self._store.people.remove(person.id)
        return self._person_outcome(person)

    # Groups

    def _group(self, id: str) -> Group:
        group = self._store.groups.find(id)
        if group is None:
            raise not_found() if is_guid(id) else Mistake(400, "Invalid arguments")
        return group

    def _group_outcome(self, group: Group, status: int = 200) -> Outcome:
        return Outcome(status, value=views.full_group(self._store, group))

    def _group_changes(self, fields: Fields) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if fields.get("groupname") is not None:
            changes["name"] = bodies.need_text(fields, "groupName")
        manager = bodies.text_of(fields, "groupManager")
        if manager is not None:
            changes["manager"] = self._member(manager) if manager not in ("", MISSING) else None
        members = bodies.texts_of(fields, "members")
        if members is not None:
            changes["members"] = tuple(self._member(id) for id in members)
        return changes

    def _member(self, id: str) -> str:
        person = self._store.find_person(id)
        if person is None:
            raise Mistake(400, "groupManager and members must be ids of people")
        return person.id

    def list_groups(self, call: Call) -> Outcome:
        """GET api/2.0/group."""
        groups = self._store.groups.all()
        return paged(call, groups, partial(views.brief_group, self._store))

    def get_group(self, call: Call) -> Outcome:
        """GET api/2.0/group/{groupid}."""
        return self._group_outcome(self._group(call.place.id))

    def create_group(self, call: Call) -> Outcome:
        """POST api/2.0/group."""
        fields = self._fields(call)
        name = bodies.need_text(fields, "groupName")
        changes = self._group_changes(fields)
        group = Group(self._store.new_id(Group, name), name)
        return self._group_outcome(self._store.groups.put(replace(group, **changes)), 201)

    def update_group(self, call: Call) -> Outcome:
        """PUT api/2.0/group/{groupid}: the fields that are given change, the others stay."""
        group = self._group(call.place.id)
        changes = self._group_changes(self._fields(call))
        return self._group_outcome(self._store.groups.put(replace(group, **changes)))

    def delete_group(self, call: Call) -> Outcome:
        """DELETE api/2.0/group/{groupid}."""
        group = self._group(call.place.id)
        self._store.groups.remove(group.id)
        return self._group_outcome(group)

    # Posts

    def _post(self, id: str) -> Post:
        post = self._store.posts.find(id)
        if post is None:
            raise not_found() if is_guid(id) else Mistake(400, "Invalid arguments")
        return post

    def _post_outcome(self, post: Post, status: int = 200) -> Outcome:
        return Outcome(status, value=views.full_post(self._store, post))

    def _author(self, call: Call) -> Account:
        if call.account is None:
            raise Mistake(403, "Access denied")
        return call.account

    def _post_changes(self, fields: Fields) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if fields.get("title") is not None:
            changes["title"] = bodies.need_text(fields, "title")
        text = bodies.text_of(fields, "content")
        if text is not None:
            changes["text"] = text
        tags = bodies.text_of(fields, "tags")
        if tags is not None:
            changes["tags"] = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
        subscribed = bodies.flag_of(fields, "subscribeComments")
        if subscribed is not None:
            changes["subscribed"] = subscribed
        return changes

    def list_posts(self, call: Call) -> Outcome:
        """GET api/2.0/community/blog."""
        posts = self._store.posts.all()
        return paged(call, posts, partial(views.brief_post, self._store))

    def get_post(self, call: Call) -> Outcome:
        """GET api/2.0/community/blog/{postid}."""
        return self._post_outcome(self._post(call.place.id))

    def create_post(self, call: Call) -> Outcome:
        """POST api/2.0/community/blog."""
        fields, store = self._fields(call), self._store
        title = bodies.need_text(fields, "title")
        changes = self._post_changes(fields)
        author, now = self._author(call).id, store.moment()
        post = Post(store.new_id(Post, title), title, "", author, created=now, updated=now)
        return self._post_outcome(store.posts.put(replace(post, **changes)), 201)

    def update_post(self, call: Call) -> Outcome:
        """PUT api/2.0/community/blog/{postid}: what is given changes, the rest stays."""
        post = self._post(call.place.id)
        changes = self._post_changes(self._fields(call))
        updated = replace(post, **changes, updated=self._store.moment())
        return self._post_outcome(self._store.posts.put(updated))

    def delete_post(self, call: Call) -> Outcome:
        """DELETE api/2.0/community/blog/{postid}; its comments go with it."""
        post = self._post(call.place.id)
        self._store.remove_post(post.id)
        return self._post_outcome(post)

    # Comments

    def _comment(self, id: str) -> Comment:
        comment = self._store.comments.find(id)
        if comment is None:
            raise not_found()
        return comment

    def list_comments(self, call: Call) -> Outcome:
        """GET api/2.0/community/blog/{postid}/comment."""
        comments = self._store.comments_of(self._post(call.place.id).id)
        return paged(call, comments, partial(views.full_comment, self._store))

    def create_comment(self, call: Call) -> Outcome:
        """POST api/2.0/community/blog/{postid}/comment."""
        store, post, fields = self._store, self._post(call.place.id), self._fields(call)
        text = bodies.need_text(fields, "content")
        parent = bodies.text_of(fields, "parentId") or MISSING
        found = store.comments.find(parent)
        if parent != MISSING and (found is None or found.post != post.id):
            raise Mistake(400, "parentId must be the id of a comment on the same post")
        now = store.moment()
        comment = Comment(
            store.new_id(Comment, f"{post.id} {text}"),
            post.id,
            text,
            self._author(call).id,
            created=now,
            updated=now,
            parent=found.id if found is not None else None,
        )
        store.comments.put(comment)
        return Outcome(201, value=views.full_comment(store, comment))

    def update_comment(self, call: Call) -> Outcome:
        """PUT api/2.0/community/blog/comment/{commentid}; answers the comment's text."""
        comment = self._comment(call.place.id)
        text = bodies.text_of(self._fields(call), "content")
        if text:
            now = self._store.moment()
            comment = self._store.comments.put(replace(comment, text=text, updated=now))
        return Outcome(200, value=comment.text)

    def delete_comment(self, call: Call) -> Outcome:
        """DELETE api/2.0/community/blog/comment/{commentid}; answers the comment's id."""
        comment = self._comment(call.place.id)
        self._store.comments.remove(comment.id)
        return Outcome(200, value=comment.id)
