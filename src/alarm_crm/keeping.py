"""Write one record of a company, and say no in words: the name is taken, or somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.db import IntegrityError

from tenantry.sdk.isolation import CompanyOwned
from tenantry.sdk.pages import Page, Refusal

MOST_DIGITS_OF_A_VERSION = 9


def rows(model: type[CompanyOwned], company_id: str) -> Any:
    """Give the query of one company's records; every other one here begins with it."""
    return model._default_manager.filter(company_id=company_id)


def found(model: type[CompanyOwned], page: Page, row_id: object) -> Any:
    """Read one record of the page's company, or give None: unknown and foreign look the same."""
    if not page.is_post:
        return rows(model, page.company_id).filter(id=row_id).first()
    with page.reading():
        return rows(model, page.company_id).filter(id=row_id).first()


def all_by_name(model: type[CompanyOwned], page: Page) -> list[Any]:
    """List the records of the page's company by name."""
    return list(rows(model, page.company_id).order_by("name", "id"))


def insert(model: type[CompanyOwned], page: Page, row_id: str, values: dict[str, object]) -> int:
    """Write a new record; give how many rows that are."""
    model._default_manager.create(id=row_id, company_id=page.company_id, **values)
    return 1


def keep(gate: AbstractContextManager[None], write: Callable[[], int], *, name: str) -> Refusal | None:
    """Run a write inside its transaction; `write` gives how many rows it wrote, which must be one."""
    try:
        with gate:
            written = write()
    except IntegrityError as error:
        if not _constraint(error).endswith("_of_a_name"):
            raise
        return Refusal("name_taken", {"name": name})
    return None if written == 1 else Refusal("changed_by_someone_else")


def change(model: type[CompanyOwned], page: Page, row_id: object, version: int, values: dict[str, object]) -> int:
    """Update a record if it still is the version that the form was made from; give how many rows changed."""
    unchanged = rows(model, page.company_id).filter(id=row_id, version=version)
    return int(unchanged.update(version=version + 1, **values))


def delete(model: type[CompanyOwned], page: Page, row_id: object) -> int:
    """Delete a record; give how many rows were deleted."""
    deleted, _of_each_model = rows(model, page.company_id).filter(id=row_id).delete()
    return int(deleted)


def sent_version(page: Page) -> int:
    """Read the version that a form was made from; zero, which no record has, where it is unreadable."""
    text = page.request.POST.get("version", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS_OF_A_VERSION
    return int(text) if is_number else 0


def _constraint(error: IntegrityError) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))
