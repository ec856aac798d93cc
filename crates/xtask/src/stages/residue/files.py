"""Text formats, mail, archives, pictures and PDF with values in every hiding place."""

import base64
import email.message
import email.policy
import gzip
import html
import io
import json
import quopri
import struct
import tarfile
import zipfile
import zlib

import pypdf
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

from values import card, iban, github


def make_rtf(p):
    esc = lambda text: "".join(c if p.rng.random() < 0.8 or c in "\\{}" else f"\\'{ord(c):02x}" for c in text)
    runs = lambda text: "".join(p.rng.choice(["{\\b %s}", "{%s}", "{\\i %s}"]) % esc(piece) for piece in p.pieces(text))
    unicode = lambda text: "".join(f"\\u{ord(c)}?" if c.isdigit() else c for c in text)
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}"
        + "{\\info{\\title %s}{\\author %s}{\\*\\company %s}}" % (p.line("title"), p.value("author"), p.value("company"))
        + "{\\header %s\\par}{\\footer %s\\par}" % (p.line("header"), runs(p.line("footer")))
        + "%s\\par\n%s\\par\n%s\\par\n" % (p.line("body"), runs(p.line("runs")), unicode(p.line("escapes", card)))
        + "{\\v %s}\\par x{\\footnote %s}" % (p.line("hidden"), p.line("footnote"))
        + "{\\*\\annotation %s}" % p.line("annotation")
        + '{\\field{\\*\\fldinst HYPERLINK "https://shop.example/?n=%s"}{\\fldrslt link}}' % p.value("link", card).replace(" ", "")
        + "\\trowd\\cellx2000\\cellx4000 name\\cell %s\\cell\\row}" % p.value("table cell")
    ).encode("ascii")


def make_csv(p):
    rows = [["name", "card number", "note"]] + [[p.word(), p.value("cell", card), p.line("quoted")] for _ in range(3)]
    mark = p.rng.choice([",", ";", "\t"])
    text = "\r\n".join(mark.join(f'"{c}"' if p.rng.random() < 0.5 else c for c in row) for row in rows) + "\r\n"
    return text.encode(p.rng.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))


def make_json(p):
    token = p.value("escaped", card)
    escaped = "".join(f"\\u{ord(c):04x}" for c in token)
    data = json.dumps({"user": {"name": p.word(), "cards": [p.value("list", card)]}, "log": p.line("line")}, indent=1)
    return (data[:-1] + ',"e":"' + escaped + '"}').encode()


def make_xml(p):
    entities = "".join(f"&#{ord(c)};" for c in p.value("entities", card))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<a note="{p.line("attribute")}"><!-- {p.line("comment")} --><b>{entities}</b><c><![CDATA[{p.line("cdata")}]]></c><d>{p.line("text")}</d></a>'.encode()


def make_html(p):
    spans = "".join(f"<b>{html.escape(x)}</b>" if p.rng.random() < 0.5 else html.escape(x) for x in p.pieces(p.line("inline tags", card)))
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{p.line("title")}</title></head><body>
<!-- {p.line("comment")} --><p>{p.line("body")}</p><p>{spans}</p><div style="display:none">{p.line("hidden")}</div>
<img alt="{p.line("alt text")}" src="x.png"><a href="https://shop.example/?n={p.value("link", card).replace(" ", "")}">{p.word()}</a>
<input type="hidden" value="{p.value("form value")}"><table><tr><td>card</td><td>{p.value("cell", card)}</td></tr></table></body></html>""".encode()


def folded(line):
    out = [line[:60]]
    for at in range(60, len(line), 50):
        out.append(" " + line[at : at + 50])
    return "\r\n".join(out)


def make_ics(p):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y", "BEGIN:VEVENT", "UID:1@shop.example", "DTSTAMP:20200101T000000Z"]
    lines += [folded("SUMMARY:" + p.line("summary")), folded("DESCRIPTION:" + p.word() + "\\n" + p.line("description") + " " + p.line("folded"))]
    lines += [folded("LOCATION:" + p.line("location")), folded("X-NOTE:" + p.line("own field")), "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def make_vcf(p):
    note = quopri.encodestring(p.line("quoted-printable").encode()).decode().strip().replace("=\n", "=\r\n")
    lines = ["BEGIN:VCARD", "VERSION:2.1", "N:" + p.word() + ";Ann", folded("NOTE:" + p.line("note") + " " + p.line("folded"))]
    lines += ["LABEL;ENCODING=QUOTED-PRINTABLE:" + note, folded("X-CARD:" + p.value("own field", card)), "END:VCARD", ""]
    return "\r\n".join(lines).encode()


def make_eml(p, deep=True):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Ann <ann@customer.example>", "support@shop.example"
    message["Subject"] = p.line("subject")
    message["X-Note"] = p.line("own header")
    message["Message-ID"] = "<1@customer.example>"
    message["Date"] = "Wed, 01 Jan 2020 00:00:00 +0000"
    message.set_content(p.line("plain body") + "\n" + p.word() + "\n", cte=p.rng.choice(["quoted-printable", "base64"]))
    message.add_alternative(f"<p>{p.line('html body')}</p>", subtype="html", cte=p.rng.choice(["quoted-printable", "base64"]))
    message.add_attachment(make_csv(p), maintype="text", subtype="csv", filename=p.value("file name", iban) + ".csv")
    if deep:
        message.add_attachment(make_zip(p, deep=False), maintype="application", subtype="zip", filename="a.zip")
    return message.as_bytes()


def make_mbox(p):
    return b"".join(b"From ann@customer.example Wed Jan  1 00:00:00 2020\n" + make_eml(p, False).replace(b"\r\n", b"\n") + b"\n" for _ in range(2))


def make_zip(p, deep=True):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/log.txt", p.line("member") + "\n" + p.word())
        archive.writestr(f"scan {p.value('member name', iban)}.txt", p.word())
        archive.writestr("stored.txt", p.line("stored"), zipfile.ZIP_STORED)
        archive.writestr("squeezed.txt", p.line("bzip2"), zipfile.ZIP_BZIP2)
        archive.writestr("data.csv", make_csv(p))
        if deep:
            archive.writestr("inner.zip", make_zip(p, False))
            archive.writestr("inner.txt.gz", gzip.compress(p.line("gzip in zip").encode(), mtime=0))
        archive.comment = p.line("archive comment").encode()
    return out.getvalue()


def make_tar(p):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=p.rng.choice(["w", "w:gz", "w:bz2"]), format=p.rng.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])) as archive:
        for name, data in [("a.txt", p.line("member")), ("b " + p.value("member name", iban) + ".txt", p.word()), ("c" * 120 + ".csv", None)]:
            data = make_csv(p) if data is None else data.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_png(p):
    pixels = zlib.compress(b"\0\xff\0\0" * 2)
    texts = chunk(b"tEXt", b"Comment\0" + p.line("tEXt").encode())
    texts += chunk(b"zTXt", b"Description\0\0" + zlib.compress(p.line("zTXt").encode()))
    texts += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x>" + p.line("XMP").encode() + b"</x>")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 2, 8, 2, 0, 0, 0)) + texts + chunk(b"IDAT", pixels) + chunk(b"IEND", b"") + p.line("after the end").encode()


JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)


def make_jpg(p):
    text = p.line("EXIF").encode() + b"\0"
    tiff = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x010E, 2, len(text), 26) + b"\0\0\0\0" + text
    part = lambda mark, data: b"\xff" + bytes([mark]) + struct.pack(">H", len(data) + 2) + data
    more = part(0xE1, b"Exif\0\0" + tiff) + part(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + p.line("XMP").encode() + b"</x>")
    return JPEG[:2] + more + part(0xFE, p.line("comment").encode()) + JPEG[2:] + b"\xff\xd9" + p.line("after the end").encode()


def make_pdf(p):
    """Text drawn in several ways, an older revision, and everything beside the pages that can hold text."""
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=A4, pageCompression=p.rng.choice([0, 1]), invariant=1)
    page.setTitle(p.line("title"))
    page.setKeywords(p.value("keywords"))
    for number in range(2):
        page.drawString(50, 750, p.line("line"))
        text = page.beginText(50, 700)
        for piece in p.pieces(p.line("split operators")):
            text.textOut(piece)
        page.drawText(text)
        hidden = page.beginText(50, 650)
        hidden.setTextRenderMode(3)
        hidden.textLine(p.line("invisible"))
        page.drawText(hidden)
        page.beginForm(f"form{number}")
        page.drawString(50, 600, p.line("form object"))
        page.endForm()
        page.doForm(f"form{number}")
        page.linkURL("https://shop.example/?n=" + p.value("link", card).replace(" ", ""), (50, 500, 100, 520))
        page.bookmarkPage(f"b{number}")
        page.addOutlineEntry(p.line("outline"), f"b{number}")
        page.showPage()
    page.save()
    reader = pypdf.PdfReader(out)
    writer = pypdf.PdfWriter(clone_from=reader)
    note = {"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Text"), "/Contents": TextStringObject(p.line("annotation"))}
    note["/Rect"] = pypdf.generic.RectangleObject((10, 10, 20, 20))
    writer.add_annotation(0, DictionaryObject({NameObject(k): v for k, v in note.items()}))
    writer.add_attachment("data.csv", make_csv(p))
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert('" + p.line("script") + "')")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject(k): v for k, v in script.items()})
    writer.xmp_metadata = f'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:source>{p.line("XMP")}</dc:source></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'.encode()
    first = io.BytesIO()
    writer.write(first)
    return revised(first.getvalue(), p)


def revised(pdf, p):
    """An incremental update with an object that replaces nothing, and one that nothing refers to: a reader shows neither."""
    start = pdf.rindex(b"startxref")
    before = int(pdf[start:].split()[1])
    trailer = pdf[pdf.rindex(b"trailer") : start]
    size = int(trailer.split(b"/Size")[1].split()[0])
    at = len(pdf)
    body = f"{size} 0 obj\n({p.line('unreferenced')})\nendobj\n".encode()
    xref = f"xref\n{size} 1\n{at:010} 00000 n \n".encode()
    trailer = trailer.replace(f"/Size {size}".encode(), f"/Size {size + 1} /Prev {before}".encode())
    return pdf + body + xref + trailer + f"startxref\n{at + len(body)}\n%%EOF\n".encode()
