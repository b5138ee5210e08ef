"""RTF by hand, from a source: as Word writes it (styles, list tables, fields, notes), and as WordPad does (fonts and sizes only,
a code page instead of Unicode where it has the letters)."""
import struct

import model
from truth import label

SIZES = {1: 36, 2: 30, 3: 26, 4: 24}


def escape(text, page=None):
    out = []
    for sign in text:
        code = ord(sign)
        if sign in "\\{}":
            out.append("\\" + sign)
        elif sign == "\t":
            out.append("\\tab ")
        elif sign == "\n":
            out.append("\\line\n")
        elif sign == "\u00a0":
            out.append("\\~")
        elif code < 128:
            out.append(sign)
        elif page and (byte := in_page(sign, page)):
            out.append("\\'%02x" % byte)
        else:
            for (unit,) in struct.iter_unpack("<H", sign.encode("utf-16-le")):
                out.append("\\u%d?" % (unit - 65536 if unit > 32767 else unit))
    return "".join(out)


def in_page(sign, page):
    try:
        return sign.encode(page)[0]
    except UnicodeEncodeError:
        return None


class Word:
    """What Word does: \\uc1 with a fallback sign, \\*-groups, list tables with a text for old readers."""

    def __init__(self, folder, page=None):
        self.folder, self.page, self.out, self.lists = folder, page, [], []

    def document(self, document):
        self.blocks(document["blocks"], "")
        body = "".join(self.out)
        return (self.head() + body + "}").encode("ascii")

    def head(self):
        styles = "".join("{\\s%d\\ql \\sb240\\outlinelevel%d \\b\\fs%d \\sbasedon0 \\snext0 heading %d;}" % (n, n - 1, size, n)
                         for n, size in SIZES.items())
        return ("{\\rtf1\\adeflang1025\\ansi\\ansicpg1252\\uc1\\deff0\\deflang1033"
                "{\\fonttbl{\\f0\\froman\\fcharset0\\fprq2{\\*\\panose 02020603050405020304}Times New Roman{\\*\\falt Times};}"
                "{\\f1\\fmodern\\fcharset0 Courier New;}{\\f2\\fnil\\fcharset2 Symbol;}}\n"
                "{\\colortbl;\\red0\\green0\\blue0;\\red5\\green99\\blue193;}\n"
                "{\\stylesheet{\\ql \\f0\\fs22 \\snext0 Normal;}" + styles +
                "{\\*\\cs10 \\additive Default Paragraph Font;}{\\*\\cs15 \\additive \\ul\\cf2 \\sbasedon10 Hyperlink;}}\n" +
                self.list_tables() +
                "{\\*\\generator Judge;}{\\info{\\title A title that is nobody's words}{\\author Nobody}{\\nofpages3}}\n"
                "\\paperw11906\\paperh16838\\margl1417\\margr1417\\widowctrl\\ftnbj\n"
                "{\\header \\pard\\plain \\qc {\\f0\\fs18 Head of the page}\\par}"
                "{\\footer \\pard\\plain \\qc {\\field{\\*\\fldinst  PAGE }{\\fldrslt 1}}\\par}\n")

    def list_tables(self):
        tables, overrides = "", ""
        for number, (style, start) in enumerate(self.lists, 1):
            kind = {None: 23, "1": 0, "I": 1, "i": 2, "A": 3, "a": 4}[style]
            text = "\\'01\\u-3913 ?" if style is None else "\\'02\\'00."
            tables += ("{\\list\\listtemplateid%d{\\listlevel\\levelnfc%d\\leveljc0\\levelfollow0\\levelstartat%d{\\leveltext%s;}"
                       "{\\levelnumbers%s;}\\fi-360\\li720}{\\listname ;}\\listid%d}" %
                       (number, kind, start, text, "" if style is None else "\\'01", 1000 + number))
            overrides += "{\\listoverride\\listid%d\\listoverridecount0\\ls%d}" % (1000 + number, number)
        return "{\\*\\listtable" + tables + "}{\\*\\listoverridetable" + overrides + "}\n" if tables else ""

    def blocks(self, items, before):
        for item in items:
            getattr(self, item["t"])(item, before)

    def para(self, item, before):
        self.out.append("\\pard\\plain " + before + "\\f0\\fs22 " + self.inlines(item["inl"]) + self.end)

    end = "\\par\n"

    def heading(self, item, before):
        level = item["level"]
        self.out.append("\\pard\\plain \\s%d\\ql\\sb240\\outlinelevel%d%s\\b\\fs%d " % (level, level - 1, before, SIZES[level]) +
                        self.inlines(item["inl"]) + self.end)

    def rule(self, item, before):
        self.out.append("\\pard\\plain \\brdrb\\brdrs\\brdrw10 \\par\n")

    def code(self, item, before):
        for line in item["text"].split("\n"):
            self.out.append("\\pard\\plain " + before + "\\f1\\fs20 " + escape(line, self.page) + self.end)

    def quote(self, item, before):
        self.blocks(item["blocks"], before + "\\li720\\ri720 ")

    def defs(self, item, before):
        for term, blocks in item["items"]:
            self.out.append("\\pard\\plain " + before + "{\\b " + self.inlines(term) + "}" + self.end)
            self.blocks(blocks, before + "\\li360 ")

    def list(self, item, before, depth=0):
        self.lists.append((item["style"], item["start"]))
        number = len(self.lists)
        for at, blocks in enumerate(item["items"], item["start"]):
            mark = "{\\f2\\'b7\\tab}" if item["style"] is None else "%s.\\tab" % label(at, item["style"])
            for first, block in enumerate(blocks):
                if first or block["t"] != "para":
                    self.blocks([block], before + "\\li720 ")
                else:
                    self.item(before, mark, number, block)

    def item(self, before, mark, number, block):
        self.out.append("{\\listtext\\pard\\plain %s}\\pard\\plain %s\\fi-360\\li720\\ls%d\\ilvl0\\f0\\fs22 " % (mark, before, number) +
                        self.inlines(block["inl"]) + self.end)

    def table(self, item, before):
        if item["caption"]:
            self.para({"inl": item["caption"]}, before)
        for row in grid(item["rows"]):
            self.row(row)
        self.out.append("\\pard\\plain ")

    def row(self, row):
        width, edge = 9000 // max(1, sum(cols for _, cols, _, _ in row)), 0
        head = "\\trowd\\trgaph70\\trleft0"
        for _, cols, merge, _ in row:
            edge += width * cols
            head += {"first": "\\clvmgf", "more": "\\clvmrg", None: ""}[merge] + "\\clbrdrt\\brdrs\\clbrdrb\\brdrs\\cellx%d" % edge
        self.out.append(head + "\n")
        for cell, _, merge, _ in row:
            if merge != "more" and cell["blocks"]:
                keep, self.out = self.out, []
                self.blocks(cell["blocks"], "\\intbl ")
                inside = "".join(self.out)
                self.out = keep
                self.out.append((inside.removesuffix("\\par\n") if inside.endswith("\\par\n") else inside) + "\\cell\n")
            else:
                self.out.append("\\pard\\intbl\\cell\n")
        self.out.append("\\row\n")

    def inlines(self, runs):
        return "".join(self.run(run) for run in runs)

    def run(self, run):
        if "br" in run:
            return "\\line "
        if "note" in run:
            keep, self.out = self.out, []
            self.blocks(run["note"], "")
            inside = "".join(self.out).removesuffix("\\par\n")
            self.out = keep
            return "{\\super \\chftn {\\footnote \\ftnalt0 {\\super \\chftn }".replace("\\ftnalt0 ", "") + inside + "}}"
        look = "".join(word for name, word in (("b", "\\b"), ("i", "\\i"), ("s", "\\strike"), ("u", "\\ul"), ("sup", "\\super"),
                                               ("sub", "\\sub"), ("code", "\\f1")) if run.get(name))
        inside = self.picture(run) if "img" in run else escape(run["text"], self.page)
        text = "{" + look + " " + inside + "}" if look else inside
        return self.link(run["link"], text) if run.get("link") else text

    def link(self, link, text):
        there = '\\\\l "%s"' % escape(link[1:]) if link.startswith("#") else '"%s"' % escape(link)
        return "{\\field\\fldedit{\\*\\fldinst {\\rtlch \\ltrch  HYPERLINK " + there + " }}{\\fldrslt {\\cs15\\ul\\cf2 " + text + "}}}"

    def picture(self, run):
        data = (self.folder / run["img"]).read_bytes()
        kind = "\\pngblip" if data[:4] == b"\x89PNG" else "\\jpegblip"
        lines = data.hex()
        lines = "\n".join(lines[i:i + 128] for i in range(0, len(lines), 128))
        return ("{\\*\\shppict{\\pict{\\*\\picprop{\\sp{\\sn wzDescription}{\\sv %s}}}\\picw800\\pich600\\picwgoal1200\\pichgoal900%s\n%s}}"
                "{\\nonshppict{\\pict\\wmetafile8 0100}}" % (escape(run["alt"]), kind, lines))


class WordPad(Word):
    """No styles, no list table (\\pn instead), a code page."""

    def __init__(self, folder, page, charset):
        super().__init__(folder, page)
        self.charset = charset

    def head(self):
        return ("{\\rtf1\\ansi\\ansicpg%s\\deff0{\\fonttbl{\\f0\\fnil\\fcharset%d Arial;}{\\f1\\fnil\\fcharset%d Courier New;}"
                "{\\f2\\fnil\\fcharset2 Symbol;}}\r\n{\\*\\generator Msftedit 5.41.21.2510;}\\viewkind4\\uc1" %
                (self.page[2:], self.charset, self.charset))

    def heading(self, item, before):
        self.out.append("\\pard\\sb100\\b\\f0\\fs%d " % SIZES[item["level"]] + self.inlines(item["inl"]) + "\\b0\\par\r\n")

    def item(self, before, mark, number, block):
        kind = "\\pnlvlblt\\pnf2\\pnindent0{\\pntxtb\\'B7}" if "b7" in mark else "\\pnlvlbody\\pnf0\\pnindent0\\pnstart1\\pndec{\\pntxta.}"
        self.out.append("\\pard{\\pntext %s}{\\*\\pn%s}\\fi-360\\li720\\f0\\fs20 " % (mark, kind) + self.inlines(block["inl"]) + "\\par\r\n")


def grid(rows):
    """Each row as (cell, columns, merge, is the first of its columns), with what a cell above covers as a cell of its own."""
    covered, result = {}, []
    for at, row in enumerate(rows):
        cells, column, waiting = [], 0, list(row)
        while waiting or (at, column) in covered:
            if (at, column) in covered:
                cell = covered[at, column]
                cells.append((cell, cell["cols"], "more", False))
            else:
                cell = waiting.pop(0)
                for below in range(1, cell["rows"]):
                    covered[at + below, column] = cell
                cells.append((cell, cell["cols"], "first" if cell["rows"] > 1 else None, True))
            column += cell["cols"]
        result.append(cells)
    return result
