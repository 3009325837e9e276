"""What is being done when the process ends: each verb on a prepared company, and what has to have come of it.

`arrange` happens before, `run` is what is ended, `again` is what a person does who saw no answer (the same click
with the same hidden key) or a job that is put back. `wanted` reads the rows once everything due was done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.invoices.write_off_invoice import write_off_invoice
from tenantry.actions.payments.accept_gateway_event import accept_gateway_event
from tenantry.actions.payments.add_payment_method import add_payment_method
from tenantry.actions.payments.begin_recovery import begin_recovery
from tenantry.actions.payments.close_review import close_review
from tenantry.actions.payments.end_recovery import end_recovery
from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.reconcile_gateway import reconcile_gateway
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.payments.resolve_refund import resolve_refund
from tenantry.actions.payments.settle_payment import settle_payment
from tenantry.actions.payments.start_method_setup import start_method_setup
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.core.gateway_reply import ConfirmIntent, CreateIntent, CreateRefund, FindRefund
from tenantry.core.money import Money
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.reviews import Decision
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.gateway.port import MethodKind
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import GatewayEvent, PaymentIntent, PaymentMethod, Refund, Review
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    CARD_FORM,
    CLOCK,
    MICRO_DEPOSITS_MINOR,
    NOW,
    VENDOR,
    finish_setup,
    put_on_file,
)
from tests.gateway.inside import InsideProcessor
from tests.invariants.rows import CompanyRows
from tests.races.scenes import DECLINED, NEVER_ARRIVED, TAKEN, Scene
from tests.telling import event, signed

ASKS = "4000002500003155"
RETURNS_R01 = "000222222227"
RENEWED = "6011000990139424"
JCB = "3566002020360505"
SOON, HALF_DAY, DAY = NOW + timedelta(minutes=10), timedelta(hours=12), timedelta(days=1)


@dataclass(frozen=True)
class Here:
    """A prepared company, its processor, and what was arranged: name → id.

    `clicks_first` says who comes first after the end: who saw no answer, or the schedule.
    """

    scene: Scene
    processor: InsideProcessor
    arranged: dict[str, str]
    clicks_first: bool = True


Step = Callable[[Here], object]


def nothing(_: Here) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Workload:
    """One verb under way. `stands` says which prepared company, `at` when it is ended.

    `is_due` asks for a company whose third period was not billed yet; the others have it billed, printed and paid.
    `days` says how many pass until everything must be at rest;
    `but` names the sentences that are right in the end, by how they begin: a person has to look.
    """

    name: str
    run: Step
    stands: int = TAKEN
    is_due: bool = False
    but: tuple[str, ...] = ()
    days: int = 1
    at: datetime = NOW
    arrange: Step = nothing
    again: Step | None = None
    wanted: Callable[[Here, CompanyRows], bool] = lambda here, rows: True


def _row(rows: list[Any], row_id: str) -> Any:
    return next(row for row in rows if str(row.id) == row_id)


def _invoice_is(state: str) -> Callable[[Here, CompanyRows], bool]:
    return lambda here, rows: bool(_row(rows.invoices, here.scene.open_id).state == state)


def _invoice_is_or_was_charged_before(state: str) -> Callable[[Here, CompanyRows], bool]:
    """Want a state that a person gives; the schedule that comes before the second click may have charged it by then."""

    def wanted(here: Here, rows: CompanyRows) -> bool:
        reached = _row(rows.invoices, here.scene.open_id).state
        return bool(reached == state or (reached == "paid" and not here.clicks_first))

    return wanted


def _unanswered_is(state: str) -> Callable[[Here, CompanyRows], bool]:
    return lambda here, rows: bool(_row(rows.intents, here.scene.intent_id).state == state)


# Payments


def _pay(here: Here, method_id: str, key: str) -> object:
    owner = here.scene.place.owner.actor
    return pay_invoice(actor=owner, invoice_id=here.scene.open_id, method_id=method_id, request_key=key)


def _pay_spare(here: Here) -> object:
    return _pay(here, here.scene.spare_id, "form-1")


def _pay_declining(here: Here) -> object:
    return _pay(here, here.scene.other_id, "form-1")


def _pay_after_decline(here: Here) -> object:
    return _pay(here, here.scene.spare_id, "form-2")


def _put_asking_card(here: Here) -> None:
    card = put_on_file(here.scene.place, here.processor.control, number=ASKS, now=clock.now())
    here.arranged["asking"] = card


def _pay_asking(here: Here) -> object:
    return _pay(here, here.arranged["asking"], "form-1")


def _asked(here: Here) -> None:
    _put_asking_card(here)
    _pay_asking(here)
    here.arranged["intent"] = _intent_of(here, here.scene.open_id)


def _asked_and_approved(here: Here) -> None:
    _asked(here)
    with tenancy.reading(here.scene.company_id):
        url = PaymentIntent.objects.get(id=here.arranged["intent"]).next_url
    here.processor.control._client.post(url, data={"answer": "approve"})


def _intent_of(here: Here, invoice_id: str) -> str:
    with tenancy.reading(here.scene.company_id):
        return str(PaymentIntent.objects.get(invoice_id=invoice_id).id)


def _come_back(here: Here) -> object:
    return settle_payment(actor=here.scene.place.owner.actor, intent_id=here.arranged["intent"])


def _settle(here: Here) -> object:
    return settle_payment(actor=here.scene.place.clock, intent_id=here.scene.intent_id)


def _collect(here: Here) -> object:
    return work.collect(here.scene.company_id)


def _ask(here: Here) -> object:
    return work.ask(here.scene.company_id)


def _put_account(here: Here, number: str) -> str:
    account = put_on_file(here.scene.place, here.processor.control, form=ACH_FORM, number=number, now=clock.now())
    here.arranged["account"] = account
    return account


def _verify(here: Here) -> object:
    actor, account = here.scene.place.owner.actor, here.arranged["account"]
    return verify_bank_account(actor=actor, method_id=account, amounts_minor=MICRO_DEPOSITS_MINOR, now=clock.now())


def _account(here: Here) -> None:
    _put_account(here, BANK_ACCOUNT)


def _verify_wrongly(here: Here) -> object:
    actor, account = here.scene.place.owner.actor, here.arranged["account"]
    return verify_bank_account(actor=actor, method_id=account, amounts_minor=(1, 2), now=clock.now())


def _debited(here: Here) -> None:
    """Pay by a debit that the bank returns on the third business day."""
    _put_account(here, RETURNS_R01)
    _verify(here)
    _pay(here, here.arranged["account"], "form-1")


# Refunds, events, comparisons, payouts, reviews


def _refundable(here: Here) -> None:
    _pay_spare(here)
    _credit(here)


def _refund(here: Here) -> object:
    form = RefundForm(reason="They asked for it", amount=Money(700, "USD"), request_key="refund-1")
    return refund_payment(actor=here.scene.place.vendor, invoice_id=here.scene.open_id, form=form)


def _refund_unanswered(fault: str) -> Step:
    def arrange(here: Here) -> None:
        _refundable(here)
        here.processor.fail_next(fault, customer=here.scene.company_id, operation="create_refund")
        _refund(here)

    return arrange


def _is_refunded(here: Here, rows: CompanyRows) -> bool:
    return [(row.state, row.amount_minor) for row in rows.refunds] == [("done", 700)]


def _is_refunded_or_was_not_sent(here: Here, rows: CompanyRows) -> bool:
    """Tell whether one refund went out, or none, as when nobody lived to send it: that is known two days later."""
    return [(row.state, row.code) for row in rows.refunds] in ([("done", "")], [("refused", "not_arrived")])


def _told(here: Here) -> tuple[dict[str, str], bytes]:
    body = event("intent.succeeded", here.scene.gateway_id, id="evt-crash")
    return signed(body), body


def _hear(here: Here) -> object:
    headers, body = _told(here)
    actor = Actor(ActorKind.GATEWAY, "")
    return accept_gateway_event(actor=actor, gateway_name="sandbox", headers=headers, body=body, now=clock.now())


def _follow(here: Here) -> object:
    return work.apply_event(str(GatewayEvent.objects.get(event_id="evt-crash").id))


def _refunded_in_the_dashboard(here: Here) -> None:
    """Let somebody send money back past us; then the gateway tells."""
    _refundable(here)
    gateway_id = _gateway_id(here, here.scene.open_id)
    made = here.processor.adapter.refund(CreateRefund("by-hand", gateway_id, Money(300, "USD")))
    body = event("refund.succeeded", made.refund_id, intent=gateway_id, id="evt-crash")
    actor = Actor(ActorKind.GATEWAY, "")
    accept_gateway_event(actor=actor, gateway_name="sandbox", headers=signed(body), body=body, now=clock.now())


def _gateway_id(here: Here, invoice_id: str) -> str:
    with tenancy.reading(here.scene.company_id):
        return PaymentIntent.objects.get(invoice_id=invoice_id).gateway_id


def _reconcile(here: Here) -> object:
    return work.reconcile(here.scene.company_id)


def _lost(here: Here) -> None:
    """Let the gateway know of a card, and of a payment with it under our keys, that our older rows don't speak of."""
    _ask(here)  # so that the lost one is the only one that the rows and the gateway differ about
    adapter = here.processor.adapter
    with tenancy.phase(here.scene.company_id):
        company = Company.objects.get()
        customer, company.gateway_customer = company.gateway_customer, ""
        company.save(update_fields=["gateway_customer"])
        invoice = Invoice.objects.get(id=here.scene.open_id)
        amount = Money(invoice.total_minor - invoice.credit_used_minor, invoice.currency)
    setup = adapter.create_setup(
        key="lost-setup", customer=customer, kind=MethodKind.CARD, return_url="http://testserver/", reference=""
    )
    here.processor.control.type_card(setup.page_url, number=JCB, expiry="12/30", cvc="123", name="Olga Owner")
    method = adapter.read_setup(setup_id=setup.setup_id).method
    assert method is not None
    key = f"am1:{settings.TENANTRY_INSTALLATION}:{invoice.id}:1"
    made = adapter.create_intent(CreateIntent(key, customer, amount, invoice.number))
    adapter.confirm(ConfirmIntent(f"{key}:1", made.gateway_id, method.token, off_session=True, return_url=""))
    _begin_recovery(here)  # as whoever restores a database does


def _never_confirmed(here: Here) -> None:
    """Let the gateway know of an intent under our keys that our older rows don't speak of, at another amount."""
    _ask(here)
    with tenancy.reading(here.scene.company_id):
        customer = Company.objects.get().gateway_customer
        invoice = Invoice.objects.get(id=here.scene.open_id)
    key = f"am1:{settings.TENANTRY_INSTALLATION}:{invoice.id}:1"
    here.processor.adapter.create_intent(CreateIntent(key, customer, Money(100, "USD"), invoice.number))
    _begin_recovery(here)


def _charged_for_nothing(here: Here) -> None:
    """Let the gateway know of a charge under our keys, for an invoice that we don't have and will not issue."""
    _ask(here)
    adapter = here.processor.adapter
    with tenancy.reading(here.scene.company_id):
        customer = Company.objects.get().gateway_customer
        token = PaymentMethod.objects.get(id=here.scene.default_id).token
    key = f"am1:{settings.TENANTRY_INSTALLATION}:{new_id()}:1"
    made = adapter.create_intent(CreateIntent(key, customer, Money(100, "USD"), "GONE-000001"))
    adapter.confirm(ConfirmIntent(f"{key}:1", made.gateway_id, token, off_session=True, return_url=""))


def _read_payouts(here: Here) -> object:
    return work.read_payouts()


def _wrongly_answered(here: Here) -> None:
    here.processor.fail_next("wrong_amount", customer=here.scene.company_id, operation="confirm_intent")
    _pay_spare(here)


def _never_answered(here: Here) -> None:
    """Pay without an answer and ask without one, until a person has to look."""
    for operation, times in (("confirm_intent", 1), ("read_intent", 8)):
        for _ in range(times):
            here.processor.fail_next("cut_after", customer=here.scene.company_id, operation=operation)
    _pay_spare(here)
    for hours in range(1, 8):
        with clock.pinned(NOW + timedelta(hours=hours)):
            resolve_payment(actor=here.scene.place.clock, intent_id=_intent_of(here, here.scene.open_id))


def _refund_never_answered(here: Here) -> None:
    """Send money back without an answer and ask without one, until a person has to look, who finds its id."""
    _refund_unanswered("cut_after")(here)
    with tenancy.reading(here.scene.company_id):
        refund = Refund.objects.get()
    found = here.processor.adapter.find_refund(FindRefund(_gateway_id(here, here.scene.open_id), refund.key))
    here.arranged["refund"] = found.refund_id
    for hours in (1, 25):
        here.processor.fail_next("cut_after", customer=here.scene.company_id, operation="list_refunds")
        with clock.pinned(NOW + timedelta(hours=hours)):
            resolve_refund(actor=here.scene.place.clock, refund_id=str(refund.id))
    here.processor.fail_next("cut_after", customer=here.scene.company_id, operation="list_refunds")


def _end_refund_review(here: Here) -> object:
    with tenancy.reading(here.scene.company_id):
        review = Review.objects.get(reason="refund_unanswered")
    return close_review(
        actor=here.scene.place.vendor, review_id=str(review.id), decision=Decision.REFUNDED,
        evidence="Seen in the gateway's dashboard", refund_id=here.arranged["refund"], now=clock.now(),
    )  # fmt: skip


def _end_review(decision: Decision) -> Step:
    def run(here: Here) -> object:
        with tenancy.reading(here.scene.company_id):
            review = Review.objects.get(intent_id=_intent(here.scene.open_id))
        return close_review(
            actor=here.scene.place.vendor, review_id=str(review.id), decision=decision,
            evidence="Seen in the gateway's dashboard", now=clock.now(),
        )  # fmt: skip

    return run


def _intent(invoice_id: str) -> Any:
    return PaymentIntent.objects.get(invoice_id=invoice_id).id


def _begin_recovery(here: Here) -> object:
    return begin_recovery(actor=CLOCK, because="restored", now=clock.now())


def _recovering(here: Here) -> None:
    _begin_recovery(here)
    reconcile_gateway(actor=here.scene.place.clock, now=clock.now())


def _end_recovery(here: Here) -> object:
    return end_recovery(actor=CLOCK, now=clock.now())


# Billing, papers, mails


def _bill(here: Here) -> object:
    return work.bill(here.scene.company_id)


def _billed_once(here: Here, rows: CompanyRows) -> bool:
    return [str(row.period_start) for row in rows.invoices] == ["2026-09-12", "2026-10-12", "2026-11-12"]


def _print(here: Here) -> object:
    return work.print_papers(here.scene.company_id)


def _printed(here: Here) -> None:
    _bill(here)
    _print(here)


def _notify(here: Here) -> object:
    return work.notify(here.scene.company_id)


def _credit(here: Here) -> object:
    form = CreditNoteForm(reason="Half of it was not used", amount_minor=1000, request_key="note-1")
    return issue_credit_note(actor=here.scene.place.vendor, invoice_id=here.scene.open_id, form=form, now=clock.now())


def _credited(here: Here) -> None:
    _credit(here)


def _void(here: Here) -> object:
    actor, invoice_id = here.scene.place.vendor, here.scene.open_id
    return void_invoice(actor=actor, invoice_id=invoice_id, reason="Issued by mistake", now=clock.now())


def _write_off(here: Here) -> object:
    actor, invoice_id = here.scene.place.vendor, here.scene.open_id
    return write_off_invoice(actor=actor, invoice_id=invoice_id, reason="Gone out of business", now=clock.now())


# Methods


def _start_setup(here: Here) -> object:
    form = replace(CARD_FORM, makes_default=True)
    actor = here.scene.place.owner.actor
    return start_method_setup(actor=actor, form=form, return_url="http://testserver/back", now=clock.now())


def _unknown_to_the_gateway(here: Here) -> None:
    with tenancy.phase(here.scene.company_id):
        Company.objects.update(gateway_customer="")


def _add(here: Here) -> object:
    actor, setup_id = here.scene.place.owner.actor, here.scene.setup_ids[0]
    return add_payment_method(actor=actor, setup_id=setup_id, now=clock.now())


def _old_card(here: Here) -> None:
    """Put a card on file, and type its number again with a later expiry."""
    place, control = here.scene.place, here.processor.control
    put_on_file(place, control, number=RENEWED, expiry="12/26", now=clock.now())
    here.arranged["setup"] = finish_setup(place, control, number=RENEWED, expiry="12/30", now=clock.now())


def _renew(here: Here) -> object:
    actor, setup_id = here.scene.place.owner.actor, here.arranged["setup"]
    return add_payment_method(actor=actor, setup_id=setup_id, now=clock.now())


def _is_renewed(here: Here, rows: CompanyRows) -> bool:
    cards = [row for row in rows.methods if row.last4 == RENEWED[-4:]]
    return sorted((row.expiry_year, row.removed_at is None) for row in cards) == [(2026, False), (2030, True)]


def _remove(here: Here) -> object:
    return remove_payment_method(actor=here.scene.place.owner.actor, method_id=here.scene.spare_id, now=clock.now())


def _is_removed(here: Here, rows: CompanyRows) -> bool:
    return _row(rows.methods, here.scene.spare_id).removed_at is not None


def _default(here: Here) -> object:
    return make_default(actor=here.scene.place.owner.actor, method_id=here.scene.spare_id, now=clock.now())


def _is_default(here: Here, rows: CompanyRows) -> bool:
    return bool(_row(rows.methods, here.scene.spare_id).is_default)


def _remind(here: Here) -> object:
    return work.remind(here.scene.company_id)


def _soon_expired(here: Here) -> None:
    put_on_file(here.scene.place, here.processor.control, number=RENEWED, expiry="12/26", now=clock.now())


# Add-ons, seats, prices


def _enable(here: Here) -> object:
    scene, confirmed = here.scene, Confirmation(here.scene.shown_on)
    return enable_addon(actor=scene.place.owner.actor, addon_code=scene.off_code, confirmed=confirmed, now=clock.now())


def _disable(here: Here) -> object:
    scene, confirmed = here.scene, Confirmation(here.scene.shown_off)
    return disable_addon(actor=scene.place.owner.actor, addon_code=scene.on_code, confirmed=confirmed, now=clock.now())


def _is_on(code: Callable[[Scene], str], *, on: bool) -> Callable[[Here, CompanyRows], bool]:
    def wanted(here: Here, rows: CompanyRows) -> bool:
        mine = [row for row in rows.addon_periods if row.code == code(here.scene)]
        return len(mine) == 1 and (mine[0].ended_at is None) is on

    return wanted


def _price(here: Here) -> object:
    price = NewPrice("addon", here.scene.off_code, "flat", Money(5900, "USD"), date(2026, 11, 1))
    return publish_price(actor=VENDOR, price=price, now=clock.now())


def _count(here: Here) -> object:
    return record_seats(actor=here.scene.place.clock, seats=7, source="host", now=clock.now())


WORKLOADS = (
    Workload("pay", _pay_spare, wanted=_invoice_is("paid"), again=_pay_spare),
    Workload("pay, declined", _pay_declining, stands=DECLINED, wanted=_invoice_is("paid"), again=_pay_declining),
    Workload(
        "pay after a decline", _pay_after_decline, stands=DECLINED, arrange=_pay_declining,
        wanted=_invoice_is("paid"), again=_pay_after_decline,
    ),
    Workload("pay, the bank asks", _pay_asking, arrange=_put_asking_card, again=_pay_asking, days=2),
    Workload("come back from the bank", _come_back, arrange=_asked_and_approved, wanted=_invoice_is("paid")),
    Workload("give up a payer", _ask, arrange=_asked, at=NOW + DAY + timedelta(hours=1)),
    Workload("collect", _collect, wanted=_invoice_is("paid")),
    Workload("look at a charge", _settle, wanted=_unanswered_is("succeeded")),
    Workload("hear of a charge", _hear, again=_hear, wanted=_unanswered_is("succeeded")),
    Workload("follow what was heard", _follow, arrange=_hear, again=_hear, wanted=_unanswered_is("succeeded")),
    Workload(
        "refund", _refund, arrange=_refundable, again=_refund, days=4, wanted=_is_refunded_or_was_not_sent
    ),
    Workload("ask: a refund went out", _ask, arrange=_refund_unanswered("cut_after"), at=SOON, wanted=_is_refunded),
    Workload("ask: a refund never arrived", _ask, arrange=_refund_unanswered("cut_before"), at=SOON, days=4,
        wanted=_is_refunded_or_was_not_sent),
    Workload("hear of a refund by hand", _follow, arrange=_refunded_in_the_dashboard, but=("R14",)),
    Workload("compare books", _reconcile, at=NOW + DAY, wanted=_unanswered_is("succeeded")),
    Workload("compare books after a restore", _reconcile, arrange=_lost, wanted=_invoice_is("paid")),
    Workload("compare books, never confirmed", _reconcile, arrange=_never_confirmed, wanted=_invoice_is("paid")),
    Workload("compare books with a stranger", _reconcile, arrange=_charged_for_nothing, but=("R14", "I-3")),
    Workload("begin a recovery", _begin_recovery, again=_begin_recovery),
    Workload("end a recovery", _end_recovery, arrange=_recovering),
    Workload("read payouts", _read_payouts, at=NOW + timedelta(days=6)),
    Workload(
        "end a review", _end_review(Decision.NOTED), arrange=_wrongly_answered, again=_end_review(Decision.NOTED),
        wanted=_invoice_is("paid"),
    ),
    Workload(
        "end a review by a person's word", _end_review(Decision.TAKEN), arrange=_never_answered, at=NOW + HALF_DAY,
        again=_end_review(Decision.TAKEN), wanted=_invoice_is("paid"),
    ),
    Workload(
        "end a refund's review by a person's word", _end_refund_review, arrange=_refund_never_answered,
        at=NOW + DAY + timedelta(hours=2), again=_end_refund_review, wanted=_is_refunded,
    ),
    Workload("ask: it was taken", _ask, wanted=_unanswered_is("succeeded")),
    Workload("ask: it never arrived", _ask, stands=NEVER_ARRIVED, wanted=_unanswered_is("succeeded")),
    Workload("ask: it was declined", _ask, stands=DECLINED),
    Workload(
        "ask: it never arrived, too late", _ask, stands=NEVER_ARRIVED, at=NOW + DAY, wanted=_unanswered_is("cancelled")
    ),
    Workload("ask: a debit came back", _ask, arrange=_debited, at=NOW + timedelta(days=6)),
    Workload("bill", _bill, is_due=True, wanted=_billed_once),
    Workload("print", _print, is_due=True, arrange=_bill),
    Workload("mail", _notify, is_due=True, arrange=_printed),
    Workload("credit", _credit, again=_credit, wanted=lambda here, rows: len(rows.credit_notes) == 1),
    Workload("print a credit note", _print, arrange=_credited),
    Workload("credit after a decline", _credit, stands=DECLINED, arrange=_pay_declining, again=_credit),
    Workload("void", _void, again=_void, wanted=_invoice_is_or_was_charged_before("void")),
    Workload(
        "write off", _write_off, again=_write_off, wanted=_invoice_is_or_was_charged_before("uncollectible")
    ),
    Workload("start a setup", _start_setup, again=_start_setup),
    Workload("start the first setup", _start_setup, arrange=_unknown_to_the_gateway, again=_start_setup),
    Workload("add", _add, stands=NEVER_ARRIVED, again=_add),
    Workload("add the same card twice", _add, again=_add),
    Workload("renew a card", _renew, arrange=_old_card, again=_renew, wanted=_is_renewed),
    Workload("remove", _remove, again=_remove, wanted=_is_removed),
    Workload("make default", _default, again=_default, wanted=_is_default),
    Workload("verify", _verify, arrange=_account, again=_verify),
    Workload("verify, wrong amounts", _verify_wrongly, arrange=_account),
    Workload("remind", _remind, arrange=_soon_expired, at=NOW + timedelta(days=20)),
    Workload("enable", _enable, again=_enable, wanted=_is_on(lambda scene: scene.off_code, on=True)),
    Workload("disable", _disable, again=_disable, wanted=_is_on(lambda scene: scene.on_code, on=False)),
    Workload("change a price", _price),
    Workload("count seats", _count, again=_count),
)  # fmt: skip
