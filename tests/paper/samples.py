"""Invoices to print: from one line to many, short words and hostile ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tenantry.outside.pdf.document import Labels, Party, PrintableInvoice, PrintableLine, PrintableSum

LOGO_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40" width="120" height="40">'
    '<rect width="40" height="40" rx="9" fill="#1e3a8a"/><path d="M12 21l6 6 11-14" fill="none" stroke="#fff" '
    'stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>'
    '<circle cx="62" cy="20" r="10" fill="#c7d2fe"/><circle cx="86" cy="20" r="10" fill="#93a5e6"/></svg>'
)

LINES = (
    PrintableLine("Professional plan", "$149.00", "Dec 1 – Dec 31, 2026", "1 × $149.00"),
    PrintableLine("Message+", "$49.00", "Dec 1 – Dec 31, 2026", "1 × $49.00"),
    PrintableLine("Credit Checks", "$70.00", "Dec 1 – Dec 31, 2026", "14 seats × $5.00"),
    PrintableLine("Credit Checks", "$44.33", "Nov 12 – Nov 30, 2026", "14 seats × $5.00 × 19 of 30 days"),
    PrintableLine("QuickBooks", "−$12.67", "Nov 12 – Nov 30, 2026", "Unused: 1 × $20.00 × 19 of 30 days"),
)

ONE_LINE = PrintableInvoice(
    vendor=Party("SecurityTrax", ("1384 W State Road", "Pleasant Grove, UT 84062", "United States"), "EIN 12-3456789"),
    company=Party("Acme Alarms, LLC", ("700 Main Street, Suite 200", "Provo, UT 84601", "United States"), "87-6543210"),
    number="ACME-000024",
    issue_date="Dec 1, 2026",
    due_date="Dec 1, 2026",
    billing_period="Dec 1 – Dec 31, 2026",
    lines=LINES[:1],
    subtotal="$149.00",
    taxes=(PrintableSum("Utah sales tax (7.25%)", "$10.80"),),
    total="$159.80",
    amount_due="$159.80",
    payment="Charged to Visa •••• 4242 on Dec 1, 2026",
    issued_at=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    po_number="PO-7781",
    logo_svg=LOGO_SVG,
)

FIVE_LINES = replace(
    ONE_LINE,
    lines=LINES,
    subtotal="$299.66",
    discounts=(PrintableSum("Welcome discount (10%)", "−$29.97"),),
    taxes=(PrintableSum("Utah sales tax (7.25%)", "$19.55"),),
    total="$289.24",
    credit_used="−$40.00",
    amount_due="$249.24",
    payment="Due Dec 31, 2026, by wire or check",
    due_date="Dec 31, 2026",
    notes=("Questions about this invoice? Open a support ticket and name its number.",),
)

SIXTY_LINES = replace(FIVE_LINES, lines=LINES * 12, logo_svg="", total="$3,857.56", amount_due="$3,817.56")

LONG_NAMES = replace(
    FIVE_LINES,
    vendor=Party("The Extraordinarily Thorough Security Monitoring and Trading Company of North America, Incorporated"),
    company=Party(
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft Müller & Söhne mbH & Co. KG",
        ("Building 7, third courtyard, second staircase on the left behind the old alarm factory, floor 12", "Wien"),
    ),
    lines=(
        replace(LINES[0], what="W" * 300),
        replace(LINES[1], what="Long description of one add-on " * 12),
        *LINES[2:],
    ),
    number="A-VERY-LONG-PREFIX-FOR-A-COMPANY-000000000024",
)

ARABIC = replace(
    FIVE_LINES,
    vendor=Party("شركة تراكس للأمن", ("١٢ شارع الملك فهد", "الرياض ١٢٣٤٥"), "300012345600003"),
    company=Party("مؤسسة النور للإنذار", ("طريق الأمير سلطان 44", "جدة 21432"), "310098765400003"),
    lines=(
        PrintableLine("الخطة الاحترافية", "$149.00", "1 – 31 ديسمبر 2026", "1 × $149.00"),
        PrintableLine("Credit Checks", "$44.33", "12 – 30 نوفمبر 2026", "14 مقعدًا × $5.00 × 19 من 30 يومًا"),
    ),
    payment="تُخصم من Visa •••• 4242 في 1 ديسمبر 2026",
    language="ar-SA",
    paper="a4",
    notes=(),
    labels=Labels(
        invoice="فاتورة",
        from_vendor="من",
        billed_to="إلى",
        number="رقم الفاتورة",
        issue_date="تاريخ الفاتورة",
        due_date="تاريخ الاستحقاق",
        billing_period="فترة الفوترة",
        purchase_order="أمر الشراء",
        tax_id="الرقم الضريبي",
        description="الوصف",
        dates="التواريخ",
        amount="المبلغ",
        subtotal="المجموع الفرعي",
        total="الإجمالي",
        credit_used="الرصيد المستخدم",
        amount_due="المبلغ المستحق",
        payment="الدفع",
        page="صفحة {page} من {pages}",
    ),
)
