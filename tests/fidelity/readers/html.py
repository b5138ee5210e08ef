"""HTML by lxml's parser; Markdown and RTF come here as the HTML that pandoc makes of them."""
import base64
import binascii
import re
import urllib.parse

import lxml.html

from readers.seen import Seen, Unreadable

HIDDEN = {"head", "script", "style", "template", "title", "noscript", "object"}
INLINE = {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark",
          "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "o:p"}
HEADING = re.compile("h[1-6]")


def read(path, carried_only=True):
    with open(path, "rb") as file:
        return parse(file.read(), carried_only)


def parse(data, carried_only=True):
    try:
        data.decode("utf-8")
        parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    except UnicodeDecodeError:
        parser = lxml.html.HTMLParser(huge_tree=True)
    try:
        root = lxml.html.document_fromstring(data, parser=parser) if data.strip() else None
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    walk = Walk(carried_only)
    if root is not None:
        walk.element(root)
        walk.flush()
    return walk.seen


class Walk:
    def __init__(self, carried_only):
        self.seen, self.carried_only, self.line = Seen(), carried_only, []
        self.tables = []  # that are open

    def flush(self):
        if text := "".join(self.line).strip():
            self.seen.text.append(text)
        self.line = []

    def element(self, element):
        tag = element.tag
        if not isinstance(tag, str) or tag in HIDDEN or hidden(element):
            return
        block = tag not in INLINE and tag not in ("img", "svg")
        if block:
            self.flush()
        before = len(self.seen.text)
        if tag == "table":
            self.tables.append([])
            self.seen.tables.append(self.tables[-1])
        if tag in ("img", "svg"):
            self.seen.images += tag == "svg" or not self.carried_only or carried(element.get("src", ""))
        else:
            if tag == "a" and element.get("href"):
                self.seen.links.append(element.get("href"))
            self.content(element)
        if block:
            self.flush()
        if tag in ("td", "th") and self.tables:
            self.tables[-1].append(" ".join(self.seen.text[before:]))
        elif tag == "table":
            self.tables.pop()
        elif HEADING.fullmatch(tag) and self.seen.text[before:]:
            self.seen.headings.append((int(tag[1]), " ".join(self.seen.text[before:])))

    def content(self, element):
        self.line.append(element.text or "")
        for child in element:
            self.element(child)
            self.line.append(child.tail or "")


def hidden(element):
    style = element.get("style", "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style or "visibility:hidden" in style


def carried(address):
    if not address.startswith("data:"):
        return False
    kind, _, data = address.partition(",")
    try:
        return len(base64.b64decode(data) if kind.endswith(";base64") else urllib.parse.unquote_to_bytes(data)) > 20
    except (binascii.Error, ValueError):
        return False
