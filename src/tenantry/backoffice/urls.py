"""The routes of the vendor's staff."""

from __future__ import annotations

from django.urls import path

from tenantry.backoffice.views import billing_runs, companies, invoices, reviews

urlpatterns = [
    path("", companies.companies, name="backoffice.companies"),
    path("companies/<slug:company>", companies.company, name="backoffice.company"),
    path("companies/<slug:company>/invoices/<uuid:invoice>", invoices.invoice, name="backoffice.invoice"),
    path("companies/<slug:company>/invoices/<uuid:invoice>/credit", invoices.credit, name="backoffice.invoice.credit"),
    path("companies/<slug:company>/invoices/<uuid:invoice>/refund", invoices.refund, name="backoffice.invoice.refund"),
    path("reviews", reviews.reviews, name="backoffice.reviews"),
    path("reviews/<uuid:review>", reviews.review, name="backoffice.review"),
    path("reviews/<uuid:review>/ask", reviews.ask, name="backoffice.review.ask"),
    path("billing-runs", billing_runs.billing_runs, name="backoffice.billing-runs"),
]
