"""Companies that stand where everything can collide: made once by the verbs, then copied for each pair.

Each has a default card and two spare ones, a card typed but not saved, an add-on that is on and one that can be,
an invoice whose payment went unanswered an hour ago, an open one whose collection is due, a third period that is
due to be billed, and a manager whose grant can be taken away. `turn` says which variant it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenantry.actions.billing.bill_companies import bill_companies
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.refusal import Refusal
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentIntent
from tests.builders import (
    CARD,
    CARD_FORM,
    CLOCK,
    MODIFY,
    NOW,
    SECOND_CARD,
    Member,
    Place,
    add_member,
    done,
    finish_setup,
    offer,
    open_place,
    put_on_file,
    save_group,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.gateway.inside import InsideProcessor, behind_the_port

FIRST, SECOND, UNANSWERED = NOW - timedelta(days=61), NOW - timedelta(days=31), NOW - timedelta(hours=1)
"""12 September and 12 October, the first days of two periods; and an hour ago."""
THIRD_CARD, FOURTH_CARD = "6011111111111117", "2223003122003222"
ADDS = replace(CARD_FORM, makes_default=True)
DECLINING_CARD = "4000000000000341"
TAKEN, NEVER_ARRIVED, DECLINED, TAKEN_TOO = range(4)
"""What became of the unanswered payment, by turn."""


@dataclass(frozen=True)
class Scene:
    """One company, and the ids of what can be fought over."""

    turn: int
    place: Place
    manager: Member
    managers_id: str
    default_id: str
    spare_id: str
    other_id: str
    setup_ids: tuple[str, str]
    unanswered_id: str
    open_id: str
    intent_id: str
    gateway_id: str
    off_code: str
    on_code: str
    shown_on: str = ""
    shown_off: str = ""

    @property
    def company_id(self) -> str:
        """Give the company's id."""
        return self.place.id


@dataclass
class _Made:
    place: Place
    manager: Member
    managers_id: str
    cards: list[str]


def prepare(processor: InsideProcessor, turns: Sequence[int]) -> list[Scene]:
    """Make companies in the database that Django is pointed at, and their records at the processor."""
    with behind_the_port(processor):
        with _at(processor, FIRST):
            set_up_plan("core", shape="per_seat", amount_minor=1900, now=FIRST)
            made = [_open(processor, turn) for turn in turns]
            _bill(made)
        with _at(processor, SECOND):
            _bill(made)
            for turn, one in zip(turns, made, strict=True):
                number = DECLINING_CARD if turn % 4 == DECLINED else THIRD_CARD
                one.cards.append(put_on_file(one.place, processor.control, number=number, now=SECOND))
        with _at(processor, UNANSWERED):
            scenes = [_finished(processor, turn, one) for turn, one in zip(turns, made, strict=True)]
        with _at(processor, NOW):
            return [shown(scene) for scene in scenes]


def shown(scene: Scene) -> Scene:
    """Let people open the confirmations of both add-ons now."""
    return replace(scene, shown_on=_ask_on(scene), shown_off=_ask_off(scene))


@contextmanager
def _at(processor: InsideProcessor, now: datetime) -> Iterator[None]:
    processor.control.freeze_clock(now)
    with clock.pinned(now):
        yield


def _open(processor: InsideProcessor, turn: int) -> _Made:
    place = open_place(f"race-{turn}", now=FIRST)
    managers_id = save_group(place.id, "Race managers", MODIFY, now=FIRST)
    manager = add_member(place.id, f"manager@race-{turn}.test", "Mae Manager", managers_id, now=FIRST)
    for code in (f"off-{turn}", f"on-{turn}"):
        set_up_addon(code, now=FIRST)
        offer(place, code, now=FIRST)
    subscribe(place, "core", now=FIRST)
    _switch_on(place, f"on-{turn}", FIRST)
    cards = [put_on_file(place, processor.control, number=number, now=FIRST) for number in (CARD, SECOND_CARD)]
    return _Made(place, manager, managers_id, cards)


def _switch_on(place: Place, code: str, now: datetime) -> None:
    owner = place.owner.actor
    asked = enable_addon(actor=owner, addon_code=code, confirmed=Confirmation(""), now=now)
    done(enable_addon(actor=owner, addon_code=code, confirmed=Confirmation(_fingerprint(asked)), now=now))


def _fingerprint(asked: object) -> str:
    assert isinstance(asked, Refusal), asked
    quote = asked.facts["quote"]
    return str(quote.fingerprint)  # type: ignore[attr-defined]


def _ask_on(scene: Scene) -> str:
    actor, code = scene.place.owner.actor, scene.off_code
    return _fingerprint(enable_addon(actor=actor, addon_code=code, confirmed=Confirmation(""), now=NOW))


def _ask_off(scene: Scene) -> str:
    actor, code = scene.place.owner.actor, scene.on_code
    return _fingerprint(disable_addon(actor=actor, addon_code=code, confirmed=Confirmation(""), now=NOW))


def _bill(made: list[_Made]) -> None:
    ids = [one.place.id for one in made]
    billed = done(bill_companies(actor=CLOCK, run_id=new_id(), company_ids=ids, now=clock.now()))
    assert (billed.issued, billed.set_aside) == (len(ids), ()), billed


def _finished(processor: InsideProcessor, turn: int, made: _Made) -> Scene:
    place = made.place
    work.reconcile(place.id)  # so that the next comparison comes a day later, and not before everything else
    with tenancy.reading(place.id):
        unanswered, still_open = (str(id_) for id_ in Invoice.objects.order_by("sequence").values_list("id", flat=True))
    _pay_unanswered(processor, made, unanswered, turn)
    with tenancy.reading(place.id):
        intent = PaymentIntent.objects.get(invoice_id=unanswered)
    # Every other company types the number of its spare card once more.
    numbers = (FOURTH_CARD, FOURTH_CARD) if turn % 2 else (SECOND_CARD, FOURTH_CARD)
    setups = [finish_setup(place, processor.control, form=ADDS, number=one, now=UNANSWERED) for one in numbers]
    return Scene(
        turn, place, made.manager, made.managers_id, *made.cards, (setups[0], setups[1]), unanswered, still_open,
        str(intent.id), intent.gateway_id, f"off-{turn}", f"on-{turn}",
    )  # fmt: skip


def _pay_unanswered(processor: InsideProcessor, made: _Made, invoice_id: str, turn: int) -> None:
    kind, place = turn % 4, made.place
    fault = "cut_before" if kind == NEVER_ARRIVED else "cut_after"
    processor.fail_next(fault, customer=place.id, operation="confirm_intent")
    method_id = made.cards[-1] if kind == DECLINED else made.cards[0]
    paid = pay_invoice(
        actor=place.owner.actor, invoice_id=invoice_id, method_id=method_id, request_key=f"unanswered-{turn}"
    )
    assert isinstance(paid, PaymentOutcome), paid
