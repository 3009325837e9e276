"""The abstract base of every row that belongs to one company."""

from __future__ import annotations

from typing import Any

from django.db import models


class CompanyOwned(models.Model):
    """A row of one company.

    The id has no default: whoever writes the row hands it in. `company_id` is a plain column here, so that
    this module imports no noun; its foreign key, the policies and the composite keys are written by
    `isolation.CompanyTable` in each app's migrations.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    company_id = models.UUIDField(editable=False)

    class Meta:
        abstract = True


def owned_reference(to: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """Refer to another row of the same company.

    The constraint in the database is composite, `(company_id, x_id) → (company_id, id)`, since a plain
    foreign key looks past row level security; `isolation.CompositeReference` writes it.
    """
    return models.ForeignKey(to, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", **options)
