"""A model with one customer, and short words for what the tests do with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from sandbox_gateway import numbers
from sandbox_gateway.model import MICRO_DEPOSITS_MINOR, Processor
from sandbox_gateway.values import Charge, Intent, Method, MethodKind, NewMethod, Refused

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Shop:
    """One processor, one customer, a clock that the test moves."""

    def __init__(self) -> None:
        self.model = Processor("tests")
        self.now = MONDAY
        self._numbers = count(1)
        customer = self.model.create_customer(now=self.now, key="customer", name="Acme Alarm", reference="acme")
        assert not isinstance(customer, Refused)
        self.customer = customer.id

    def later(self, **span: float) -> None:
        """Move the clock."""
        self.now += timedelta(**span)

    def setup(self, kind: MethodKind) -> str:
        """Open a hosted page."""
        setup = self.model.create_setup(
            now=self.now,
            key=f"setup-{next(self._numbers)}",
            customer=self.customer,
            kind=kind,
            return_url="https://host.example/back",
            reference="",
        )
        assert not isinstance(setup, Refused)
        return setup.id

    def type_card(self, number: str, *, cvc: str = "123", expiry: tuple[int, int] = (12, 2030)) -> Method | Refused:
        """Type a card on a hosted page."""
        card = numbers.find_card(number, cvc)
        assert card is not None
        typed = NewMethod(
            kind=MethodKind.CARD,
            fingerprint=f"print of {number}",
            last4=number[-4:],
            behavior=card.behavior,
            brand=card.brand,
            expiry_month=expiry[0],
            expiry_year=expiry[1],
        )
        return self.model.complete_setup(now=self.now, setup_id=self.setup(MethodKind.CARD), typed=typed)

    def card(self, number: str = "4242424242424242", *, cvc: str = "123", expiry: tuple[int, int] = (12, 2030)) -> str:
        """Attach a card."""
        method = self.type_card(number, cvc=cvc, expiry=expiry)
        assert not isinstance(method, Refused)
        return method.id

    def unverified(self, number: str = "000123456789") -> str:
        """Attach a bank account whose micro-deposits were not confirmed."""
        account = numbers.find_account(number)
        assert account is not None
        typed = NewMethod(
            kind=MethodKind.ACH,
            fingerprint=f"print of {number}",
            last4=number[-4:],
            behavior=account.behavior,
            bank_name=numbers.BANK_NAME,
        )
        method = self.model.complete_setup(now=self.now, setup_id=self.setup(MethodKind.ACH), typed=typed)
        assert not isinstance(method, Refused)
        return method.id

    def account(self, number: str = "000123456789") -> str:
        """Attach a bank account and verify it."""
        method_id = self.unverified(number)
        checked = self.model.verify_method(now=self.now, method_id=method_id, amounts_minor=MICRO_DEPOSITS_MINOR)
        assert not isinstance(checked, Refused)
        assert checked.verified
        return method_id

    def intent(self, *, key: str = "", amount_minor: int = 41250) -> Intent:
        """Create an intent."""
        intent = self.model.create_intent(
            now=self.now,
            key=key or f"intent-{next(self._numbers)}",
            customer=self.customer,
            amount_minor=amount_minor,
            currency="USD",
            invoice_number="ACME-000001",
        )
        assert not isinstance(intent, Refused)
        return intent

    def confirm(
        self, intent: Intent, method: str, *, key: str = "", off_session: bool = False, forced_decline: str = ""
    ) -> Intent | Refused:
        """Try to take the money."""
        return self.model.confirm_intent(
            now=self.now,
            key=key or f"confirm-{next(self._numbers)}",
            intent_id=intent.id,
            method_id=method,
            off_session=off_session,
            return_url="https://host.example/paid",
            forced_decline=forced_decline,
        )

    def pay(self, method: str, *, off_session: bool = False) -> Intent:
        """Create an intent and try to take the money."""
        intent = self.confirm(self.intent(), method, off_session=off_session)
        assert not isinstance(intent, Refused)
        return intent

    def read(self, intent: Intent) -> Intent:
        """Read an intent again, now."""
        found = self.model.find_intent(now=self.now, intent_id=intent.id)
        assert found is not None
        return found

    def charges(self) -> list[tuple[str, str]]:
        """List outcome and code of every attempt."""
        return [(charge.outcome.value, charge.code) for charge in self.model.charges()]

    def held(self) -> list[Charge]:
        """List the charges whose money the vendor holds."""
        return [charge for charge in self.model.charges() if charge.net_minor]
