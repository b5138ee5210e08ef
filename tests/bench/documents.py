#!/usr/bin/env python3
"""Writes PDFs to measure conversions with: the same bytes at every run.

usage: documents.py KIND MEGABYTES OUTPUT
KIND is text (nothing but text: the most pages that a file of that size has), mixed (headings, tables, pictures, text) or image.
"""
import base64
import random
import sys
import zlib

# A JPEG of 64 by 48 pixels; comments in it make it as large as photographs are.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEABwAEAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/"
    "2wBDASstLTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wAARCAAwAEADASIAAhEBAxEB/8QA"
    "HwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkK"
    "FhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXG"
    "x8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC"
    "AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOE"
    "hYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDZooPSo959"
    "6AJKTdjqp/Sm+Z7UeZ7UAO3eik/lS0zzPajf7frQA+ikDZ9PzpaACmEY7Ain0zG7kAfnQAgb2X8qcFPov5UqjApSQOtACAEen5UvPqPyoyPWigA59R+VFFFA"
    "CMoZSrAEEYIPeoFtLbobaP8A74FWKg+zv/z8y/kn/wATQAv2O1/59of++BR9jtf+faH/AL4FOjiKZ3Ss+f7wXj8gKeFx0oAh+w23/PCP/vgf4Uv2O2/594f+"
    "+BU2D6migAooooA//9k="
)
HEAD = JPEG[:2]
TAIL = JPEG[2:]
SYLLABLES = "ba be bi bo da de di do fa fe ga go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to".split()


class Writer:
    """Objects one after the other; only their places are kept."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.places = {}
        self.next = 3  # 1 is the catalog, 2 the page tree
        self.pages = []
        self.file.write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")

    def add(self, body, number=None):
        if number is None:
            number = self.next
            self.next += 1
        self.places[number] = self.file.tell()
        self.file.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
        return number

    def stream(self, data, entries=b"/Filter/FlateDecode", packed=False):
        data = data if packed else zlib.compress(data, 9)
        return self.add(b"<<" + entries + b"/Length %d>>stream\n" % len(data) + data + b"\nendstream")

    def page(self, content, resources):
        contents = self.stream(content.encode("latin-1"))
        self.pages.append(self.add(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<<%s>>>>" % (contents, resources)))

    def finish(self):
        kids = b" ".join(b"%d 0 R" % page for page in self.pages)
        self.add(b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(self.pages), kids), 2)
        self.add(b"<</Type/Catalog/Pages 2 0 R>>", 1)
        start = self.file.tell()
        self.file.write(b"xref\n0 %d\n0000000000 65535 f \n" % self.next)
        for number in range(1, self.next):
            self.file.write(b"%010d 00000 n \n" % self.places[number])
        self.file.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (self.next, start))
        self.file.close()


class Author:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.words = ["".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 5))) for _ in range(4000)]

    def line(self, width):
        words = []
        while sum(map(len, words)) + len(words) < width:
            words.append(self.random.choice(self.words))
        return " ".join(words)[:width].strip()

    def text(self, y, lines, width=95):
        out = [f"BT /F1 10 Tf 12 TL 60 {y} Td"]
        for i in range(lines):
            last = i % 7 == 6
            out.append(f"({self.line(width // 2 if last else width)}{'.' if last else ''}) Tj T*" + (" 0 -6 Td" if last else ""))
        return "\n".join(out + ["ET"])

    def heading(self, y):
        return f"BT /F2 16 Tf 60 {y} Td ({self.line(30).capitalize()}) Tj ET"

    def table(self, y, rows=6, columns=4):
        out = []
        for row in range(rows + 1):
            out.append(f"60 {y - 18 * row} m 520 {y - 18 * row} l S")
        for column in range(columns + 1):
            out.append(f"{60 + 115 * column} {y} m {60 + 115 * column} {y - 18 * rows} l S")
        for row in range(rows):
            for column in range(columns):
                out.append(f"BT /F1 10 Tf {64 + 115 * column} {y - 13 - 18 * row} Td ({self.line(14)}) Tj ET")
        return "\n".join(out)


def jpeg(author, size):
    parts = [HEAD]
    while size > 0:
        part = author.random.randbytes(min(size, 60000)).replace(b"\xff", b"\xfe")
        parts.append(b"\xff\xfe" + (len(part) + 2).to_bytes(2, "big") + part)
        size -= len(part)
    return b"".join(parts + [TAIL])


def write(kind, megabytes, path):
    author = Author(f"{kind} {megabytes}")
    writer = Writer(path)
    fonts = writer.add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"), writer.add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>")
    font = b"/Font<</F1 %d 0 R/F2 %d 0 R>>" % fonts
    number = 0
    while writer.file.tell() < megabytes * 1_000_000:
        number += 1
        if kind == "text":
            writer.page(author.text(790, 56), font)
            continue
        image = writer.stream(jpeg(author, 120_000 if kind == "mixed" else 600_000),
                              b"/Type/XObject/Subtype/Image/Width 64/Height 48/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", packed=True)
        picture = "q 400 0 0 300 90 80 cm /I Do Q"
        if kind == "mixed":
            writer.page("\n".join([author.heading(800), author.text(780, 14), author.table(560), author.text(430, 4), picture]),
                        font + b"/XObject<</I %d 0 R>>" % image)
            for _ in range(2):
                writer.page(author.heading(800) + "\n" + author.text(775, 50), font)
        else:
            writer.page(f"BT /F1 10 Tf 60 800 Td (Picture {number}) Tj ET {picture}", font + b"/XObject<</I %d 0 R>>" % image)
    writer.finish()


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("text", "mixed", "image"):
        sys.exit(__doc__)
    write(sys.argv[1], float(sys.argv[2]), sys.argv[3])
