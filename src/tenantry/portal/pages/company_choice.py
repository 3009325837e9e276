"""The choice of companies, for people in several."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.ui.parts import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyChoicePage:
    """Template `portal/company_choice.html`. `backoffice_url` is there for the vendor's staff."""

    user_name: str
    companies: tuple[Link, ...]
    sign_out_url: str
    backoffice_url: str = ""
