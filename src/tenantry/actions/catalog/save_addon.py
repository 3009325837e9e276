"""Add an add-on to the catalog, or change its words and links."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from tenantry.core.catalog import check_words
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.catalog.models import AddOn


@dataclass(frozen=True, slots=True)
class AddOnWords:
    """What the catalog says of an add-on; `learn_more_url` is empty where our own page is the documentation."""

    name: str
    description: str
    documentation: str = ""
    learn_more_url: str = ""
    terms: str = ""
    position: int = 0
    needs_method: bool = False


def save_addon(*, actor: Actor, code: str, words: AddOnWords, now: datetime) -> str | Refusal:
    """Save an add-on by its code; give its id. Changed terms get a new version, to be accepted again.

    Refusals: those of `core.catalog.check_words`.
    """
    if refused := require(actor, Action.SAVE_ADDON):
        return refused
    if refused := check_words(
        code=code, name=words.name, description=words.description, learn_more_url=words.learn_more_url
    ):
        return refused
    with tenancy.vendor_phase():
        known = AddOn.objects.select_for_update().filter(code=code).first()
        before = {field: getattr(known, field) for field in asdict(words)} if known else {}
        version = known.terms_version if known else 0
        if words.terms != (known.terms if known else ""):
            version += 1
        row, _ = AddOn.objects.update_or_create(
            code=code,
            defaults={**asdict(words), "terms_version": version},
            create_defaults={"id": new_id(), **asdict(words), "terms_version": version},
        )
        audit.record_for_vendor(
            actor,
            Action.SAVE_ADDON,
            "addon",
            str(row.id),
            entry_id=new_id(),
            now=now,
            before=before,
            after=asdict(words),
        )
    return str(row.id)
