"""Who is here, for which company, and may they see it; opens the read transaction.

A view gets a `Visit`. GET runs inside `reading`; a POST has no transaction around it: the view parses, calls
one action, then redirects, or renders inside `visit.reading()`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.card_numbers import any_holds_card_number
from tenantry.core.payment_facts import Loaded
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.permissions import ACCOUNT_MANAGEMENT, Actor, Level, holds
from tenantry.core.refusal import Refusal
from tenantry.outside import clock, host, identity, ids, security_log, tax
from tenantry.portal.pages import shell
from tenantry.portal.pages.summary_built import summary_of
from tenantry.records.base import tenancy
from tenantry.records.companies import queries
from tenantry.records.invoices.standing import Standing, standing
from tenantry.records.payments.attention import NeedyInvoice, needy_invoice
from tenantry.records.payments.methods import method_facts
from tenantry.records.payments.next_charge import ScheduledCharge, next_collection
from tenantry.records.payments.queries import load_many
from tenantry.ui import answers
from tenantry.ui.parts import Crumb, Link

if TYPE_CHECKING:
    from tenantry.records.companies.models import Company

AREA = "admin.account-management"


@dataclass(frozen=True)
class Visit:
    """One request of a member to one company."""

    request: HttpRequest
    entered: queries.Entered
    now: datetime

    @property
    def actor(self) -> Actor:
        """Give who acts."""
        return self.entered.actor

    @property
    def company_id(self) -> str:
        """Give the company."""
        return self.entered.actor.company_id

    @property
    def is_dialog(self) -> bool:
        """Tell whether a script asked for the dialog alone."""
        return self.request.headers.get("HX-Request") == "true"

    def may(self, level: Level, subject: str = ACCOUNT_MANAGEMENT) -> bool:
        """Tell whether the person holds a level."""
        return holds(self.actor, subject, level)

    def url(self, name: str, *args: object) -> str:
        """Give the address of a page of the area: `billing-methods`, `invoices.download`."""
        return reverse(f"{AREA}.{name}", args=[self.entered.slug, *args])

    def admin_url(self, name: str = "", *args: object) -> str:
        """Give the address of the Admin index, or of a page below it: `users`, `permissions.group`."""
        return reverse(f"admin.{name}" if name else "admin", args=[self.entered.slug, *args])

    # What follows is read once a page, and needs an open reading.

    @functools.cached_property
    def company(self) -> Company:
        """Give the company's row."""
        return queries.company(self.company_id)

    @functools.cached_property
    def standing(self) -> Standing | None:
        """Give how the company stands."""
        return standing(self.company, rates_for=tax.rates_for)

    @functools.cached_property
    def methods(self) -> tuple[MethodFacts, ...]:
        """Give the methods on file."""
        return method_facts(self.company_id)

    @functools.cached_property
    def needy(self) -> NeedyInvoice | None:
        """Give the open invoice that needs somebody's attention most."""
        return needy_invoice(self.company)

    @functools.cached_property
    def scheduled(self) -> ScheduledCharge | None:
        """Give the charge of an open invoice that comes first."""
        return next_collection(self.company_id)

    def read_frame(self) -> None:
        """Read what every page of the area shows, for a page that is rendered after the transaction is closed."""
        for name in ("standing", "methods", "needy", "scheduled"):
            getattr(self, name)

    def payment_facts(self, invoices: Sequence[Any]) -> dict[str, Loaded]:
        """Gather how the payment of each invoice stands: invoice id → facts."""
        found = load_many(self.company, invoices, now=self.now, new_id=ids.new_id, lock=False) if invoices else {}
        for loaded in found.values():
            # The frame of the page shows the methods too; they are read once.
            self.remember(methods=tuple(method for method in loaded.methods if not method.is_removed))
            break
        return found

    def remember(self, **found: object) -> None:
        """Keep what was read already together with something else."""
        self.__dict__.update(found)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open the read transaction again, to render after an action answered."""
        for name in ("company", "standing", "methods", "needy", "scheduled"):
            self.__dict__.pop(name, None)
        with tenancy.reading(self.company_id):
            yield

    def say(self, words: str) -> None:
        """Keep a sentence for the next page: what happened."""
        messages.success(self.request, words)

    def go(self, name: str, *args: object, say: str = "") -> HttpResponse:
        """Answer 303 to a page of the area, with a sentence that says what happened."""
        return self.go_to(self.url(name, *args), say=say)

    def go_to(self, address: str, *, say: str = "") -> HttpResponse:
        """Answer 303 to an address, with a sentence that says what happened."""
        if say:
            self.say(say)
        return HttpResponseRedirect(address, status=303)

    def refuse(self, refusal: Refusal, *, link: Link | None = None) -> HttpResponse:
        """Answer a refusal that has no page of its own."""
        return answers.refused(self.request, refusal, link=link)

    def nothing_to_administer(self) -> HttpResponse:
        """Answer somebody for whom the Admin index is empty, whatever is on."""
        _log(self.request, "admin_missing", self.entered.slug)
        return self.refuse(Refusal("nothing_to_administer"), link=_way_on(self.entered))

    def area(self, template: str, page: object, *, section: str, crumb: str = "", status: int = 200) -> HttpResponse:
        """Render a page of Account Management. Needs an open reading."""
        context = {"shell": _shell(self), "area": _area(self, section, crumb), "page": page}
        return answers.when_to_come_again(render(self.request, template, context, status=status))

    def page(
        self, template: str, page: object, *, status: int = 200, more: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Render a page of the company outside Account Management."""
        return render(self.request, template, {"shell": _shell(self), "page": page, **(more or {})}, status=status)

    def dialog(self, name: str, page: object, *, section: str, crumb: str = "", status: int = 200) -> HttpResponse:
        """Render a confirmation: the dialog alone for a script, else its page. Needs an open reading."""
        if self.is_dialog:
            part = render(self.request, f"portal/{name}_dialog.html", {"page": page}, status=status)
            return answers.when_to_come_again(part)
        return self.area(f"portal/{name}.html", page, section=section, crumb=crumb, status=status)


View = Callable[..., HttpResponse]


class Reads(Enum):
    """How a GET of a page reads: within the entry's transaction, its frame ahead, or as it likes."""

    WITHIN = 1
    AHEAD = 2
    ITSELF = 3


def company_page(
    *,
    subject: str = ACCOUNT_MANAGEMENT,
    view: Level = Level.VIEW,
    change: Level = Level.MODIFY,
    posts: bool = False,
    reads: Reads = Reads.WITHIN,
) -> Callable[[View], View]:
    """Let a member in who holds `view` on the subject; a POST needs `change`. An empty subject: every member.

    `reads` says how a GET reads: a page that asks the gateway does so outside of any transaction.
    """
    allowed = ("GET", "HEAD", "POST") if posts else ("GET", "HEAD")

    def decorate(shown: View) -> View:
        @functools.wraps(shown)
        def enter(request: HttpRequest, company: str, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return answers.sign_in_first(request)
            if request.method not in allowed:
                return answers.not_allowed_method(allowed)
            with _entering(request, company) as visit:
                if visit is not None:
                    needed = change if request.method == "POST" else view
                    if subject and not visit.may(needed, subject):
                        return _refused(request, visit.entered, subject, needed)
                    if request.method != "POST" and reads is Reads.WITHIN:
                        return shown(visit, **kwargs)
                    if request.method != "POST" and reads is Reads.AHEAD:
                        visit.read_frame()
            if visit is None:
                return _stranger(request, company)
            if request.method == "POST" and _holds_card_number(request):
                _log(request, "card_number_refused", visit.entered.slug)
                return visit.refuse(Refusal("card_number_refused"))
            return shown(visit, **kwargs)

        enter.allowed = allowed  # type: ignore[attr-defined]
        return enter

    return decorate


def keeps_typed(
    again: Callable[..., HttpResponse], *, subject: str = ACCOUNT_MANAGEMENT, change: Level = Level.MODIFY
) -> Callable[[View], View]:
    """Show what was typed again when the page's form has expired: `again(visit, refusal, …)` renders it.

    It is let in like the page itself, reads the form and changes nothing: who sent it is not proven.
    """

    def decorate(page: View) -> View:
        @company_page(subject=subject, change=change, posts=True)
        def shown(visit: Visit, **kwargs: Any) -> HttpResponse:
            return again(visit, Refusal("form_expired"), **kwargs)

        page.typed_again = shown  # type: ignore[attr-defined]
        return page

    return decorate


TYPED_BY_NOBODY = {"csrfmiddlewaretoken", "request_key", "method", "fingerprint", "words", "setup", "password"}


def _holds_card_number(request: HttpRequest) -> bool:
    """Tell whether any field holds a card number, whatever its name; what was typed is not shown again."""
    return any(any_holds_card_number(values) for name, values in request.POST.lists() if name not in TYPED_BY_NOBODY)


@contextmanager
def _entering(request: HttpRequest, slug: str) -> Iterator[Visit | None]:
    with queries.entering(
        user=request.user,
        slug=slug,
        request_id=getattr(request, "request_id", ""),
        address=request.META.get("REMOTE_ADDR", ""),
        name=identity.name_of(request.user),
    ) as inside:
        if inside is None:
            yield None
            return
        entered, company = inside
        request.entered = entered  # type: ignore[attr-defined]
        request.actor = entered.actor  # type: ignore[attr-defined]
        visit = Visit(request, entered, clock.now())
        visit.remember(company=company)
        yield visit


def _stranger(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer somebody who is not in: 404, or sign-in when they may not be signed in anywhere any more."""
    _log(request, "foreign_company", slug)
    return answers.not_found(request) if queries.may_sign_in(str(request.user.pk)) else answers.nobody(request)


def _refused(request: HttpRequest, entered: queries.Entered, subject: str, needed: Level) -> HttpResponse:
    _log(request, f"{needed.value}_missing", entered.slug)
    refusal = Refusal(f"{needed.value}_required", {"subject": host.subject_label(subject)})
    return answers.refused(request, refusal, link=_way_on(entered))


def _way_on(entered: queries.Entered) -> Link:
    """Lead who was refused to where they may be."""
    if host.may_administer(entered.actor):
        return Link(_("Go to the Admin page"), reverse("admin", args=[entered.slug]))
    if entered.has_others:
        return Link(_("Switch company"), reverse("companies"))
    return Link(_("Sign out"), reverse("account_logout"))


def _log(request: HttpRequest, event: str, slug: str) -> None:
    security_log.refused(
        event=event,
        user=str(request.user.pk),
        route=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
        company=slug,
    )


def _shell(visit: Visit) -> shell.Shell:
    user = visit.request.user
    others = (Link(_("Switch company"), reverse("companies")),) if visit.entered.has_others else ()
    return shell.Shell(
        company_name=visit.entered.name,
        home_url="/",
        user_name=visit.actor.name,
        user_email=identity.email_of(user),
        sign_out_url=reverse("account_logout"),
        admin_url=visit.admin_url() if host.may_administer(visit.actor) else "",
        password_url=reverse("account_change_password"),
        other_companies=others,
    )


def _area(visit: Visit, section: str, crumb: str) -> shell.Area:
    slug = visit.entered.slug
    urls = (visit.url("billing-methods"), visit.url("invoices"), visit.url("add-ons"))
    here = shell.entries(urls, section)
    own = next((entry for entry in here if entry.is_current), None)
    further = [Crumb(own.label, own.url)] if own else []
    if crumb:
        further.append(Crumb(crumb))
    return shell.Area(
        crumbs=shell.crumbs(reverse("admin", args=[slug]), urls[0], *further),
        entries=here,
        summary=summary_of(visit),
        billing_admin=_link(visit, "billing_admin", _("Billing Admin")),
        accounting=_link(visit, "accounting", _("Accounting")),
        read_only_reason="" if visit.may(Level.MODIFY) else str(READ_ONLY.get(section, "")),
    )


READ_ONLY = {
    "billing-methods": gettext_lazy("You need Account Management with Modify to change payment methods."),
    "invoices": gettext_lazy("You need Account Management with Modify to pay invoices or change billing details."),
    "add-ons": gettext_lazy("You need Account Management with Modify to enable, disable or configure add-ons."),
}


def _link(visit: Visit, name: str, label: str) -> Link | None:
    """Give a thing of the host by its name, with its address for those who may open it."""
    found = host.link(name)
    if found is None:
        return None
    may_open = not found.subject or visit.may(found.level, found.subject)
    return Link(label, reverse(found.route, args=[visit.entered.slug]) if may_open else "")
