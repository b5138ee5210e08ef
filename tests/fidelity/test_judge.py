"""The judge must see what is done to a result: a good one passes, and each loss fails for the reason that it is."""
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import judge  # noqa: E402
import model  # noqa: E402
import score  # noqa: E402
import truth  # noqa: E402
import words  # noqa: E402
from producers import docx_text, html_text, odt_text, pictures, rtf_text  # noqa: E402


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fidelity")
    pictures.make(folder)
    return folder


@pytest.fixture(scope="module")
def source():
    return model.load(str(HERE / "sources" / "report.md"), "markdown")


def entry(source, module=None):
    what = truth.of(source)
    if module:
        what["body"] += module.EXTRA
        what["tables"] += module.EXTRA_CELLS
        what["optional"].append("Contents")
    return {"truth": what, "from": "html"}


def failures(wanted, target, path):
    return judge.read_and_score(wanted, target, str(path))["failed"]


def rewritten(path, out, part, change):
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == part:
                changed = change(data.decode()).encode()
                assert changed != data
                data = changed
            new.writestr(name, data)
    return out


def no_paragraphs(text):  # every seventh is empty
    pieces = re.split(r"(<w:p>(?:(?!<w:p>|<w:tbl>).)*?</w:p>)", text)
    return "".join("<w:p/>" if number % 14 == 1 else piece for number, piece in enumerate(pieces))


DOCX = {
    "recall": no_paragraphs,
    "precision": lambda text: text.replace("<w:sectPr>", "<w:p><w:r><w:t>" + "doubled words of a field code " * 20 + "</w:t></w:r></w:p><w:sectPr>"),
    "headings": lambda text: re.sub(r'<w:outlineLvl w:val="\d"/>', "", text),
    "images": lambda text: re.sub(r"<w:drawing><wp:inline>.*?</w:drawing>", "", text),
    "links": lambda text: re.sub(r"</?w:hyperlink[^>]*>", "", text).replace("HYPERLINK", "NOTHING"),
    "tables": lambda text: re.sub(r"</?w:(tbl|tr|tc)>|<w:(tblPr|tcPr)>.*?</w:\2>|<w:(tblPr|tblGrid)/>", "", text),
    "opens": lambda text: text[:len(text) // 2],
}


def test_a_good_docx_passes_and_each_loss_fails(work, source):
    path = work / "good.docx"
    path.write_bytes(docx_text.Docx(work).document(source))
    wanted = entry(source, docx_text)
    assert failures(wanted, "docx", path) == []
    for reason, change in DOCX.items():
        assert reason in failures(wanted, "docx", rewritten(path, work / "bad.docx", "word/document.xml", change)), reason


def test_half_of_a_docx_the_wrong_way_round_is_out_of_order(work, source):
    path = work / "ordered.docx"
    path.write_bytes(docx_text.Docx(work).document(source))

    def turned(text):
        start, end = text.index("<w:body>") + 8, text.index("<w:p>", text.index("<w:sectPr>") - 9000)
        middle = text.index("<w:p>", (start + end) // 2)
        return text[:start] + text[middle:end] + text[start:middle] + text[end:]
    assert "order" in failures(entry(source, docx_text), "docx", rewritten(path, work / "turned.docx", "word/document.xml", turned))


def test_a_good_odt_passes_and_each_loss_fails(work, source):
    path = work / "good.odt"
    path.write_bytes(odt_text.Odt(work).document(source))
    wanted = entry(source, odt_text)
    assert failures(wanted, "odt", path) == []
    changes = {"headings": lambda text: re.sub(r"(</?text:)h\b", r"\1p", text), "images": lambda text: re.sub("<draw:image .*?/>", "", text),
               "links": lambda text: re.sub("</?text:a[^>]*>", "", text), "opens": lambda text: text[:-50]}
    for reason, change in changes.items():
        assert reason in failures(wanted, "odt", rewritten(path, work / "bad.odt", "content.xml", change)), reason


def test_a_good_page_passes_and_each_loss_fails(work, source):
    good = html_text.TextEdit(work)
    good.heading = html_text.Page(work).heading
    page, wanted = good.document(source).decode(), entry(source)
    path = work / "page.html"
    path.write_text(page)
    assert failures(wanted, "html", path) == []
    changes = {"headings": re.sub(r"</?h[1-6]", "<div", page), "images": page.replace("src=", "data-src="), "links": page.replace("href", "hrof"),
               "tables": re.sub("</?t[dhr][^>]*>", " ", page), "recall": page[:len(page) // 2]}
    for reason, bad in changes.items():
        path.write_text(bad)
        assert reason in failures(wanted, "html", path), reason


def test_a_picture_that_is_only_named_does_not_count(work, source):
    path = work / "named.html"
    page = html_text.Page(work).document(source).decode()
    path.write_text(re.sub('src="data:[^"]*"', 'src="https://example.org/x.png"', page))
    assert "images" in failures(entry(source), "html", path)


def test_a_good_rtf_passes_and_a_cut_one_does_not(work, source):
    path = work / "good.rtf"
    data = rtf_text.Word(work).document(source)
    path.write_bytes(data)
    assert failures(entry(source), "rtf", path) == []
    path.write_bytes(data[:len(data) * 2 // 3] + b"}}}}")
    assert failures(entry(source), "rtf", path)


def test_markdown_and_plain_text(work, source):
    good = subprocess.run(["pandoc", "-f", "markdown", "-t", "gfm", str(HERE / "sources" / "contract.md")], check=True, capture_output=True).stdout.decode()
    wanted = {"truth": truth.of(model.load(str(HERE / "sources" / "contract.md"), "markdown")), "from": "docx"}
    path = work / "good.md"
    for text, reasons in ((good, []), (good.replace("## ", ""), ["headings"]), (good.replace("|", " "), ["tables"])):
        path.write_text(text)
        assert failures(wanted, "markdown", path) == reasons
    assert failures(wanted, "plain", path) == []  # which has no tables to lose
    path.write_text(good[:len(good) // 2])
    assert "recall" in failures(wanted, "plain", path)


def test_words_and_their_order():
    assert words.words("Don’t re\u00adact: ﬁsh-net, 東京 Привет") == ["dont", "react", "fish", "net", "東", "京", "привет"]
    assert words.longest_common(list("abcde"), list("xaybzcd")) == 4
    assert words.longest_common(list("abc"), list("cba")) == 1
    assert words.longest_common([], list("ab")) == 0


def test_levels_that_all_moved_are_right_and_others_half():
    wanted = [[1, "One"], [2, "Two"], [2, "Three"], [3, "Four"]]
    assert score.headings(wanted, [(2, "One"), (3, "Two"), (3, "Three"), (4, "Four")], False)[0] == 1
    assert score.headings(wanted, [(1, "One"), (1, "Two"), (1, "Three"), (1, "Four")], False)[0] == 0.75  # two of them are right, one level higher
    assert score.headings(wanted, [(1, "One"), (1, "Two"), (1, "Three"), (1, "Four")], True)[0] == 1
    assert score.headings(wanted, [(1, "One")], False) == (0.25, ["Two", "Three", "Four"])
