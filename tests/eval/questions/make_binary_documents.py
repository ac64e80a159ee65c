"""Makes the sample supplier's documents that are not plain text: payment terms, the pizza box guide and an FAQ sheet.

Run from the repository: `.venv/bin/python -m tests.eval.questions.make_binary_documents`. The texts stand here; the
files are kept beside the other documents, so nobody needs to run this to read them.
"""

from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from fpdf import FPDF
from openpyxl import Workbook

DOCUMENTS = Path(__file__).resolve().parents[3] / "bot" / "sample" / "documents"
WRITTEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

PAYMENT = (
    (
        "Payment Terms",
        ("Straits Packaging Supply Pte Ltd. These terms apply to all trade accounts from 1 January 2026.",),
    ),
    (
        "New customers",
        (
            "New customers pay before delivery for their first 3 orders. We send the payment details with the "
            "invoice, and the goods leave the warehouse when the payment has arrived.",
            "After that you may apply for credit terms. Until they are granted, every order stays payable before "
            "delivery. A first order with custom printed goods always carries a deposit, as our printing "
            "conditions say.",
        ),
    ),
    (
        "Established customers",
        (
            "Credit terms are 7, 14 or 30 days from the invoice date, by the length of the business relation and "
            "the monthly volume. Hotels and groups with an annual contract may have 45 days. The terms of your "
            "outlet are on the account letter and on every invoice.",
            "Terms are reviewed once a year. A longer term can be asked for after 6 months of payments on time.",
        ),
    ),
    (
        "Credit limit",
        (
            "The first credit limit is S$2,000 for each company, not for each outlet. When an order would pass "
            "the limit, it is held until a payment comes in; we tell you on the same working day. A higher limit "
            "needs recent bank statements and takes 5 working days.",
        ),
    ),
    (
        "How to pay",
        (
            "We accept PayNow to our UEN, bank transfer (FAST or GIRO) and crossed cheques. Visa and Mastercard "
            "are taken at the self-collection counter only, without a surcharge. Please give the invoice number "
            "as reference. Drivers do not accept cash.",
            "A cheque that is returned by the bank costs S$30. GIRO arrangements take about 3 weeks to set up.",
        ),
    ),
    (
        "Late payment",
        (
            "A reminder goes out 3 days after the due date. From 14 days after the due date we charge interest of "
            "1.5% a month on the overdue amount. An account that is overdue by more than 30 days is put on stop: "
            "open orders are held, and new ones are payable before delivery.",
            "If you foresee a difficulty, call us before the due date. We can agree on up to 3 instalments "
            "without interest, once in a calendar year.",
        ),
    ),
    (
        "Disputed invoices",
        (
            "If you dispute part of an invoice, pay the undisputed part by the due date. No interest is charged "
            "on an amount while we examine the claim.",
        ),
    ),
    (
        "Early payment",
        (
            "We give no discount for early payment.",
            "Overpayments are kept as a credit on the account, or paid back if you ask.",
        ),
    ),
)

BOX_SIZES = (
    ("Box", "Inside (mm)", "Largest pizza", "Flute", "Pieces in a bundle"),
    ("8 inch", "205 x 205 x 40", "20 cm", "E", "100"),
    ("9 inch", "230 x 230 x 40", "22 cm", "E", "50"),
    ("10 inch", "256 x 256 x 42", "25 cm", "E", "50"),
    ("12 inch", "307 x 307 x 42", "30 cm", "E", "50"),
    ("14 inch", "358 x 358 x 45", "35 cm", "E", "50"),
    ("16 inch", "409 x 409 x 50", "40 cm", "B", "25"),
    ("18 inch", "460 x 460 x 50", "45 cm", "B", "25"),
)
BOX_GUIDE = (
    (
        "Sizes",
        (
            "Plain white pizza boxes come in seven sizes: 8, 9, 10, 12, 14, 16 and 18 inches. Kraft (brown) boxes "
            "come in 10, 12 and 14 inches. The generic printed design comes in 10, 12 and 14 inches.",
            "The size of a box is its inside measure, along one side. The outside is about 6 mm larger for "
            "E-flute and 10 mm larger for B-flute.",
        ),
    ),
    (
        "How to choose a size",
        (
            "Measure the baked pizza across its widest point and take the box that is the same size or the next "
            "one up. Leave at least 2 mm of air on each side, so that the crust does not stick to the wall. A 12 "
            "inch pizza of 30 cm goes into the 12 inch box.",
            "A pizza with a thick or stuffed crust often spreads: take the next size up. Deep-dish pizza of more "
            "than 40 mm needs the 16 inch box or higher walls made to order.",
        ),
    ),
    (
        "Flute and strength",
        (
            "Boxes up to 14 inches are made of E-flute, which is thin and folds sharply. The 16 and 18 inch boxes "
            "are made of B-flute, which is stiffer and keeps the lid from sagging. Full boxes may be stacked "
            "eight high for E-flute and six high for B-flute.",
        ),
    ),
    (
        "White or kraft",
        (
            "White boxes have a bleached outer liner and show print best. Kraft boxes hide grease marks and are "
            "made of 100% recycled board on the outside. Both have the same unbleached inside.",
        ),
    ),
    (
        "Folding and vents",
        (
            "Boxes come flat and are folded without glue or tape. An experienced hand folds about 8 boxes a "
            "minute. Every box has four vent holes that can be pushed open to let out steam; open two for a ride "
            "of under 15 minutes and all four for more.",
        ),
    ),
    (
        "Pizza saver and slices",
        (
            "The pizza saver tripod keeps the lid off the cheese; one for each box is enough up to 14 inches, and "
            "two for the 16 and 18 inch boxes. We do not stock slice boxes.",
        ),
    ),
)

FAQ_SHEET = (
    ("question", "answer"),
    ("Which lid fits which hot cup?", "4oz cups take 62mm lids, 8oz cups 80mm lids, and 12oz and 16oz cups 90mm lids."),
    (
        "Which lid fits the PET cold cups?",
        "All PET cold cups (12oz, 16oz and 20oz) have a 98mm rim and take the 98mm flat or dome lid.",
    ),
    (
        "What is the difference between single wall, double wall and ripple cups?",
        "Single wall cups are lightest and need a jacket for very hot drinks. Double wall and ripple cups "
        "insulate by themselves and need none.",
    ),
    (
        "Which straw do I need for bubble tea?",
        "Take a 12mm straw: the pearls do not pass through the 6mm ones. The paper 12mm straw is cut diagonally.",
    ),
    (
        "Do the kraft bowls come with lids?",
        "No, bowl lids are sold separately. The 150mm lids fit bowls of 500 to 1000ml, and the 185mm lid fits the "
        "1300ml bowl.",
    ),
    (
        "Can I microwave a bowl with its lid on?",
        "Only with the vented PP lid. The PET lid is for cold dishes and has to be taken off.",
    ),
    (
        "Are the containers leak-proof?",
        "The PP containers are leak resistant when the lid has clicked on all sides. They are not pressure-tight: "
        "do not lay them on their side with soup.",
    ),
    (
        "Which gloves are best for handling food?",
        "Nitrile gloves resist oil best. Vinyl gloves suit short dry tasks. PE gloves are for serving only.",
    ),
    (
        "How do I dilute the 5L degreaser?",
        "Mix 1 part of concentrate with 10 parts of water. The 1L trigger spray is ready to use.",
    ),
    (
        "Does the food surface sanitiser have to be rinsed off?",
        "No, it is a no-rinse product. Leave it on for 60 seconds and let it dry.",
    ),
    (
        "How thick are the garbage bags?",
        "60x80cm bags are 25 micron, 74x90cm bags 30 micron and the heavy duty 90x120cm bags 40 micron.",
    ),
    (
        "How big are the paper bags?",
        "Small 20 x 10 x 28cm, medium 26 x 14 x 32cm, large 32 x 18 x 38cm. The large one carries up to 8 kg.",
    ),
    (
        "Are your receipt rolls BPA free?",
        "Yes, the 80x80mm thermal rolls are BPA free. Print fades after about 5 years in the dark.",
    ),
    (
        "Do the use-by labels come off easily?",
        "Yes, they are removable and leave no glue on plastic or steel. They are not made for the freezer.",
    ),
    (
        "Can the cling film touch hot food?",
        "No. The PVC film is for cold food and must not touch food above 70 degrees Celsius or go into a microwave.",
    ),
    (
        "How many sheets are in the hand towels?",
        "The M-fold towels have 250 sheets a packet and 16 packets a carton, 4,000 sheets in all.",
    ),
)


def main() -> None:
    """Write the three files over what is there."""
    payment_terms(DOCUMENTS / "payment-terms.docx")
    pizza_box_guide(DOCUMENTS / "product-guide-pizza-boxes.pdf")
    faq_sheet(DOCUMENTS / "product-faq.xlsx")


def payment_terms(path: Path) -> None:
    """A Word document with one heading a section."""
    document = Document()
    document.core_properties.author = "Straits Packaging Supply"
    document.core_properties.created = WRITTEN
    document.core_properties.modified = WRITTEN
    for level, (heading, paragraphs) in enumerate(PAYMENT):
        document.add_heading(heading, level=2 if level else 1)
        for text in paragraphs:
            document.add_paragraph(text)
    document.save(str(path))


def pizza_box_guide(path: Path) -> None:
    """Two pages: the table of sizes, then how to choose and use a box."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(WRITTEN)
    pdf.set_title("Product Guide: Pizza Boxes")
    pdf.set_auto_page_break(True, margin=20)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(0, 12, "Product Guide: Pizza Boxes", new_x="LMARGIN", new_y="NEXT")
    for number, (heading, paragraphs) in enumerate(BOX_GUIDE):
        if number == 2:
            pdf.add_page()
        _section(pdf, heading, paragraphs)
        if number == 0:
            _sizes(pdf)
    pdf.set_font("Helvetica", "I", 8)
    pdf.cell(0, 10, "Straits Packaging Supply Pte Ltd. Measures may vary by 2 mm.", new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(path))


def faq_sheet(path: Path) -> None:
    """A workbook with one sheet of questions and answers."""
    book = Workbook()
    book.properties.creator = "Straits Packaging Supply"
    book.properties.created = book.properties.modified = WRITTEN.replace(tzinfo=None)
    sheet = book.active
    assert sheet is not None
    sheet.title = "Product FAQ"
    for row in FAQ_SHEET:
        sheet.append(row)
    sheet.column_dimensions["A"].width = 50
    sheet.column_dimensions["B"].width = 100
    book.save(path)


def _section(pdf: FPDF, heading: str, paragraphs: tuple[str, ...]) -> None:
    pdf.set_font("Helvetica", "B", 13)
    pdf.cell(0, 10, heading, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 10)
    for text in paragraphs:
        pdf.multi_cell(0, 5.5, text, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(2)


def _sizes(pdf: FPDF) -> None:
    with pdf.table(col_widths=(16, 28, 22, 12, 24), line_height=6) as table:
        for cells in BOX_SIZES:
            row = table.row()
            for cell in cells:
                row.cell(cell)
    pdf.ln(4)


if __name__ == "__main__":
    main()
