"""A portal put together: its starting records, new secrets, and the variants and faults asked for."""

import os
import secrets

from . import faults, products, seed, variants
from .application import Credentials, PortalApp
from .credentials import Accounts
from .limiter import Clock, make_limiter
from .operations import Operations
from .options import Options
from .parts import Parts
from .records import Person
from .store import Store
from .values import Account


def _secret(name: str, default: str) -> str:
    return os.environ.get(f"WORKSPACE_REFERENCE_{name}") or default


def _enrol(store: Store, accounts: Accounts) -> Credentials:
    """Give the two people of the starting records their accounts, with new secrets."""
    tokens = (
        _secret("TOKEN", secrets.token_urlsafe(32)),
        _secret("SECOND_TOKEN", secrets.token_urlsafe(32)),
    )
    password = _secret("PASSWORD", secrets.token_urlsafe(16))
    passwords = password, secrets.token_urlsafe(16)
    people = {person.email: person for person in store.people.all()}
    first: Person = people[seed.OWNER]
    for person, token, own in zip((first, people[seed.SECOND]), tokens, passwords, strict=True):
        accounts.add(Account(person.id, person.user_name, person.email, own), token)
    return Credentials(tokens[0], first.user_name, password, tokens[1])


def create_app(options: Options | None = None, clock: Clock | None = None) -> PortalApp:
    """A portal with its starting records, new secrets, the variants and the faults that the options
    name.

    `clock` replaces the limiter's own, for tests. The secrets are random unless the environment
    gives them (WORKSPACE_REFERENCE_TOKEN, _SECOND_TOKEN, _PASSWORD). Raises KeyError with a
    sentence for an unknown fault or variant, and for variants that cannot be combined.
    """
    options = complete(options or Options())
    store, accounts = Store(options.seed), Accounts()
    seed.fill(store)
    credentials = _enrol(store, accounts)
    parts = Parts(store, accounts, make_limiter(options.rate, options.limiter, clock), {})
    parts.routes = Operations(parts).routes()
    app = PortalApp(parts, credentials, options.latency_ms / 1000)
    for variant in variants.chosen(options.variants):
        variant.apply(app)
    for fault in faults.chosen(options.faults):
        fault.apply(parts)
    return app


def complete(options: Options) -> Options:
    """The options with what the server that they are `like` adds, and as the variants that they name
    change them; a second time changes nothing. Raises KeyError as `create_app`.
    """
    if options.like is not None:
        options = products.likened(options)
    for variant in variants.chosen(options.variants):
        options = variant.options(options)
    return options
