// HTML: what is read of pages, and that what is written is read again.
#include "catch.hpp"
#include "formats/html/html.hpp"
#include "kit.hpp"

using namespace doc::test;

namespace {

std::string outline_of_page(std::string_view page) { return outline(read_all(doc::html::read, page, "a.html").blocks); }

} // namespace

TEST_CASE("a document survives HTML", "[html]") {
  const std::string page = write_all(doc::html::make_writer, sample_metadata(), sample_blocks());
  const Collected back = read_all(doc::html::read, page);
  CHECK(outline(back.blocks) == outline(sample_blocks()));
  CHECK(back.metadata.title == "A sample");
  CHECK(back.metadata.author == "An Author");
  CHECK(back.metadata.subject == "Everything");
  CHECK(back.metadata.keywords == "sample, test");
  CHECK(back.metadata.language == "en-GB");
}

TEST_CASE("blanks collapse as in browsers", "[html]") {
  CHECK(outline_of_page("<p>  a <b> b </b>\n c<br> d </p>text<div>e</div>") == "p a **b **c<br>d\np text\np e\n");
  CHECK(outline_of_page("<div><span>one</span>\n<span>two</span></div>") == "p one two\n");
}

TEST_CASE("hidden content stays hidden", "[html]") {
  CHECK(outline_of_page("<style>.h, p.g { color: red; display: none } @media print { .n { display: none } }</style>"
                        "<p class=h>a</p><p class='x g'>b</p><div class=g>c</div><p class=n>d</p>"
                        "<p hidden>e</p><p style='display:none'>f</p><template>g</template><script>h</script>") ==
        "p c\np d\n");
}

TEST_CASE("a page is read in its encoding", "[html]") {
  CHECK(outline_of_page("<meta charset=windows-1251><p>\xcf\xf0") == "p Пр\n");
  CHECK(outline_of_page("<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'><p>\x93\xfa") ==
        "p 日\n");
  CHECK(outline_of_page("<p>caf\xe9") == "p café\n");
  CHECK(outline_of_page("<p>caf\xc3\xa9") == "p café\n");
  // What the page says is not what it is.
  CHECK(outline_of_page("<meta charset=utf-8><p>caf\xe9 na\xefve") == "p café naïve\n");
  CHECK(outline_of_page("<meta charset=iso-8859-1><p>caf\xc3\xa9") == "p café\n");
  CHECK(outline_of_page("<p>\x82\xb1\x82\xea\x82\xcd\x93\xfa\x96\x7b\x8c\xea\x82\xc5\x82\xb7") ==
        "p これは日本語です\n");
  CHECK(outline_of_page(std::string_view("\0<\0p\0>\0\xe9", 8)) == "p é\n");
  CHECK(outline_of_page(std::string_view("\xff\xfe<\0p\0>\0\xe9\0", 10)) == "p é\n");
}

TEST_CASE("elements of XHTML that are empty swallow nothing", "[html]") {
  const std::string page = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title/><script src='a>b'/><style/></head>"
                           "<body><h1 id='a'/><p><a id=\"b\"/>one<i/> two<br/>three</p><div/><p>four <svg/>five</p>"
                           "<!-- <p/> --></body></html>";
  CHECK(outline_of_page(page) == "p one two<br>three\np four five\n");
  CHECK(outline_of_page("<p/>one<p/>two") == "p one\np two\n"); // HTML, where the stroke means nothing
}

TEST_CASE("a link that shows an icon alone is known by its label", "[html]") {
  const std::string svg = "<svg width=9 height=9><path d='M0 0L9 9'/></svg>";
  CHECK(outline_of_page("<p>a <a href=http://b/ title=Print><i class=fa></i></a> c") == "p a [Print](http://b/) c\n");
  CHECK(outline_of_page("<p><a href=http://b/ aria-label='Edit  this'>" + svg + "</a>").find("Edit this") !=
        std::string::npos);
  CHECK(outline_of_page("<p><a href=http://b/ title=t><img src=i.png></a>").find("t") != std::string::npos);
  // The sign beside a heading, and a link with words.
  CHECK(outline_of_page("<h1>a<a href=#a title=Permalink></a></h1>") == "h1 a\n");
  CHECK(outline_of_page("<p><a href=http://b/ title=t>words</a>") == "p [words](http://b/)\n");
}

TEST_CASE("a block may say that it is a heading, and comments of Word are none of the text", "[html]") {
  CHECK(outline_of_page("<div role=heading aria-level=3>a</div><p role=heading>b</p><p role=note>c</p>") ==
        "h3 a\nh2 b\np c\n");
  CHECK(outline_of_page("<p>a</p><div style='mso-element:comment-list'><p>gone</p></div>") == "p a\n");
}

TEST_CASE("lists are joined and parted as they count", "[html]") {
  CHECK(outline_of_page("<ul><li>a</ul><ul><ul><li>b</ul></ul><ul><li>c</ul>") ==
        "li *\n  p a\n  li *\n    p b\nli *\n  p c\n");
  CHECK(outline_of_page("<ol><li>a<li value=5>b</ol>") == "li 1.\n  p a\nli 5.\n  p b\n");
}

TEST_CASE("tables keep their grid", "[html]") {
  CHECK(outline_of_page("<table><tfoot><tr><td>f</tfoot><tr><th>h</th></tr><tr><td rowspan=9>a</table>") ==
        "table \n  th\n    td\n      p h\n  tr\n    td 1x2\n      p a\n  tr\n    td\n      p f\n");
  CHECK(outline_of_page("<table><tr><td><h1>x</h1>y</table>") == "h1 x\np y\n");
}

TEST_CASE("tags beyond measure are refused or flattened", "[html]") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div><b id=x>";
  CHECK(outline_of_page(deep + "end") == "p **end**\n");
  std::string lists;
  for (int i = 0; i < 2000; ++i) lists += "<ul><li>";
  CHECK(outline_of_page(lists + "end").find("p end") != std::string::npos);
}
