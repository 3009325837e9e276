"""Seals the passwords of other systems before they are stored; a sealed one opens only where it belongs.

AES-256-GCM under a key derived from the installation's SECRET_KEY. The row and the field are bound in, so
that a sealed value copied to another row or field does not open there.
"""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"alarm_crm.secrets"
_NONCE_BYTES = 12


class CannotOpen(ValueError):
    """The sealed value belongs elsewhere, was altered, or its key is gone."""


def seal(secret: str, *, company_id: str, row_id: str, field: str) -> str:
    """Seal a secret of one field of one row, as text."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_key(settings.SECRET_KEY)).encrypt(nonce, secret.encode(), _place(company_id, row_id, field))
    return base64.b64encode(nonce + sealed).decode("ascii")


def opened(sealed: str, *, company_id: str, row_id: str, field: str) -> str:
    """Open a sealed secret, for a call to the bureau; never for a page or a log.

    Raises:
        CannotOpen: it belongs elsewhere, was altered, or was sealed under a key that is no longer there.
    """
    raw = base64.b64decode(sealed)
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            plain = AESGCM(_key(key)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _place(company_id, row_id, field))
        except InvalidTag:
            continue
        return plain.decode()
    raise CannotOpen(field)


def _key(secret_key: str | bytes) -> bytes:
    material = secret_key.encode() if isinstance(secret_key, str) else secret_key
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(material)


def _place(company_id: str, row_id: str, field: str) -> bytes:
    return f"{company_id}\x00{row_id}\x00{field}".encode()
