"""The page where a payer's browser types a card or a bank account.

Numbers come in here, are looked up, and are forgotten: what goes on is the behavior that the number stands
for, a keyed fingerprint and the last four digits. Nothing that was typed is written into the list of calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox_gateway import fields, numbers, pages
from sandbox_gateway.forms import Form, form_of, not_found_page, with_way_back
from sandbox_gateway.model import Processor
from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.values import Customer, MethodKind, NewMethod, Refused, Setup, SetupState
from sandbox_gateway.wire import Answer, Request, Unusable, html_answer, json_answer, redirect

ADDRESS = re.compile(r"/setup/([a-z]{3}_[0-9a-f]{24})(/cancel)?")
EXPIRY = re.compile(r"(\d{1,2})\s*[/.-]?\s*(\d{4}|\d{2})")
CENTURY = 2000
AMEX_CVC_DIGITS, CVC_DIGITS = 4, 3
MAX_NAME = 100
MANY_DIGITS = 10
WRONG_ROUTING = f"Use the test routing number {numbers.ROUTING_NUMBER}."
DECLINE_FIELD = {"incorrect_cvc": "cvc", "expired_card": "expiry"}


@dataclass(frozen=True, slots=True)
class Read:
    """A form that was read: what to keep, or what is wrong with which field."""

    typed: NewMethod | None
    errors: Mapping[str, str]


def handle(running: RunningProcessor, request: Request) -> Answer:
    """Answer one request of a payer's browser.

    Raises:
        Unusable: there is no such page.
    """
    match = ADDRESS.fullmatch(request.path)
    if match is None:
        raise Unusable(404, "no_such_address", "There is nothing at this address.")
    setup_id, cancels = match.groups()
    if not cancels:
        return _setup(running, request, setup_id)
    if request.method == "GET":
        return _cancel(running, setup_id)
    raise Unusable(405, "method_not_allowed", "Use GET.")


def _back(url: str, setup_id: str) -> Answer:
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "setup"]
    return redirect(urlunsplit(parts._replace(query=urlencode([*query, ("setup", setup_id)]))))


# Setups


def _setup(running: RunningProcessor, request: Request, setup_id: str) -> Answer:
    found: list[tuple[Setup, Customer | None, datetime]] = []

    def look(model: Processor, now: datetime) -> Answer:
        if setup := model.setup(setup_id):
            found.append((setup, model.customer(setup.customer), now))
        return json_answer(200, {})

    running.read(look)
    if not found:
        return not_found_page()
    setup, customer, now = found[0]
    if setup.state is not SetupState.OPEN:
        return _back(setup.return_url, setup.id)
    if request.method == "GET":
        return _form(request.path, setup, customer, {}, {}, 200)
    form = form_of(request)
    read = _read_card(form, now, running) if setup.kind is MethodKind.CARD else _read_account(form, running)
    if read.typed is None:
        return _form(request.path, setup, customer, form, read.errors, 422)
    return _complete(running, request.path, setup, customer, form, read.typed)


def _complete(
    running: RunningProcessor, path: str, setup: Setup, customer: Customer | None, form: Form, typed: NewMethod
) -> Answer:
    refused: list[str] = []

    def work(model: Processor, now: datetime) -> Answer:
        method = model.complete_setup(now=now, setup_id=setup.id, typed=typed)
        if isinstance(method, Refused):
            refused.append(method.code)
            return json_answer(402, {"refused": method.code})
        return json_answer(200, {"setup": setup.id, "method": method.id})

    running.call(
        work, operation="complete_setup", request={"object": setup.id, "kind": setup.kind}, customer=setup.customer
    )
    if not refused or refused == ["setup_closed"]:
        return _back(setup.return_url, setup.id)
    field = DECLINE_FIELD.get(refused[0], "number" if setup.kind is MethodKind.CARD else "account")
    sentence = f"The bank declined it: {refused[0].replace('_', ' ')}."
    return _form(path, setup, customer, form, {field: sentence}, 402)


def _form(path: str, setup: Setup, customer: Customer | None, form: Form, errors: Form, status: int) -> Answer:
    kept = ("expiry", "name") if setup.kind is MethodKind.CARD else ("holder", "routing", "account_type")
    typed = {name: form[name][:MAX_NAME] for name in kept if name in form}
    # A card or account number that was typed into the wrong field is not shown again either.
    typed = {name: value for name, value in typed.items() if sum(map(str.isdigit, value)) < MANY_DIGITS}
    show = pages.card_page if setup.kind is MethodKind.CARD else pages.bank_page
    page = show(address=path, customer=customer.name if customer else "", typed=typed, errors=errors)
    return with_way_back(html_answer(status, page), setup.return_url)


def _cancel(running: RunningProcessor, setup_id: str) -> Answer:
    closed: list[Setup] = []

    def work(model: Processor, now: datetime) -> Answer:
        setup = model.cancel_setup(now=now, setup_id=setup_id)
        if isinstance(setup, Refused):
            return json_answer(404, {"refused": setup.code})
        closed.append(setup)
        return json_answer(200, {"state": setup.state})

    running.call(work, operation="cancel_setup", request={"object": setup_id})
    if closed:
        return _back(closed[0].return_url, setup_id)
    return not_found_page()


# Reading what was typed


def _digits(form: Form, name: str) -> str:
    return re.sub(r"[\s-]", "", form.get(name, ""))


def _read_card(form: Form, now: datetime, running: RunningProcessor) -> Read:
    number, cvc = _digits(form, "number"), _digits(form, "cvc")
    card = numbers.find_card(number, cvc) if number.isascii() else None
    month, year, expiry_error = _expiry(form.get("expiry", ""), now)
    errors = {
        "number": _card_number_error(number, known=card is not None),
        "expiry": expiry_error,
        "cvc": _cvc_error(cvc, is_amex=card is not None and card.brand == "American Express"),
        "name": "" if form.get("name", "").strip() else "Enter the name on the card.",
    }
    errors = {name: sentence for name, sentence in errors.items() if sentence}
    if errors or card is None:
        return Read(None, errors)
    typed = NewMethod(
        kind=MethodKind.CARD,
        fingerprint=running.fingerprint("card", number),
        last4=number[-4:],
        behavior=card.behavior,
        brand=card.brand,
        expiry_month=month,
        expiry_year=year,
    )
    return Read(typed, {})


def _card_number_error(number: str, *, known: bool) -> str:
    if not number:
        return "Enter the card number."
    if known:
        return ""
    if not (number.isascii() and number.isdigit() and fields.passes_luhn(number)):
        return "Check the card number."
    return "Only the test numbers below work here. Never type the number of a real card."


def _expiry(text: str, now: datetime) -> tuple[int, int, str]:
    match = EXPIRY.fullmatch(text.strip())
    if match is None:
        return 0, 0, "Enter the expiry date as MM/YY."
    month, year = int(match[1]), int(match[2])
    year += CENTURY if year < 100 else 0
    if not 1 <= month <= 12:
        return 0, 0, "Enter the expiry date as MM/YY."
    if (year, month) < (now.year, now.month):
        return 0, 0, "This card has expired."
    return month, year, ""


def _cvc_error(cvc: str, *, is_amex: bool) -> str:
    digits = AMEX_CVC_DIGITS if is_amex else CVC_DIGITS
    right = cvc.isascii() and cvc.isdigit() and len(cvc) == digits
    return "" if right else f"Enter the {digits} digits of the CVC."


def _read_account(form: Form, running: RunningProcessor) -> Read:
    routing, number = _digits(form, "routing"), _digits(form, "account")
    account = numbers.find_account(number)
    errors = {
        "holder": "" if form.get("holder", "").strip() else "Enter the account holder.",
        "routing": "" if routing == numbers.ROUTING_NUMBER else WRONG_ROUTING,
        "account": "" if account else "Enter one of the test account numbers below.",
        "account_type": "" if form.get("account_type") in ("checking", "savings") else "Choose the account type.",
    }
    errors = {name: sentence for name, sentence in errors.items() if sentence}
    if errors or account is None:
        return Read(None, errors)
    typed = NewMethod(
        kind=MethodKind.ACH,
        fingerprint=running.fingerprint("ach", f"{routing}:{number}"),
        last4=number[-4:],
        behavior=account.behavior,
        bank_name=numbers.BANK_NAME,
    )
    return Read(typed, {})
