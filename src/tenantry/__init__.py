"""Tenantry: Account Management for multi-tenant B2B SaaS."""
