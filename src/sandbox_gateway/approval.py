"""The page where a payer approves or refuses one payment, as a bank asks it."""

from __future__ import annotations

import re
from datetime import datetime

from sandbox_gateway import pages
from sandbox_gateway.forms import form_of, not_found_page, with_way_back
from sandbox_gateway.methods import label
from sandbox_gateway.model import Processor
from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.values import Customer, Intent, IntentState, Method, Refused
from sandbox_gateway.wire import Answer, Request, Unusable, html_answer, json_answer, redirect

ADDRESS = re.compile(r"/approve/([a-z]{3}_[0-9a-f]{24})")


def handle(running: RunningProcessor, request: Request) -> Answer:
    """Answer one request of a payer's browser.

    Raises:
        Unusable: there is no such page, or the answer is neither yes nor no.
    """
    match = ADDRESS.fullmatch(request.path)
    if match is None:
        raise Unusable(404, "no_such_address", "There is nothing at this address.")
    intent_id = match.group(1)
    found: list[tuple[Intent, Method | None, Customer | None]] = []

    def look(model: Processor, now: datetime) -> Answer:
        if intent := model.find_intent(now=now, intent_id=intent_id):
            method = model.method(intent.latest.method_id) if intent.latest else None
            found.append((intent, method, model.customer(intent.customer)))
        return json_answer(200, {})

    running.read(look)
    if not found or found[0][0].latest is None:
        return not_found_page()
    intent, method, customer = found[0]
    if intent.state is not IntentState.ASKS_PAYER:
        return _leave(intent, "This payment was answered already.")
    if request.method == "GET":
        return _question(request.path, intent, method, customer)
    return _answer(running, intent, form_of(request).get("answer", ""))


def _question(path: str, intent: Intent, method: Method | None, customer: Customer | None) -> Answer:
    page = pages.approve_page(
        address=path,
        amount=f"{intent.currency} {pages.amount_text(intent.amount_minor, intent.currency)}",
        invoice_number=intent.invoice_number,
        method=label(method) if method else "",
        customer=customer.name if customer else "",
    )
    return with_way_back(html_answer(200, page), intent.attempts[-1].return_url)


def _answer(running: RunningProcessor, intent: Intent, answer: str) -> Answer:
    if answer not in ("approve", "refuse"):
        raise Unusable(400, "answer_unknown", "Approve or refuse.")

    def work(model: Processor, now: datetime) -> Answer:
        verb = model.approve_payment if answer == "approve" else model.refuse_payment
        moved = verb(now=now, intent_id=intent.id)
        return json_answer(200, {"state": moved.code if isinstance(moved, Refused) else moved.state})

    running.call(work, operation=f"{answer}_payment", request={"object": intent.id}, customer=intent.customer)
    return _leave(intent, "Thank you. You can close this page.")


def _leave(intent: Intent, sentence: str) -> Answer:
    return_url = intent.attempts[-1].return_url
    return redirect(return_url) if return_url else html_answer(200, pages.message_page("Done", sentence))
