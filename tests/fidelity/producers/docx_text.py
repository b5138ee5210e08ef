"""DOCX by hand, from a source: what Word writes where people format by hand. Headings are outline levels without a style; runs are
split; links are fields; and at the end of each document stand a text box, content controls, tracked changes, a nested table,
comments and symbols, whose words EXTRA names."""
import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

from producers.rtf_text import grid

NAMES = ('xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
         'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
         'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
         'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
         'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
         'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
         'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
         'xmlns:v="urn:schemas-microsoft-com:vml"')
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
EXTRA = ["Words inside a text box stand apart.", "The chosen value of a control and a whole controlled paragraph.",
         "An inserted word stays but goes away.", "Outer cell nested left nested right outer end", "Moved here from elsewhere.",
         "A comment hangs on these words.", "Non-breaking hyphen and soft hyphen.", "Simple field result 42 and 7 May."]
EXTRA_CELLS = [["Outer cell", "nested left nested right", "outer end"], ["nested left", "nested right"]]
BOX = '<w:txbxContent><w:p><w:r><w:t>Words inside a text box stand apart.</w:t></w:r></w:p></w:txbxContent>'


def run(text, properties=""):
    return f'<w:r>{"<w:rPr>" + properties + "</w:rPr>" if properties else ""}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def field(instruction, result):
    char = '<w:r><w:fldChar w:fldCharType="%s"/></w:r>'
    return (char % "begin" + f'<w:r><w:instrText xml:space="preserve">{escape(instruction)}</w:instrText></w:r>' + char % "separate" +
            result + char % "end")


def tracked(tag, inside):
    return f'<w:{tag} w:id="9" w:author="N. N." w:date="2024-01-01T00:00:00Z">{inside}</w:{tag}>'


def specials():
    cell = '<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/></w:tcPr>%s</w:tc>'
    p = "<w:p>%s</w:p>"
    nested = "<w:tbl><w:tblPr/><w:tblGrid/><w:tr>" + cell % (p % run("nested left")) + cell % (p % run("nested right")) + "</w:tr></w:tbl>"
    shape = ('<wp:anchor><wp:extent cx="9" cy="9"/><wp:docPr id="77" name="Box nobody reads" descr="nor this"/><a:graphic><a:graphicData uri='
             '"http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:txbx>' + BOX +
             '</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor>')
    return [
        p % ('<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>' + shape + "</w:drawing></mc:Choice><mc:Fallback><w:pict>"
             "<v:shape><v:textbox>" + BOX + "</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"),
        p % (run("The chosen ") + '<w:sdt><w:sdtPr><w:alias w:val="Never shown"/><w:dropDownList><w:listItem w:displayText="Never" w:value="1"/>'
             "</w:dropDownList></w:sdtPr><w:sdtContent>" + run("value") + "</w:sdtContent></w:sdt>" + run(" of a control")),
        "<w:sdt><w:sdtContent>" + p % run("and a whole controlled paragraph.") + "</w:sdtContent></w:sdt>",
        p % (run("An ") + tracked("ins", run("inserted ")) + tracked("del", run("deleted ").replace("w:t", "w:delText")) + run("word stays ") +
             '<w:smartTag w:element="x">' + run("but goes away.") + "</w:smartTag>"),
        "<w:tbl><w:tblPr/><w:tblGrid/><w:tr>" + cell % (p % run("Outer cell")) + cell % (nested + p % "") + cell % (p % run("outer end")) +
        "</w:tr></w:tbl>",
        p % (tracked("moveFrom", run("Moved here ")) + tracked("moveTo", run("Moved here ")) + run("from elsewhere.")),
        p % ('<w:commentRangeStart w:id="0"/>' + run("A comment hangs on these words.") + '<w:commentRangeEnd w:id="0"/><w:r><w:commentReference '
             'w:id="0"/></w:r>'),
        p % ('<w:r><w:t>Non</w:t><w:noBreakHyphen/><w:t xml:space="preserve">breaking hyphen and so</w:t><w:softHyphen/><w:t>ft hyphen.</w:t></w:r>'
             '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'),
        p % (run("Simple field result ") + '<w:fldSimple w:instr=" NUMPAGES secret ">' + run("42") + "</w:fldSimple>" + run(" and ") +
             field(" DATE secretcode ", run("7 May")) + run(".")),
    ]


class Docx:
    def __init__(self, folder):
        self.folder, self.media, self.notes, self.lists, self.relations = folder, [], [], [], []

    def document(self, document):
        body = self.blocks(document["blocks"]) + "".join(specials())
        section = ('<w:sectPr><w:headerReference w:type="default" r:id="rHead"/><w:pgSz w:w="11906" w:h="16838"/>'
                   '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="700" w:footer="700" w:gutter="0"/></w:sectPr>')
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as self.archive:
            self.part("[Content_Types].xml", self.types())
            self.part("_rels/.rels", self.rels([("rId1", "officeDocument", "word/document.xml", False)]))
            self.part("word/document.xml", f"<w:document {NAMES}><w:body>{body}{section}</w:body></w:document>")
            self.part("word/header1.xml", f"<w:hdr {NAMES}><w:p>{run('Head of the page')}</w:p></w:hdr>")
            self.part("word/comments.xml", f'<w:comments {NAMES}><w:comment w:id="0" w:author="N. N."><w:p>{run("Remark that is not text")}</w:p>'
                      "</w:comment></w:comments>")
            self.part("word/footnotes.xml", f'<w:footnotes {NAMES}><w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p>'
                      "</w:footnote>" + "".join(f'<w:footnote w:id="{n}">{text}</w:footnote>' for n, text in enumerate(self.notes, 2)) +
                      "</w:footnotes>")
            self.part("word/numbering.xml", self.numbering())
            fixed = [("rHead", "header", "header1.xml", False), ("rComments", "comments", "comments.xml", False),
                     ("rNotes", "footnotes", "footnotes.xml", False), ("rNumbering", "numbering", "numbering.xml", False)]
            self.part("word/_rels/document.xml.rels", self.rels(fixed + self.relations))
            self.part("word/_rels/footnotes.xml.rels", self.rels(self.relations))
            for number, data in enumerate(self.media, 1):
                self.archive.writestr(zipfile.ZipInfo(f"word/media/image{number}.{kind(data)}"), data)
        return out.getvalue()

    def part(self, name, text):
        self.archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text, zipfile.ZIP_DEFLATED)

    def types(self):
        main = "application/vnd.openxmlformats-officedocument.wordprocessingml."
        parts = {"document": "document.main", "header1": "header", "comments": "comments", "footnotes": "footnotes", "numbering": "numbering"}
        return ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
                '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="png" ContentType="image/png"/>'
                '<Default Extension="jpeg" ContentType="image/jpeg"/>' +
                "".join(f'<Override PartName="/word/{part}.xml" ContentType="{main}{name}+xml"/>' for part, name in parts.items()) + "</Types>")

    def rels(self, relations):
        return ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' + "".join(
            f'<Relationship Id="{i}" Type="{OFFICE}{t}" Target={quoteattr(target)}{" TargetMode=" + chr(34) + "External" + chr(34) if out else ""}/>'
            for i, t, target, out in relations) + "</Relationships>")

    def numbering(self):
        formats = {None: "bullet", "1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
        abstract = "".join(f'<w:abstractNum w:abstractNumId="{n}"><w:lvl w:ilvl="0"><w:start w:val="{start}"/><w:numFmt w:val="{formats[style]}"/>'
                           f'<w:lvlText w:val="{"%1." if style else "•"}"/></w:lvl></w:abstractNum>' for n, (style, start) in enumerate(self.lists, 1))
        return f"<w:numbering {NAMES}>" + abstract + "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>'
                                                             for n in range(1, len(self.lists) + 1)) + "</w:numbering>"

    def blocks(self, items, before=""):
        return "".join(getattr(self, item["t"])(item, before) for item in items)

    def para(self, item, before, properties=""):
        return f"<w:p><w:pPr>{before}</w:pPr>{self.inlines(item['inl'], properties)}</w:p>"

    def heading(self, item, before):
        size = 44 - 6 * item["level"]
        return self.para(item, f'<w:spacing w:before="240"/><w:outlineLvl w:val="{item["level"] - 1}"/>', f'<w:b/><w:sz w:val="{size}"/>')

    def rule(self, item, before):
        return '<w:p><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="auto"/></w:pBdr></w:pPr></w:p>'

    def code(self, item, before):
        lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in item["text"].split("\n"))
        return f'<w:p><w:pPr>{before}</w:pPr><w:r><w:rPr><w:rFonts w:ascii="Courier New"/></w:rPr>{lines}</w:r></w:p>'

    def quote(self, item, before):
        return self.blocks(item["blocks"], '<w:ind w:left="720" w:right="720"/>')

    def defs(self, item, before):
        return "".join(self.para({"inl": term}, before, "<w:b/>") + self.blocks(blocks, before) for term, blocks in item["items"])

    def list(self, item, before):
        self.lists.append((item["style"], item["start"]))
        mark = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{len(self.lists)}"/></w:numPr>'
        out = ""
        for blocks in item["items"]:
            for first, block in enumerate(blocks):
                out += self.blocks([block], mark if not first and block["t"] == "para" else '<w:ind w:left="720"/>')
        return out

    def table(self, item, before):
        caption = self.para({"inl": item["caption"]}, "") if item["caption"] else ""
        rows = "".join("<w:tr>" + "".join(self.cell(*cell) for cell in row) + "</w:tr>" for row in grid(item["rows"]))
        return caption + '<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid/>' + rows + "</w:tbl>"

    def cell(self, cell, cols, merge, _):
        spans = (f'<w:gridSpan w:val="{cols}"/>' if cols > 1 else "") + {"first": '<w:vMerge w:val="restart"/>', "more": "<w:vMerge/>", None: ""}[merge]
        inside = self.blocks(cell["blocks"]) if merge != "more" else ""
        return f"<w:tc><w:tcPr>{spans}</w:tcPr>{inside if inside.endswith('</w:p>') else inside + '<w:p/>'}</w:tc>"

    def inlines(self, runs, properties=""):
        return "".join(self.run(one, properties) for one in runs)

    def run(self, one, properties):
        if "br" in one:
            return "<w:r><w:br/></w:r>"
        if "note" in one:
            self.notes.append("")
            number = len(self.notes)
            self.notes[number - 1] = self.blocks(one["note"])
            return f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{number + 1}"/></w:r>'
        if "img" in one:
            return self.link(one, self.picture(one))
        for name, tag in (("b", "<w:b/>"), ("i", "<w:i/>"), ("s", "<w:strike/>"), ("code", '<w:rFonts w:ascii="Courier New"/>'),
                          ("sup", '<w:vertAlign w:val="superscript"/>'), ("sub", '<w:vertAlign w:val="subscript"/>')):
            properties += tag if one.get(name) and tag not in properties else ""
        middle = len(one["text"]) // 2  # Word splits runs anywhere, at a change of language or of a revision
        halves = run(one["text"][:middle], properties) + '<w:proofErr w:type="spellStart"/>' + run(one["text"][middle:], properties)
        return self.link(one, halves)

    def link(self, one, inside):
        link = one.get("link")
        if not link:
            return inside
        if link.startswith("#"):
            return f'<w:hyperlink w:anchor={quoteattr(link[1:])}>{inside}</w:hyperlink>'
        if len(self.relations) % 2:
            return field(f' HYPERLINK "{link}" \\o "a tip" ', inside)
        self.relations.append((f"rLink{len(self.relations)}", "hyperlink", link, True))
        return f'<w:hyperlink r:id="{self.relations[-1][0]}">{inside}</w:hyperlink>'

    def picture(self, one):
        self.media.append((self.folder / one["img"]).read_bytes())
        number = len(self.media)
        self.relations.append((f"rImage{number}", "image", f"media/image{number}.{kind(self.media[-1])}", False))
        alt = quoteattr(one["alt"])
        return (f'<w:r><w:drawing><wp:inline><wp:extent cx="900000" cy="600000"/><wp:docPr id="{number}" name="Picture {number}" descr={alt}/>'
                '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr '
                f'id="{number}" name="p"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rImage{number}"/><a:stretch><a:fillRect/>'
                '</a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="600000"/></a:xfrm><a:prstGeom prst="rect"/>'
                "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>")


def kind(data):
    return "png" if data[:4] == b"\x89PNG" else "jpeg"
