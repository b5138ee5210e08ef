"""ODT by odfpy, which must open it, and an own walk over its XML."""
import posixpath
import zipfile

import odf.opendocument
from lxml import etree

from readers.seen import Seen, Unreadable

odf.opendocument.print = lambda *_, **__: None  # it prints documents that it does not like

NS = "urn:oasis:names:tc:opendocument:xmlns:"
TEXT, TABLE, DRAW, OFFICE = ("{%s%s:1.0}" % (NS, n) for n in ("text", "table", "drawing", "office"))
HREF = "{http://www.w3.org/1999/xlink}href"
SVG = "{%ssvg-compatible:1.0}" % NS
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
SKIPPED = {OFFICE + "annotation", OFFICE + "annotation-end", TEXT + "tracked-changes", TEXT + "note-citation",
           SVG + "title", SVG + "desc", TEXT + "sequence-decls", TEXT + "variable-decls", OFFICE + "forms",
           TEXT + "ruby-text", TABLE + "covered-table-cell", OFFICE + "event-listeners"}
BLOCKS = {TEXT + "p", TEXT + "h", TABLE + "table", TEXT + "list", TEXT + "section", TEXT + "list-item"}


def read(path):
    try:
        odf.opendocument.load(path)
        with zipfile.ZipFile(path) as archive:
            return Walk(archive).seen
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def read_leniently(path):
    with zipfile.ZipFile(path) as archive:
        return Walk(archive).seen


class Walk:
    def __init__(self, archive):
        self.names, self.seen, self.notes = archive.namelist(), Seen(), []
        root = etree.fromstring(archive.read("content.xml"), PARSER)
        self.blocks(root.find(f"{OFFICE}body/{OFFICE}text"))
        for note in self.notes:  # grows while it is walked: notes in notes
            self.blocks(note)

    def blocks(self, parent):
        for child in parent:
            tag = child.tag
            if tag in SKIPPED or not isinstance(tag, str):
                continue
            if tag in (TEXT + "p", TEXT + "h"):
                self.paragraph(child)
            elif tag == TABLE + "table":
                self.table(child)
            elif tag == DRAW + "frame":
                self.frame(child, [])
            else:
                self.blocks(child)

    def paragraph(self, element):
        at = len(self.seen.text)
        self.seen.text.append("")
        pieces = []
        self.runs(element, pieces)
        self.seen.text[at] = "".join(pieces)
        if element.tag == TEXT + "h" and self.seen.text[at].strip():
            self.seen.headings.append((int(element.get(TEXT + "outline-level", "1")), self.seen.text[at]))

    def runs(self, parent, pieces):
        pieces.append(parent.text or "")
        for child in parent:
            tag = child.tag
            if isinstance(tag, str) and tag not in SKIPPED:
                self.run(child, tag, pieces)
            pieces.append(child.tail or "")

    def run(self, child, tag, pieces):
        if tag in (TEXT + "s", TEXT + "tab", TEXT + "line-break"):
            pieces.append(" ")
        elif tag == TEXT + "note":
            self.notes.append(child.find(TEXT + "note-body"))
        elif tag == DRAW + "frame":
            self.frame(child, pieces)
        elif tag in BLOCKS:
            self.blocks([child])
        else:
            if tag in (TEXT + "a", DRAW + "a"):
                self.seen.links.append(child.get(HREF, ""))
            self.runs(child, pieces)

    def frame(self, frame, pieces):
        pictures = [c for c in frame.iter(DRAW + "image") if self.carried(c)]
        self.seen.images += bool(pictures)
        for child in frame:
            if child.tag == DRAW + "text-box":
                self.blocks(child)
                break
            if child.tag == TABLE + "table":
                self.table(child)

    def carried(self, image):
        href = image.get(HREF, "")
        return posixpath.normpath(href) in self.names if href else len(image) > 0

    def table(self, table):
        cells = []
        self.seen.tables.append(cells)
        for cell in table.iter(TABLE + "table-cell"):
            if next(cell.iterancestors(TABLE + "table")) is not table:
                continue
            before = len(self.seen.text)
            self.blocks(cell)
            cells.append(" ".join(self.seen.text[before:]))
