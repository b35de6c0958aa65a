"""Who is let in, and how others are refused."""

import base64

import pytest

from .support import UNKNOWN, Client

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "INVENTED"]


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def bad_credentials(client: Client) -> list[str]:
    token, name = client.token, client.app.credentials.username
    password = client.app.credentials.password
    whole = basic(f"{name}:{password}")
    return [
        "", " ", "x", token[:-1], token + "x", token.swapcase(), token[1:], f"{token}, {token}",
        "Bearer", "Bearer ", "Bearer x", f"Bearer  {token}", f"Invented {token}", f"Bearer{token}",
        "Basic", "Basic %%%", "Basic " + "A" * 7, basic(name), basic(f"{name}:"),
        basic(f":{token}"),
        basic(f"{name}:{password}x"), basic(f"{name}:{password.swapcase()}"), whole[:-1],
        whole + "=",
        basic(f"{name}:{client.app.credentials.second_token}"), "Basic /////w==", "Digest x=y",
    ]  # fmt: skip


def test_every_form_of_a_good_credential_is_accepted(client: Client) -> None:
    token, password = client.token, client.app.credentials.password
    name = client.app.credentials.username
    good = [token, f"Bearer {token}", f"bearer {token}", basic(f"{name}:{password}")]
    for credential in [*good, basic(f"{name}:{token}"), basic(f"{name}@portal.test:{password}")]:
        seen = client.get("people/@self.json", headers={"authorization": credential})
        assert seen.response["userName"] == name
    second = {"authorization": client.app.credentials.second_token}
    assert client.get("people/@self.json", headers=second).response["userName"] == "Olga.Petrova"


def test_a_bad_credential_is_refused_with_a_challenge(client: Client) -> None:
    for credential in bad_credentials(client):
        for path in ("people/@self.json", "authentication", "nothing"):
            refused = client.get(path, headers={"authorization": credential})
            assert (refused.status, credential) == (401, credential)
            assert refused.header("www-authenticate")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("suffix", ["", ".json", ".xml"])
def test_without_a_credential_known_and_unknown_are_refused_alike(
    client: Client, method: str, suffix: str
) -> None:
    post = client.new_post("Secret title")
    paths = [f"community/blog/{post}", f"community/blog/{UNKNOWN}", "community/blog", "nothing"]
    paths += ["people/Mike.Zanyatski", "people/nobody", "people/@self", "group/wrong"]
    refused = [
        client.ask(method, path + suffix, anonymous=True, form={"title": "x"}) for path in paths
    ]
    assert {reply.status for reply in refused} == {401}
    assert len({reply.answer for reply in refused}) == 1
    assert client.get(f"community/blog/{post}.json").response["title"] == "Secret title"


def test_neither_query_nor_cookie_authenticates(client: Client) -> None:
    for name in ("token", "access_token", "Authorization", "asc_auth_key"):
        assert client.get(f"people.json?{name}={client.token}", anonymous=True).status == 401
    cookie = {"cookie": f"asc_auth_key={client.token}"}
    assert client.get("people.json", anonymous=True, headers=cookie).status == 401


def test_login_gives_a_token_that_authenticates(client: Client) -> None:
    name, password = client.app.credentials.username, client.app.credentials.password
    for user in (name, f"{name}@portal.test"):
        fields = {"userName": user, "password": password}
        for reply in (
            client.post("authentication.json", json_body=fields, anonymous=True),
            client.post("authentication.json", form=fields, anonymous=True),
        ):
            assert reply.status == 201
            assert reply.response["expires"].endswith(".1234560Z")
            token = {"authorization": reply.response["token"]}
            assert client.get("people/@self.json", headers=token).response["userName"] == name


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [
        ("Mike.Zanyatski", "wrong", 401),
        ("nobody", "wrong", 401),
        ("Zoe.O-Hara", "", 401),
        ("", "", 400),
        (None, "wrong", 400),
    ],
)
def test_login_with_anything_wrong_fails_without_a_token(
    client: Client, user: str | None, password: str, status: int
) -> None:
    fields = {"userName": user, "password": password}
    failed = client.post("authentication.json", json_body=fields, anonymous=True)
    assert failed.status == status
    assert "token" not in failed.text
    assert (failed.header("www-authenticate") is not None) == (status == 401)


def test_login_ignores_the_credential_that_comes_along(client: Client) -> None:
    name, password = client.app.credentials.username, client.app.credentials.password
    form = {"userName": name, "password": password}
    headers = {"authorization": "expired"}
    assert client.post("authentication", form=form, headers=headers).status == 201


def test_whether_one_is_logged_in_may_be_asked_by_all(client: Client) -> None:
    assert client.get("authentication.json", anonymous=True).response is False
    assert client.get("authentication.json").response is True


def test_options_is_open_on_what_is_documented(client: Client) -> None:
    known = client.ask("OPTIONS", "group", anonymous=True)
    assert known.status == 200
    assert set((known.header("allow") or "").split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}
    assert client.ask("OPTIONS", "nothing", anonymous=True).status == 401
    assert client.ask("OPTIONS", "nothing").status == 404
