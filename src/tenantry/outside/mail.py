"""Send one message through the mail backend that the settings name."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from email.utils import format_datetime, formataddr, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email

from tenantry.outside import clock


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file that goes along; `media_type` like "application/pdf"."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One message, complete. `key` names the occasion: the same key gives the same Message-ID, so a repeat shows."""

    key: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str = ""
    attachments: tuple[MailAttachment, ...] = ()


def send(message: OutgoingMail) -> None:
    """Hand the message to the mail backend.

    Raises:
        ValueError: there is no recipient.
        OSError: the mail server can't be reached or refuses; the message may be sent again under the same key.
    """
    if not message.recipients:
        raise ValueError("a mail needs a recipient")
    sender = _one_line(message.sender)
    mail = EmailMultiAlternatives(
        subject=_one_line(message.subject),
        body=message.text,
        from_email=sender,
        to=[_one_line(recipient) for recipient in message.recipients],
        headers={
            "Message-ID": message_id(message.key, sender),
            "Date": format_datetime(clock.now()),
            "Auto-Submitted": "auto-generated",
        },
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    for attachment in message.attachments:
        mail.attach(_file_name(attachment.name), attachment.content, _one_line(attachment.media_type))
    mail.send()


def vendor_address() -> str:
    """Give whom each mail is from: the vendor, by name."""
    return formataddr((settings.TENANTRY_VENDOR["name"], settings.TENANTRY_VENDOR["email"]))


def is_email(text: str) -> bool:
    """Tell whether mail could be sent to an address like this."""
    try:
        validate_email(text.strip())
    except ValidationError:
        return False
    return True


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of an occasion, in the sender's domain; it reveals nothing of the key."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def _one_line(text: str) -> str:
    """Take out what could end a header and begin another, or reorder what a person reads."""
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}).strip()


def _file_name(name: str) -> str:
    return _one_line(name).replace("/", "_").replace("\\", "_").lstrip(".") or "attachment"
