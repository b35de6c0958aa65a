"""What the portal holds when it starts.

Small, but with what makes clients stumble: user names with dots, letters of several scripts,
markup and astral characters in texts, members that are null, empty, and lists of none, one, many.
"""

from dataclasses import replace

from .records import Comment, Contact, Group, Person, Post
from .store import Store

OWNER = "Mike.Zanyatski@portal.test"
SECOND = "Olga.Petrova@portal.test"


def _add_person(store: Store, email: str, first_name: str, last_name: str) -> Person:
    person = Person(
        id=store.new_id(Person, email),
        user_name=store.new_user_name(email),
        email=email,
        first_name=first_name,
        last_name=last_name,
        created="2024-01-15T09:30:00.1234560Z",
        is_owner=email == OWNER,
        is_admin=email in (OWNER, SECOND),
    )
    return store.people.put(person)


def _fill_people(store: Store) -> list[Person]:
    mike = replace(
        _add_person(store, OWNER, "Mike", "Zanyatski"),
        title="Manager & <owner>",
        birthday="1980-04-10T06:30:00.0000000-07:00",
        work_from="2008-04-10T00:00:00.0000000Z",
        location="Rīga",
        sex="male",
        contacts=(Contact("mail", OWNER), Contact("phone", "+371 2000 0000")),
    )
    olga = replace(
        _add_person(store, SECOND, "Ольга", "Петрова"),
        title="Главный инженер",
        birthday="1985-12-31T23:59:59.9999990+03:00",
        sex="female",
        notes="",
        contacts=(Contact("mail", SECOND),),
    )
    zoe = replace(
        _add_person(store, "Zoe.O-Hara@portal.test", "Zoë", "O'Hara"),
        title='"Quotes" & <angles> ]]> and more',
        notes="Line one\nline two\tand a tab 🦉",
        work_from="2019-07-01T08:00:00.0000000+02:00",
    )
    lin = replace(
        _add_person(store, "lin.mei.wu@portal.test", "美", "林"),
        title="设计师 🎨",
        location="台北",
        mobile_phone="",
    )
    jose = _add_person(store, "Jose.Munoz@portal.test", "José", "Muñoz")
    bob = replace(
        _add_person(store, "bob@portal.test", "Bob", "O\u2019Neil-Smith"),
        title="",
        is_visitor=True,
    )
    amal = replace(
        _add_person(store, "Amal.Haddad@portal.test", "أمل", "حداد"),
        notes="e\u0301 is an e and an accent",
    )
    jim = _add_person(store, "j.r.r.t+test@portal.test", "J.R.R.", "T & Co")
    return [mike, olga, zoe, lin, jose, bob, amal, jim]


def _fill_groups(store: Store, people: list[Person]) -> list[Group]:
    mike, olga, zoe, lin, jose, *_ = people
    groups = [
        Group(
            store.new_id(Group, "Research & Development"),
            "Research & Development",
            manager=olga.id,
            members=(olga.id, zoe.id, lin.id),
        ),
        Group(
            store.new_id(Group, "Бухгалтерия <1>"),
            "Бухгалтерия <1>",
            manager=mike.id,
            members=(jose.id,),
        ),
        Group(store.new_id(Group, "Empty"), "Empty"),
    ]
    return [store.groups.put(group) for group in groups]


def _fill_posts(store: Store, people: list[Person]) -> None:
    mike, olga, zoe, lin, *_ = people
    texts = [
        (mike, "Welcome", "<p>Hello &amp; welcome to the <b>portal</b> ]]></p>", ("news",)),
        (olga, "Отчёт за год", "<p>Всё готово. 100 % — «да»</p>", ("отчёт", "year & more")),
        (zoe, 'Tags "<none>" & quotes', "Plain text, no markup: a < b && c > d", ()),
        (lin, "表情 🦉🎨", "", ("emoji", "unicode", "多")),
    ]
    for number, (author, title, text, tags) in enumerate(texts):
        made = f"2024-03-0{number + 1}T12:00:00.{number}000000"
        offset = "Z" if number % 2 == 0 else "+03:00"
        post = Post(
            store.new_id(Post, title),
            title,
            text,
            author.id,
            created=made + offset,
            updated=made + offset,
            tags=tags,
        )
        store.posts.put(post)
    first, second, *_ = store.posts.all()
    parent: str | None = None
    comments = [(first, olga, "Thanks & see you"), (first, zoe, "<i>Me too</i> 🙂")]
    for post, author, text in [*comments, (second, mike, "Спасибо")]:
        comment = Comment(
            store.new_id(Comment, f"{post.id} {text}"),
            post.id,
            text,
            author.id,
            created="2024-03-05T10:00:00.5000000Z",
            updated="2024-03-05T10:00:00.5000000Z",
            parent=parent if post is first else None,
        )
        parent = store.comments.put(comment).id


def fill(store: Store) -> None:
    """Put the starting records into an empty store."""
    people = _fill_people(store)
    groups = _fill_groups(store, people)
    for person in people:
        store.people.put(
            replace(person, department=tuple(g.id for g in groups if person.id in g.members))
        )
    _fill_posts(store, people)
