"""The types of credit bureaus, and the fields that each one needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class BureauField:
    """One field of a type. A secret is asked for once, stored sealed, and never shown again."""

    name: str
    label: Words
    is_secret: bool = False
    is_required: bool = True
    is_switch: bool = False
    choices: tuple[tuple[str, Words], ...] = ()
    pattern: str = ""
    hint: Words = ""


@dataclass(frozen=True, slots=True)
class BureauKind:
    """A type of credit bureau."""

    code: str
    label: Words
    hint: Words
    fields: tuple[BureauField, ...] = ()

    @property
    def secrets(self) -> tuple[BureauField, ...]:
        """Give the fields that are write-only."""
        return tuple(field for field in self.fields if field.is_secret)


_SUBSCRIBER = _("Market (2), submarket (2), industry (1) and member code, like 0125A12345.")
_RESELLER_FIELDS = (
    BureauField("account", _("Account")),
    BureauField("password", _("Password"), is_secret=True),
    BureauField(
        "product",
        _("Product"),
        choices=tuple((c, c) for c in ("CREDIT", "BISLRPT", "SCORE REPORT", "SOFTPULL", "EFXSOFTPULL")),
    ),
    BureauField(
        "bureau",
        _("Bureau"),
        choices=(("XPN", _("Experian (XPN)")), ("TU", _("TransUnion (TU)")), ("EFX", _("Equifax (EFX)"))),
    ),
)
_RESELLER_HINT = _("An account with a reseller that asks one of the three bureaus.")

KINDS: Mapping[str, BureauKind] = {
    kind.code: kind
    for kind in (
        BureauKind(
            "transunion-us",
            _("TransUnion (US)"),
            _("Your own subscriber code with TransUnion."),
            (
                BureauField(
                    "subscriber_code",
                    _("Subscriber Code"),
                    pattern=r"[0-9A-Z]{4}[A-Z][0-9A-Z]{1,10}",
                    hint=_SUBSCRIBER,
                ),
                BureauField("password", _("Password"), is_secret=True),
                BureauField("addon_code", _("Add-On Code"), is_required=False),
                BureauField(
                    "product_code",
                    _("Product Code"),
                    choices=(("07000", _("07000: report")), ("08000", _("08000: report with FICO"))),
                ),
            ),
        ),
        BureauKind(
            "equifax",
            _("Equifax"),
            _("Your own member number with Equifax."),
            (
                BureauField("member_number", _("Member Number")),
                BureauField("security_digits", _("Security Digits"), is_secret=True),
                BureauField(
                    "score_model", _("Score Model"), is_required=False, hint=_("Leave it empty for the default model.")
                ),
                BureauField(
                    "service_name",
                    _("Service Name"),
                    choices=(
                        ("acro", _("ACRO")),
                        ("acro-test", _("ACRO (Test)")),
                        ("decision-power", _("Decision Power")),
                        ("decision-power-test", _("Decision Power (Test)")),
                    ),
                ),
                BureauField("include_print_image", _("Include Print Image"), is_required=False, is_switch=True),
                BureauField("transaction_pin", _("Transaction PIN"), is_secret=True, is_required=False),
            ),
        ),
        BureauKind("hart", _("HART"), _RESELLER_HINT, _RESELLER_FIELDS),
        BureauKind("monitronics", _("Monitronics"), _RESELLER_HINT, _RESELLER_FIELDS),
        BureauKind("safe", _("SAFE"), _RESELLER_HINT, _RESELLER_FIELDS),
        BureauKind(
            "adt-credit",
            _("ADT Credit"),
            _("Your dealer account with ADT."),
            (
                BureauField("dealer_number", _("Dealer Number")),
                BureauField("dealer_password", _("Dealer Password"), is_secret=True),
            ),
        ),
        BureauKind("manual-entry", _("Manual Entry"), _("For checks made elsewhere: the result is typed in.")),
    )
}
"""Code → type, in the order in which people choose."""
