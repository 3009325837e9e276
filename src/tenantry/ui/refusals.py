"""The words of each refusal: one table from code to status, sentence and next step (see docs/refusals.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.ui import formats

NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RefusalWords:
    """What a face answers: an HTTP status, one sentence that says what happened, and one that says what to do."""

    status: int
    sentence: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table. `bare` is said where a fact that `sentence` names was not given."""

    status: int
    sentence: Any
    next_step: str | Promise = ""
    bare: str | Promise = ""


_SUBJECTS: Mapping[str, str | Promise] = {
    "account_management": _("Account Management"),
    "integrations": _("Integrations"),
    "user_accounts": _("User Accounts"),
    "permission_groups": _("Permission Groups"),
    "support": _("Support"),
}
_ASK_ADMIN = _("Ask an administrator of your company for this permission.")
_CHECK_FORM = _("Check the form and try again.")
_NOT_AN_ADDRESS = _("This is not an e-mail address.")
_OTHER_METHOD = _("Choose another payment method, or add one.")
_WAIT = _("You don't need to do anything. This page shows the result when it is there.")
_RELOAD = _("Reload the page to see how it stands now.")
_ADD_AGAIN = _("Go to Billing Methods and start again.")

_ENTRY: Mapping[str, _Row] = {
    "unauthenticated": _Row(401, _("You are not signed in."), _("Sign in to go on.")),
    "view_required": _Row(403, _("You need %(subject)s with View to open this page."), _ASK_ADMIN),
    "create_required": _Row(403, _("You need %(subject)s with Create to do this."), _ASK_ADMIN),
    "modify_required": _Row(403, _("You need %(subject)s with Modify to do this."), _ASK_ADMIN),
    "delete_required": _Row(403, _("You need %(subject)s with Delete to do this."), _ASK_ADMIN),
    "nothing_to_administer": _Row(
        403,
        _("There is nothing in Admin that you may open."),
        _("Ask an administrator of your company for a permission."),
    ),
    "level_to_open": _Row(
        403,
        _("You need %(subject)s with %(level)s to open this page."),
        _ASK_ADMIN,
        bare=_("You need another permission to open this page."),
    ),
    "yes_required": _Row(403, _("You need %(subject)s to do this."), _ASK_ADMIN),
    "not_allowed": _Row(403, _("You can't do this.")),
    "not_found": _Row(404, _("We can't find that page or record."), _("Check the address, or go back to the start.")),
    "form_expired": _Row(403, _("This form has expired. Reload the page and try again.")),
    "too_many_attempts": _Row(
        429,
        _("Too many attempts. Try again in %(seconds)s seconds."),
        bare=_("Too many attempts. Try again later."),
    ),
    "busy": _Row(503, _("Someone else is changing this right now. Try again.")),
    "method_not_allowed": _Row(405, _("This address can't be used that way.")),
    "bad_request": _Row(400, _("We can't read this request."), _RELOAD),
    "bad_signature": _Row(400, _("This message is not signed as agreed.")),
    "event_too_old": _Row(400, _("This message was signed more than five minutes ago.")),
    "event_unreadable": _Row(400, _("This message is not what was agreed.")),
    "internal_error": _Row(
        500,
        _("This page failed on our side."),
        _("Try again in a minute. If it keeps failing, tell us what you did."),
    ),
    "unavailable": _Row(503, _("We can't answer right now."), _("Try again in a minute.")),
}

_METHODS: Mapping[str, _Row] = {
    "default_method": _Row(409, _("Make another method the default first.")),
    "method_in_use": _Row(
        409, _("A payment with this method is in progress."), _("Try again when the payment is done.")
    ),
    "method_expired": _Row(
        409, _("The card ending in %(last4)s has expired."), _OTHER_METHOD, bare=_("This card has expired.")
    ),
    "method_blocked": _Row(
        409,
        _("The payment method ending in %(last4)s can't be charged any more."),
        _OTHER_METHOD,
        bare=_("This payment method can't be charged any more."),
    ),
    "method_unverified": _Row(
        409,
        _("The bank account ending in %(last4)s is not verified yet."),
        _("Verify it in Billing Methods first."),
        bare=_("This bank account is not verified yet."),
    ),
    "method_stopped": _Row(
        409,
        _("Payments from the account ending in %(last4)s were stopped by its owner."),
        _("Allow debits again in Billing Methods, or choose another payment method."),
        bare=_("Payments from this account were stopped by its owner."),
    ),
    "method_not_stopped": _Row(
        409,
        _("The payment method ending in %(last4)s can be charged already."),
        bare=_("This payment method can be charged already."),
    ),
    "method_not_found": _Row(404, _("This payment method is not there any more."), _RELOAD),
    "method_removed": _Row(404, _("This payment method is not there any more."), _RELOAD),
    "method_already_verified": _Row(409, _("This bank account is verified already.")),
    "setup_not_usable": _Row(422, _("This payment method can't be added. Start again."), _ADD_AGAIN),
    "card_number_refused": _Row(
        422, _("Never send card numbers here."), _("Enter it on the payment processor's page.")
    ),
    "duplicate_method": _Row(409, _("This card is already on file.")),
    "duplicate_account": _Row(409, _("This bank account is already on file.")),
    "method_limit": _Row(
        409, _("You have reached the limit of payment methods."), _("Remove one you don't use first.")
    ),
    "debit_authorization_required": _Row(422, _("Accept the debit authorization to continue.")),
    "amounts_dont_match": _Row(
        422,
        ngettext_lazy(
            "Amounts don't match. %(tries_left)s try left.",
            "Amounts don't match. %(tries_left)s tries left.",
            "tries_left",
        ),
        _("Compare them with your bank statement."),
        bare=_("Amounts don't match."),
    ),
    "verification_failed": _Row(422, _("Add the account again."), _("It could not be verified.")),
    "verification_expired": _Row(422, _("Add the account again."), _("The amounts were not entered in time.")),
    "changed_by_someone_else": _Row(409, _("Changed by someone else. Reload.")),
    "changed_meanwhile": _Row(409, _("Changed by someone else. Reload.")),
}

_PAYMENTS: Mapping[str, _Row] = {
    "already_paid": _Row(409, _("This invoice is already paid."), _RELOAD),
    "payment_processing": _Row(409, _("A payment is being processed (up to 4 business days)."), _WAIT),
    "payment_in_progress": _Row(409, _("A payment for this invoice is already in progress."), _WAIT),
    "awaiting_payer": _Row(
        409, _("Your bank asks you to approve this payment."), _("Continue from the invoice to approve or refuse it.")
    ),
    "no_usable_method": _Row(409, _("Add a payment method first."), _("You can add one in Billing Methods.")),
    "invoice_void": _Row(409, _("This invoice was cancelled."), _("There is nothing to pay.")),
    "nothing_due": _Row(409, _("There is nothing to pay on this invoice.")),
    "billing_held": _Row(
        409,
        _("Payments of your company are being checked."),
        _("Nothing is charged until we have looked. Try again later."),
    ),
    "recovering": _Row(
        503,
        _("We're checking our records with the payment service. Nothing was charged."),
        _("You don't need to do anything. Try again later."),
    ),
    "billing_due": _Row(409, _("An invoice has to be issued first."), _("Run the billing, then try again.")),
    "request_key_reused": _Row(409, _("This form was already used. Open the invoice and start again."), _RELOAD),
    "payment_declined": _Row(402, _("The bank declined the card. Try another method.")),
    "payment_not_approved": _Row(
        402, _("The payment was not approved at the bank. Nothing was charged."), _("Try again, or try another method.")
    ),
    "payment_returned": _Row(402, _("The bank returned the payment. Try another method.")),
    "payment_not_completed": _Row(
        402, _("The payment was not completed."), _("Nothing was charged. You can try again.")
    ),
    "requires_action": _Row(200, _("Your bank asks you to approve this payment.")),
    "payment_confirming": _Row(202, _("We're confirming this payment. You don't need to pay again.")),
    "gateway_unavailable": _Row(
        503, _("Payment service is unavailable. Nothing was charged."), _("Try again in a few minutes.")
    ),
    "move_not_listed": _Row(409, _("This can't be done any more."), _RELOAD),
    "link_expired": _Row(403, _("This link has expired. Refresh the Invoices page to get a new one.")),
    "link_altered": _Row(403, _("This link is not valid."), _("Get a new one on the Invoices page.")),
    "document_not_ready": _Row(404, _("This PDF is still being prepared."), _("Try again in a minute.")),
}

_ADD_ONS: Mapping[str, _Row] = {
    "already_enabled": _Row(200, _("%(addon)s is enabled already."), bare=_("This add-on is enabled already.")),
    "already_disabled": _Row(200, _("%(addon)s is disabled already."), bare=_("This add-on is disabled already.")),
    "not_offered": _Row(404, _("We can't find that page or record."), _("Check the address, or go back to the start.")),
    "not_enabled": _Row(
        409, _("%(addon)s is turned off."), _("Enable it in Add-ons first."), bare=_("This add-on is turned off.")
    ),
    "addon_off": _Row(403, _("%(addon)s is turned off."), _("It can be enabled in Account Management → Add-ons.")),
    "addon_needs_another": _Row(409, _("%(addon)s needs %(needs)s."), _("Enable %(needs)s first.")),
    "addon_needs_unoffered": _Row(
        409, _("%(addon)s needs %(needs)s, which your company is not offered."), _("Ask the vendor to offer it.")
    ),
    "addon_excludes_another": _Row(
        409, _("%(addon)s can't be on together with %(excludes)s."), _("Disable %(excludes)s first.")
    ),
    "addon_needed_by_another": _Row(409, _("%(needed_by)s needs %(addon)s."), _("Disable %(needed_by)s first.")),
    "method_required": _Row(
        409,
        _("%(addon)s needs a payment method that can be charged."),
        _("Add one, then enable it."),
        bare=_("This add-on needs a payment method that can be charged."),
    ),
    "terms_required": _Row(422, _("Accept the terms to continue.")),
    "confirm_required": _Row(409, _("Read what it costs, then confirm."), _("Nothing has changed.")),
    "price_changed": _Row(
        409,
        _("The price changed to %(price)s. Review and confirm."),
        _("Nothing has changed."),
        bare=_("The price changed. Review and confirm."),
    ),
    "seats_changed": _Row(
        409,
        _("The number of seats changed to %(seats)s. Review and confirm."),
        _("Nothing has changed."),
        bare=_("The number of seats changed. Review and confirm."),
    ),
    "day_changed": _Row(
        409,
        _("It is %(day)s now, so the charge for the rest of this period changed. Review and confirm."),
        _("Nothing has changed."),
        bare=_("A new day has begun, so the charge for the rest of this period changed. Review and confirm."),
    ),
    "terms_changed": _Row(409, _("The terms changed. Read and accept them to continue."), _("Nothing has changed.")),
    "quote_changed": _Row(
        409, _("What it costs changed since this page was shown. Review and confirm."), _("Nothing has changed.")
    ),
    "nothing_to_configure": _Row(
        404, _("There is nothing to configure for %(addon)s."), bare=_("There is nothing to configure.")
    ),
}

_FORMS: Mapping[str, _Row] = {
    "validation_error": _Row(422, _("Something in the form is not right."), _CHECK_FORM),
    "unknown_field": _Row(422, _("This request names a field that can't be set."), _CHECK_FORM),
    "field_required": _Row(422, _("This can't be left empty."), _CHECK_FORM),
    "too_long": _Row(
        422, _("This is too long: at most %(most)s characters."), _CHECK_FORM, bare=_("This is too long.")
    ),
    "name_length": _Row(
        422, _("A name has 1 to %(most)s characters."), _CHECK_FORM, bare=_("This name is too short or too long.")
    ),
    "name_taken": _Row(
        409, _("There is one named %(name)s already."), _("Choose another name."), bare=_("This name is taken.")
    ),
    "email_invalid": _Row(422, _NOT_AN_ADDRESS, _CHECK_FORM),
    "recipient_invalid": _Row(422, _("“%(email)s” is not an e-mail address."), _CHECK_FORM, bare=_NOT_AN_ADDRESS),
    "too_many_recipients": _Row(
        422,
        _("At most %(most)s people can get the invoices by mail."),
        _CHECK_FORM,
        bare=_("These are too many addresses."),
    ),
    "country_unknown": _Row(422, _("Choose a country from the list."), _CHECK_FORM),
    "time_zone_unknown": _Row(422, _("This time zone is not known."), _CHECK_FORM),
    "link_invalid": _Row(422, _("A link must start with https://."), _CHECK_FORM),
    "idempotency_key_required": _Row(400, _("Send an Idempotency-Key with this request.")),
    "in_progress": _Row(409, _("The same request is still running."), _("Ask again in 2 seconds.")),
    "not_json_body": _Row(415, _("Send the body as application/json in UTF-8, not compressed.")),
    "length_required": _Row(411, _("Send a Content-Length with this request.")),
    "body_too_large": _Row(413, _("This body is too large.")),
}

_PEOPLE: Mapping[str, _Row] = {
    "already_member": _Row(409, _("This person belongs to your company already."), _("Find them in Users.")),
    "group_unknown": _Row(422, _("This permission group is not there any more."), _RELOAD),
    "group_beyond": _Row(
        403, _("This permission group gives more than you hold yourself."), _("Ask an administrator to give it.")
    ),
    "last_modify": _Row(
        409,
        _("Nobody would be left with Account Management: Modify."),
        _("Give it to someone else first."),
    ),
}

_VENDOR: Mapping[str, _Row] = {
    "address_invalid": _Row(422, _("An address has lower-case letters, digits and hyphens only."), _CHECK_FORM),
    "address_reserved": _Row(422, _("This address is reserved."), _("Choose another one.")),
    "address_taken": _Row(409, _("This address is taken."), _("Choose another one.")),
    "already_subscribed": _Row(409, _("This company has a subscription already.")),
    "amount_out_of_bounds": _Row(422, _("This amount is too small or too large."), _CHECK_FORM),
    "credit_too_large": _Row(
        409,
        _("At most %(most)s of this invoice can still be credited."),
        _CHECK_FORM,
        bare=_("This is more than what can still be credited."),
    ),
    "credited_in_part": _Row(409, _("A part of this invoice was credited."), _("Credit the rest of it instead.")),
    "given_back_in_part": _Row(
        409, _("A later invoice gave back unused days of this one."), _("Credit the rest of it instead.")
    ),
    "invoice_written_off": _Row(409, _("This invoice was written off."), _RELOAD),
    "no_credit_to_refund": _Row(
        409, _("There is no credit that could be sent back."), _("Credit the invoice first, then refund it.")
    ),
    "not_refundable": _Row(409, _("Nothing that was paid on this invoice is still here.")),
    "nothing_to_refund": _Row(409, _("All that was paid on this invoice was sent back already."), _RELOAD),
    "refund_in_progress": _Row(
        409, _("A refund of this payment is being confirmed."), _("Wait until its result is known.")
    ),
    "refund_not_sent": _Row(
        503, _("Payment service is unavailable. Nothing was sent back."), _("Try again in a few minutes.")
    ),
    "refund_refused": _Row(
        409,
        _("The payment processor refused the refund (%(code)s). Nothing was sent back."),
        bare=_("The payment processor refused the refund. Nothing was sent back."),
    ),
    "refund_too_large": _Row(
        409,
        _("At most %(most)s can be sent back."),
        _CHECK_FORM,
        bare=_("This is more than what can be sent back."),
    ),
    "nothing_to_credit": _Row(409, _("All of this invoice was credited or given back already."), _RELOAD),
    "taxed_at_two_rates": _Row(
        409,
        _("This invoice gives back days that were taxed at other rates: it can't be credited."),
        _("Cancel it while nothing of it is paid, or credit another invoice."),
    ),
    "code_invalid": _Row(422, _("A code has lower-case letters, digits, hyphens and underscores only."), _CHECK_FORM),
    "currency_unknown": _Row(422, _("This currency is not known."), _CHECK_FORM),
    "not_subscribed": _Row(409, _("This company has no subscription yet."), _("Start one first.")),
    "day_in_the_past": _Row(422, _("%(day)s is in the past."), _CHECK_FORM, bare=_("This day is in the past.")),
    "price_missing": _Row(
        409, _("No price for this is in force in the company's currency and interval."), _("Publish one first.")
    ),
    "price_out_of_bounds": _Row(
        422,
        _("A price of this kind lies between zero and %(most)s."),
        _CHECK_FORM,
        bare=_("This price is too small or too large."),
    ),
    "review_closed": _Row(409, _("This review is closed already."), _RELOAD),
    "decision_not_offered": _Row(409, _("This can't be decided here any more."), _RELOAD),
    "gateway_answered": _Row(
        409,
        _("The payment processor has answered meanwhile."),
        _("Its answer was applied, and yours was not. Look at how the payment stands now."),
    ),
    "evidence_required": _Row(
        422,
        _("Say what shows it, in at least %(least)s characters."),
        _("Name what you looked at, such as the processor's own record."),
        bare=_("Say what shows it."),
    ),
    "refund_id_required": _Row(
        422, _("Enter the refund's id at the processor."), _("It stands in the processor's own record of it.")
    ),
    "refund_id_known": _Row(
        409, _("Another refund here has this id."), _("Look the refund up at the processor again.")
    ),
    "seats_out_of_bounds": _Row(
        422,
        _("The number of seats is between 0 and %(most)s."),
        _CHECK_FORM,
        bare=_("This number of seats can't be right."),
    ),
    "shape_unknown": _Row(422, _("A price is flat or per seat."), _CHECK_FORM),
}

REFUSALS: Mapping[str, _Row] = {**_ENTRY, **_METHODS, **_PAYMENTS, **_ADD_ONS, **_FORMS, **_PEOPLE, **_VENDOR}


def refusal_words(
    refusal: Refusal, *, locale: str = formats.DEFAULT_LOCALE, zone: str = "UTC", names: Mapping[str, str] = NO_NAMES
) -> RefusalWords:
    """Give the words of a refusal in the language that is active.

    Money and dates among its facts are said by locale, instants as dates in the zone. `names` turn codes among the
    facts (of add-ons, plans) into what people call them.

    Raises:
        KeyError: the code stands in no table.
    """
    row = REFUSALS[refusal.code]
    facts = {key: _say(key, value, locale, zone, names) for key, value in refusal.facts.items()}
    try:
        sentence = str(row.sentence % facts)
    except KeyError:
        if not row.bare:
            raise
        sentence = str(row.bare)
    return RefusalWords(row.status, sentence, str(row.next_step) % facts)


def refusal_status(code: str) -> int:
    """Give the HTTP status of a code.

    Raises:
        KeyError: the code stands in no table.
    """
    return REFUSALS[code].status


def _say(key: str, value: object, locale: str, zone: str, names: Mapping[str, str]) -> object:
    if isinstance(value, Money):
        return formats.money(value, locale)
    if isinstance(value, datetime):
        return formats.instant_text(value, zone, locale)
    if isinstance(value, date):
        return formats.day_text(value, locale)
    if isinstance(value, tuple | list):
        return ", ".join(str(_say(key, one, locale, zone, names)) for one in value)
    if key == "subject":
        return str(_SUBJECTS.get(str(value), names.get(str(value), value)))
    return names.get(value, value) if isinstance(value, str) else value
