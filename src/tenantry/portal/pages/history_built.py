"""Audit entries as sentences that a person reads (O11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.money import Money
from tenantry.outside import identity
from tenantry.portal.pages.history import Change, RecentChanges
from tenantry.records.base import history
from tenantry.records.base.history import HistoryEntry
from tenantry.records.companies import queries as companies
from tenantry.records.payments import naming
from tenantry.ui import formats
from tenantry.ui.invoice_words import decline_words

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit

RECENT = 5
LOOKED_AT = 25
KINDS: Mapping[str, tuple[str, ...]] = {
    "billing-methods": ("payment_method",),
    "invoices": ("invoice", "payment_intent", "refund", "billing_details"),
    "add-ons": ("addon_period", "offer"),
    "people": ("member", "permission_group"),
}
"""The kinds of objects that belong to a section."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What the ids of a part of the history are called."""

    numbers: Mapping[str, str]
    people: Mapping[str, str]
    locale: str


Sentence = Callable[[HistoryEntry, _Names], str]


def recent(visit: Visit, section: str) -> RecentChanges:
    """Give the foot of a section: its latest changes, and the way to all of them. Needs an open reading."""
    about = naming.invoice_number()
    latest = history.latest(visit.company_id, kinds=KINDS[section], limit=LOOKED_AT, about=about)
    telling = [entry for entry in latest if not _is_step(entry)]
    return RecentChanges(changes(visit, telling[:RECENT]), visit.url("history"))


def _is_step(entry: HistoryEntry) -> bool:
    """Tell whether it only leads to what another entry says: the whole history shows it, a foot of five does not."""
    is_start = entry.action == "pay_invoice" and entry.actor_kind == "clock"
    return is_start or entry.action == "store_document" or (entry.action == "settle_payment" and not _end(entry))


def changes(visit: Visit, entries: Sequence[HistoryEntry]) -> tuple[Change, ...]:
    """Say each entry. Needs an open reading."""
    names = _names(visit, entries)
    zone, locale = visit.entered.time_zone, visit.entered.locale
    return tuple(
        Change(at=formats.moment(entry.at, zone, locale), who=_who(entry), what=_what(entry, names), words=entry.words)
        for entry in entries
    )


def _names(visit: Visit, entries: Sequence[HistoryEntry]) -> _Names:
    people = {}
    if any(entry.object_kind == "member" for entry in entries):
        people = {str(row.id): identity.name_of(row.user) for row in companies.members(visit.company_id)}
    return _Names({entry.object_id: entry.about for entry in entries}, people, visit.entered.locale)


def _who(entry: HistoryEntry) -> str:
    if entry.actor_kind == "clock":
        return _("automatic")
    if entry.actor_kind == "vendor":
        return _("%(name)s of %(vendor)s") % {"name": entry.actor_name, "vendor": settings.TENANTRY_VENDOR["name"]}
    return entry.actor_name


def _what(entry: HistoryEntry, names: _Names) -> str:
    said = _SENTENCES.get(entry.action)
    return said(entry, names) if said else entry.action.replace("_", " ").capitalize()


def _money(facts: Mapping[str, Any], field: str, names: _Names) -> str:
    if field not in facts or "currency" not in facts:
        return ""
    return formats.money(Money(int(facts[field]), str(facts["currency"])), names.locale)


def _method(facts: Mapping[str, Any]) -> str:
    return formats.method_name(str(facts.get("name", "")), str(facts.get("last4", ""))).strip()


def _added(entry: HistoryEntry, names: _Names) -> str:
    said = {"method": _method(entry.after)}
    if entry.before.get("expiry_year"):
        return _renewed(entry, said["method"])
    if entry.before and not entry.after.get("is_verified"):
        return _("Added %(method)s again, to be verified anew") % said
    if entry.after.get("is_default"):
        return _("Added %(method)s and made it the default") % said
    return _("Added %(method)s") % said


def _renewed(entry: HistoryEntry, method: str) -> str:
    ends, ended = (formats.expiry(facts["expiry_month"], facts["expiry_year"]) for facts in (entry.after, entry.before))
    said = {"method": method, "date": ends, "before": ended}
    if entry.after.get("is_default") and not entry.before.get("is_default"):
        return _("Renewed %(method)s: expires %(date)s instead of %(before)s, and made it the default") % said
    return _("Renewed %(method)s: expires %(date)s instead of %(before)s") % said


def _verified(entry: HistoryEntry, names: _Names) -> str:
    said = {"method": _method(entry.after)}
    if entry.after.get("is_default"):
        return _("Verified %(method)s and made it the default") % said
    return _("Verified %(method)s") % said


def _allowed(entry: HistoryEntry, names: _Names) -> str:
    return _("Allowed debits from %(method)s again") % {"method": _method(entry.after)}


def _made_default(entry: HistoryEntry, names: _Names) -> str:
    said = {"method": _method(entry.after), "before": _method(entry.before)}
    if entry.before:
        return _("Made %(method)s the default instead of %(before)s") % said
    return _("Made %(method)s the default") % said


def _removed(entry: HistoryEntry, names: _Names) -> str:
    return _("Removed %(method)s") % {"method": _method(entry.before)}


def _started_setup(entry: HistoryEntry, names: _Names) -> str:
    if entry.after.get("kind") == "ach":
        return _("Accepted the debit authorization and went to add a bank account")
    return _("Went to add a card")


def _enabled(entry: HistoryEntry, names: _Names) -> str:
    said = {"addon": entry.after.get("name", ""), "price": _money(entry.after, "recurring_minor", names)}
    return _("Enabled %(addon)s, %(price)s / month") % said


def _disabled(entry: HistoryEntry, names: _Names) -> str:
    return _("Disabled %(addon)s") % {"addon": entry.after.get("name", "")}


def _offered(entry: HistoryEntry, names: _Names) -> str:
    said = {"addon": entry.after.get("name", entry.after.get("addon", ""))}
    return (
        _("Offered the add-on %(addon)s") % said
        if entry.after.get("is_offered")
        else _("Withdrew the offer of the add-on %(addon)s") % said
    )


def _issued(entry: HistoryEntry, names: _Names) -> str:
    said = {"number": entry.after.get("number", ""), "amount": _money(entry.after, "total_minor", names)}
    return _("Issued invoice %(number)s, %(amount)s") % said


def _printed(entry: HistoryEntry, names: _Names) -> str:
    return _("Stored the PDF of invoice %(number)s") % {"number": names.numbers.get(entry.object_id, "")}


def _credited(entry: HistoryEntry, names: _Names) -> str:
    said = {
        "note": entry.after.get("credit_note", ""),
        "amount": _money(entry.after, "total_minor", names),
        "number": names.numbers.get(entry.object_id, ""),
    }
    return _("Issued credit note %(note)s over %(amount)s for invoice %(number)s") % said


def _printed_note(entry: HistoryEntry, names: _Names) -> str:
    return _("Stored the PDF of credit note %(note)s") % {"note": entry.after.get("credit_note", "")}


def _refunded(entry: HistoryEntry, names: _Names) -> str:
    said = {
        "amount": _money(entry.after, "amount_minor", names),
        "number": names.numbers.get(entry.object_id, ""),
        "code": entry.after.get("code", ""),
    }
    if "review" in entry.after:
        return _("Refund for invoice %(number)s is being checked") % said
    if entry.object_kind == "invoice":
        return _("Started a refund of %(amount)s for invoice %(number)s") % said
    return str(_REFUND_ENDS.get(str(entry.after.get("state")), _REFUND_ENDS[""])) % said


_REFUND_ENDS: Mapping[str, str | Promise] = {
    "done": gettext_lazy("Refunded %(amount)s for invoice %(number)s"),
    "refused": gettext_lazy("Refund of %(amount)s for invoice %(number)s was not made (%(code)s)"),
    "": gettext_lazy("No answer yet to the refund of %(amount)s for invoice %(number)s"),
}


def _voided(entry: HistoryEntry, names: _Names) -> str:
    return _("Cancelled invoice %(number)s") % {"number": entry.after.get("number", "")}


def _written_off(entry: HistoryEntry, names: _Names) -> str:
    return _("Closed invoice %(number)s") % {"number": entry.after.get("number", "")}


def _paying(entry: HistoryEntry, names: _Names) -> str:
    return _("Started a payment of invoice %(number)s") % {"number": names.numbers.get(entry.object_id, "")}


def _settled(entry: HistoryEntry, names: _Names) -> str:
    code = str(entry.after.get("code", ""))
    said = {"number": names.numbers.get(entry.object_id, ""), "code": code, "declined": decline_words(code)}
    return (
        str(_ENDS.get(_end(entry)) or _("The payment service answered about the payment of invoice %(number)s")) % said
    )


def _end(entry: HistoryEntry) -> str:
    """Give what a payment came to by this entry; nothing where it only went on."""
    if "review" in entry.after:
        return "review"
    found = (str(entry.after.get("state")), str(entry.after.get("outcome")))
    return next((key for key in found if key in _ENDS), "")


_ENDS: Mapping[str, str | Promise] = {
    "review": gettext_lazy("Payment of invoice %(number)s is being checked"),
    "succeeded": gettext_lazy("Invoice %(number)s was paid"),
    "returned": gettext_lazy("The bank returned the payment of invoice %(number)s (%(code)s)"),
    "cancelled": gettext_lazy("Payment of invoice %(number)s was given up"),
    "processing": gettext_lazy("Bank debit for invoice %(number)s was started"),
    "awaiting_payer": gettext_lazy("The bank asked for approval of the payment of invoice %(number)s"),
    "unknown": gettext_lazy("No answer yet to the payment of invoice %(number)s"),
    "declined": gettext_lazy("Payment of invoice %(number)s: %(declined)s"),
    "not_sent": gettext_lazy("Payment of invoice %(number)s did not reach the payment service; nothing was charged"),
}


def _given_up(entry: HistoryEntry, names: _Names) -> str:
    return _("Gave up the payment of invoice %(number)s") % {"number": names.numbers.get(entry.object_id, "")}


def _member(entry: HistoryEntry, names: _Names) -> str:
    said = {"name": names.people.get(entry.object_id, "")}
    if not entry.before:
        return _("Added the user %(name)s") % said
    words = {
        "is_active": (_("switched Active off"), _("switched Active on")),
        "can_log_in": (_("switched Can log in off"), _("switched Can log in on")),
    }
    changed = [field for field in words if entry.before.get(field) != entry.after.get(field)]
    parts = [words[field][bool(entry.after.get(field))] for field in changed]
    if entry.before.get("groups") != entry.after.get("groups"):
        parts.append(_("changed the permission groups"))
    return _("User %(name)s: %(what)s") % {**said, "what": ", ".join(parts) or _("saved without a change")}


def _group(entry: HistoryEntry, names: _Names) -> str:
    said = {"name": entry.after.get("name", "")}
    return (
        _("Changed the permission group %(name)s") % said
        if entry.before
        else _("Made the permission group %(name)s") % said
    )


def _plain(words: str | Promise) -> Sentence:
    return lambda entry, names: str(words)


def _seats(entry: HistoryEntry, names: _Names) -> str:
    return _("Counted %(seats)s") % {"seats": formats.seats(int(entry.after.get("seats", 0)), names.locale)}


_SENTENCES: Mapping[str, Sentence] = {
    "add_payment_method": _added,
    "allow_debits": _allowed,
    "change_billing_details": _plain(gettext_lazy("Changed the billing details")),
    "disable_addon": _disabled,
    "enable_addon": _enabled,
    "give_up_payment": _given_up,
    "issue_credit_note": _credited,
    "issue_invoices": _issued,
    "make_default": _made_default,
    "offer_addon": _offered,
    "open_company": _plain(gettext_lazy("Opened the company")),
    "pay_invoice": _paying,
    "record_seats": _seats,
    "refund_payment": _refunded,
    "remove_payment_method": _removed,
    "save_member": _member,
    "save_permission_group": _group,
    "settle_payment": _settled,
    "start_method_setup": _started_setup,
    "start_subscription": _plain(gettext_lazy("Started the subscription")),
    "store_credit_note_document": _printed_note,
    "store_document": _printed,
    "verify_bank_account": _verified,
    "void_invoice": _voided,
    "write_off_invoice": _written_off,
}
