"""The eleven things that can happen at once, each as a request or a job does it, and what each says that it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tenantry.actions.billing.bill_companies import bill_companies
from tenantry.actions.billing.collect_invoice import collect_invoice
from tenantry.actions.billing.run_billing import run_billing
from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.companies.save_permission_group import GroupForm, save_permission_group
from tenantry.actions.payments.accept_gateway_event import accept_gateway_event
from tenantry.actions.payments.add_payment_method import add_payment_method
from tenantry.actions.payments.apply_gateway_event import apply_gateway_event
from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.core.money import Money
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.refusal import Refusal
from tenantry.outside import clock, identity
from tenantry.records.base import tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.payments import queries as payments
from tenantry.records.payments.models import GatewayEvent
from tests.builders import CLOCK, NOW, VENDOR, VIEW
from tests.races.names import (
    ADD,
    BILL,
    DEFAULT,
    DISABLE,
    ENABLE,
    GRANT,
    HINT,
    PAY,
    PRICE,
    REMOVE,
    SWEEP,
)
from tests.races.scenes import Scene
from tests.telling import event, signed

GATEWAY = Actor(ActorKind.GATEWAY, "")


@dataclass(frozen=True)
class Said:
    """What one racer was answered: what it did (name → how often), and each refusal's code."""

    racer: str
    did: dict[str, int]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Round:
    """One company in one round, and who is there. `turn` says how people click, `scene.turn` how things stood."""

    scene: Scene
    racers: tuple[str, ...]
    turn: int

    def pays(self) -> str:
        """Give the invoice to pay: mostly the unanswered one where something else looks at it too."""
        is_fought_over = HINT in self.racers or SWEEP in self.racers
        return self.scene.unanswered_id if is_fought_over and self.scene.turn % 4 else self.scene.open_id

    def place_of(self, place: int) -> int:
        """Give which of several equal racers this one is: 0, 1, 2."""
        return self.racers[:place].count(self.racers[place])


def manager(scene: Scene) -> Actor:
    """Let the manager in, with the grants that they hold now, as each request does."""
    user = scene.manager.user
    entered = companies.enter(
        user=user, slug=scene.place.slug, request_id="race", address="::1", name=identity.name_of(user)
    )
    assert entered is not None
    return entered.actor


def _told(racer: str, answer: Any, effect: str) -> Said:
    if isinstance(answer, Refusal):
        return Said(racer, {}, (answer.code,))
    return Said(racer, {effect: 1})


def _pay(this: Round, which: int) -> Said:
    """Pay: by turn a double click (the same form twice) or two tabs with another card each."""
    scene, is_double_click = this.scene, this.turn % 3 == 0
    method_id = scene.spare_id if which == 0 or is_double_click else scene.default_id
    key = f"form-{this.turn}" if is_double_click else f"form-{this.turn}-{which}"
    answer = pay_invoice(actor=manager(scene), invoice_id=this.pays(), method_id=method_id, request_key=key)
    if isinstance(answer, Refusal) and answer.code == "payment_declined":
        return Said(PAY, {f"attempt {key}": 1}, (answer.code,))
    return _told(PAY, answer, f"attempt {key}")


def _bill(this: Round, which: int) -> Said:
    """Run what the schedule runs: bill the company, then collect what is due."""
    scene, did, refused = this.scene, {"issued": 0, "collected": 0}, []
    planned = run_billing(actor=CLOCK, now=clock.now(), only=scene.company_id)
    assert not isinstance(planned, Refusal)
    for batch in planned.batches:
        billed = bill_companies(actor=CLOCK, run_id=planned.run_id, company_ids=batch, now=clock.now())
        assert not isinstance(billed, Refusal)
        assert billed.set_aside == (), billed
        did["issued"] += billed.issued
    with tenancy.reading(scene.company_id):
        due = payments.invoices_to_collect(scene.company_id, clock.now())
    for invoice_id in due:
        answer = collect_invoice(actor=scene.place.clock, invoice_id=invoice_id)
        if isinstance(answer, Refusal):
            refused.append(answer.code)
        else:
            did["collected"] += 1
    return Said(BILL, did, tuple(refused))


def _hint(this: Round, which: int) -> Said:
    """Hear of the unanswered payment, and follow it: several racers bring the same event."""
    scene = this.scene
    body = event("intent.succeeded", scene.gateway_id, id=f"evt-{this.turn}")
    is_new = accept_gateway_event(
        actor=GATEWAY, gateway_name="sandbox", headers=signed(body), body=body, now=clock.now()
    )
    assert not isinstance(is_new, Refusal), is_new
    kept = GatewayEvent.objects.get(event_id=f"evt-{this.turn}")
    answer = apply_gateway_event(actor=CLOCK, event_id=str(kept.id), now=clock.now())
    did = {"kept": int(is_new)}
    if isinstance(answer, Refusal):
        return Said(HINT, did, (answer.code,))
    return Said(HINT, {**did, f"looked, {answer.value or 'waits'}": 1})


def _sweep(this: Round, which: int) -> Said:
    scene = this.scene
    with tenancy.reading(scene.company_id):
        due = payments.intents_to_ask(scene.company_id, clock.now())
    did, refused = {"looked": 0}, []
    for intent_id in due:
        answer = resolve_payment(actor=scene.place.clock, intent_id=intent_id)
        if isinstance(answer, Refusal):
            refused.append(answer.code)
        else:
            did["looked"] += 1
    return Said(SWEEP, did, tuple(refused))


def _default(this: Round, which: int) -> Said:
    """Make a spare card the default: the second racer, by turn, another one."""
    scene = this.scene
    method_id = scene.other_id if which and this.turn % 2 else scene.spare_id
    answer = make_default(actor=manager(scene), method_id=method_id, now=clock.now())
    if isinstance(answer, Refusal):
        return Said(DEFAULT, {}, (answer.code,))
    return Said(DEFAULT, {"said again": 1} if answer.is_default else {"made default": 1})


def _remove(this: Round, which: int) -> Said:
    scene = this.scene
    answer = remove_payment_method(actor=manager(scene), method_id=scene.spare_id, now=clock.now())
    return _told(REMOVE, answer, "removed")


def _add(this: Round, which: int) -> Said:
    """Save the card that was typed: the second racer, by turn, another setup (of the same number in odd ones)."""
    scene = this.scene
    setup_id = scene.setup_ids[1 if which and this.turn % 3 else 0]
    answer = add_payment_method(actor=manager(scene), setup_id=setup_id, now=clock.now())
    if isinstance(answer, Refusal):
        return Said(ADD, {}, (answer.code,))
    return Said(ADD, {"added": 1} if answer.is_new else {"said again": 1})


def _enable(this: Round, which: int) -> Said:
    confirmed = Confirmation(this.scene.shown_on)
    answer = enable_addon(
        actor=manager(this.scene), addon_code=this.scene.off_code, confirmed=confirmed, now=clock.now()
    )
    return _told(ENABLE, answer, "enabled")


def _disable(this: Round, which: int) -> Said:
    confirmed = Confirmation(this.scene.shown_off)
    answer = disable_addon(
        actor=manager(this.scene), addon_code=this.scene.on_code, confirmed=confirmed, now=clock.now()
    )
    return _told(DISABLE, answer, "disabled")


def _grant(this: Round, which: int) -> Said:
    """Take Modify away from the managers."""
    scene = this.scene
    form = GroupForm(name="Race managers", description="", is_assignable=True, grants=frozenset({VIEW}))
    answer = save_permission_group(
        actor=scene.place.owner.actor, group_id=scene.managers_id, form=form, now=clock.now()
    )
    return _told(GRANT, answer, "taken away")


def _price(this: Round, which: int) -> Said:
    """Publish another price, from today on, of the add-on that can be switched on."""
    price = NewPrice("addon", this.scene.off_code, "flat", Money(5900 + which, "USD"), date(2026, 11, 1))
    return _told(PRICE, publish_price(actor=VENDOR, price=price, now=NOW), "published")


ACTIONS: dict[str, Callable[[Round, int], Said]] = {
    PAY: _pay,
    BILL: _bill,
    HINT: _hint,
    SWEEP: _sweep,
    DEFAULT: _default,
    REMOVE: _remove,
    ADD: _add,
    ENABLE: _enable,
    DISABLE: _disable,
    GRANT: _grant,
    PRICE: _price,
}
