"""The daily comparison with the processor's books, and restored databases: by the product's own recovery, on rows here.

What the verb `reconcile_gateway` does around `core.payment_recovery` is done here in the same order.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from typing import Any

from tenantry.core.gateway_records import IntentRecord
from tenantry.core.payment_effects import Answer, Call, Effect
from tenantry.core.payment_facts import IntentFacts
from tenantry.core.payment_methods import MethodFacts, MethodKind
from tenantry.core.payment_recovery import UNKNOWN_OBJECT, Origin, origin_of, says_the_same, take_up
from tenantry.core.refund_flow import take_in
from tenantry.core.review_reasons import NOT_OURS
from tests.simulation import billing, payouts
from tests.simulation.accounts import Account
from tests.simulation.books import Books
from tests.simulation.copying import copied
from tests.simulation.processor import ListChanges
from tests.simulation.weather import DAY, HOUR, MINUTE, Profile
from tests.simulation.world import STARTS_AT, STORM_DAYS, World

LOOK_BACK = timedelta(days=3)
INSTALLATION = "sim"
Steps = Generator[Effect, Answer, object]
Found = list[tuple[IntentRecord, Origin]]


def employ(world: World) -> None:
    """Compare every company daily; in some worlds, restore the database once."""
    for company_id in world.books.companies:
        world.after(world.between(HOUR, DAY), partial(_daily, world, company_id))
    if world.profile is Profile.RESTORED:
        at = world.random.choice((world.between(10 * DAY, (STORM_DAYS - 5) * DAY), _after_an_issue(world)))
        age = world.between(*world.random.choice(((60, HOUR), (HOUR, DAY), (DAY, 9 * DAY), (4 * DAY, 9 * DAY))))
        world.after(at - age, partial(_back_up, world, age))


def _after_an_issue(world: World) -> float:
    """Give when a restore loses most: some days after one of the first invoices is due."""
    account = world.accounts[world.random.choice(sorted(world.accounts))]
    issued = (account.next_issue_at - STARTS_AT).total_seconds() + 30 * DAY * world.random.choice((0, 1, 2))
    return max(10 * DAY, issued + world.between(HOUR, 8 * DAY))


# Comparing


def _daily(world: World, company_id: str) -> None:
    wait = DAY if not world.strikes("tick_missed") else world.between(DAY, 5 * DAY)
    world.after(wait, partial(_daily, world, company_id))
    compare(world, company_id)


def compare(world: World, company_id: str) -> None:
    """Compare one company's payments with the processor's; what did not pass is tried again soon."""

    def hears(has_passed: object) -> None:
        if has_passed is not True:
            world.after(world.between(10 * MINUTE, HOUR), partial(compare, world, company_id))

    world.processes.start("reconcile", _compared(world, company_id), hears=hears)


def _compared(world: World, company_id: str) -> Steps:
    books, began_at = world.books, world.now
    company = books.companies[company_id]
    is_in_doubt = any(_was_in_doubt(books, rows[-1]) for rows in _intents_of(books, company_id))
    since = (STARTS_AT if is_in_doubt else company.compared_at or STARTS_AT) - LOOK_BACK
    listed = yield Call(ListChanges(company.gateway_customer, since))  # type: ignore[arg-type]
    if not isinstance(listed, list):
        return False
    found = [(one, origin) for one in listed if (origin := origin_of(one.key, INSTALLATION))]
    found.sort(key=lambda each: (each[1].invoice_id, each[1].generation))
    if not company.is_recovering and any(not _is_known(books, record) for record, _ in found):
        begin_recovery(world)
    for record, origin in found:
        outcome = yield from _compared_one(world, company_id, record, origin)
        if outcome in ("billing_due", "gateway_unavailable"):
            return False
    row = books.companies[company_id]
    books.companies[company_id] = replace(row, is_recovering=False, compared_at=began_at)
    return True


def _intents_of(books: Books, company_id: str) -> list[list[IntentFacts]]:
    return [rows for invoice_id, rows in books.intents.items() if rows and books.company_of[invoice_id] == company_id]


def _was_in_doubt(books: Books, latest: IntentFacts) -> bool:
    """Tell whether an answer about a live intent whose id was never saved did not fit, now or before."""
    return latest.is_live and not latest.gateway_id and (latest.id, NOT_OURS) in books.reviewed


def _is_known(books: Books, record: IntentRecord) -> bool:
    keys = {one.key for one in record.attempts if one.key.startswith(f"{record.key}:")}
    asked_for = {one.key for one in record.refunds if one.key}
    return keys <= books.by_confirm_key.keys() and asked_for <= books.refunds.by_key.keys()


def _compared_one(world: World, company_id: str, record: IntentRecord, origin: Origin) -> Generator[Any, Any, str]:
    books, account = world.books, world.accounts[company_id]
    known = books.by_create_key.get(record.key)
    if origin.invoice_id not in books.invoices:
        if account.next_issue_at <= world.now:
            return "billing_due"
        _put_before_a_person(world, company_id, record)
        return UNKNOWN_OBJECT
    attempts = tuple(one for one in books.attempts[origin.invoice_id] if one.intent_id == known)
    on_file = {one.token: one.id for one in books.methods[company_id].values()}
    if not (known and says_the_same(record, books.intent(known), attempts, on_file)):
        method_ids = {one.method_token: _method_of(world, company_id, one.method_token) for one in record.attempts}
        taken = yield from take_up(record, origin, method_ids)
        if taken is not None and taken.code == UNKNOWN_OBJECT:
            _put_before_a_person(world, company_id, record)
        if taken is not None and taken.code != "nothing_due":
            return taken.code
    intent_id = books.by_create_key.get(record.key)
    known_refunds = {one.gateway_refund_id for one in books.refunds.rows.get(intent_id or "", ())}
    for reply in record.refunds:
        if intent_id and reply.refund_id not in known_refunds:
            yield from take_in(intent_id, reply)
    return "same"


def _method_of(world: World, company_id: str, token: str) -> str:
    """Give our method of a token; a lost one comes back as a removed one."""
    mine = world.books.methods[company_id]
    known = next((one for one in mine.values() if one.token == token), None)
    if known is None:
        told = world.gateway.model.method(token)
        kind = MethodKind(told.kind.value) if told else MethodKind.CARD
        known = MethodFacts(world.books.new_id("method"), kind, token, last4="4242", is_removed=True)
        mine[known.id] = known
    return known.id


def _put_before_a_person(world: World, company_id: str, record: IntentRecord) -> None:
    gateway_id = record.reply.gateway_id
    if gateway_id in world.strange:
        return
    world.strange.add(gateway_id)
    world.books.reviews_opened += 1
    world.books.companies[company_id] = replace(world.books.companies[company_id], is_billing_held=True)
    world.held(company_id, UNKNOWN_OBJECT)


# Restoring


def begin_recovery(world: World) -> None:
    """Charge nobody before they were compared."""
    for company in list(world.books.companies.values()):
        world.books.companies[company.id] = replace(company, is_recovering=True)
        _until_passed(world, company.id, world.epoch)


def _until_passed(world: World, company_id: str, epoch: int) -> None:
    if epoch == world.epoch and world.books.companies[company_id].is_recovering:
        compare(world, company_id)
        world.after(world.between(10 * MINUTE, HOUR), partial(_until_passed, world, company_id, epoch))


def _back_up(world: World, age: float) -> None:
    kept = {field.name: copied(getattr(world.books, field.name)) for field in fields(Books)}
    accounts = {
        id_: {f.name: copied(getattr(row, f.name)) for f in fields(Account)} for id_, row in world.accounts.items()
    }
    world.after(age, partial(_restore, world, kept, accounts))


def _restore(world: World, kept: dict[str, Any], accounts: dict[str, dict[str, Any]]) -> None:
    """Go back to the backup: everything that ran is gone, and so is what was committed since."""
    world.epoch += 1
    world.faults["restored"] += 1
    ids_made = world.books.ids_made
    world.books.__dict__.update(kept)
    world.books.ids_made = ids_made
    for company_id, values in accounts.items():
        world.accounts[company_id].__dict__.update(values)
        world.after(world.between(MINUTE, HOUR), partial(billing.run, world, world.accounts[company_id]))
    world.ticks.start_over()
    world.inbox.start_over()
    if world.random.random() < 0.5:
        world.processes.start("payouts", payouts.read(world))
    if world.random.random() < 0.7:
        begin_recovery(world)
    else:
        world.faults["recovery_forgotten"] += 1
