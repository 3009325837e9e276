"""A mail arrives as it was written, and no text in it can add a header, a recipient or a path."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core import mail as django_mail
from django.test import override_settings

from tenantry.outside import clock
from tenantry.outside.mail import MailAttachment, OutgoingMail, message_id, send

NOW = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
MAIL = OutgoingMail(
    key="invoice-issued:0001",
    sender="SecurityTrax <billing@securitytrax.test>",
    recipients=("accounting@acme.test", "owner@acme.test"),
    subject="Invoice ACME-000024",
    text="Your invoice is attached.\n",
    html="<p>Your invoice is attached.</p>",
    attachments=(MailAttachment("ACME-000024.pdf", b"%PDF-1.7 bytes", "application/pdf"),),
)


@pytest.fixture(autouse=True)
def outbox() -> Iterator[None]:
    with (
        override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"),
        clock.pinned(NOW),
    ):
        django_mail.outbox = []
        yield


def sent(message: OutgoingMail) -> EmailMessage:
    send(message)
    assert len(django_mail.outbox) == 1
    read = email.message_from_bytes(django_mail.outbox[0].message().as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


class TestSend:
    def test_sends_what_was_written(self) -> None:
        read = sent(MAIL)
        assert read["From"] == "SecurityTrax <billing@securitytrax.test>"
        assert read["To"] == "accounting@acme.test, owner@acme.test"
        assert read["Subject"] == "Invoice ACME-000024"
        assert read["Date"].datetime == NOW
        assert read["Auto-Submitted"] == "auto-generated"
        text, html = read.get_body(("plain",)), read.get_body(("html",))
        assert text is not None
        assert text.get_content() == "Your invoice is attached.\n"
        assert html is not None
        assert html.get_content().strip() == "<p>Your invoice is attached.</p>"

    def test_attaches_the_file_byte_for_byte(self) -> None:
        (attached,) = sent(MAIL).iter_attachments()
        assert attached.get_filename() == "ACME-000024.pdf"
        assert attached.get_content_type() == "application/pdf"
        assert attached.get_content() == b"%PDF-1.7 bytes"

    def test_without_html_and_files_it_is_plain_text(self) -> None:
        read = sent(replace(MAIL, html="", attachments=()))
        assert read.get_content_type() == "text/plain"

    def test_needs_a_recipient(self) -> None:
        with pytest.raises(ValueError, match="recipient"):
            send(replace(MAIL, recipients=()))
        assert django_mail.outbox == []

    def test_an_unreachable_server_is_an_error_that_the_job_sees(self) -> None:
        with (
            override_settings(
                EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1
            ),
            pytest.raises(OSError, match="refused"),
        ):
            send(MAIL)

    def test_the_file_backend_writes_it_into_its_folder(self, tmp_path: Path) -> None:
        with override_settings(
            EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend", EMAIL_FILE_PATH=tmp_path / "mails"
        ):
            send(MAIL)
        (file,) = (tmp_path / "mails").iterdir()
        assert b"Subject: Invoice ACME-000024" in file.read_bytes()


class TestMessageId:
    def test_the_same_occasion_has_the_same_id(self) -> None:
        assert sent(MAIL)["Message-ID"] == message_id("invoice-issued:0001", MAIL.sender)

    def test_another_occasion_has_another(self) -> None:
        assert message_id("a", MAIL.sender) != message_id("b", MAIL.sender)

    def test_it_stands_in_the_senders_domain_and_hides_the_key(self) -> None:
        made = message_id("invoice-issued:0001", MAIL.sender)
        assert made.endswith("@securitytrax.test>")
        assert "0001" not in made


class TestHostileTexts:
    @pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x00"])
    def test_no_text_adds_a_header(self, ending: str) -> None:
        evil = f"{ending}Bcc: thief@evil.test{ending}{ending}<b>body</b>"
        read = sent(
            replace(
                MAIL,
                subject=f"Invoice{evil}",
                sender=f"Security{ending}Trax <billing@securitytrax.test>",
                attachments=(MailAttachment(f"a{evil}.pdf", b"x", f"application/pdf{ending}"),),
            )
        )
        assert read["Bcc"] is None
        assert read["Subject"] == "InvoiceBcc: thief@evil.test<b>body</b>"
        assert read["From"] == "SecurityTrax <billing@securitytrax.test>"
        assert django_mail.outbox[0].recipients() == ["accounting@acme.test", "owner@acme.test"]
        text = read.get_body(("plain",))
        assert text is not None
        assert text.get_content() == "Your invoice is attached.\n"

    def test_no_recipient_hides_another(self) -> None:
        send(replace(MAIL, recipients=("accounting@acme.test\r\nBcc: thief@evil.test",)))
        assert django_mail.outbox[0].recipients() == ["accounting@acme.testBcc: thief@evil.test"]

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..\\x.pdf", "_x.pdf"),
            ("", "attachment"),
            ("\u202egnp.exe", "gnp.exe"),
        ],
    )
    def test_a_file_name_is_no_path(self, name: str, expected: str) -> None:
        (attached,) = sent(
            replace(MAIL, attachments=(MailAttachment(name, b"x", "application/pdf"),))
        ).iter_attachments()
        assert attached.get_filename() == expected

    def test_other_alphabets_arrive(self) -> None:
        read = sent(replace(MAIL, subject="فاتورة – Müller & Söhne ✓", text="Größe 日本\n"))
        assert read["Subject"] == "فاتورة – Müller & Söhne ✓"
        text = read.get_body(("plain",))
        assert text is not None
        assert text.get_content() == "Größe 日本\n"
