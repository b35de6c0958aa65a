"""Records as the portal shows them: member names and order like a real portal's."""

from .records import Comment, Group, Person, Post
from .store import Store
from .values import Json


def display_name(person: Person) -> str:
    """A person's name as people read it."""
    return f"{person.first_name} {person.last_name}".strip()


def profile_url(person: Person) -> str:
    """The page of a person, relative to the portal's root."""
    return f"/products/people/profile.aspx?user={person.user_name}"


def brief_person(store: Store, id: str | None) -> dict[str, Json] | None:
    """A person as other records embed them, or None."""
    person = store.people.remember(id) if id is not None else None
    if person is None:
        return None
    return {
        "id": person.id,
        "displayName": display_name(person),
        "title": person.title,
        "avatarSmall": "/skins/default/images/default_user_photo_size_32-32.png",
        "profileUrl": profile_url(person),
    }


def full_person(store: Store, person: Person) -> dict[str, Json]:
    """A person as people lists and a person's own URL show them."""
    departments = [store.groups.remember(id) for id in person.department]
    groups: list[Json] = [brief_group(store, group) for group in departments if group is not None]
    contacts: list[Json] = [{"type": c.type, "value": c.value} for c in person.contacts]
    modules: list[Json] = []
    return {
        "id": person.id,
        "userName": person.user_name,
        "isVisitor": person.is_visitor,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email,
        "birthday": person.birthday,
        "sex": person.sex,
        "status": 1,
        "activationStatus": 1,
        "terminated": None,
        "department": ", ".join(group.name for group in departments if group is not None),
        "workFrom": person.work_from,
        "location": person.location,
        "notes": person.notes,
        "displayName": display_name(person),
        "title": person.title,
        "contacts": contacts,
        "groups": groups,
        "avatarMedium": "/skins/default/images/default_user_photo_size_48-48.png",
        "avatar": "/skins/default/images/default_user_photo_size_82-82.png",
        "isOnline": False,
        "isAdmin": person.is_admin,
        "isLDAP": False,
        "listAdminModules": modules,
        "isOwner": person.is_owner,
        "isSSO": False,
        "mobilePhone": person.mobile_phone,
        "avatarSmall": "/skins/default/images/default_user_photo_size_32-32.png",
        "profileUrl": profile_url(person),
        "created": person.created,
    }


def brief_group(store: Store, group: Group) -> dict[str, Json]:
    """A group as lists and people show it."""
    manager = store.people.remember(group.manager) if group.manager is not None else None
    return {
        "id": group.id,
        "name": group.name,
        "manager": manager.user_name if manager is not None else None,
    }


def full_group(store: Store, group: Group) -> dict[str, Json]:
    """A group as its own URL shows it."""
    members: list[Json] = [brief_person(store, id) for id in group.members]
    return {
        "id": group.id,
        "name": group.name,
        "category": group.category,
        "parent": group.parent,
        "manager": brief_person(store, group.manager),
        "members": members,
    }


def _post_head(post: Post) -> dict[str, Json]:
    return {"id": post.id, "title": post.title, "created": post.created, "updated": post.updated}


def brief_post(store: Store, post: Post) -> dict[str, Json]:
    """A post as lists show it: with a preview in place of its text."""
    return {
        "preview": post.text[:200],
        **_post_head(post),
        "createdBy": brief_person(store, post.author),
    }


def full_post(store: Store, post: Post) -> dict[str, Json]:
    """A post as its own URL shows it."""
    return {
        "text": post.text,
        "allowComments": True,
        "subscribeComments": post.subscribed,
        **_post_head(post),
        "createdBy": brief_person(store, post.author),
        "tags": list(post.tags),
    }


def full_comment(store: Store, comment: Comment) -> dict[str, Json]:
    """A comment as its post's list shows it."""
    return {
        "id": comment.id,
        "text": comment.text,
        "created": comment.created,
        "updated": comment.updated,
        "createdBy": brief_person(store, comment.author),
        "parentId": comment.parent,
    }
