"""A source as a small tree, read by pandoc: what the producers of documents write, and what the truth is taken from.

Blocks are dicts with a "t": heading(level, inl), para(inl), list(style, start, items), table(rows, head, caption),
code(text), quote(blocks), rule, defs(items). Inlines are dicts: text with b i u s code sup sub link; img; note; br.
"""
import json
import subprocess

STYLES = {"Decimal": "1", "DefaultStyle": "1", "Example": "1", "LowerAlpha": "a", "UpperAlpha": "A", "LowerRoman": "i",
          "UpperRoman": "I"}
MARKS = {"Strong": "b", "Emph": "i", "Underline": "u", "Strikeout": "s", "Superscript": "sup", "Subscript": "sub"}


def load(path, reader):
    tree = json.loads(subprocess.run(["pandoc", "-f", reader, "-t", "json", path], check=True, capture_output=True).stdout)
    meta = {name: "".join(run.get("text", "") for run in inlines(value.get("c", []), {}))
            for name, value in tree["meta"].items() if value["t"] == "MetaInlines"}
    return {"meta": meta, "blocks": blocks(tree["blocks"])}


def blocks(items):
    found = []
    for item in items:
        found += block(item["t"], item.get("c"))
    return found


def block(kind, c):
    if kind in ("Para", "Plain"):
        return [{"t": "para", "inl": inlines(c, {})}]
    if kind == "Header":
        return [{"t": "heading", "level": c[0], "id": c[1][0], "inl": inlines(c[2], {})}]
    if kind == "BulletList":
        return [{"t": "list", "style": None, "start": 1, "items": [blocks(i) for i in c]}]
    if kind == "OrderedList":
        return [{"t": "list", "style": STYLES[c[0][1]["t"]], "start": c[0][0], "items": [blocks(i) for i in c[1]]}]
    if kind == "DefinitionList":
        return [{"t": "defs", "items": [(inlines(term, {}), [b for d in ds for b in blocks(d)]) for term, ds in c]}]
    if kind == "CodeBlock":
        return [{"t": "code", "text": c[1]}]
    if kind == "BlockQuote":
        return [{"t": "quote", "blocks": blocks(c)}]
    if kind == "HorizontalRule":
        return [{"t": "rule"}]
    if kind == "LineBlock":
        lines = [inlines(line, {}) + [{"br": True}] for line in c]
        return [{"t": "para", "inl": [run for line in lines for run in line][:-1]}]
    if kind == "Div":
        return blocks(c[1])
    if kind == "Table":
        return [table(c)]
    if kind in ("RawBlock", "Null"):
        return []
    raise ValueError("a source may not hold " + kind)


def table(c):
    _, caption, _, head, bodies, foot = c
    heads = head[1]
    rows = heads + [row for body in bodies for part in (body[2], body[3]) for row in part] + foot[1]
    words = [run for b in caption[1] if b["t"] in ("Para", "Plain") for run in inlines(b["c"], {})]
    cells = [[{"rows": cell[2], "cols": cell[3], "blocks": blocks(cell[4])} for cell in row[1]] for row in rows]
    return {"t": "table", "rows": cells, "head": len(heads), "caption": words}


def inlines(items, look):
    runs = []
    for item in items:
        runs += inline(item["t"], item.get("c"), look)
    return joined(runs)


def inline(kind, c, look):
    if kind == "Str":
        return [{"text": c, **look}]
    if kind in ("Space", "SoftBreak"):
        return [{"text": " ", **look}]
    if kind == "LineBreak":
        return [{"br": True}]
    if kind in MARKS:
        return inlines(c, {**look, MARKS[kind]: True})
    if kind == "SmallCaps":
        return inlines(c, look)
    if kind == "Code":
        return [{"text": c[1], **look, "code": True}]
    if kind == "Quoted":
        left, right = ("‘", "’") if c[0]["t"] == "SingleQuote" else ("“", "”")
        return [{"text": left, **look}] + inlines(c[1], look) + [{"text": right, **look}]
    if kind == "Link":
        return inlines(c[1], {**look, "link": c[2][0]})
    if kind == "Image":
        alt = "".join(run.get("text", "") for run in inlines(c[1], {}))
        return [{"img": c[2][0], "alt": alt, **({"link": look["link"]} if "link" in look else {})}]
    if kind == "Note":
        return [{"note": blocks(c)}]
    if kind == "Span":
        return inlines(c[1], look)
    if kind == "RawInline":
        return []
    raise ValueError("a source may not hold " + kind)


def joined(runs):
    """Neighbours of one look become one run."""
    result = []
    for run in runs:
        if result and "text" in run and "text" in result[-1]:
            if {**run, "text": ""} == {**result[-1], "text": ""}:
                result[-1] = {**run, "text": result[-1]["text"] + run["text"]}
                continue
        result.append(run)
    return result


def plain(runs):
    return "".join(run.get("text", " " if "br" in run else "") for run in runs)
