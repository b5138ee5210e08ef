"""ODT by hand, from a source, with what LibreOffice users make: automatic styles, sections, a table of contents, tracked changes,
text boxes, annotations, covered cells, nested tables, repeated blanks. EXTRA names the words that are added."""
import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

NAMES = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for short, name in (
    ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style"), ("fo", "xsl-fo-compatible"),
    ("svg", "svg-compatible"))) + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2"'
EXTRA = ["Boxed words in a frame.", "An inserted word stays here.", "Section words.", "Many blanks and a tab.", "outer one inner one inner two outer two",
         "Annotated words go on.", "Field value 1234 and a reference."]
EXTRA_CELLS = [["outer one", "inner one inner two", "outer two"], ["inner one", "inner two"]]
CHANGES = ('<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>Nobody</dc:creator>'
           '<dc:date>2024-01-01T00:00:00</dc:date></office:change-info><text:p>deleted words</text:p></text:deletion></text:changed-region>'
           '<text:changed-region text:id="c2"><text:insertion><office:change-info><dc:creator>Nobody</dc:creator><dc:date>2024-01-01T00:00:00'
           "</dc:date></office:change-info></text:insertion></text:changed-region></text:tracked-changes>")
INNER = ("<table:table table:name=\"Inner\"><table:table-column table:number-columns-repeated=\"2\"/><table:table-row><table:table-cell><text:p>"
         "inner one</text:p></table:table-cell><table:table-cell><text:p>inner two</text:p></table:table-cell></table:table-row></table:table>")
SPECIALS = (
    '<text:p><draw:frame draw:name="Frame nobody reads" text:anchor-type="paragraph" svg:width="5cm"><draw:text-box fo:min-height="1cm">'
    "<text:p>Boxed words in a frame.</text:p></draw:text-box><svg:desc>described in vain</svg:desc></draw:frame></text:p>"
    '<text:p>An <text:change text:change-id="c1"/><text:change-start text:change-id="c2"/>inserted<text:change-end text:change-id="c2"/> word '
    'stays here.</text:p><text:section text:name="S"><text:p>Section words.</text:p></text:section>'
    '<text:p>Many<text:s text:c="7"/>blanks and<text:tab/>a <text:soft-page-break/>tab.</text:p>'
    '<table:table table:name="Outer"><table:table-column table:number-columns-repeated="3"/><table:table-row><table:table-cell><text:p>outer one'
    "</text:p></table:table-cell><table:table-cell>" + INNER + "</table:table-cell><table:table-cell><text:p>outer two</text:p></table:table-cell>"
    "</table:table-row></table:table>"
    "<text:p>Annotated <office:annotation><dc:creator>Nobody</dc:creator><text:p>remark in the margin</text:p></office:annotation>words go on.</text:p>"
    '<text:p>Field value <text:variable-get text:name="v">1234</text:variable-get> and <text:bookmark-ref text:ref-name="b">a reference'
    "</text:bookmark-ref>.</text:p>")


class Odt:
    def __init__(self, folder):
        self.folder, self.media, self.notes, self.lists = folder, [], 0, []

    def document(self, document):
        body = self.blocks(document["blocks"])
        index = ('<text:table-of-content text:name="Index"><text:table-of-content-source text:outline-level="2"><text:index-title-template>Template'
                 "</text:index-title-template></text:table-of-content-source><text:index-body><text:index-title text:name=\"T\"><text:p>Contents"
                 "</text:p></text:index-title></text:index-body></text:table-of-content>")
        content = (f"<office:document-content {NAMES}><office:automatic-styles>{self.styles()}</office:automatic-styles><office:body><office:text>"
                   f"{CHANGES}<text:sequence-decls><text:sequence-decl text:display-outline-level=\"0\" text:name=\"Table\"/></text:sequence-decls>"
                   f"{index}{body}{SPECIALS}</office:text></office:body></office:document-content>")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.text")
            files = {"content.xml": content, "styles.xml": f"<office:document-styles {NAMES}><office:styles/></office:document-styles>",
                     "META-INF/manifest.xml": self.manifest()}
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>\n' + text, zipfile.ZIP_DEFLATED)
            for number, data in enumerate(self.media):
                archive.writestr(zipfile.ZipInfo(f"Pictures/{number}"), data)
        return out.getvalue()

    def manifest(self):
        entry = '<manifest:file-entry manifest:full-path="%s" manifest:media-type="%s"/>'
        return ('<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">' +
                entry % ("/", "application/vnd.oasis.opendocument.text") + entry % ("content.xml", "text/xml") + entry % ("styles.xml", "text/xml") +
                "".join(entry % (f"Pictures/{n}", "image/png") for n in range(len(self.media))) + "</manifest:manifest>")

    def styles(self):
        looks = {"b": 'fo:font-weight="bold"', "i": 'fo:font-style="italic"', "s": 'style:text-line-through-style="solid"',
                 "sup": 'style:text-position="super 58%"', "sub": 'style:text-position="sub 58%"', "code": 'fo:font-family="Courier"'}
        marks = "".join(f'<text:list-style style:name="L{n}">' + (
            f'<text:list-level-style-number text:level="{level}" style:num-format="{style}" style:num-suffix="." text:start-value="{start}"/>' if style
            else f'<text:list-level-style-bullet text:level="{level}" text:bullet-char="•"/>') + "</text:list-style>"
            for n, (style, start, level) in enumerate(self.lists, 1))
        return "".join(f'<style:style style:name="T{name}" style:family="text"><style:text-properties {look}/></style:style>'
                       for name, look in looks.items()) + marks

    def blocks(self, items, depth=1):
        return "\n".join(getattr(self, item["t"])(item, depth) for item in items)

    def para(self, item, depth=1):
        return f'<text:p text:style-name="P1">{self.inlines(item["inl"])}</text:p>'

    def heading(self, item, depth):
        return f'<text:h text:outline-level="{item["level"]}"><text:bookmark text:name={quoteattr(item["id"])}/>{self.inlines(item["inl"])}</text:h>'

    def rule(self, item, depth):
        return "<text:p/>"

    def code(self, item, depth):
        return "".join(f"<text:p>{blanks(line)}</text:p>" for line in item["text"].split("\n"))

    def quote(self, item, depth):
        return self.blocks(item["blocks"], depth)

    def defs(self, item, depth):
        return "".join(self.para({"inl": term}) + self.blocks(blocks, depth) for term, blocks in item["items"])

    def list(self, item, depth):
        self.lists.append((item["style"], item["start"], depth))
        number = len(self.lists)
        inside = "".join(f"<text:list-item>{self.blocks(blocks, depth + 1)}</text:list-item>" for blocks in item["items"])
        return f'<text:list text:style-name="L{number}">{inside}</text:list>'

    def table(self, item, depth):
        caption = self.para({"inl": item["caption"]}) if item["caption"] else ""
        columns = max(sum(cell["cols"] for cell in row) for row in item["rows"])
        covered, rows = {}, []
        for at, row in enumerate(item["rows"]):
            rows.append("<table:table-row>" + self.row(at, list(row), covered, columns) + "</table:table-row>")
        head = "".join(rows[:item["head"]])
        head = f"<table:table-header-rows>{head}</table:table-header-rows>" if head else ""
        return (caption + f'<table:table table:name="Table"><table:table-column table:number-columns-repeated="{columns}"/>' + head +
                "".join(rows[item["head"]:]) + "</table:table>")

    def row(self, at, waiting, covered, columns):
        out, column = "", 0
        while column < columns:
            if (at, column) in covered or not waiting:
                out += "<table:covered-table-cell/>"
                column += 1
                continue
            cell = waiting.pop(0)
            for row in range(at, at + cell["rows"]):
                for place in range(column, column + cell["cols"]):
                    covered[row, place] = True
            out += (f'<table:table-cell table:number-columns-spanned="{cell["cols"]}" table:number-rows-spanned="{cell["rows"]}">'
                    f'{self.blocks(cell["blocks"])}</table:table-cell>')
            column += 1
        return out

    def inlines(self, runs):
        return "".join(self.run(one) for one in runs)

    def run(self, one):
        if "br" in one:
            return "<text:line-break/>"
        if "note" in one:
            self.notes += 1
            return (f'<text:note text:id="n{self.notes}" text:note-class="footnote"><text:note-citation>{self.notes}</text:note-citation>'
                    f'<text:note-body>{self.blocks(one["note"])}</text:note-body></text:note>')
        text = self.picture(one) if "img" in one else blanks(one["text"])
        for name in ("b", "i", "s", "sup", "sub", "code"):
            if one.get(name):
                text = f'<text:span text:style-name="T{name}">{text}</text:span>'
        return f'<text:a xlink:type="simple" xlink:href={quoteattr(one["link"])}>{text}</text:a>' if one.get("link") else text

    def picture(self, one):
        self.media.append((self.folder / one["img"]).read_bytes())
        return (f'<draw:frame draw:name="Picture{len(self.media)}" text:anchor-type="as-char" svg:width="3cm" svg:height="2cm"><draw:image '
                f'xlink:href="Pictures/{len(self.media) - 1}" xlink:type="simple"/><svg:title>{escape(one["alt"])}</svg:title></draw:frame>')


def blanks(text):
    out = escape(text)
    while "  " in out:
        at = out.index("  ")
        count = len(out[at:]) - len(out[at:].lstrip(" "))
        out = out[:at] + f' <text:s text:c="{count - 1}"/>' + out[at + count:]
    return out
