"""Writes documents with planted values: `plant.py FOLDER COUNT SEED`. Prints a JSON line a file: its name, values, words."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import files
import flat
import office
from values import Plant

BY_HAND = {
    "docx": office.make_docx,
    "xlsx": office.make_xlsx,
    "pptx": office.make_pptx,
    "rtf": files.make_rtf,
    "csv": files.make_csv,
    "json": files.make_json,
    "xml": files.make_xml,
    "html": files.make_html,
    "ics": files.make_ics,
    "vcf": files.make_vcf,
    "eml": files.make_eml,
    "mbox": files.make_mbox,
    "zip": files.make_zip,
    "tar": files.make_tar,
    "png": files.make_png,
    "jpg": files.make_jpg,
    "pdf": files.make_pdf,
}
# Made by LibreOffice out of a flat file: what it writes, from what.
CONVERTED = {
    "odt": flat.make_text,
    "ods": flat.make_sheet,
    "odp": flat.make_slides,
    "docx": flat.make_text,
    "xlsx": flat.make_sheet,
    "pptx": flat.make_slides,
    "rtf": flat.make_text,
    "pdf": flat.make_text,
}
ENDING = {flat.make_text: "fodt", flat.make_sheet: "fods", flat.make_slides: "fodp"}


def main(folder, count, seed):
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    planted = {}
    with tempfile.TemporaryDirectory() as home:
        for kind, make in CONVERTED.items():
            sources = []
            for number in range(count if kind not in BY_HAND else count // 2):
                plant = Plant(f"{seed} {kind} office {number}")
                source = pathlib.Path(home) / f"office-{kind}-{number}.{ENDING[make]}"
                source.write_bytes(make(plant))
                sources.append(source)
                planted[f"{source.stem}.{kind}"] = plant
            convert(kind, sources, folder, home)
        for kind in ("fodt", "fods"):
            make = flat.make_text if kind == "fodt" else flat.make_sheet
            for number in range(count):
                plant = planted[f"flat-{number}.{kind}"] = Plant(f"{seed} {kind} {number}")
                (folder / f"flat-{number}.{kind}").write_bytes(make(plant))
    for kind, make in BY_HAND.items():
        for number in range(count - count // 2 if kind in CONVERTED else count):
            plant = planted[f"hand-{number}.{kind}"] = Plant(f"{seed} {kind} hand {number}")
            (folder / f"hand-{number}.{kind}").write_bytes(make(plant))
    plant = planted["python-0.docx"] = Plant(f"{seed} python")
    (folder / "python-0.docx").write_bytes(office.make_docx_python(plant))
    for name, plant in sorted(planted.items()):
        print(json.dumps({"file": name, "values": plant.values, "keep": plant.keep}))


def convert(kind, sources, folder, home):
    command = ["soffice", f"-env:UserInstallation=file://{home}/profile", "--headless", "--convert-to", kind, "--outdir", str(folder)]
    subprocess.run(command + [str(s) for s in sources], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
