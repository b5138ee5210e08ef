"""Documents by the programs that people have: pandoc, LibreOffice, groff, TeX, Chromium, wkhtmltopdf, WeasyPrint, FOP, rst2pdf,
Asciidoctor, AbiWord, pango."""
import concurrent.futures
import copy
import pathlib
import shutil
import subprocess

import model
import truth
from readers.other import soffice

BOOKMARKS = 'pdf:writer_pdf_Export:{"ExportBookmarks":{"type":"boolean","value":"true"}}'
TAGGED = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
EMBED = "html:HTML (StarWriter):EmbedImages"
READER = {".md": "markdown", ".html": "html"}
WORDS_ONLY = {"headings": [], "tables": [], "links": [], "images": 0}
LATIN = {"report", "manual", "letter", "article", "nested", "pictures", "links", "contract", "story", "long"}
DOCBOOK = "/usr/share/xml/docbook/stylesheet/docbook-xsl-ns/fo/docbook.xsl"
COLUMNS = "<style>body{columns:2;font-family:serif;font-size:10pt} h1{column-span:all}</style>"
PLAIN_CSS = "<style>body{font-family:'DejaVu Sans','Noto Sans CJK JP',sans-serif} td,th{border:1px solid #888}</style>"


def call(*command, cwd, timeout=100):
    return subprocess.run(command, cwd=cwd, capture_output=True, timeout=timeout)


def without(what, **parts):
    """A copy of a truth in which some parts are left out, or replaced."""
    what = copy.deepcopy(what)
    for name, value in parts.items():
        what[name] = value
    return what


class Source:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        self.reader = READER[path.suffix]
        self.document = model.load(str(path), self.reader)
        self.titled = truth.of(self.document, title=True)
        self.bare = truth.of(self.document)
        self.spans = path.suffix == ".html"


def sources(work, small):
    names = {"report", "links", "tables", "nested", "letter"} if small else None
    paths = sorted(p for p in work.iterdir() if p.suffix in READER)
    return [Source(path) for path in paths if names is None or path.stem in names]


def produce(corpus, work, small):
    all_sources = sources(work, small)
    for source in all_sources:
        by_pandoc(corpus, work, source)
        by_pango(corpus, work, source)
    if small:
        return
    by_office(corpus, work, all_sources)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda source: to_pdf(corpus, work, source), all_sources))
    for source in all_sources:
        by_abiword(corpus, work, source)


def file(corpus, source, producer, extension):
    return corpus.folder / f"{source.name}-{producer}.{extension}"


def by_pandoc(corpus, work, source):
    def make(extension, what, *options):
        out = file(corpus, source, "pandoc", extension)
        call("pandoc", "-f", source.reader, source.path.name, "-o", str(out), *options, cwd=work)
        corpus.add(out, "pandoc", copy.deepcopy(what))
    make("docx", source.titled, *(["--toc"] if source.name == "report" else []))
    make("odt", source.titled, *(["--toc"] if source.name == "report" else []))
    make("rtf", source.titled, "-s")
    make("html", source.titled, "-s", "--self-contained")
    make("txt", without(source.bare, **WORDS_ONLY), "-t", "plain")
    out = file(corpus, source, "pandoc", "md")
    call("pandoc", "-f", source.reader, "--self-contained", "-t", "html", "-s", source.path.name, "-o", "inline.html", cwd=work)
    call("pandoc", "-f", "html", "-t", "gfm-raw_html" if source.name == "nested" else "gfm", "--wrap=none", "inline.html", "-o", str(out), cwd=work)
    corpus.add(out, "pandoc", truth.of(model.load(str(out), "gfm-raw_html+footnotes")) if "<table" not in out.read_text() else source.bare)
    for path in out.parent.glob("media"):
        shutil.rmtree(path)


def by_office(corpus, work, all_sources):
    """LibreOffice writes what pandoc or a browser would have been given; many at once, for it starts slowly."""
    def make(extension, filter_, files, producer, parts):
        folder = work / "office"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for source, path in files:
            shutil.copy(path, folder / (source.name + path.suffix))
        names = [str(folder / (source.name + path.suffix)) for source, path in files]
        out = folder / "out"
        soffice(["--convert-to", filter_, "--outdir", str(out), *names], timeout=170)
        for source, _ in files:
            target = file(corpus, source, producer, extension)
            if (made := out / f"{source.name}.{extension}").exists():
                shutil.move(made, target)
            corpus.add(target, producer, without(source.titled, **parts))
    docx = [(s, p) for s in all_sources if (p := file(corpus, s, "pandoc", "docx")).exists()]
    odt = [(s, p) for s in all_sources if (p := file(corpus, s, "pandoc", "odt")).exists()]
    html = [(s, p) for s in all_sources if (p := file(corpus, s, "pandoc", "html")).exists()]
    make("odt", "odt", docx, "office-from-docx", {})
    make("docx", "docx", odt, "office-from-odt", {})
    make("rtf", "rtf", docx, "office", {})
    make("pdf", BOOKMARKS, docx, "office", {})
    make("html", EMBED, odt, "office", {})
    make("odt", "odt", html, "office-from-html", {})
    make("txt", "txt:Text (encoded):UTF8", odt, "office", WORDS_ONLY)
    through_doc(corpus, work, [x for x in docx if x[0].name in ("report", "tables", "links", "pictures", "contract")])
    make("pdf", TAGGED, odt, "office-tagged", {})


def through_doc(corpus, work, files):
    """Word's format of before 2007 and back."""
    folder = work / "doc"
    folder.mkdir()
    for source, path in files:
        shutil.copy(path, folder / (source.name + ".docx"))
    soffice(["--convert-to", "doc:MS Word 97", "--outdir", str(folder), *(str(folder / (s.name + ".docx")) for s, _ in files)], timeout=170)
    soffice(["--convert-to", "docx", "--outdir", str(folder / "out"), *(str(folder / (s.name + ".doc")) for s, _ in files)], timeout=170)
    for source, _ in files:
        target = file(corpus, source, "office-through-doc", "docx")
        if (made := folder / "out" / (source.name + ".docx")).exists():
            shutil.move(made, target)
        corpus.add(target, "office-through-doc", copy.deepcopy(source.titled))


def to_pdf(corpus, work, source):
    html = work / f"{source.name}-page.html"
    call("pandoc", "-f", source.reader, "-t", "html5", "-s", "--self-contained", source.path.name, "-o", html.name, cwd=work)
    by_chromium(corpus, source, work, html, "chromium", PLAIN_CSS)
    if source.name in ("article", "story", "report"):
        by_chromium(corpus, source, work, html, "chromium-columns", COLUMNS)
    by_weasyprint(corpus, source, work, html)
    by_fop(corpus, source, work)
    through(corpus, source, work, "rst", "rst2pdf", "-o")
    through(corpus, source, work, "asciidoc", "asciidoctor-pdf", "-o")
    out = file(corpus, source, "wkhtmltopdf", "pdf")
    if source.name in ("report", "tables", "contract", "pictures"):
        call("wkhtmltopdf", "-q", html.name, str(out), cwd=work)
        corpus.add(out, "wkhtmltopdf", copy.deepcopy(source.titled))
    if source.name in LATIN:
        by_tex(corpus, source, work, "tex")
        if source.name in ("article", "story"):
            by_tex(corpus, source, work, "tex-columns", "-V", "classoption=twocolumn")
        by_groff(corpus, source, work)


def by_pango(corpus, work, source):
    """A page of words only, by cairo."""
    text, out = file(corpus, source, "pandoc", "txt"), file(corpus, source, "pango", "pdf")
    if text.exists() and source.name in ("story", "letter", "scripts"):
        call("pango-view", "--no-display", "--font=DejaVu Sans 9", "--width=450", "-o", str(out), str(text), cwd=work)
        corpus.add(out, "pango", without(source.bare, **WORDS_ONLY))


def by_chromium(corpus, source, work, html, producer, style):
    page = work / f"{source.name}-{producer}.html"
    page.write_text(html.read_text().replace("</head>", style + "</head>"))
    out = file(corpus, source, producer, "pdf")
    call("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={work}/chromium-{source.name}", "--no-pdf-header-footer",
         f"--print-to-pdf={out}", page.as_uri(), cwd=work)
    corpus.add(out, producer, copy.deepcopy(source.titled))


def by_weasyprint(corpus, source, work, html):
    """The look that pandoc gives a page: tables are ruled across alone, and their cells stand in the middle of their rows."""
    out = file(corpus, source, "weasyprint", "pdf")
    call("weasyprint", html.name, str(out), cwd=work)
    corpus.add(out, "weasyprint", copy.deepcopy(source.titled))


def by_fop(corpus, source, work):
    out = file(corpus, source, "fop", "pdf")
    call("pandoc", "-f", source.reader, "-t", "docbook5", "-s", "--top-level-division=section", source.path.name, "-o", f"{source.name}.dbk", cwd=work)
    call("xsltproc", "--nonet", "--stringparam", "generate.toc", "", "-o", f"{source.name}.fo", DOCBOOK, f"{source.name}.dbk", cwd=work)
    call("fop", "-fo", f"{source.name}.fo", "-pdf", str(out), cwd=work)
    # Addresses of mail are words there, and no links.
    links = [link for link in source.titled["links"] if not link.startswith("mailto:")]
    corpus.add(out, "fop", without(source.titled, links=links))


def through(corpus, source, work, format_, program, option):
    """A program that makes PDF of a markup which pandoc writes."""
    out, given = file(corpus, source, program, "pdf"), f"{source.name}.{format_}"
    call("pandoc", "-f", source.reader, "-t", format_, "-s", source.path.name, "-o", given, cwd=work)
    call(program, given, option, str(out), cwd=work)
    corpus.add(out, program, copy.deepcopy(source.titled))


def by_tex(corpus, source, work, producer, *options):
    out = file(corpus, source, producer, "pdf")
    call("pandoc", "-f", source.reader, source.path.name, "-o", str(out), "--pdf-engine=pdflatex", "-V", "geometry=", *options, cwd=work)
    corpus.add(out, producer, copy.deepcopy(source.titled))


def by_groff(corpus, source, work):
    """-ms by pandoc, without pictures; notes stand at the foot of the page."""
    out = file(corpus, source, "groff", "pdf")
    call("pandoc", "-f", source.reader, "-t", "ms", "-s", source.path.name, "-o", f"{source.name}.ms", cwd=work)
    made = call("groff", "-k", "-t", "-ms", "-Tpdf", f"{source.name}.ms", cwd=work)
    out.write_bytes(made.stdout)
    corpus.add(out, "groff", without(source.titled, images=0))


def by_abiword(corpus, work, source):
    for extension, given in (("docx", "odt"), ("odt", "docx"), ("rtf", "docx"), ("html", "odt")):
        path = file(corpus, source, "pandoc", given)
        out = file(corpus, source, "abiword", extension)
        if path.exists() and source.name in ("report", "nested", "links", "tables", "contract"):
            call("abiword", f"--to={extension}", f"--to-name={out}", str(path), cwd=work)
            corpus.add(out, "abiword", copy.deepcopy(source.titled))
