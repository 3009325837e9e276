"""The hosted pages as HTML: plain forms, no script, nothing inline. Whatever comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sandbox_gateway import numbers
from sandbox_gateway.currencies import decimals
from sandbox_gateway.methods import MICRO_DEPOSITS_MINOR

NAME = "Sandbox Payments"
STYLE_PATH = "/assets/page.css"
GROUP = 4
AMEX_DIGITS = 15

Errors = Mapping[str, str]
Typed = Mapping[str, str]


def page(title: str, main: str, *, has_errors: bool = False, wide: bool = False) -> str:
    """Frame a page."""
    shown = f"Error: {title}" if has_errors else title
    body = '<body class="wide">' if wide else "<body>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(shown)} · {NAME}</title><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="{STYLE_PATH}"></head>{body}'
        f'<header><span class="mark">{NAME}</span>'
        '<span class="quiet">A simulated payment processor. No money moves.</span></header>'
        f"<main>{main}</main></body></html>"
    )


def message_page(title: str, sentence: str, link: tuple[str, str] | None = None) -> str:
    """Say one thing, with one way on."""
    way = f'<p><a href="{escape(link[0])}">{escape(link[1])}</a></p>' if link else ""
    return page(title, f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>{way}")


def card_page(*, address: str, customer: str, typed: Typed, errors: Errors) -> str:
    """Show the form for a card, and the table of test numbers."""
    title = "Add a card"
    form = (
        _text("number", "Card number", typed, errors, autocomplete="cc-number", numeric=True)
        + '<div class="pair">'
        + _text("expiry", "Expiry date", typed, errors, hint="MM/YY", autocomplete="cc-exp", numeric=True)
        + _text("cvc", "CVC", typed, errors, hint="3 digits, Amex 4", autocomplete="cc-csc", numeric=True)
        + "</div>"
        + _text("name", "Name on the card", typed, errors, autocomplete="cc-name")
    )
    return _form_page(title, address, customer, form, "Save card", errors, _card_table())


def bank_page(*, address: str, customer: str, typed: Typed, errors: Errors) -> str:
    """Show the form for a bank account, and the table of test numbers."""
    title = "Add a bank account"
    form = (
        _text("holder", "Account holder", typed, errors, autocomplete="name")
        + '<div class="pair">'
        + _text("routing", "Routing number", typed, errors, hint="9 digits", numeric=True)
        + _text("account", "Account number", typed, errors, hint="4 to 17 digits", numeric=True)
        + "</div>"
        + _account_type(typed, errors)
    )
    first, second = MICRO_DEPOSITS_MINOR
    sentence = f"We send two small deposits, {first} and {second} cents, to check that the account is yours."
    form += f'<p class="notice">{sentence}</p>'
    return _form_page(title, address, customer, form, "Save bank account", errors, _account_table())


def _form_page(title: str, address: str, customer: str, form: str, button: str, errors: Errors, table: str) -> str:
    main = (
        f'<h1>{title}</h1><p class="quiet">For {escape(customer)}. Nothing is charged now.</p>{_summary(errors)}'
        f'<form class="sheet" method="post" action="{escape(address)}" novalidate autocomplete="on">{form}'
        f'<div class="actions"><button type="submit">{button}</button>'
        f'<a href="{escape(address)}/cancel">Cancel</a></div></form>{table}'
    )
    return page(title, main, has_errors=bool(errors))


def _summary(errors: Errors) -> str:
    if not errors:
        return ""
    items = "".join(f'<li><a href="#{name}">{escape(sentence)}</a></li>' for name, sentence in errors.items())
    return (
        '<div class="errors" role="alert" tabindex="-1" autofocus><h2>Please check what you typed</h2>'
        f"<ul>{items}</ul></div>"
    )


def _text(
    name: str,
    label: str,
    typed: Typed,
    errors: Errors,
    *,
    hint: str = "",
    autocomplete: str = "off",
    numeric: bool = False,
) -> str:
    described = [f"{name}-hint"] if hint else []
    described += [f"{name}-error"] if name in errors else []
    attributes = f' aria-describedby="{" ".join(described)}"' if described else ""
    attributes += ' aria-invalid="true"' if name in errors else ""
    attributes += ' inputmode="numeric"' if numeric else ""
    return (
        f'<div class="field"><label for="{name}">{label}</label>'
        + (f'<span class="hint" id="{name}-hint">{hint}</span>' if hint else "")
        + _error(name, errors)
        + f'<input type="text" id="{name}" name="{name}" value="{escape(typed.get(name, ""))}" '
        f'autocomplete="{autocomplete}" spellcheck="false" required{attributes}></div>'
    )


def _error(name: str, errors: Errors) -> str:
    return f'<span class="error" id="{name}-error">{escape(errors[name])}</span>' if name in errors else ""


def _account_type(typed: Typed, errors: Errors) -> str:
    chosen = typed.get("account_type", "")
    described = ' aria-describedby="account_type-error"' if "account_type" in errors else ""
    choices = "".join(
        f'<label class="choice"><input type="radio" name="account_type" value="{value}"'
        f"{' id=account_type' if value == 'checking' else ''}{' checked' if chosen == value else ''}>{label}</label>"
        for value, label in (("checking", "Checking"), ("savings", "Savings"))
    )
    return (
        f'<fieldset class="field"{described}><legend>Account type</legend>'
        f"{_error('account_type', errors)}{choices}</fieldset>"
    )


def _card_table() -> str:
    rows = [(_grouped(card.number), card.brand, card.sentence) for card in numbers.CARDS]
    declines = "; ".join(f"{cvc}: {code.replace('_', ' ')}" for cvc, code in numbers.DECLINE_BY_CVC.items())
    return (
        '<h2 id="test-numbers">Test cards</h2>'
        "<p>Only these numbers work. Any expiry date in the future and any CVC will do.</p>"
        + _table("Test cards and what they do", ("Number", "Brand", "What happens"), rows)
        + f"<p>With {_grouped(numbers.DECLINES_LATER)}, the CVC picks the reason of each decline. {declines}. "
        "Any other: generic decline.</p>"
    )


def _account_table() -> str:
    rows = [(account.number, account.sentence) for account in numbers.ACCOUNTS]
    return (
        '<h2 id="test-numbers">Test accounts</h2>'
        f"<p>Only these numbers work, with the routing number {numbers.ROUTING_NUMBER}.</p>"
        + _table("Test accounts and what they do", ("Account number", "What happens"), rows)
        + "<p>The last two digits of 0009900000NN, 0008800000NN and 0008600000NN may be those of any return code.</p>"
    )


def _table(name: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    lines = "".join(
        f'<tr><td class="number">{escape(row[0])}</td>'
        + "".join(f"<td>{escape(text)}</td>" for text in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" role="region" aria-label="{escape(name)}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _grouped(number: str) -> str:
    if len(number) == AMEX_DIGITS:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    return " ".join(number[start : start + GROUP] for start in range(0, len(number), GROUP))


def approve_page(*, address: str, amount: str, invoice_number: str, method: str, customer: str) -> str:
    """Ask the payer to approve one payment, as a bank does."""
    title = "Approve this payment"
    main = (
        f"<h1>{title}</h1><p>Your bank wants to know that it is you who pays.</p>"
        f'<div class="sheet"><dl><dt>Amount</dt><dd class="number">{escape(amount)}</dd>'
        f"<dt>Invoice</dt><dd>{escape(invoice_number)}</dd><dt>Payer</dt><dd>{escape(customer)}</dd>"
        f"<dt>Card</dt><dd>{escape(method)}</dd></dl>"
        f'<form method="post" action="{escape(address)}" class="actions">'
        '<button type="submit" name="answer" value="approve">Approve</button>'
        '<button type="submit" name="answer" value="refuse" class="second">Refuse</button></form></div>'
    )
    return page(title, main)


def amount_text(amount_minor: int, currency: str) -> str:
    """Write an amount with the decimals of its currency, as text."""
    digits = decimals(currency)
    sign = "−" if amount_minor < 0 else ""
    whole, rest = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole:,}.{rest:0{digits}d}" if digits else f"{sign}{whole:,}"
