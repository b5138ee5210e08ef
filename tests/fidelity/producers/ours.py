"""Documents by hand: what programs write that are not to be had here."""
import copy

import docx as python_docx
from docx.shared import Pt

import model
from producers import docx_text, html_text, odt_text, programs, rtf_text

CYRILLIC = {"scripts": ("cp1251", 204)}
HEADERS = ["Head of the page " * 40, " ".join(map(str, range(1, 40)))]


def long_table():
    parts = ("anchor", "bolt", "cable", "drum", "engine", "flange", "gauge")
    rows = "\n".join(f"| {n} | {parts[n % 7]} type {n * 13 % 97} | {n * 7 % 31 + 1} May | {n * 37 % 400 + 20}.{n % 10}0 |" for n in range(1, 161))
    return ("# Stock of the yard\n\nThe list has one hundred and sixty lines and runs over several pages.\n\n"
            "| No. | Part | Counted | Value |\n|----:|------|---------|------:|\n" + rows + "\n\nThe count ended without a difference.\n")


def produce(corpus, work, small):
    for source in programs.sources(work, small):
        for producer, extension, make in makers(source, work):
            what = copy.deepcopy(source.bare)
            out = programs.file(corpus, source, producer, extension)
            out.write_bytes(make(source.document, what))
            corpus.add(out, producer, what)


def makers(source, work):
    yield "word", "rtf", lambda document, what: headed(what, rtf_text.Word(work).document(document))
    if source.name not in ("bidi",):
        page, charset = CYRILLIC.get(source.name, ("cp1252", 0))
        yield "wordpad", "rtf", lambda document, what: plain(what, rtf_text.WordPad(work, page, charset).document(document))
    yield "web", "html", lambda document, what: added(what, html_text.Page(work).document(document), html_text.Page)
    yield "word", "html", lambda document, what: html_text.Word(work).document(document)
    if source.name in ("report", "letter", "story", "contract", "scripts"):
        yield "textedit", "html", lambda document, what: plain(what, html_text.TextEdit(work).document(document))
    yield "word", "docx", lambda document, what: extra(what, docx_text, docx_text.Docx(work).document(document))
    yield "writer", "odt", lambda document, what: extra(what, odt_text, odt_text.Odt(work).document(document))
    if source.name in ("report", "tables", "letter", "contract", "nested"):
        yield "python-docx", "docx", lambda document, what: by_python_docx(document, what, work)
    if source.name in ("letter", "story"):
        yield "latin1", "txt", lambda document, what: text(document, what).encode("cp1252", "replace")
    if source.name in ("letter", "scripts"):
        yield "utf16", "txt", lambda document, what: text(document, what).encode("utf-16")


def plain(what, data):
    """Headings that are only larger letters are no headings."""
    what["headings"] = []
    return data


def headed(what, data):
    what["optional"] += HEADERS
    return data


def added(what, data, page):
    what["body"] = page.before + what["body"]
    what["notes"] += page.after
    return data


def extra(what, module, data):
    what["optional"] += HEADERS + ["Contents"]
    what["body"] += module.EXTRA
    what["tables"] += module.EXTRA_CELLS
    return data


def text(document, what):
    what.update(headings=[], tables=[], links=[], images=0)
    return "\r\n\r\n".join(what["body"] + what["notes"]) + "\r\n"


def by_python_docx(document, what, work):
    """Direct formatting, the template's heading styles, merged cells; links and notes as words only."""
    import io
    made = python_docx.Document()
    blocks_into(made, document["blocks"], work, what)
    out = io.BytesIO()
    made.save(out)
    what["body"] += what["notes"]
    what.update(notes=[], links=[])
    return out.getvalue()


def blocks_into(made, blocks, work, what, style=None):
    notes = []
    for block in blocks:
        kind = block["t"]
        if kind == "heading":
            runs_into(made.add_heading("", block["level"]), block["inl"], work, notes)
        elif kind == "para":
            runs_into(made.add_paragraph(style=style), block["inl"], work, notes)
        elif kind == "list":
            for item in block["items"]:
                blocks_into(made, item, work, what, "List Number" if block["style"] else "List Bullet")
        elif kind == "quote":
            blocks_into(made, block["blocks"], work, what, "Quote")
        elif kind == "defs":
            for term, inside in block["items"]:
                runs_into(made.add_paragraph(), term, work, notes)
                blocks_into(made, inside, work, what)
        elif kind == "code":
            made.add_paragraph().add_run(block["text"]).font.name = "Courier New"
        elif kind == "table":
            table_into(made, block, work, notes)
    for note in notes:
        blocks_into(made, note, work, what)


def runs_into(paragraph, runs, work, notes):
    for run in runs:
        if "text" in run:
            made = paragraph.add_run(run["text"])
            made.bold, made.italic = run.get("b"), run.get("i")
            made.font.size = Pt(11)
        elif "img" in run:
            paragraph.add_run().add_picture(str(work / run["img"]))
        elif "br" in run:
            paragraph.add_run().add_break()
        elif "note" in run:
            notes.append(run["note"])


def table_into(made, block, work, notes):
    if block["caption"]:
        made.add_paragraph(model.plain(block["caption"]), style="Caption")
    rows = rtf_text.grid(block["rows"])
    table = made.add_table(len(rows), sum(cols for _, cols, _, _ in rows[0]), style="Table Grid")
    for y, row in enumerate(rows):
        x = 0
        for cell, cols, merge, _ in row:
            if merge != "more":
                place = table.cell(y, x)
                if cols > 1 or cell["rows"] > 1:
                    place = place.merge(table.cell(y + cell["rows"] - 1, x + cols - 1))
                cell_into(place, cell["blocks"], work, notes)
            x += cols


def cell_into(place, blocks, work, notes):
    for block in blocks:
        if block["t"] == "para":
            first = place.paragraphs[0]
            runs_into(first if not first.runs else place.add_paragraph(), block["inl"], work, notes)
        elif block["t"] == "list":
            for item in block["items"]:
                cell_into(place, item, work, notes)
