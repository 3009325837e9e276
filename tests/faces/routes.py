"""The one table of who gets which answer at every address. An address without a row fails `test_matrix.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tenantry.core.permissions import (
    ACCOUNT_MANAGEMENT,
    INTEGRATIONS,
    PERMISSION_GROUPS,
    USER_ACCOUNTS,
    Level,
)
from tests.faces.world import INVOICES, World

AREA = "admin.account-management"
LABELS = {
    ACCOUNT_MANAGEMENT: "Account Management",
    USER_ACCOUNTS: "User Accounts",
    PERMISSION_GROUPS: "Permission Groups",
    INTEGRATIONS: "Integrations",
    INVOICES: "Invoices",
}


@dataclass(frozen=True)
class Need:
    """A level that is asked for, and what people read who don't hold it."""

    subject: str
    level: Level
    words: str


def to_open(subject: str, level: Level = Level.VIEW) -> Need:
    """Ask for a level before a page is shown."""
    return Need(subject, level, f"You need {LABELS[subject]} with {level.title()} to open this page.")


def to_do(subject: str, level: Level = Level.MODIFY) -> Need:
    """Ask for a level before something is done, or before the form for it is shown."""
    return Need(subject, level, f"You need {LABELS[subject]} with {level.title()} to do this.")


@dataclass(frozen=True)
class Row:
    """One address of a company: what GET and POST ask for, and what they answer to those who may.

    `to_nobody` is what GET answers to a member without any grant, where no one level is asked for.
    `answers` is the status of a POST without any field, None where the address takes no POST. `arguments` say for
    each part of the address whose thing it is: a name in `World.arguments`, or a text itself after `=`.
    """

    opens: tuple[Need, ...] = ()
    shows: int = 200
    does: Need | None = None
    answers: int | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    to_nobody: int | None = None

    @property
    def allow(self) -> str:
        """Name the methods that it takes."""
        return "GET, HEAD" if self.answers is None else "GET, HEAD, POST"

    @property
    def things(self) -> set[str]:
        """Name the things that the address is about."""
        return {name for name in self.arguments.values() if not name.startswith("=")}


def page(subject: str, shows: int = 200, **arguments: str) -> Row:
    """Give the row of a page that only shows."""
    return Row((to_open(subject),), shows, arguments=arguments)


def form(subject: str, answers: int, *, shows: int = 200, level: Level = Level.MODIFY, **arguments: str) -> Row:
    """Give the row of a page of ours that changes something: View to know of it, the level to see its form."""
    return Row((to_open(subject), to_do(subject, level)), shows, to_do(subject, level), answers, arguments)


def host_form(subject: str, level: Level, answers: int | None, **arguments: str) -> Row:
    """Give the row of a page of the host that changes something: one level for both."""
    does = None if answers is None else to_do(subject, level)
    return Row((to_open(subject, level),), 200, does, answers, arguments)


def _catalog(route: str, record: str) -> dict[str, Row]:
    base = f"admin.billing-admin.{route}"
    return {
        base: page(INVOICES),
        f"{base}.new": host_form(INVOICES, Level.CREATE, 422),
        f"{base}.record": host_form(INVOICES, Level.MODIFY, 422, record=record),
        f"{base}.record.delete": host_form(INVOICES, Level.DELETE, 303, record=record),
    }


BUREAUS = "admin.credit-bureaus"
ROWS: Mapping[str, Row] = {
    "admin": Row(to_nobody=403),
    "admin.users": page(USER_ACCOUNTS),
    "admin.users.new": form(USER_ACCOUNTS, 422, level=Level.CREATE),
    "admin.users.user": form(USER_ACCOUNTS, 303, member="member"),
    "admin.permissions": page(PERMISSION_GROUPS),
    "admin.permissions.new": form(PERMISSION_GROUPS, 422),
    "admin.permissions.group": form(PERMISSION_GROUPS, 422, group="group"),
    AREA: page(ACCOUNT_MANAGEMENT, 302),
    f"{AREA}.history": page(ACCOUNT_MANAGEMENT),
    f"{AREA}.billing-methods": page(ACCOUNT_MANAGEMENT),
    f"{AREA}.billing-methods.add": form(ACCOUNT_MANAGEMENT, 422),
    f"{AREA}.billing-methods.save": form(ACCOUNT_MANAGEMENT, 422, shows=422),
    f"{AREA}.billing-methods.verify": form(ACCOUNT_MANAGEMENT, 422, method="account"),
    f"{AREA}.billing-methods.allow": Row(
        (to_do(ACCOUNT_MANAGEMENT),), 200, to_do(ACCOUNT_MANAGEMENT), 409, {"method": "account"}
    ),
    f"{AREA}.billing-methods.make-default": form(ACCOUNT_MANAGEMENT, 303, method="method"),
    f"{AREA}.billing-methods.remove": form(ACCOUNT_MANAGEMENT, 303, method="method"),
    f"{AREA}.invoices": page(ACCOUNT_MANAGEMENT),
    f"{AREA}.invoices.billing-details": Row((to_open(ACCOUNT_MANAGEMENT),), 200, to_do(ACCOUNT_MANAGEMENT), 422),
    f"{AREA}.invoices.invoice": page(ACCOUNT_MANAGEMENT, invoice="invoice"),
    f"{AREA}.invoices.pay": Row(
        (to_do(ACCOUNT_MANAGEMENT),), 200, to_do(ACCOUNT_MANAGEMENT), 422, {"invoice": "invoice"}
    ),
    f"{AREA}.invoices.approved": page(ACCOUNT_MANAGEMENT, 303, invoice="invoice"),
    f"{AREA}.invoice.download": page(ACCOUNT_MANAGEMENT, 403, invoice="invoice"),
    f"{AREA}.credit-note.download": page(ACCOUNT_MANAGEMENT, 403, credit_note="credit note"),
    f"{AREA}.add-ons": page(ACCOUNT_MANAGEMENT),
    f"{AREA}.add-ons.learn-more": page(ACCOUNT_MANAGEMENT, addon="=message-plus"),
    f"{AREA}.add-ons.enable": form(ACCOUNT_MANAGEMENT, 409, addon="=message-plus"),
    f"{AREA}.add-ons.disable": form(ACCOUNT_MANAGEMENT, 409, addon="=credit-checks"),
    f"{AREA}.add-ons.configure": Row(
        (to_open(ACCOUNT_MANAGEMENT), to_do(ACCOUNT_MANAGEMENT)), 200, arguments={"addon": "=credit-checks"}
    ),
    BUREAUS: page(INTEGRATIONS),
    f"{BUREAUS}.new": host_form(INTEGRATIONS, Level.CREATE, None),
    f"{BUREAUS}.new.kind": host_form(INTEGRATIONS, Level.CREATE, 422, kind="=equifax"),
    f"{BUREAUS}.bureau": host_form(INTEGRATIONS, Level.MODIFY, 422, bureau="creditbureau"),
    f"{BUREAUS}.bureau.delete": host_form(INTEGRATIONS, Level.MODIFY, 303, bureau="creditbureau"),
    "admin.billing-admin": page(INVOICES),
    "admin.accounting": page(INVOICES),
    **_catalog("billable-items", "billableitem"),
    **_catalog("terms", "billingterm"),
    **_catalog("sales-tax", "salestaxrate"),
}
"""The addresses below a company's own, by name."""


@dataclass(frozen=True)
class StaffRow:
    """An address of the vendor's staff: the answers to GET and to a POST without any field (None: takes no POST)."""

    arguments: Mapping[str, str] = field(default_factory=dict)
    shows: int = 200
    answers: int | None = None

    @property
    def allow(self) -> str:
        """Name the methods that it takes."""
        return "GET, HEAD" if self.answers is None else "GET, HEAD, POST"


STAFF_ROWS: Mapping[str, StaffRow] = {
    "backoffice.companies": StaffRow(),
    "backoffice.company": StaffRow({"company": "=acme"}),
    "backoffice.invoice": StaffRow({"company": "=acme", "invoice": "invoice"}),
    "backoffice.invoice.credit": StaffRow({"company": "=acme", "invoice": "invoice"}, answers=422),
    "backoffice.invoice.refund": StaffRow({"company": "=acme", "invoice": "invoice"}, answers=422),
    "backoffice.reviews": StaffRow(),
    "backoffice.review": StaffRow({"review": "review"}, answers=422),
    "backoffice.review.ask": StaffRow({"review": "review"}, shows=303, answers=303),
    "backoffice.billing-runs": StaffRow(),
}
"""The addresses of the vendor's staff; nobody else finds anything there."""

IN, OUT, NOBODY = "a member", "nobody signed in", "signed in, but let in nowhere"
HOME, LOGIN = "/acme/admin", "/accounts/login/"


@dataclass(frozen=True)
class OwnRow:
    """An address of no company: the answers to GET and to an empty POST by who asks; a text is where it leads."""

    get: Mapping[str, int | str]
    post: Mapping[str, int | str]
    allow: str = "GET, HEAD, POST"
    arguments: Mapping[str, str] = field(default_factory=dict)


def _same(answer: int | str) -> dict[str, int | str]:
    return {IN: answer, OUT: answer, NOBODY: answer}


_NO_POST = _same(405)
_READS = "GET, HEAD"
_SIGNED_OUT = {NOBODY: LOGIN}
OWN_ROWS: Mapping[str, OwnRow] = {
    "home": OwnRow({IN: HOME, OUT: LOGIN, NOBODY: LOGIN}, _NO_POST, _READS),
    "companies": OwnRow({IN: 200, OUT: LOGIN, NOBODY: LOGIN}, _NO_POST, _READS),
    "healthz": OwnRow(_same(200), _NO_POST, _READS),
    "account_login": OwnRow({IN: "/", OUT: 200, NOBODY: LOGIN}, {IN: "/", OUT: 200, NOBODY: LOGIN}),
    "account_logout": OwnRow({IN: 200, OUT: LOGIN, NOBODY: LOGIN}, {IN: LOGIN, OUT: LOGIN, NOBODY: LOGIN}),
    "account_signup": OwnRow({IN: "/", OUT: 200, NOBODY: LOGIN}, {IN: "/", OUT: 200, NOBODY: LOGIN}),
    "account_inactive": OwnRow({IN: 200, OUT: 200, NOBODY: LOGIN}, _NO_POST, _READS),
    "account_reauthenticate": OwnRow({IN: 200, OUT: LOGIN, NOBODY: LOGIN}, {IN: 200, OUT: LOGIN, NOBODY: LOGIN}),
    "account_set_password": OwnRow(
        {IN: "/accounts/password/change/", OUT: LOGIN, NOBODY: LOGIN},
        {IN: "/accounts/password/change/", OUT: LOGIN, NOBODY: LOGIN},
    ),
    "account_change_password": OwnRow({IN: 200, OUT: LOGIN, NOBODY: LOGIN}, {IN: 200, OUT: LOGIN, NOBODY: LOGIN}),
    "account_reset_password": OwnRow({IN: 200, OUT: 200, NOBODY: LOGIN}, {IN: 200, OUT: 200, NOBODY: LOGIN}),
    "account_reset_password_done": OwnRow({IN: 200, OUT: 200, NOBODY: LOGIN}, _NO_POST, _READS),
    "account_reset_password_from_key": OwnRow(
        {IN: 200, OUT: 200, NOBODY: LOGIN},
        {IN: 200, OUT: 200, NOBODY: LOGIN},
        arguments={"uidb36": "=1", "key": "=wrong-key"},
    ),
    "account_reset_password_from_key_done": OwnRow({IN: 200, OUT: 200, NOBODY: LOGIN}, _NO_POST, _READS),
}

MACHINE_ROWS: Mapping[str, tuple[dict[str, str], int]] = {
    "api.gateway-events": ({"gateway": "=sandbox"}, 415),
}
"""The addresses of programs, where nobody is signed in: their parts, and the answer to a POST that says nothing."""

DEMO_ROW = "demo-forward"
"""The demo's clock, which takes POST only, from those with Modify and from the vendor's staff."""


def named_routes() -> Iterator[tuple[str, URLPattern]]:
    """Walk over every address that is mounted: its name and its pattern."""
    yield from _walk(get_resolver("tests.faces.all_routes").url_patterns)


def _walk(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns)
        else:
            yield str(pattern.name or pattern.pattern), pattern


def address(name: str, world: World, arguments: Mapping[str, str], *, slug: str = "", foreign: bool = False) -> str:
    """Give an address, with Acme's things in it, or with those of the other company."""
    things = world.foreign if foreign else world.arguments
    filled = {part: of[1:] if of.startswith("=") else things[of] for part, of in arguments.items()}
    return reverse(name, kwargs={**({"company": slug} if slug else {}), **filled})
