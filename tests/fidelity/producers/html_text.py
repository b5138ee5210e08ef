"""HTML by hand, from a source: as Word saves it, as TextEdit does, and as a page of the web with a frame of divs around it."""
import base64
import html

from truth import label


def escape(text):
    return html.escape(text)


class Page:
    """A web page: words around the document's, which belong to what it says; scripts and hidden parts do not."""
    before, after = ["Home", "Catalogue of boats", "Contact us"], ["Imprint and privacy"]

    def __init__(self, folder):
        self.folder, self.notes = folder, []

    def document(self, document):
        body = self.blocks(document["blocks"])
        notes = "".join(f'<div class=note id="n{n}"><sup>{n}</sup> {text}</div>' for n, text in enumerate(self.notes, 1))
        return self.frame(body + notes).encode("utf-8")

    def frame(self, body):
        menu = "".join(f"<div class='item'>{name}</div>" for name in self.before)
        return (f"<!doctype html><html><head><title>Not of the text</title><meta charset=utf-8><style>.x{{color:red}}</style>"
                f"<script>var words = 'neither these';</script></head><body><!-- nor these --><div id=wrap><div class=nav>{menu}</div>"
                f"<div style='display: none'>hidden words stay away</div><div class=main><div class=inner>{body}</div></div>"
                f"<div class=foot>{self.after[0]}</div></div><script>document.write('never')</script></body></html>")

    def blocks(self, items):
        return "\n".join(getattr(self, item["t"])(item) for item in items)

    def para(self, item):
        return f"<div class=p>{self.inlines(item['inl'])}</div>"

    def heading(self, item):
        return f"<h{item['level']} id=\"{item['id']}\"><span class=h>{self.inlines(item['inl'])}</span></h{item['level']}>"

    def rule(self, item):
        return "<hr>"

    def code(self, item):
        return f"<pre><code>{escape(item['text'])}</code></pre>"

    def quote(self, item):
        return f"<blockquote>{self.blocks(item['blocks'])}</blockquote>"

    def defs(self, item):
        return "<dl>" + "".join(f"<dt>{self.inlines(term)}<dd>{self.blocks(blocks)}" for term, blocks in item["items"]) + "</dl>"

    def list(self, item):
        inside = "".join(f"<li>{self.blocks(blocks)}" for blocks in item["items"])
        return f"<ol start={item['start']} type={item['style']}>{inside}</ol>" if item["style"] else f"<ul>{inside}</ul>"

    def table(self, item):
        caption = f"<caption>{self.inlines(item['caption'])}</caption>" if item["caption"] else ""
        rows = "".join("<tr>" + "".join(self.cell(cell, "th" if n < item["head"] else "td") for cell in row)
                       for n, row in enumerate(item["rows"]))
        return f"<table>{caption}{rows}</table>"

    def cell(self, cell, tag):
        spans = "".join(f" {name}={cell[key]}" for name, key in (("colspan", "cols"), ("rowspan", "rows")) if cell[key] > 1)
        return f"<{tag}{spans}>{self.blocks(cell['blocks'])}</{tag}>"

    def inlines(self, runs):
        return "".join(self.run(run) for run in runs)

    def run(self, run):
        if "br" in run:
            return "<br>"
        if "note" in run:
            self.notes.append("")
            number = len(self.notes)
            self.notes[number - 1] = self.blocks(run["note"])
            return f'<sup><a href="#n{number}">{number}</a></sup>'
        text = self.picture(run) if "img" in run else escape(run["text"])
        for name, tag in (("b", "b"), ("i", "i"), ("s", "s"), ("sup", "sup"), ("sub", "sub"), ("code", "code")):
            if run.get(name):
                text = f"<{tag}>{text}</{tag}>"
        return f'<a href="{escape(run["link"])}">{text}</a>' if run.get("link") else text

    def picture(self, run):
        data = (self.folder / run["img"]).read_bytes()
        kind = "png" if data[:4] == b"\x89PNG" else "jpeg"
        return f'<img alt="{escape(run["alt"])}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'


class Word(Page):
    """Lists are paragraphs with their marks as text, everything in MsoNormal, conditional comments, in windows-1252."""
    before, after = [], []

    def document(self, document):
        return super().document(document).decode().encode("windows-1252", "xmlcharrefreplace")

    def frame(self, body):
        return ('<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
                'xmlns:w="urn:schemas-microsoft-com:office:word">\r\n<head><meta http-equiv=Content-Type content="text/html; '
                'charset=windows-1252"><meta name=Generator content="Microsoft Word 15"><!--[if gte mso 9]><xml><w:WordDocument>'
                '<w:View>Print</w:View></w:WordDocument></xml><![endif]--><style><!-- p.MsoNormal {margin:0cm;} --></style></head>\r\n'
                f"<body lang=EN-GB style='tab-interval:35.4pt'><div class=WordSection1>{body}</div></body></html>")

    def para(self, item, style="MsoNormal", mark=""):
        return f"<p class={style}>{mark}<span lang=EN-GB>{self.inlines(item['inl'])}<o:p></o:p></span></p>\r\n"

    def quote(self, item):
        return "".join(self.para(b, "MsoQuote") if b["t"] == "para" else self.blocks([b]) for b in item["blocks"])

    def defs(self, item):
        return "".join(f"<p class=MsoNormal><b>{self.inlines(term)}</b></p>{self.blocks(blocks)}" for term, blocks in item["items"])

    def code(self, item):
        return "".join(f"<p class=MsoNormal><span style='font-family:\"Courier New\"'>{escape(line) or '&nbsp;'}<o:p></o:p></span></p>"
                       for line in item["text"].split("\n"))

    def list(self, item, depth=1):
        out = []
        for number, blocks in enumerate(item["items"], item["start"]):
            mark = label(number, item["style"]) + "." if item["style"] else "·"
            mark = (f"<![if !supportLists]><span style='mso-list:Ignore'>{mark}<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;"
                    "</span></span><![endif]>")
            for first, block in enumerate(blocks):
                if block["t"] == "list":
                    out.append(self.list(block, depth + 1))
                elif first or block["t"] != "para":
                    out.append(self.blocks([block]))
                else:
                    out.append(f"<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level{depth} lfo1'>{mark}"
                               f"{self.inlines(block['inl'])}<o:p></o:p></p>\r\n")
        return "".join(out)

    def run(self, run):
        if run.get("text"):
            run = {**run, "text": run["text"].replace(" ", "\r\n", 1)}
        return super().run(run)


class TextEdit(Page):
    """Classes for everything, headings as paragraphs with a large font, spans for blanks."""
    before, after = [], []

    def frame(self, body):
        return ('<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>'
                '<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><meta http-equiv="Content-Style-Type" content="text/css">'
                '<title></title><meta name="Generator" content="Cocoa HTML Writer"><style type="text/css">p.p1 {margin: 0.0px}</style>'
                f"</head><body>{body}</body></html>")

    def para(self, item):
        text = self.inlines(item["inl"]).replace("  ", '<span class="Apple-converted-space"> </span>')
        return f'<p class="p1"><span class="s1">{text}</span></p>'

    def heading(self, item):
        return f'<p class="p2"><b>{self.inlines(item["inl"])}</b></p>\n<p class="p3"><br></p>'
