"""Mail one thing once: issued, declined, expiring, changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from tenantry.actions.notices._words import words_of
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside import identity, mail
from tenantry.records.base import tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.invoices import credit_notes
from tenantry.records.invoices import queries as invoices
from tenantry.records.notices.models import Notice
from tenantry.records.notices.queries import lock_notice

CLAIM = timedelta(minutes=5)
TO_RECIPIENTS_ONLY = ("invoice_issued", "invoice_voided", "credit_note_issued", "receipt", "refunded")
TO_ADMINS_ONLY = ("addon_enabled", "addon_disabled", "card_expiring", "method_needed")
TO_VENDOR_TOO = ("unauthorized_return",)
TO_THE_PERSON = ("user_added",)


def send_notice(*, actor: Actor, notice_id: str, now: datetime) -> bool | Refusal:
    """Send one notice that is due; tell whether a mail went out.

    It is claimed for five minutes before the mail server is called, so that two workers don't both send it;
    when this process dies in between it is sent again later, under the same Message-ID.
    """
    if refused := require(actor, Action.SEND_NOTICE):
        return refused
    with tenancy.phase(actor.company_id):
        notice = lock_notice(actor.company_id, notice_id)
        if notice is None or notice.sent_at is not None or notice.due_at > now:
            return False
        Notice.objects.filter(id=notice.id, company_id=actor.company_id).update(due_at=now + CLAIM)
        # Making the link may write an address of the sign-in library, which a reading can't.
        person = _person(actor.company_id, notice)
        password_url = identity.first_password_url(person) if person is not None else ""
    with tenancy.reading(actor.company_id):
        recipients = _recipients(actor.company_id, notice.kind, person)
        message = _message(actor.company_id, notice, recipients, password_url)
    if recipients:
        mail.send(message)
    with tenancy.phase(actor.company_id):
        Notice.objects.filter(id=notice.id, company_id=actor.company_id).update(sent_at=now, recipients=recipients)
    return bool(recipients)


def _person(company_id: str, notice: Notice) -> Any:
    """Give the person whom a notice is for alone, while the company still lets them in."""
    if notice.kind not in TO_THE_PERSON:
        return None
    member = companies.member_with_user(company_id, str(notice.about_id))
    return member.user if member and member.is_active and member.can_log_in else None


def _recipients(company_id: str, kind: str, person: Any) -> list[str]:
    if kind in TO_THE_PERSON:
        return [identity.email_of(person)] if person is not None else []
    billing = list(companies.billing_details(company_id).recipients)
    admins = [identity.email_of(user) for user in companies.modifiers(company_id)]
    if kind in TO_RECIPIENTS_ONLY:
        found = billing
    elif kind in TO_ADMINS_ONLY:
        found = admins
    else:
        found = billing + admins
    if kind in TO_VENDOR_TOO:
        found = [*found, settings.TENANTRY_VENDOR["email"]]
    return list(dict.fromkeys(address for address in found if address))


def _message(company_id: str, notice: Notice, recipients: list[str], password_url: str) -> mail.OutgoingMail:
    words = {**words_of(company_id, notice), "password_url": mark_safe(password_url)}  # noqa: S308 - our own address
    subject, _, text = render_to_string(f"mail/{notice.kind}.txt", words).partition("\n")
    return mail.OutgoingMail(
        key=str(notice.id),
        sender=mail.vendor_address(),
        recipients=tuple(recipients),
        subject=subject,
        text=text.strip() + "\n",
        attachments=_attachments(company_id, notice),
    )


def _attachments(company_id: str, notice: Notice) -> tuple[mail.MailAttachment, ...]:
    paper_of = {"invoice_issued": invoices.document, "credit_note_issued": credit_notes.credit_note_document}
    read = paper_of.get(notice.kind)
    document = read(company_id, str(notice.about_id)) if read else None
    if document is None:
        return ()
    return (mail.MailAttachment(f"{notice.facts['number']}.pdf", bytes(document.pdf), "application/pdf"),)
