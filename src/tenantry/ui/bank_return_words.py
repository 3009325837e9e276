"""Bank return codes in plain words: why the bank took a debit back, and why an account is blocked since."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.core.bank_returns import is_dispute

Words = str | Promise

_NOT_AUTHORIZED = _("it was not authorized by the account's owner")

_WHY: Mapping[str, Words] = {
    "R01": _("there was not enough money in the account"),
    "R02": _("the account is closed"),
    "R03": _("there is no account of this number and name"),
    "R04": _("the account number is not valid"),
    "R05": _NOT_AUTHORIZED,
    "R07": _("the account's owner withdrew the authorization"),
    "R08": _("the account's owner stopped the payment"),
    "R09": _("the money in the account was not available yet"),
    "R10": _NOT_AUTHORIZED,
    "R11": _("it was not as the account's owner had authorized it"),
    "R13": _("the bank's routing number is not valid"),
    "R16": _("the account is frozen"),
    "R20": _("the account can't be debited"),
    "R29": _NOT_AUTHORIZED,
    "R51": _NOT_AUTHORIZED,
}
_DISPUTED = _("the payer disputed it at the bank")
_OTHER = _("the bank gave another reason")

_BLOCKED: Mapping[str, Words] = {
    "R02": _("account closed"),
    "R03": _("account not found"),
    "R04": _("account number not valid"),
    "R05": _("not authorized"),
    "R07": _("authorization withdrawn"),
    "R08": _("payment stopped"),
    "R10": _("not authorized"),
    "R11": _("not as authorized"),
    "R13": _("routing number not valid"),
    "R16": _("account frozen"),
    "R20": _("account can't be debited"),
    "R29": _("not authorized"),
    "R51": _("not authorized"),
    "lost_card": _("reported lost"),
    "stolen_card": _("reported stolen"),
}


def why_returned(code: str) -> str:
    """Say why the bank took a payment back, to be read after a colon."""
    return str(_DISPUTED if is_dispute(code) else _WHY.get(code, _OTHER))


def why_blocked(code: str) -> str:
    """Say in two or three words why a card or bank account can't be charged any more."""
    return str(_BLOCKED.get(code, code.replace("_", " ")))
