"""Looks for planted values in what was written: `check.py FOLDER PLANTED.jsonl OUT`. Prints a JSON report.

Three ways: the octets of every stream that can be unpacked, in every coding; what independent readers extract; and whether
LibreOffice opens the file. `FOLDER` holds the sources, so that only values count that were really in them.
"""

import base64
import bz2
import collections
import email
import email.policy
import gzip
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

import pypdf

DEEP = 6
# What is left out on purpose: metadata of pictures, what no reader of a PDF shows, header fields that held a value.
DROPPED = {"tEXt", "zTXt", "XMP", "after the end", "EXIF", "comment", "unreferenced", "own header"}
OPENED = {"docx", "xlsx", "pptx", "odt", "ods", "odp", "rtf", "fodt", "fods", "html", "csv"}


def streams(data, depth=0):
    """The octets themselves, and everything that can be unpacked from them."""
    yield data
    if depth > DEEP:
        return
    inner = []
    if data[:2] == b"PK" or b"PK\5\6" in data[-70000:]:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                inner += [archive.read(i) for i in archive.infolist()] + [i.filename.encode() for i in archive.infolist()]
        except (zipfile.BadZipFile, NotImplementedError, OSError):
            pass
    for magic, unpack in ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress)):
        if data.startswith(magic):
            try:
                inner.append(unpack(data))
            except (OSError, EOFError, zlib.error):
                pass
    if data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                inner.append(member.name.encode())
                if member.isfile():
                    inner.append(archive.extractfile(member).read())
    if b"%PDF-" in data[:1024]:
        inner += list(pdf_streams(data))
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        inner += [d for d in (inflated(data[m.end() :]) for m in re.finditer(rb"zTXt[^\0]*\0\0", data)) if d]
    head = data[:4000].lower()
    if b"mime-version:" in head or b"\nsubject:" in head:
        for message in re.split(rb"(?m)^From .*\r?\n", data):
            inner += list(mail_streams(message))
    for more in inner:
        yield from streams(more, depth + 1)


def inflated(data):
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return None


def pdf_streams(data):
    for start in re.finditer(rb"stream\r?\n", data):
        out = inflated(data[start.end() :])
        if out:
            yield out
        end = data.find(b"endstream", start.end())
        text = data[start.end() : end].strip()
        if text.endswith(b"~>"):
            try:
                raw = base64.a85decode(text, adobe=False) if not text.startswith(b"<~") else base64.a85decode(text, adobe=True)
            except ValueError:
                try:
                    raw = base64.a85decode(text[:-2])
                except ValueError:
                    continue
            yield raw
            out = inflated(raw)
            if out:
                yield out


def mail_streams(data):
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        try:
            yield "\n".join(str(v) for v in part.values()).encode()
            yield (part.get_filename() or "").encode()
        except (ValueError, LookupError, IndexError, AttributeError):
            pass
        payload = part.get_payload(decode=True)
        if payload:
            yield payload


def forms(value):
    """A value as written and without its blanks, in every coding."""
    texts = {value, value.replace(" ", ""), value.replace(" ", "-"), value.replace(" ", "%20"), value.replace(" ", "+")}
    for text in texts:
        raw = text.encode()
        yield raw
        for code in ("utf-16-le", "utf-16-be"):
            yield text.encode(code)
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for skip in range(3):
            coded = base64.b64encode(b"\0" * skip + raw)
            yield coded[4 if skip else 0 : len(coded) // 4 * 4 - 4]
        yield "".join(f"&#{ord(c)};" for c in text).encode()
        yield "".join(f"\\u{ord(c):04x}" for c in text).encode()
        yield "".join(f"\\u{ord(c)}?" if c.isdigit() else c for c in text).encode()
        yield "".join(f"\\'{ord(c):02x}" for c in text).encode()


def plain(data):
    """Text as a reader may see it: tags, escapes, folds and blanks gone."""
    for code in ("utf-8", "utf-16"):
        if code == "utf-16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        text = data.decode(code, "ignore")
        text = re.sub(r"&#(\d+);", lambda m: chr(int(m[1]) % 0x110000), text)
        text = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
        text = re.sub(r"\\u(\d+)\?", lambda m: chr(int(m[1]) % 0x110000), text)
        text = re.sub(r"\\'([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)
        yield re.sub(r"[\s-]+", "", re.sub(r"<[^>]*>", "", text))
        yield re.sub(r"[\s{}-]+", "", re.sub(r"\\[a-z]+-?\d* ?", "", text))
        # The operands of text operators of a PDF, put together.
        yield re.sub(r"\s+", "", "".join(re.findall(r"\(((?:[^()\\]|\\.)*)\)", text)))


def held(data, values):
    found = set()
    everything = list(streams(data))
    whole = [text for stream in everything for text in plain(stream)]
    for entry in values:
        value = entry["value"]
        compact = value.replace(" ", "")
        if any(form in stream for form in forms(value) for stream in everything) or any(compact in text for text in whole):
            found.add(value)
    return found


def extracted(paths):
    """What LibreOffice and poppler make of files: text by file; a file without an entry did not open."""
    out = collections.defaultdict(str)
    with tempfile.TemporaryDirectory() as home:
        office = [path for path in paths if path.suffix[1:] in OPENED]
        made = pathlib.Path(home)
        for number, path in enumerate(office):
            folder = made / str(number)
            folder.mkdir()
            (folder / f"{number}{path.suffix}").write_bytes(path.read_bytes())
        sources = [str(made / str(n) / f"{n}{path.suffix}") for n, path in enumerate(office)]
        command = ["soffice", f"-env:UserInstallation=file://{home}/profile", "--headless", "--convert-to", "pdf", "--outdir", home]
        if sources:
            subprocess.run(command + sources, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)
        for number, path in enumerate(office):
            pdf = made / f"{number}.pdf"
            if pdf.exists():
                out[path.name] = poppler(pdf)
        for path in paths:
            if path.suffix == ".pdf":
                try:
                    reader = pypdf.PdfReader(path)
                    text = "".join(page.extract_text() for page in reader.pages)
                except Exception:  # a reader that gives up is no reader that opens the file
                    continue
                out[path.name] = poppler(path) + text + "\n".join(pdf_strings(reader))
    return out


def pdf_strings(reader):
    """Every string of every object: titles, outlines, annotations, scripts."""
    waiting, depth_max = [(reader.get_object(n), 0) for n in range(1, int(reader.trailer["/Size"]))], 20
    while waiting:
        what, depth = waiting.pop()
        if depth > depth_max:
            continue
        if isinstance(what, str):
            yield what
        elif isinstance(what, bytes):
            yield what.decode("latin-1")
        elif isinstance(what, dict):
            waiting += [(v, depth + 1) for v in what.values()]
        elif isinstance(what, list):
            waiting += [(v, depth + 1) for v in what]


def poppler(path):
    done = subprocess.run(["pdftotext", "-q", str(path), "-"], capture_output=True, check=False, timeout=60)
    return done.stdout.decode("utf-8", "ignore")


def with_hole(folder, written, home):
    """The work of a writer that rewrites the text of a document and forgets the rest of the package."""
    out = {}
    for name, path in written.items():
        if not name.endswith(".docx"):
            continue
        made = pathlib.Path(home) / name
        with zipfile.ZipFile(folder / name) as old, zipfile.ZipFile(path) as new, zipfile.ZipFile(made, "w") as mixed:
            for info in old.infolist():
                mixed.writestr(info, (new if info.filename == "word/document.xml" else old).read(info.filename))
        out[name] = made
    return out


def main(folder, planted, out, hole=None):
    folder, out = pathlib.Path(folder), pathlib.Path(out)
    rows = [json.loads(line) for line in open(planted, encoding="utf-8")]
    written = {}
    for row in rows:
        # A mailbox becomes a message a file.
        made = sorted(out.glob(row["file"] + "-*.eml")) if row["file"].endswith(".mbox") else []
        if made:
            (out / row["file"]).write_bytes(b"".join(b"From x\n" + path.read_bytes() + b"\n" for path in made))
        if (out / row["file"]).exists():
            written[row["file"]] = out / row["file"]
    if hole:
        written = with_hole(folder, written, tempfile.mkdtemp())
    texts = extracted(list(written.values()))
    report = collections.defaultdict(collections.Counter)
    trouble = []
    for row in rows:
        kind, name = row["file"].rsplit(".", 1)[1], row["file"]
        count = report[kind]
        count["files"] += 1
        source = (folder / name).read_bytes()
        there = held(source, row["values"])
        if kind == "pdf":
            seen = re.sub(r"[\s-]+", "", poppler(folder / name))
            there |= {v["value"] for v in row["values"] if v["value"].replace(" ", "") in seen}
        count["planted"] += len(there)
        if name not in written:
            count["not written"] += 1
            continue
        data = written[name].read_bytes()
        left = held(data, [v for v in row["values"] if v["value"] in there])
        shown = re.sub(r"[\s-]+", "", texts.get(name, ""))
        left |= {v["value"] for v in row["values"] if v["value"].replace(" ", "") in shown}
        count["residue"] += len(left)
        for entry in row["values"]:
            if entry["value"] in left:
                trouble.append(f"{name}: {entry['place']}")
        if kind in OPENED or kind == "pdf":
            count["opened"] += name in texts
            if name not in texts:
                trouble.append(f"{name}: does not open")
        words = b"\n".join(streams(data))
        loose = "".join(plain(words))
        before = "".join(plain(b"\n".join(streams(source))))
        kept = [k for k in row["keep"] if k["word"] in before and k["place"] not in DROPPED]
        count["words"] += len(kept)
        gone = [k for k in kept if k["word"] not in loose and k["word"] not in shown]
        count["words lost"] += len(gone)
        trouble += [f"{name}: a word of {k['place']} is lost" for k in gone]
    print(json.dumps({"formats": report, "trouble": sorted(set(trouble))[:200]}))


if __name__ == "__main__":
    main(*sys.argv[1:5])
