"""Makes a large document of each kind in FOLDER, and times independent readers on it: `peers.py FOLDER RUNS`.

Prints a JSON line a document: its file, its size, and for each reader the median seconds of RUNS runs, process start
included, as it is for the program that it is compared with.
"""

import io
import json
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

import docx
import openpyxl
import pptx
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

WORDS = "invoice order customer please reset account number thank regards printer export screen error today meeting".split()


def line(rng):
    return " ".join(rng.choice(WORDS) for _ in range(12)) + f" {rng.randint(1, 99999)}."


def make(folder):
    rng = random.Random(1)
    document = docx.Document()
    for _ in range(8000):
        document.add_paragraph(line(rng))
    document.save(folder / "text.docx")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("data")
    for row in range(20000):
        sheet.append([row, line(rng), rng.random(), rng.choice(WORDS), rng.randint(0, 10**9)])
    book.save(folder / "rows.xlsx")
    show = pptx.Presentation()
    for _ in range(150):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = line(rng), "\n".join(line(rng) for _ in range(8))
    show.save(folder / "slides.pptx")
    page = canvas.Canvas(str(folder / "pages.pdf"), pagesize=A4, pageCompression=1, invariant=1)
    for _ in range(200):
        for at in range(50):
            page.drawString(40, 800 - at * 15, line(rng))
        page.showPage()
    page.save()
    (folder / "notes.rtf").write_text("{\\rtf1\\ansi " + "\\par\n".join(line(rng) for _ in range(20000)) + "}")
    with zipfile.ZipFile(folder / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(50):
            archive.writestr(f"{number}.log", "\n".join(line(rng) for _ in range(2000)))
    for name, kind in (("text.docx", "odt"), ("rows.xlsx", "ods"), ("text.docx", "doc"), ("rows.xlsx", "xls")):
        office(folder / name, kind, folder)


def office(source, kind, folder):
    with tempfile.TemporaryDirectory() as home:
        command = ["soffice", f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", kind, "--outdir", str(folder), str(source)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


READERS = {
    "docx": "import docx,sys; print(sum(len(p.text) for p in docx.Document(sys.argv[1]).paragraphs))",
    "xlsx": "import openpyxl,sys; print(sum(1 for r in openpyxl.load_workbook(sys.argv[1], read_only=True).active.iter_rows(values_only=True) for c in r))",
    "pptx": "import pptx,sys; print(sum(len(s.text_frame.text) for p in pptx.Presentation(sys.argv[1]).slides for s in p.shapes if s.has_text_frame))",
    "pdf": "import pypdf,sys; print(sum(len(p.extract_text()) for p in pypdf.PdfReader(sys.argv[1]).pages))",
    "zip": "import zipfile,sys; z=zipfile.ZipFile(sys.argv[1]); print(sum(len(z.read(n)) for n in z.namelist()))",
}
OFFICE = {"docx": "txt:Text", "odt": "txt:Text", "doc": "txt:Text", "rtf": "txt:Text", "xlsx": "csv", "ods": "csv", "xls": "csv"}


def timed(runs, work):
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def main(folder, runs):
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make(folder)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
    for path in sorted(folder.iterdir()):
        kind = path.suffix[1:]
        times = {}
        if kind == "pdf":
            times["pdftotext"] = timed(runs, lambda: subprocess.run(["pdftotext", str(path), "/dev/null"], **quiet))
        if kind in READERS:
            times["python"] = timed(runs, lambda: subprocess.run([sys.executable, "-c", READERS[kind], str(path)], **quiet))
        if kind in OFFICE:
            with tempfile.TemporaryDirectory() as out:
                times["LibreOffice"] = timed(1, lambda: office(path, OFFICE[kind], pathlib.Path(out)))
        print(json.dumps({"file": path.name, "bytes": path.stat().st_size, "seconds": times}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
