"""What a source truly contains, as JSON: its words in order, notes, headings, tables, pictures and links."""
import model


class Truth:
    def __init__(self):
        self.body, self.notes, self.headings, self.tables, self.links = [], [], [], [], []
        self.images = 0
        self.optional = []  # may be in a result: marks of items and notes, what pictures are called, addresses

    def inlines(self, runs, to):
        line = []
        for run in runs:
            if "text" in run:
                line.append(run["text"])
            elif "br" in run:
                line.append(" ")
            elif "img" in run:
                self.images += 1
                self.optional.append(run["alt"])
            elif "note" in run:
                self.optional += [str(1 + self.count_notes())] * 3
                self.blocks(run["note"], self.notes)
                self.notes.append("")
            link = run.get("link", "")
            if link and not link.startswith("#") and (not self.links or self.links[-1] != link):
                self.links.append(link)
                self.optional.append(link)
        to.append("".join(line))

    def count_notes(self):
        return self.notes.count("")

    def blocks(self, items, to):
        for item in items:
            self.block(item, to)

    def block(self, item, to):
        kind = item["t"]
        if kind == "heading":
            self.headings.append([item["level"], model.plain(item["inl"])])
            self.inlines(item["inl"], to)
        elif kind == "para":
            self.inlines(item["inl"], to)
        elif kind == "list":
            for number, blocks in enumerate(item["items"], item["start"]):
                if item["style"]:
                    self.optional += [label(number, item["style"]), str(number)]
                self.blocks(blocks, to)
        elif kind == "table":
            self.table(item, to)
        elif kind == "code":
            to.append(item["text"])
        elif kind == "quote":
            self.blocks(item["blocks"], to)
        elif kind == "defs":
            for term, blocks in item["items"]:
                self.inlines(term, to)
                self.blocks(blocks, to)

    def table(self, item, to):
        if item["caption"]:
            self.inlines(item["caption"], to)
            self.optional += ["Table", "1 2 3 4 5 6 7 8 9"]
        cells = []
        for row in item["rows"]:
            for cell in row:
                inside = []
                self.blocks(cell["blocks"], inside)
                to += inside
                cells.append(" ".join(inside))
        self.tables.append([text for text in cells if text.strip()])

    def json(self):
        return {"body": self.body, "notes": [n for n in self.notes if n], "headings": self.headings, "tables": self.tables,
                "images": self.images, "links": self.links, "optional": self.optional}


def of(document, title=False):
    """title: whether the documents begin with the source's title, as pandoc's do."""
    truth = Truth()
    for name in ("title", "subtitle", "author", "date"):
        if text := document["meta"].get(name):
            (truth.body if title else truth.optional).append(text)
    truth.blocks(document["blocks"], truth.body)
    return truth.json()


def label(number, style):
    if style in "aA":
        return chr(ord(style) + number - 1)
    if style in "iI":
        signs = [(10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")]
        out = ""
        for value, sign in signs:
            while number >= value:
                out, number = out + sign, number - value
        return out.upper() if style == "I" else out
    return str(number)
