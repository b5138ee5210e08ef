"""Makes the hostile documents. What they are meant to provoke is said at each."""
import io
import random
import struct
import subprocess
import zipfile
import zlib

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
TYPES = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.'
         'openxmlformats-package.relationships+xml"/><Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" '
         'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
ODF = " ".join(f'xmlns:{s}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for s, n in (
    ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"))) + ' xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2"'
LAUGHS = "<!DOCTYPE x [<!ENTITY a0 \"ha\">" + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)) + "]>"
READ = ["CORRUPT_DOCUMENT", "LIMIT_EXCEEDED", "INVALID_FORMAT", "converted"]


def rels(*relations):
    return ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' + "".join(
        f'<Relationship Id="{i}" Type="{OFFICE}{kind}" Target="{target}"{" TargetMode=" + chr(34) + "External" + chr(34) if out else ""}/>'
        for i, kind, target, out in relations) + "</Relationships>")


def pack(files, stored=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def docx(body, head="", relations=(), more=None, names=""):
    document = f'<?xml version="1.0"?>{head}<w:document {W} {names}><w:body>{body}</w:body></w:document>'
    return pack({"[Content_Types].xml": TYPES, "_rels/.rels": rels(("rId1", "officeDocument", "word/document.xml", False)),
                 "word/document.xml": document, "word/_rels/document.xml.rels": rels(*relations), **(more or {})})


def odt(body, head="", more=None):
    content = f'<?xml version="1.0"?>{head}<office:document-content {ODF}><office:body><office:text>{body}</office:text></office:body></office:document-content>'
    manifest = ('<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
                'manifest:media-type="application/vnd.oasis.opendocument.text"/></manifest:manifest>')
    return pack({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, "META-INF/manifest.xml": manifest, **(more or {})},
                ("mimetype",))


def pdf(objects, root=1):
    """objects: {number: bytes}; a cross-reference table that fits them."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, data in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + data + b"\nendobj\n"
    at, top = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % top
    for number in range(1, top):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    return bytes(out + b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (top, root, at))


def stream(data, more=b""):
    return b"<</Length %d%s>>stream\n" % (len(data), more) + data + b"\nendstream"


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
TEXT = stream(b"BT /F 12 Tf 20 100 Td (Plain words) Tj ET")
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def one_page(**more):
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>", 3: PAGE, 4: TEXT, 5: FONT}
    objects.update({int(name[1:]): data for name, data in more.items()})
    return pdf(objects)


def png(width, height, data=b""):
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg(width, height):
    return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes((1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)) + b"\xff\xd9"


def picture_docx(data):
    blip = ('<w:p><w:r><w:drawing><wp:inline><wp:extent cx="900000" cy="900000"/><a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:embed="i"/>'
            "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>")
    names = " ".join(f'xmlns:{s}="http://schemas.openxmlformats.org/drawingml/2006/{n}"' for s, n in (
        ("a", "main"), ("pic", "picture"), ("wp", "wordprocessingDrawing")))
    return docx(blip, relations=[("i", "image", "media/i.png", False)], more={"word/media/i.png": data}, names=names)


class Maker:
    def __init__(self, folder, place, canary, url):
        self.folder, self.place, self.canary, self.url, self.entries = folder, place, canary, url, []

    def add(self, name, data, expect=(), **more):
        (self.place / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        self.entries.append({"file": name, "expect": list(expect), **more})

    def make(self):
        for part in (self.damaged, self.encrypted, self.bombs, self.entities, self.outside, self.deep, self.wide, self.pictures, self.pdfs,
                     self.confusing):
            part()

    def damaged(self):
        """Cut at many points; bits turned; from one real document of each format."""
        chance = random.Random(8841)
        for name in ("report-pandoc.docx", "report-pandoc.odt", "report-word.rtf", "report-pandoc.html", "report-office.pdf", "report-pandoc.md"):
            path = self.folder / name
            if not path.exists():
                continue
            data, kind = path.read_bytes(), name.rsplit(".", 1)[1]
            for share in (1, 10, 35, 60, 85, 99):
                self.add(f"cut-{share}.{kind}", data[:len(data) * share // 100], to=["html"])
            for number in range(6):
                broken = bytearray(data)
                for _ in range(1 + 4 ** number // 4):
                    broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
                self.add(f"flipped-{number}.{kind}", bytes(broken), to=["html"])
        for kind in ("docx", "odt", "rtf", "pdf"):
            self.add(f"empty.{kind}", b"", ["INVALID_FORMAT", "CORRUPT_DOCUMENT"], to=["html"])
            self.add(f"noise.{kind}", bytes(chance.randrange(256) for _ in range(5000)), ["INVALID_FORMAT", "CORRUPT_DOCUMENT"], to=["html"])
        for kind in ("md", "html", "txt"):
            self.add(f"nul.{kind}", b"# Words \0 with\0\n\nNUL \0\0\0 bytes <p>\0</p>", to=["pdf", "docx"])
            self.add(f"not-utf8.{kind}", b"Words \xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80 end", to=["pdf", "docx", "odt"])
            self.add(f"empty.{kind}", b"", to=["pdf", "docx"])

    def encrypted(self):
        plain = self.place / "plain.pdf"
        plain.write_bytes(one_page())
        for name, arguments in (("encrypted-aes256.pdf", ["256"]), ("encrypted-rc4.pdf", ["128", "--use-aes=n"]), ("encrypted-40.pdf", ["40"])):
            out = self.place / name
            subprocess.run(["qpdf", "--allow-weak-crypto", "--encrypt", "user", "owner", *arguments, "--", str(plain), str(out)], check=True)
            self.entries.append({"file": name, "expect": ["ENCRYPTED_DOCUMENT"], "to": ["html"]})
        out = self.place / "owner-only.pdf"  # opens without a password: an ordinary document
        subprocess.run(["qpdf", "--encrypt", "", "owner", "256", "--", str(plain), str(out)], check=True)
        self.entries.append({"file": out.name, "expect": ["converted"], "to": ["html"]})
        plain.unlink()
        self.add("encrypted.docx", compound({"EncryptedPackage": b"\x10" * 5000, "EncryptionInfo": b"\4\0\4\0" + b"<encryption/>" * 400}),
                 ["ENCRYPTED_DOCUMENT"])
        self.add("old.doc", compound({"WordDocument": b"\xec\xa5" + b"\0" * 5000}), ["INVALID_FORMAT"], **{"from": "docx"})
        entry = ('<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml" manifest:size="500"><manifest:encryption-data '
                 'manifest:checksum-type="SHA1/1K" manifest:checksum="AAAA"><manifest:algorithm manifest:algorithm-name="Blowfish CFB" '
                 'manifest:initialisation-vector="AAAA"/></manifest:encryption-data></manifest:file-entry>')
        manifest = f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entry}</manifest:manifest>'
        noise = random.Random(1).randbytes(600)
        self.add("encrypted.odt", pack({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": noise, "META-INF/manifest.xml": manifest},
                                       ("mimetype", "content.xml")), ["ENCRYPTED_DOCUMENT"])
        zipped = bytearray(docx("<w:p><w:r><w:t>locked</w:t></w:r></w:p>"))  # the archive's own password: bit 0 of the flags
        for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            at = zipped.find(mark)
            while at >= 0:
                zipped[at + offset] |= 1
                at = zipped.find(mark, at + 4)
        self.add("zip-password.docx", bytes(zipped), ["ENCRYPTED_DOCUMENT", "CORRUPT_DOCUMENT"])

    def bombs(self):
        body = repeated(b" " * (1 << 24), 640, -15)
        size = 640 << 24  # 10 GiB of blanks
        for kind, name in (("docx", "word/document.xml"), ("odt", "content.xml")):
            first = docx("") if kind == "docx" else odt("")
            self.add(f"bomb.{kind}", with_raw(first, name, body, size & 0xffffffff), ["LIMIT_EXCEEDED", "CORRUPT_DOCUMENT"])
            self.add(f"bomb-lying.{kind}", with_raw(first, name, body, 1000), ["LIMIT_EXCEEDED", "CORRUPT_DOCUMENT", "converted"])
        inner = pack({"zeros": b"\0" * (50 << 20)})
        self.add("nested-bomb.docx", docx("<w:p/>", more={f"word/media/{n}.png": inner for n in range(20)}))
        many = docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>", more={f"word/x{n}.xml": b"" for n in range(60000)})
        self.add("many-entries.docx", many)
        self.add("overlapping.docx", overlapping(docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>")))

    def entities(self):
        words = "<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>"
        self.add("laughs.docx", docx(words, LAUGHS.replace("x [", "w:document [")), READ)
        self.add("laughs.odt", odt("<text:p>&a11;</text:p>", LAUGHS.replace("x [", "office:document-content [")), READ)
        self.add("laughs.html", '<?xml version="1.0"?>' + LAUGHS.replace("x [", "html [") + "<html><body>&a11;</body></html>")
        svg = LAUGHS.replace("x [", "svg [") + '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&a11;</text></svg>'
        import base64
        self.add("laughs-svg.html", f'<p>words <img src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">')
        self.add("inline-svg.html", '<p>words <svg xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="10"><image xlink:href="file://%s"/><image '
                 'href="%s/svg"/></svg>' % (self.canary, self.url))
        for address, name in ((f"file://{self.canary}", "file"), (self.url + "/dtd", "http")):
            head = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{address}"><!ENTITY % p SYSTEM "{address}"> %p;]>'
            self.add(f"entity-{name}.docx", docx("<w:p><w:r><w:t>words &x;</w:t></w:r></w:p>", head))
            self.add(f"entity-{name}.odt", odt("<text:p>words &x;</text:p>", head))
            self.add(f"entity-{name}.html", f'<?xml version="1.0"?>{head}<html xmlns="http://www.w3.org/1999/xhtml"><body>words &x;</body></html>')

    def outside(self):
        """What a document names outside of it stays unread."""
        for name, address in (("file", f"file://{self.canary}"), ("path", str(self.canary)), ("http", self.url), ("up", "../canary.txt")):
            body = (f'<link rel=stylesheet href="{address}"><style>@import url("{address}"); body{{background:url({address})}}</style>'
                    f'<p>words</p><img src="{address}"><iframe src="{address}"></iframe><object data="{address}"></object><script src="{address}">'
                    f'</script><embed src="{address}"><video src="{address}" poster="{address}"></video><input type=image src="{address}">'
                    f'<img srcset="{address} 2x"><table background="{address}"><tr><td>cell</table>')
            self.add(f"outside-{name}.html", f'<html><head><base href="{address}"></head><body>{body}</body></html>', to=["pdf", "docx", "odt", "rtf"])
            self.add(f"outside-{name}.md", f"words ![picture]({address}) <img src=\"{address}\">\n\n[x]: {address}\n\n![x]\n", to=["pdf", "docx", "html"])
            fields = (f'INCLUDEPICTURE "{address}" \\\\d', f'INCLUDETEXT "{address}"', f'DDEAUTO c:\\\\x "{address}"', f'LINK Word.Document "{address}"')
            self.add(f"outside-{name}.rtf", "{\\rtf1 words " + "".join("{\\field{\\*\\fldinst " + f + "}{\\fldrslt result}}" for f in fields) +
                     "{\\*\\template " + address + "}}", to=["pdf", "html"])
            field = '<w:p><w:fldSimple w:instr="%s"><w:r><w:t>result</w:t></w:r></w:fldSimple></w:p>'
            blip = '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata r:id="i" r:href="i"/></v:shape></w:pict></w:r></w:p>'
            alt = '<w:altChunk r:id="c"/><w:subDoc r:id="s"/>'
            relations = [("i", "image", address, True), ("t", "attachedTemplate", address, True), ("c", "aFChunk", address, True),
                         ("s", "subDocument", address, True)]
            self.add(f"outside-{name}.docx", docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>" + blip + alt + "".join(
                field % f.replace('"', "&quot;") for f in fields), relations=relations), to=["pdf", "html"])
            self.add(f"outside-{name}.odt", odt(f'<text:p>words<draw:frame><draw:image xlink:href="{address}"/></draw:frame><draw:frame><draw:object '
                     f'xlink:href="{address}"/></draw:frame></text:p><text:section text:name="s"><text:section-source xlink:href="{address}"/></text:section>'),
                     to=["pdf", "html"])
        self.add("slip.docx", docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>", more={"../../canary.txt": b"x", "/etc/canary": b"x"}))
        action = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/URI/URI(%s)>>/AA<</O<</S/JavaScript/JS(app.launchURL\\('%s'\\))>>>>>>" % (
            (self.url.encode(),) * 2)
        self.add("action.pdf", one_page(o1=action), to=["html"])
        self.add("external-stream.pdf", one_page(o4=b"<</Length 0/F(%s)/FFilter/ASCIIHexDecode>>stream\n\nendstream" % str(self.canary).encode()), to=["html"])

    def deep(self):
        many = 100_000
        self.add("deep-divs.html", "<div>" * many + "words")
        self.add("deep-lists.html", "<ul><li>" * many + "words")
        self.add("deep-tables.html", "<table><tr><td>" * 20_000 + "words")
        self.add("deep-bold.html", "<b><i><a href=x>" * 30_000 + "words")
        self.add("deep-quotes.md", "> " * many + "words")
        self.add("deep-lists.md", "\n".join("  " * n + "- item" for n in range(2500)))
        self.add("deep-brackets.md", "[" * many + "words" + "](x)" * many)
        self.add("deep-stars.md", "*a **b " * 50_000)
        self.add("deep-groups.rtf", "{\\rtf1 " + "{" * 1_000_000 + "words")
        self.add("deep-closed.rtf", "{\\rtf1 " + "{\\b " * many + "words" + "}" * many + "}")
        self.add("deep-tables.docx", docx("<w:tbl><w:tr><w:tc>" * 20_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 20_000))
        self.add("deep-sdt.docx", docx("<w:sdt><w:sdtContent>" * many + "<w:p/>" + "</w:sdtContent></w:sdt>" * many))
        self.add("deep-lists.odt", odt("<text:list><text:list-item>" * 50_000 + "<text:p>words</text:p>" + "</text:list-item></text:list>" * 50_000))
        self.add("deep-spans.odt", odt("<text:p>" + "<text:span>" * many + "words" + "</text:span>" * many + "</text:p>"))
        self.add("deep-array.pdf", one_page(o6=b"[" * many + b"]" * many))
        self.add("deep-forms.pdf", one_page(o3=PAGE.replace(b"/Font", b"/XObject<</X 6 0 R>>/Font"), o4=stream(b"/X Do"), o6=stream(
            b"/X Do /X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>")))

    def wide(self):
        huge = "2147483647"
        self.add("repeats.odt", odt(f'<table:table><table:table-column table:number-columns-repeated="{huge}"/><table:table-row '
                 f'table:number-rows-repeated="{huge}"><table:table-cell table:number-columns-repeated="{huge}"><text:p>x</text:p></table:table-cell>'
                 f'</table:table-row></table:table><text:p>a<text:s text:c="{huge}"/>b</text:p>'))
        self.add("spans.odt", odt(f'<table:table><table:table-row><table:table-cell table:number-columns-spanned="{huge}" table:number-rows-spanned='
                                  f'"{huge}"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'))
        self.add("spans.docx", docx(f'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="{huge}"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>'
                                    '<w:p><w:pPr><w:numPr><w:ilvl w:val="-5"/><w:numId w:val="99999999999999999999"/></w:numPr></w:pPr></w:p>'))
        self.add("spans.html", f"<table><tr><td colspan={huge} rowspan={huge}>x<td colspan=-1 rowspan=0>y</table><ol start={huge}><li>z<li>w</ol>")
        self.add("many-spans.html", "<table>" + "<tr>" + "<td rowspan=65534 colspan=1000>x" * 1000 + "</table>")
        self.add("cells.rtf", "{\\rtf1 \\trowd" + "\\cellx2147483647" * 100_000 + " x\\cell\\row \\li-2147483648 \\fs99999999999999 \\u99999999999 ?\\par}")
        self.add("bin.rtf", "{\\rtf1 words {\\pict\\pngblip\\bin2147483647 abc}} after", to=["html", "pdf"])
        self.add("bin-negative.rtf", "{\\rtf1 words {\\pict\\pngblip\\bin-5 abc}\\uc99999 \\u10 x}", to=["html", "pdf"])
        self.add("line.txt", "word" * 2_000_000, to=["pdf", "docx"])
        self.add("lines.txt", "x\n" * 1_000_000, to=["html", "docx"])
        self.add("controls.rtf", "{\\rtf1 " + "\\b\\b0 " * 500_000 + "}")
        self.add("references.md", "".join(f"[a{n}]: x\n" for n in range(50_000)) + "[a1]" * 50_000, to=["html"])
        self.add("ticks.md", "".join("`" * n + " " for n in range(1, 2500)), to=["html"])
        self.add("table.md", "|a" * 3000 + "|\n" + "|-" * 3000 + "|\n" + "|x\n" * 3000, to=["html", "docx"])

    def pictures(self):
        squeeze = zlib.compress(b"\0" * (64 << 20))
        self.add("huge-png.docx", picture_docx(png(100_000, 100_000, squeeze)), to=["pdf", "html", "rtf"])
        self.add("huge-jpeg.docx", picture_docx(jpeg(65_500, 65_500)), to=["pdf", "html", "rtf"])
        self.add("no-picture.docx", picture_docx(b"\x89PNG\r\n\x1a\n"), to=["pdf", "html", "rtf"])
        self.add("zero-png.docx", picture_docx(png(0, 0)), to=["pdf", "odt", "rtf"])
        self.add("svg.docx", picture_docx(b'<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"><rect width="100%" height="100%"/></svg>'),
                 to=["pdf", "rtf"])
        self.add("huge-png.rtf", "{\\rtf1 words{\\pict\\pngblip " + png(100_000, 100_000).hex() + "}}", to=["pdf", "html"])
        self.add("huge-image.pdf", one_page(o3=PAGE.replace(b"/Font", b"/XObject<</X 6 0 R>>/Font"), o4=stream(b"/X Do"), o6=stream(
            zlib.compress(b"\0" * 1000), b"/Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode")))

    def pdfs(self):
        few = {1: b"<</Type/Catalog/Pages 2 0 R>>", 3: PAGE, 4: TEXT, 5: FONT}
        self.add("million-pages.pdf", pdf({**few, 2: b"<</Type/Pages/Count 1000000/Kids[%s]>>" % (b"6 0 R " * 1000),
                                           6: b"<</Type/Pages/Parent 2 0 R/Count 1000/Kids[%s]>>" % (b"3 0 R " * 1000)}), to=["plain"])
        self.add("many-pages-claimed.pdf", pdf({**few, 2: b"<</Type/Pages/Count 2147483647/Kids[3 0 R]>>"}))
        self.add("page-loop.pdf", pdf({**few, 2: b"<</Type/Pages/Count 5/Kids[2 0 R 3 0 R]>>"}))
        self.add("parent-loop.pdf", pdf({**few, 2: b"<</Type/Pages/Parent 2 0 R/Count 1/Kids[3 0 R]>>"}))
        self.add("outline-loop.pdf", one_page(o1=b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>", o6=b"<</First 7 0 R/Last 7 0 R>>",
                                              o7=b"<</Title(t)/Next 7 0 R/First 7 0 R/Parent 6 0 R>>"))
        self.add("object-stream-loop.pdf", pdf({**few, 2: b"6 0 R", 6: stream(b"2 0 <<>>", b"/Type/ObjStm/N 1/First 4/Extends 6 0 R")}))
        self.add("length-loop.pdf", one_page(o4=b"<</Length 4 0 R>>stream\nBT ET\nendstream"))
        self.add("flate-bomb.pdf", one_page(o4=stream(repeated(b" " * (1 << 24), 128, 15), b"/Filter/FlateDecode")))
        self.add("flate-flate-bomb.pdf", one_page(o4=stream(zlib.compress(repeated(b" " * (1 << 24), 128, 15)), b"/Filter[/FlateDecode/FlateDecode]")))
        self.add("broken-font.pdf", one_page(o5=b"<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 0/LastChar 2147483647/Widths[1]/FontDescriptor 6 0 R"
                                             b"/ToUnicode 7 0 R>>", o6=b"<</Type/FontDescriptor/FontName/X/FontFile2 8 0 R>>",
                                             o7=stream(b"1 beginbfrange <0000> <ffffffff> <0041> endbfrange"), o8=stream(b"\0\1\0\0\xff\xff" * 99)))
        self.add("huge-page.pdf", one_page(o3=PAGE.replace(b"200 200", b"1e30 -1e30")))
        self.add("many-words.pdf", one_page(o4=stream(zlib.compress(b"BT /F 1 Tf " + b"1 0 Td (a) Tj " * 400_000 + b"ET"), b"/Filter/FlateDecode")), to=["plain"])
        self.add("many-lines.pdf", one_page(o4=stream(zlib.compress(b"0 0 m 9 9 l S " * 400_000), b"/Filter/FlateDecode")), to=["html"])
        self.add("no-trailer.pdf", b"%PDF-1.4\n1 0 obj\n<</Type/Catalog", ["CORRUPT_DOCUMENT", "INVALID_FORMAT"])
        self.add("only-head.pdf", b"%PDF-1.7\n", ["CORRUPT_DOCUMENT", "INVALID_FORMAT"])

    def confusing(self):
        real = docx("<w:p><w:r><w:t>words of a docx</w:t></w:r></w:p>")
        self.add("docx-as.pdf", real, ["converted", "INVALID_FORMAT"], to=["html"])
        self.add("pdf-as.docx", one_page(), ["converted", "INVALID_FORMAT"], to=["html"])
        self.add("polyglot.pdf", one_page() + real, to=["html"])
        self.add("html-first.pdf", b"<html><body>html words</body></html>\n" + one_page(), to=["docx"])
        self.add("xlsx.docx", pack({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}), ["INVALID_FORMAT"], to=["html"])
        self.add("zip.docx", pack({"hello.txt": "hello"}), ["INVALID_FORMAT", "CORRUPT_DOCUMENT"], to=["html"])
        self.add("no-document.docx", pack({"[Content_Types].xml": TYPES, "word/x.xml": "<x/>"}), ["CORRUPT_DOCUMENT", "INVALID_FORMAT"], to=["html"])
        self.add("bad-xml.docx", docx("<w:p><w:r><w:t>words</w:r></w:p>"), to=["html"])
        self.add("style-loop.docx", docx('<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr><w:r><w:t>words</w:t></w:r></w:p>', relations=[
            ("s", "styles", "styles.xml", False)], more={"word/styles.xml": f'<w:styles {W}><w:style w:type="paragraph" w:styleId="A"><w:basedOn '
                                                         'w:val="B"/></w:style><w:style w:type="paragraph" w:styleId="B"><w:basedOn w:val="A"/></w:style></w:styles>'}))
        self.add("note-loop.docx", docx('<w:p><w:r><w:footnoteReference w:id="2"/></w:r></w:p>', relations=[("n", "footnotes", "footnotes.xml", False)],
                 more={"word/footnotes.xml": f'<w:footnotes {W}><w:footnote w:id="2"><w:p><w:r><w:t>note</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'
                       "</w:footnote></w:footnotes>"}))


def repeated(block, times, bits):
    """A deflate stream of a block again and again: it is squeezed once, and flushed so that it stands alone."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    if bits < 0:
        return piece * times + b"\3\0"
    adler = 1, 0
    for _ in range(times):  # the checksum of the whole
        adler = zlib_adler(adler, block)
    return b"\x78\xda" + piece * times + b"\3\0" + struct.pack(">HH", adler[1], adler[0])


def zlib_adler(state, block):
    value = zlib.adler32(block, state[1] << 16 | state[0])
    return value & 0xffff, value >> 16


def with_raw(archive, name, body, size):
    """The archive with the entry's data replaced by a deflated stream, of the size that is claimed."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        for entry in old.infolist():
            data = old.read(entry)
            packed = zlib.compressobj(9, zlib.DEFLATED, -15)
            files[entry.filename] = (8, packed.compress(data) + packed.flush(), len(data), zlib.crc32(data)) if entry.compress_type else \
                (0, data, len(data), zlib.crc32(data))
    files[name] = (8, body, size, 0)
    out, directory = bytearray(), bytearray()
    for entry, (method, data, length, crc) in files.items():
        common = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, crc, len(data), length, len(entry), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + entry.encode()
        out += b"PK\3\4" + common + entry.encode() + data
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), len(out), 0)
    return bytes(out + directory + b"PK\5\6" + end)


def overlapping(archive):
    """A thousand entries of the directory that all are the same data."""
    at = archive.rindex(b"PK\5\6")
    count, _, size, start = struct.unpack("<HHII", archive[at + 8:at + 20])
    first = archive[start:start + size]
    directory = first * 1000
    end = archive[at:at + 8] + struct.pack("<HHII", count * 1000, count * 1000, len(directory), start) + b"\0\0"
    return archive[:start] + directory + end


def compound(streams):
    """[MS-CFB] with streams of more than 4096 bytes: one sector of FAT, one of directory."""
    sector = 512
    data, fat, entries = b"", [0xfffffffd, 0xfffffffe], []
    for name, body in streams.items():
        count, first = -(-len(body) // sector), len(fat)
        fat += [first + n + 1 for n in range(count - 1)] + [0xfffffffe]
        data += body.ljust(count * sector, b"\0")
        entries.append((name, first, len(body)))

    def entry(name, kind, child, first, size, right=0xffffffff):
        wide = name.encode("utf-16-le") + b"\0\0"
        return (wide.ljust(64, b"\0") + struct.pack("<HBBIII", len(wide), kind, 1, 0xffffffff, right, child) + b"\0" * 36 +
                struct.pack("<IQ", first, size))
    directory = entry("Root Entry", 5, 1, 0xfffffffe, 0)
    for number, (name, first, size) in enumerate(entries, 1):
        directory += entry(name, 2, 0xffffffff, first, size, number + 1 if number < len(entries) else 0xffffffff)
    head = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3e, 3, 0xfffe, 9, 6) + b"\0" * 6 +
            struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xfffffffe, 0, 0xfffffffe, 0) + struct.pack("<I", 0) + b"\xff" * 432)
    table = b"".join(struct.pack("<I", value) for value in fat).ljust(sector, b"\xff")
    return head[:sector] + table[:sector] + directory.ljust(sector, b"\0") + data
