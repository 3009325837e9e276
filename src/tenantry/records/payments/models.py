"""Cards and accounts on file, and every collection of an invoice with each try on it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from tenantry.records.base.company_owned import CompanyOwned, owned_reference

models.TextField.register_lookup(Length)

CLOSED_INTENT_STATES = ("cancelled", "returned")


class MethodSetup(CompanyOwned):
    """A payer's way to the gateway's page and back, with what they chose on ours before."""

    setup_id = models.TextField()
    kind = models.TextField()
    make_default = models.BooleanField()
    billing_address = models.JSONField()
    debit_authorization = models.TextField(default="", blank=True)
    return_to = models.TextField(default="", blank=True)
    user_id = models.TextField()
    address = models.TextField(default="", blank=True)
    started_at = models.DateTimeField()
    method_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company_id", "setup_id"], name="setup_once")]


class PaymentMethod(CompanyOwned):
    """A card or bank account on file: a token and what a person recognizes it by, never a number.

    `blocked_because` is a bank return or decline code. `remind_at` is when the next mail about its expiry
    is due; `verify_until_at` when an unverified account has to be added again.
    """

    kind = models.TextField()
    gateway = models.TextField()
    token = models.TextField()
    fingerprint = models.TextField()
    brand = models.TextField(default="", blank=True)
    bank_name = models.TextField(default="", blank=True)
    last4 = models.TextField()
    expiry_month = models.IntegerField(default=0)
    expiry_year = models.IntegerField(default=0)
    is_verified = models.BooleanField()
    verify_tries_left = models.IntegerField(default=0)
    verify_until_at = models.DateTimeField(null=True)
    is_default = models.BooleanField(default=False)
    blocked_because = models.TextField(default="", blank=True)
    billing_address = models.JSONField()
    debit_authorization = models.TextField(default="", blank=True)
    added_at = models.DateTimeField()
    added_by = models.TextField()
    removed_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["card", "ach"]), name="method_kind"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(is_verified=True), name="default_is_verified"),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(removed_at__isnull=True), name="default_is_not_removed"
            ),
            models.CheckConstraint(condition=Q(last4__length=4), name="method_last4"),
            models.UniqueConstraint(fields=["company_id"], condition=Q(is_default=True), name="one_default_method"),
            models.UniqueConstraint(
                fields=["company_id", "fingerprint"], condition=Q(removed_at__isnull=True), name="method_on_file_once"
            ),
            models.UniqueConstraint(fields=["company_id", "token"], name="method_token_once"),
        ]
        indexes = [
            models.Index(
                fields=["remind_at"],
                condition=Q(remind_at__isnull=False, removed_at__isnull=True),
                name="method_remind",
            )
        ]


class PaymentIntent(CompanyOwned):
    """One collection of an invoice: the gateway's promise to take this amount at most once.

    `version` rises with every move, so that a reply is applied only to the row that asked. `next_ask_at`
    is when the gateway is asked what became of it.
    """

    invoice = owned_reference("tenantry_invoices.Invoice")
    generation = models.IntegerField()
    state = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    gateway = models.TextField()
    customer = models.TextField()
    create_key = models.TextField()
    gateway_id = models.TextField(default="", blank=True)
    next_url = models.TextField(default="", blank=True)
    version = models.IntegerField(default=1)
    next_ask_at = models.DateTimeField(null=True)
    times_asked = models.IntegerField(default=0)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "creating",
                        "ready",
                        "sending",
                        "unknown",
                        "awaiting_payer",
                        "processing",
                        "cancelling",
                        "cancelled",
                        "succeeded",
                        "returned",
                    ]
                ),
                name="intent_state",
            ),
            models.UniqueConstraint(fields=["invoice", "generation"], name="one_intent_per_generation"),
            models.UniqueConstraint(
                fields=["invoice"], condition=~Q(state__in=CLOSED_INTENT_STATES), name="one_live_intent_per_invoice"
            ),
            models.UniqueConstraint(fields=["create_key"], name="create_key_once"),
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"], condition=~Q(gateway_id=""), name="gateway_intent_once"
            ),
        ]
        indexes = [
            models.Index(fields=["next_ask_at"], condition=Q(next_ask_at__isnull=False), name="intent_to_ask"),
            models.Index(fields=["company_id", "invoice", "-generation"], name="intents_of_invoice"),
        ]


class PaymentAttempt(CompanyOwned):
    """One try on an intent: one method, one key. `outcome` is empty while it is open."""

    intent = owned_reference("tenantry_payments.PaymentIntent")
    number = models.IntegerField()
    method = owned_reference("tenantry_payments.PaymentMethod")
    confirm_key = models.TextField()
    request_key = models.TextField(default="", blank=True)
    by_kind = models.TextField()
    by_id = models.TextField(default="", blank=True)
    by_name = models.TextField(default="", blank=True)
    outcome = models.TextField(default="", blank=True)
    code = models.TextField(default="", blank=True)
    opened_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["", "not_sent", "declined", "succeeded", "returned", "cancelled"]),
                name="attempt_outcome",
            ),
            models.UniqueConstraint(fields=["intent", "number"], name="attempt_number_once"),
            models.UniqueConstraint(fields=["intent"], condition=Q(outcome=""), name="one_open_attempt_per_intent"),
            models.UniqueConstraint(fields=["confirm_key"], name="confirm_key_once"),
            models.UniqueConstraint(
                fields=["company_id", "request_key"], condition=~Q(request_key=""), name="request_key_once"
            ),
        ]


class Refund(CompanyOwned):
    """Money of one payment that is sent back: once, under a key of its own.

    `version` rises with every move; `next_ask_at` is when the gateway is asked what became of it. `was_found`: the
    gateway made it without our waiting for it. `code` says why it was refused.
    """

    intent = owned_reference("tenantry_payments.PaymentIntent")
    number = models.IntegerField()
    state = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    key = models.TextField(default="", blank=True)
    gateway_refund_id = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)
    code = models.TextField(default="", blank=True)
    was_found = models.BooleanField(default=False)
    request_key = models.TextField(default="", blank=True)
    by_kind = models.TextField(default="", blank=True)
    by_id = models.TextField(default="", blank=True)
    by_name = models.TextField(default="", blank=True)
    version = models.IntegerField(default=1)
    next_ask_at = models.DateTimeField(null=True)
    times_asked = models.IntegerField(default=0)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(state__in=["sending", "unknown", "done", "refused"]), name="refund_state"
            ),
            models.UniqueConstraint(fields=["intent", "number"], name="refund_number_once"),
            models.UniqueConstraint(
                fields=["intent"], condition=Q(state__in=["sending", "unknown"]), name="one_open_refund_per_intent"
            ),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="refund_key_once"),
            models.UniqueConstraint(
                fields=["company_id", "gateway_refund_id"],
                condition=~Q(gateway_refund_id=""),
                name="gateway_refund_once",
            ),
            models.UniqueConstraint(
                fields=["company_id", "request_key"], condition=~Q(request_key=""), name="refund_request_once"
            ),
        ]
        indexes = [
            models.Index(fields=["next_ask_at"], condition=Q(next_ask_at__isnull=False), name="refund_to_ask"),
            models.Index(fields=["company_id", "intent"], name="refunds_of_intent"),
        ]


class Payout(models.Model):
    """Money that a gateway moved to our bank account, for all companies together (below zero: took from it).

    `strange_lines` are those of nobody whom we know; for a week they are looked at again at each reading.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    gateway = models.TextField()
    gateway_id = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    paid_at = models.DateTimeField()
    read_at = models.DateTimeField()
    is_shared_out = models.BooleanField(default=False)
    strange_lines = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "gateway_id"], name="payout_once")]
        indexes = [models.Index(fields=["gateway", "-paid_at"], name="latest_payouts")]


class PayoutShare(CompanyOwned):
    """What of a payout is one company's: it leaves that company's clearing account."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    booked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company_id", "payout"], name="one_share_per_payout")]


class PayoutLine(CompanyOwned):
    """One movement of a payout: a charge, or what was taken back. Each is paid out once.

    `intent` is empty where the gateway speaks of a payment that we don't have.
    """

    share = owned_reference("tenantry_payments.PayoutShare")
    gateway_line_id = models.TextField()
    kind = models.TextField()
    gateway_intent_id = models.TextField()
    intent = owned_reference("tenantry_payments.PaymentIntent", null=True)
    gateway_refund_id = models.TextField(default="", blank=True)
    amount_minor = models.BigIntegerField()
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["charge", "refund", "return", "dispute"]), name="payout_line_kind"
            ),
            models.UniqueConstraint(fields=["company_id", "gateway_line_id"], name="payout_line_once"),
        ]


class Review(CompanyOwned):
    """A contradiction that a person has to look at. Some reasons hold the company's billing until they are closed.

    `decision` is what the person decided, empty where the gateway's answer ended it. Without an `intent` it is
    about something at the gateway that no row here speaks of; `facts` names it.
    """

    intent = owned_reference("tenantry_payments.PaymentIntent", null=True)
    reason = models.TextField()
    facts = models.JSONField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    decision = models.TextField(default="", blank=True)
    evidence = models.TextField(default="", blank=True)
    closed_by = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["opened_at"], condition=Q(closed_at__isnull=True), name="review_open")]


class GatewayEvent(models.Model):
    """What the gateway told unasked: ids only, never its body. It belongs to no company until its object is known.

    `object_id` is what it is about, `intent_object_id` the gateway's intent that this belongs to. `outcome` is
    empty while it waits; `look_at` is when the sweep looks at it, because its job got lost or could not learn the
    truth. `because` says why it was ignored.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    gateway = models.TextField()
    event_id = models.TextField()
    kind = models.TextField()
    object_id = models.TextField()
    intent_object_id = models.TextField(default="", blank=True)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    outcome = models.TextField(default="", blank=True)
    because = models.TextField(default="", blank=True)
    times_looked = models.IntegerField(default=0)
    look_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="gateway_event_once"),
            models.CheckConstraint(condition=Q(outcome__in=["", "applied", "ignored"]), name="gateway_event_outcome"),
            models.CheckConstraint(
                condition=Q(outcome="", look_at__isnull=False, ended_at__isnull=True)
                | (~Q(outcome="") & Q(look_at__isnull=True, ended_at__isnull=False)),
                name="gateway_event_waits_or_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="gateway_event_to_look_at"),
            models.Index(fields=["received_at"], name="gateway_event_received"),
        ]
