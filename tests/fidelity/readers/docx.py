"""DOCX by python-docx, which must open it, and an own walk over its XML."""
import posixpath
import re
import zipfile

import docx as python_docx
from lxml import etree

from readers.seen import Seen, Unreadable

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
V = "{urn:schemas-microsoft-com:vml}"
PART = "{http://schemas.openxmlformats.org/package/2006/relationships}"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
SKIPPED = {W + "del", W + "moveFrom", W + "instrText", W + "delText", W + "pPr", W + "rPr", W + "tblPr", W + "sdtPr",
           W + "sectPr", MC + "Fallback", W + "footnoteRef", W + "endnoteRef"}


def read(path):
    try:
        python_docx.Document(path)
        with zipfile.ZipFile(path) as archive:
            return Walk(archive).seen
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


class Walk:
    def __init__(self, archive):
        self.archive, self.names, self.seen = archive, set(archive.namelist()), Seen()
        self.main = self.main_part()
        self.levels = self.heading_levels()
        self.notes = {kind: self.notes_of(kind) for kind in ("footnote", "endnote")}
        self.used = []
        self.part(self.main)
        body = self.xml(self.main).find(W + "body")
        self.blocks(body)
        self.fields(body)
        for kind, number in self.used:
            if (note := self.notes[kind][1].get(number)) is not None:
                self.part(self.notes[kind][0])
                self.blocks(note)
                self.fields(note)

    def xml(self, name):
        return etree.fromstring(self.archive.read(name), PARSER)

    def main_part(self):
        for relation in self.xml("_rels/.rels"):
            if relation.get("Type", "").endswith("/officeDocument"):
                return relation.get("Target").lstrip("/")
        raise Unreadable("no main part")

    def part(self, name):
        rels = posixpath.join(posixpath.dirname(name), "_rels", posixpath.basename(name) + ".rels")
        self.targets = {}
        if rels in self.names:
            for relation in self.xml(rels):
                target = relation.get("Target", "")
                if relation.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)).lstrip("/") \
                        if not target.startswith("/") else target.lstrip("/")
                self.targets[relation.get("Id")] = (relation.get("TargetMode") == "External", target)

    def heading_levels(self):
        name = posixpath.join(posixpath.dirname(self.main), "styles.xml")
        styles = {}
        if name in self.names:
            for style in self.xml(name).iter(W + "style"):
                title = style.find(W + "name")
                based = style.find(W + "basedOn")
                outline = style.find(f"{W}pPr/{W}outlineLvl")
                match = re.fullmatch(r"heading ?([1-9])", title.get(W + "val", "").lower()) if title is not None else None
                level = int(match[1]) if match else int(outline.get(W + "val")) + 1 if outline is not None else None
                styles[style.get(W + "styleId")] = (level, based.get(W + "val") if based is not None else None)
        levels = {}
        for style in styles:
            at, seen = style, set()
            while at in styles and at not in seen:
                seen.add(at)
                if styles[at][0]:
                    levels[style] = styles[at][0]
                    break
                at = styles[at][1]
        return levels

    def notes_of(self, kind):
        name = posixpath.join(posixpath.dirname(self.main), kind + "s.xml")
        if name not in self.names:
            return name, {}
        return name, {n.get(W + "id"): n for n in self.xml(name).iter(W + kind)
                      if n.get(W + "type", "normal") == "normal"}

    def blocks(self, parent):
        for child in parent:
            if child.tag == W + "p":
                self.paragraph(child)
            elif child.tag == W + "tbl":
                self.table(child)
            elif child.tag not in SKIPPED and isinstance(child.tag, str):
                self.blocks(child)

    def paragraph(self, p):
        pieces, boxes = [], []
        self.runs(p, pieces, boxes)
        text = "".join(pieces)
        self.seen.text.append(text)
        if text.strip() and (level := self.level(p)) and level <= 6:
            self.seen.headings.append((level, text))
        for box in boxes:
            self.blocks(box)

    def level(self, p):
        properties = p.find(W + "pPr")
        if properties is None:
            return None
        outline = properties.find(W + "outlineLvl")
        if outline is not None:
            return int(outline.get(W + "val")) + 1
        style = properties.find(W + "pStyle")
        return self.levels.get(style.get(W + "val")) if style is not None else None

    def runs(self, parent, pieces, boxes):
        for child in parent:
            tag = child.tag
            if tag in SKIPPED or not isinstance(tag, str):
                continue
            if tag == W + "t":
                pieces.append(child.text or "")
            elif tag in (W + "tab", W + "br", W + "cr", W + "ptab"):
                pieces.append(" ")
            elif tag == W + "noBreakHyphen":
                pieces.append("-")
            elif tag == W + "txbxContent":
                boxes.append(child)
            elif tag in (W + "footnoteReference", W + "endnoteReference"):
                self.used.append((tag[len(W):-9], child.get(W + "id")))
            elif tag in (A + "blip", V + "imagedata"):
                external, target = self.targets.get(child.get(R + "embed") or child.get(R + "id"), (True, ""))
                if not external and target in self.names and self.archive.getinfo(target).file_size:
                    self.seen.images += 1
            else:
                if tag == W + "hyperlink":
                    self.hyperlink(child)
                elif tag == W + "fldSimple":
                    self.instruction(child.get(W + "instr", ""))
                self.runs(child, pieces, boxes)

    def hyperlink(self, element):
        external, target = self.targets.get(element.get(R + "id"), (False, ""))
        anchor = element.get(W + "anchor")
        self.seen.links.append(target + ("#" + anchor if anchor else "") if external else "#" + (anchor or ""))

    def fields(self, body):
        for field in re.split("\x01", "".join("\x01" if e.tag == W + "fldChar" else e.text or ""
                                              for e in body.iter(W + "fldChar", W + "instrText"))):
            self.instruction(field)

    def instruction(self, text):
        if match := re.match(r'\s*HYPERLINK(?:\s+"([^"]*)")?(?:.*?\\l\s+"([^"]*)")?', text):
            self.seen.links.append((match[1] or "") + ("#" + match[2] if match[2] else ""))

    def table(self, table):
        cells = []
        self.seen.tables.append(cells)
        for cell in table.iter(W + "tc"):
            if next(cell.iterancestors(W + "tbl")) is not table:
                continue
            before = len(self.seen.text)
            self.blocks(cell)
            cells.append(" ".join(self.seen.text[before:]))
