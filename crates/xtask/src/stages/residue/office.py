"""Office documents with values in every hiding place: by hand, part by part, and through python's writers."""

import io
import zipfile
from xml.sax.saxutils import escape

import docx
import openpyxl
import pptx
from openpyxl.comments import Comment
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from values import card, iban

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
REL = "http://schemas.openxmlformats.org/package/2006/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def run(text, props=""):
    return f'<w:r>{props}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def runs(p, text):
    return "".join(run(piece, p.rng.choice(["", "<w:rPr><w:b/></w:rPr>"])) for piece in p.pieces(text))


def para(inner):
    return f"<w:p>{inner}</w:p>"


def make_docx(p):
    """Every part of WordprocessingML that can hold text."""
    deleted = "".join(f'<w:r><w:delText xml:space="preserve">{escape(x)}</w:delText></w:r>' for x in p.pieces(p.line("deleted")))
    box = f'<w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>{para(run(p.line("text box")))}</w:txbxContent></v:textbox></v:shape></w:pict>'
    picture = (
        '<w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:extent cx="1" cy="1"/>'
        f'<wp:docPr id="1" name="Picture" descr="{escape(p.line("alt text"))}"/></wp:inline></w:drawing>'
    )
    field = f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> QUOTE "{p.line("field code")}" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    body = [
        para(run(p.line("body"))),
        para(runs(p, p.line("split over runs"))),
        para(run(p.line("hidden"), "<w:rPr><w:vanish/></w:rPr>")),
        para(f'<w:del w:id="1" w:author="a" w:date="2020-01-01T00:00:00Z">{deleted}</w:del>'),
        para(f'<w:ins w:id="2" w:author="a" w:date="2020-01-01T00:00:00Z">{runs(p, p.line("inserted"))}</w:ins>'),
        para(field),
        para(f"<w:r>{box}</w:r>"),
        para(f"<w:r>{picture}</w:r>"),
        para(f'<w:hyperlink r:id="link">{run("link")}</w:hyperlink>'),
        f"<w:tbl><w:tr><w:tc>{para(run(p.line('table cell')))}</w:tc></w:tr></w:tbl>",
        f"<w:sdt><w:sdtPr><w:tag w:val='x'/></w:sdtPr><w:sdtContent>{para(run(p.line('content control')))}</w:sdtContent></w:sdt>",
        para('<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:commentReference w:id="0"/></w:r>'),
        '<w:altChunk r:id="chunk"/>',
        '<w:sectPr><w:headerReference w:type="default" r:id="head"/><w:footerReference w:type="default" r:id="foot"/></w:sectPr>',
    ]
    ns = f'xmlns:w="{W}" xmlns:r="{R}"'
    part = lambda name, inner: f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:{name} {ns}>{inner}</w:{name}>'
    overrides = {
        "word/document.xml": WORD + "document.main+xml",
        "word/header1.xml": WORD + "header+xml",
        "word/footer1.xml": WORD + "footer+xml",
        "word/footnotes.xml": WORD + "footnotes+xml",
        "word/comments.xml": WORD + "comments+xml",
        "word/settings.xml": WORD + "settings+xml",
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
        "docProps/custom.xml": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    }
    types = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides.items())
    rel = lambda id, kind, target, mode="": f'<Relationship Id="{id}" Type="{R}/{kind}" Target="{escape(target)}"{mode}/>'
    link = f"https://shop.example/pay?number={p.value('link target', card).replace(' ', '')}"
    document_rels = [
        rel("link", "hyperlink", link, ' TargetMode="External"'),
        rel("head", "header", "header1.xml"),
        rel("foot", "footer", "footer1.xml"),
        rel("notes", "footnotes", "footnotes.xml"),
        rel("comments", "comments", "comments.xml"),
        rel("settings", "settings", "settings.xml"),
        rel("chunk", "aFChunk", "chunk.html"),
        rel("sheet", "package", "embeddings/sheet1.xlsx"),
        rel("data", "customXml", "../customXml/item1.xml"),
    ]
    package_rels = [
        rel("doc", "officeDocument", "word/document.xml"),
        f'<Relationship Id="core" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>',
        rel("app", "extended-properties", "docProps/app.xml"),
        rel("custom", "custom-properties", "docProps/custom.xml"),
    ]
    core = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    return zipped(
        {
            "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="html" ContentType="text/html"/><Default Extension="xlsx" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/>{types}</Types>',
            "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{REL}">{"".join(package_rels)}</Relationships>',
            "word/_rels/document.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{REL}">{"".join(document_rels)}</Relationships>',
            "word/document.xml": part("document", f"<w:body>{''.join(body)}</w:body>"),
            "word/header1.xml": part("hdr", para(runs(p, p.line("header")))),
            "word/footer1.xml": part("ftr", para(run(p.line("footer")))),
            "word/footnotes.xml": part("footnotes", f'<w:footnote w:id="2">{para(runs(p, p.line("footnote")))}</w:footnote>'),
            "word/comments.xml": part("comments", f'<w:comment w:id="0" w:author="a">{para(run(p.line("comment")))}</w:comment>'),
            "word/settings.xml": part("settings", f'<w:docVars><w:docVar w:name="v" w:val="{p.value("document variable")}"/></w:docVars>'),
            "word/chunk.html": f"<html><body><p>{p.line('alternative chunk')}</p></body></html>",
            "word/embeddings/sheet1.xlsx": make_xlsx(p, small=True),
            "customXml/item1.xml": f"<data><card>{p.value('custom XML')}</card></data>",
            "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{core}" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{p.line("title")}</dc:title><cp:keywords>{p.value("keywords")}</cp:keywords></cp:coreProperties>',
            "docProps/app.xml": f'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>{p.value("company")}</Company></Properties>',
            "docProps/custom.xml": f'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="p"><vt:lpwstr>{p.value("custom property")}</vt:lpwstr></property></Properties>',
        }
    )


def make_docx_python(p):
    """What python-docx writes, with its own default styles."""
    document = docx.Document()
    document.core_properties.subject = p.line("subject property")
    document.add_heading(p.word(), 1)
    paragraph = document.add_paragraph()
    for piece in p.pieces(p.line("split over runs")):
        paragraph.add_run(piece).italic = p.rng.random() < 0.5
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text = "card"
    table.cell(1, 0).text = p.line("table cell")
    document.sections[0].header.paragraphs[0].text = p.line("header")
    document.sections[0].footer.paragraphs[0].text = p.line("footer")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_xlsx(p, small=False):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["B1"], sheet["A2"] = "name", "card", p.word()
    sheet["B2"] = p.value("shared string", card)
    sheet["B3"] = int(p.value("numeric cell", card).replace(" ", ""))
    sheet["B3"].number_format = "0"
    if small:
        return saved(book)
    sheet["A4"] = f'="{p.value("formula", iban)}"'
    sheet["A5"] = p.line("cell with words")
    sheet["A5"].comment = Comment(p.line("comment"), "author")
    sheet["A6"], sheet["A7"] = p.line("hidden row"), 12.5
    sheet.row_dimensions[6].hidden = True
    sheet["D1"] = p.line("hidden column")
    sheet.column_dimensions["D"].hidden = True
    sheet["A8"].hyperlink = "https://shop.example/?n=" + p.value("link", card).replace(" ", "")
    sheet["A8"] = p.word()
    sheet.oddHeader.center.text = p.value("page header", iban)
    for state in ("hidden", "veryHidden"):
        more = book.create_sheet(state)
        more["A1"] = p.line(state + " sheet")
        more.sheet_state = state
    book.create_sheet(p.value("sheet name", iban))["A1"] = p.word()
    book.defined_names["secret"] = openpyxl.workbook.defined_name.DefinedName("secret", attr_text=f'"{p.value("defined name", iban)}"')
    book.properties.title = p.line("title")
    book.properties.creator = p.value("creator")
    return saved(book)


def saved(what):
    out = io.BytesIO()
    what.save(out)
    return out.getvalue()


def make_pptx(p):
    show = pptx.Presentation()
    for hidden in (False, True):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = p.line("title")
        box = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(6), Inches(1)).text_frame.paragraphs[0]
        for piece in p.pieces(p.line("split over runs")):
            box.add_run().text = piece
        slide.notes_slide.notes_text_frame.text = p.line("notes")
        table = slide.shapes.add_table(1, 1, Inches(1), Inches(3), Inches(4), Inches(1))
        table.table.cell(0, 0).text = p.line("table cell")
        table._element.nvGraphicFramePr.cNvPr.set("descr", p.line("alt text"))
        data = CategoryChartData()
        data.categories = [p.value("chart category"), "b"]
        data.add_series(p.value("chart series"), (1, 2))
        slide.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(4), Inches(3), Inches(2), data)
        if hidden:
            slide._element.set("show", "0")
    show.core_properties.title = p.line("title property")
    show.core_properties.comments = p.value("comments property")
    return saved(show)
