"""OpenDocument as flat XML: LibreOffice turns it into its own formats, so that what is redacted is what it really writes."""

from xml.sax.saxutils import escape

NS = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
    for name, urn in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
        "meta": "meta",
        "presentation": "presentation",
        "svg": "svg-compatible",
        "fo": "xsl-fo-compatible",
    }.items()
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'


def flat(kind, body, p, styles="", master=""):
    meta = f"<office:meta><dc:title>{p.line('title')}</dc:title><meta:keyword>{p.value('keyword')}</meta:keyword><meta:user-defined meta:name='x'>{p.value('own property')}</meta:user-defined></office:meta>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NS} office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        f"{meta}<office:automatic-styles>{styles}</office:automatic-styles>{master}<office:body>{body}</office:body></office:document>"
    ).encode()


def spans(p, text):
    return "".join(f"<text:span>{escape(piece)}</text:span>" if p.rng.random() < 0.5 else escape(piece) for piece in p.pieces(text))


def note(p, place):
    return f"<office:annotation><dc:creator>a</dc:creator><text:p>{p.line(place)}</text:p></office:annotation>"


def make_text(p):
    styles = '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style><style:page-layout style:name="L"><style:page-layout-properties/></style:page-layout>'
    master = f'<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L"><style:header><text:p>{p.line("header")}</text:p></style:header><style:footer><text:p>{p.line("footer")}</text:p></style:footer></style:master-page></office:master-styles>'
    body = f"""<office:text><text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>a</dc:creator><dc:date>2020-01-01T00:00:00</dc:date></office:change-info><text:p>{p.line("deleted")}</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p>{p.line("body")}</text:p><text:p>{spans(p, p.line("spans"))}{note(p, "annotation")}</text:p>
<text:p><text:span text:style-name="H">{p.line("hidden")}</text:span></text:p><text:p>x<text:change text:change-id="c1"/></text:p>
<text:p>y<text:note text:id="f" text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>{p.line("footnote")}</text:p></text:note-body></text:note></text:p>
<text:p><text:a xlink:href="https://shop.example/?n={p.value("link").replace(" ", "")}">{p.word()}</text:a></text:p>
<table:table table:name="T"><table:table-column/><table:table-row><table:table-cell><text:p>{p.line("table cell")}</text:p></table:table-cell></table:table-row></table:table>
</office:text>"""
    return flat("text", body, p, styles, master)


def make_sheet(p):
    text = lambda x, more="": f'<table:table-cell office:value-type="string"><text:p>{x}</text:p>{more}</table:table-cell>'
    number = lambda v: f'<table:table-cell office:value-type="float" office:value="{v}"><text:p>{v}</text:p></table:table-cell>'
    row = lambda *cells, more="": f"<table:table-row{more}>{''.join(cells)}</table:table-row>"
    hide = '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
    from values import card

    body = f"""<office:spreadsheet><table:table table:name="S1"><table:table-column/><table:table-column/>
{row(text("name"), text("card"))}{row(text(p.word()), text(p.value("cell", card)))}{row(text(p.word()), number(p.value("number", card).replace(" ", "")))}
{row(text(spans(p, p.line("spans")), ""), text(p.word(), note(p, "annotation")))}{row(text(p.line("hidden row")), more=' table:visibility="collapse"')}</table:table>
<table:table table:name="S2" table:style-name="ta2"><table:table-column/>{row(text(p.line("hidden sheet")))}</table:table></office:spreadsheet>"""
    return flat("spreadsheet", body, p, hide)


def make_slides(p):
    page = lambda n: f"""<draw:page draw:name="p{n}" draw:master-page-name="D"><draw:frame svg:width="20cm" svg:height="2cm" svg:x="1cm" svg:y="{n}cm"><draw:text-box><text:p>{spans(p, p.line("spans"))}</text:p></draw:text-box><svg:desc>{p.line("description")}</svg:desc></draw:frame>
<presentation:notes><draw:frame svg:width="10cm" svg:height="5cm" presentation:class="notes"><draw:text-box><text:p>{p.line("notes")}</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>"""
    styles = '<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout>'
    master = '<office:master-styles><style:master-page style:name="D" style:page-layout-name="L"/></office:master-styles>'
    return flat("presentation", f"<office:presentation>{page(1)}{page(2)}</office:presentation>", p, styles, master)
