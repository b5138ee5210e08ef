// Forms: where their parts are, whatever the window cuts, and what is refused of them.
#include "catch.hpp"

#include "forms/body_window.hpp"
#include "forms/file_name.hpp"
#include "forms/form.hpp"
#include "forms/multipart.hpp"
#include "forms/parameters.hpp"
#include "forms/urlencoded.hpp"

#include <random>
#include <string>

using namespace crank;

namespace {

// A body that is not in memory, and gives what it is asked for.
class DistantBody : public RequestBody {
public:
  explicit DistantBody(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  std::optional<std::string_view> whole() const override { return std::nullopt; }
  std::int64_t read(void*, std::size_t) override { return CRANK_UNSUPPORTED; }
  std::int64_t read_at(std::uint64_t offset, void* buffer, std::size_t capacity) const override {
    if (offset >= broken_from) return CRANK_INTERNAL;
    return offset < text_.size() ? static_cast<std::int64_t>(text_.copy(static_cast<char*>(buffer), capacity, offset))
                                 : 0;
  }
  void abort(std::int32_t) override {}

  std::uint64_t broken_from = UINT64_MAX;

private:
  const std::string text_;
};

class NearBody : public RequestBody {
public:
  explicit NearBody(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  std::optional<std::string_view> whole() const override { return text_; }
  std::int64_t read(void*, std::size_t) override { return CRANK_UNSUPPORTED; }
  void abort(std::int32_t) override {}

private:
  const std::string text_;
};

std::string part(std::string_view head, std::string_view content) {
  return std::string("--b\r\nContent-Disposition: form-data; ")
      .append(head)
      .append("\r\n\r\n")
      .append(content)
      .append("\r\n");
}

std::string text_part(std::string_view name, std::string_view content) {
  return part(std::string("name=\"").append(name).append("\""), content);
}

std::string file_part(std::string_view name, std::string_view file_name, std::string_view content,
                      std::string_view type = "application/pdf") {
  return part(std::string("name=\"")
                  .append(name)
                  .append("\"; filename=\"")
                  .append(file_name)
                  .append("\"\r\nContent-Type: ")
                  .append(type),
              content);
}

constexpr std::string_view last = "--b--\r\n";

// "name=content" of each part, or the problem.
std::string seen(const std::string& body, std::string_view boundary = "b", std::size_t most = 100) {
  const auto list = [&](const RequestBody& from) -> std::string {
    const auto parts = read_multipart(from, boundary, most);
    if (!parts) return std::to_string(parts.error().http_status) + " " + parts.error().detail;
    std::string result;
    for (const RawPart& one : *parts)
      result.append(result.empty() ? "" : ",").append(one.name).append("=").append(body, one.offset, one.size);
    return result;
  };
  const std::string result = list(NearBody(body));
  CHECK(list(DistantBody(body)) == result); // wherever it is
  return result;
}

FormField field(std::string name, FormField::Kind kind, bool required = false) {
  FormField made;
  made.name = std::move(name);
  made.kind = kind;
  made.required = required;
  return made;
}

FormSpec convert_form() {
  FormSpec form;
  form.fields.push_back(field("file", FormField::Kind::file, true));
  form.fields.push_back(field("output_format", FormField::Kind::text, true));
  form.fields.push_back(field("input_format", FormField::Kind::text));
  return form;
}

constexpr std::string_view multipart = "multipart/form-data; boundary=b";
constexpr std::string_view urlencoded = "application/x-www-form-urlencoded";

Result<Form> read(const FormSpec& spec, const std::string& body, std::string_view type = multipart) {
  return read_form(spec, type, DistantBody(body));
}

// Status and sentence of what is wrong.
std::string refusal(const FormSpec& spec, const std::string& body, std::string_view type = multipart) {
  const auto form = read(spec, body, type);
  return form ? "none" : std::to_string(form.error().http_status) + " " + form.error().detail;
}

} // namespace

TEST_CASE("the parts of a form are found where they are") {
  CHECK(seen(text_part("a", "1") + text_part("b", "") + std::string(last)) == "a=1,b=");
  CHECK(seen(std::string(last)) == "");
  CHECK(seen("preamble\r\n" + text_part("a", "1") + "--b--\r\nepilogue\r\n--b\r\n") == "a=1");
  CHECK(seen("\r\n" + text_part("a", "1") + std::string(last)) == "a=1");
  CHECK(seen(text_part("a", "1") + "--b--") == "a=1");         // no last CRLF
  CHECK(seen(text_part("a", "1\r\n") + "--b--") == "a=1\r\n"); // its own stays
  CHECK(seen("--b \t \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--") == "a=1");
}

TEST_CASE("what only looks like a boundary is content") {
  for (const std::string content :
       {"\r\n--bc\r\n", "\r\n--b-x", "\r\n-b--\r\n", "\r\n\r\n", "\n--b--\n", "\r--b--\r", "\r\n--b x\r\n"}) {
    INFO(content);
    CHECK(seen(text_part("a", content) + std::string(last)) == "a=" + content);
  }
}

TEST_CASE("a head without content may share its last line with the boundary") {
  CHECK(seen("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--\r\n") == "a=");
}

TEST_CASE("a nested multipart is bytes") {
  const std::string inner = "--c\r\nContent-Disposition: file; filename=x\r\n\r\n1\r\n--c--\r\n";
  CHECK(seen(part("name=\"m\"\r\nContent-Type: multipart/mixed; boundary=c", inner) + std::string(last)) ==
        "m=" + inner);
}

TEST_CASE("boundaries are found across the edges of the window") {
  for (std::size_t around = BodyWindow::capacity - 120; around < BodyWindow::capacity + 20; ++around) {
    const std::string content(around, '\r');
    const std::string body = text_part("a", content) + text_part("b", "2") + std::string(last);
    const auto parts = read_multipart(DistantBody(body), "b", 10);
    REQUIRE(parts);
    REQUIRE(parts->size() == 2);
    CHECK((*parts)[0].size == around);
    CHECK(body.substr((*parts)[1].offset, (*parts)[1].size) == "2");
  }
}

TEST_CASE("long boundaries, and those that are in quotes") {
  const std::string longest(70, 'x');
  CHECK(seen("--" + longest + "\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--" + longest + "--", longest) ==
        "a=1");
  CHECK(parse_form_type("multipart/form-data; boundary=" + longest)->boundary == longest);
  CHECK_FALSE(parse_form_type("multipart/form-data; boundary=" + longest + "x")->boundary);
  CHECK_FALSE(parse_form_type("multipart/form-data")->boundary);
  CHECK_FALSE(parse_form_type("multipart/form-data; boundary=\"\"")->boundary);
  CHECK_FALSE(parse_form_type("multipart/form-data; boundary=\"a \"")->boundary);
  CHECK_FALSE(parse_form_type("multipart/form-data; boundary=\"a\x01\"")->boundary);
  CHECK(parse_form_type("Multipart/Form-Data ; charset=utf-8; Boundary=\"a b:?\"")->boundary == "a b:?");
  CHECK(parse_form_type("multipart/form-data; boundary=a;")->boundary == "a");
  CHECK_FALSE(parse_form_type("multipart/form-data; boundary=a; boundary=b"));
  CHECK_FALSE(parse_form_type("multipart/form-data; boundary"));
  CHECK_FALSE(parse_form_type("multipart"));
  CHECK_FALSE(parse_form_type("/form-data"));
}

TEST_CASE("what is not a form is refused") {
  CHECK(seen("") == "400 the form has no boundary of the kind that its Content-Type names");
  CHECK(seen("x") == "400 the form has no boundary of the kind that its Content-Type names");
  CHECK(seen("--b\nContent-Disposition: form-data; name=a\n\n1\n--b--\n") ==
        "400 the form has no boundary of the kind that its Content-Type names");
  CHECK(seen(text_part("a", "1")) == "400 the form ends before its last boundary");
  CHECK(seen(text_part("a", "1") + "--b") == "400 the form ends before its last boundary");
  CHECK(seen(text_part("a", "1") + "--b-") == "400 the form ends before its last boundary");
  CHECK(seen("--b\r\n") == "400 the form ends in the head of a part");
  CHECK(seen("--b\r\nContent-Disposition: form-data; name=a\r\n") == "400 the form ends in the head of a part");
  CHECK(seen("--b\r\nContent-Disposition: form-data; name=a\r\n--b--\r\n\r\n") ==
        "400 the form has a part whose head has a line that is no `Name: value`");
  CHECK(seen("--b\r\n\r\n1\r\n\r\n--b--\r\n") ==
        "400 the form has a part whose head has a line that is no `Name: value`");
  CHECK(seen("--b\r\nX: 1\r\n\r\n1\r\n--b--\r\n") == "400 the form has a part without Content-Disposition");
  CHECK(seen(part("filename=a", "1") + std::string(last)) == "400 the form has a part without a name");
  CHECK(seen(part("name=a\r\n folded: x", "1") + std::string(last)) ==
        "400 the form has a part whose head has a line that is no `Name: value`");
  CHECK(seen(part("name=a\nX: 1", "1") + std::string(last)) ==
        "400 the form has a part whose head has a line that is no `Name: value`");
  CHECK(seen(part("name=a; name=b", "1") + std::string(last)) ==
        "400 the form has a part whose Content-Disposition is not `form-data; name=\"...\"`");
  CHECK(seen(part("name=\"a", "1") + std::string(last)) ==
        "400 the form has a part whose Content-Disposition is not `form-data; name=\"...\"`");
  CHECK(seen("--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--\r\n") ==
        "400 the form has a part whose Content-Disposition is not `form-data; name=\"...\"`");
  CHECK(seen(part("name=a\r\nContent-Disposition: form-data; name=b", "1") + std::string(last)) ==
        "400 the form has a part with two Content-Dispositions");
  CHECK(seen(part("name=a\r\nContent-Transfer-Encoding: base64", "1") + std::string(last)) ==
        "400 the form has a part with a Content-Transfer-Encoding; send it as it is");
  CHECK(seen(part("name=a\r\nContent-Transfer-Encoding: 8BIT", "1") + std::string(last)) == "a=1");
  CHECK(seen(part("name=\xff", "1") + std::string(last)) == "400 the form has a part whose name is not UTF-8");
}

TEST_CASE("what is too much of a form is refused") {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += text_part("a", "1");
  many += last;
  CHECK(seen(many, "b", 9'999) == "413 the form has more than 9999 parts");
  CHECK(read_multipart(DistantBody(many), "b", 10'000)->size() == 10'000);
  CHECK(seen(text_part(std::string(255, 'n'), "1") + std::string(last)) == std::string(255, 'n') + "=1");
  CHECK(seen(text_part(std::string(256, 'n'), "1") + std::string(last)) ==
        "413 the form has a part with a name of more than 255 bytes");
  CHECK(seen(part("name=a\r\nX: " + std::string(16'000, 'x'), "1") + std::string(last)) == "a=1");
  CHECK(seen(part("name=a\r\nX: " + std::string(17'000, 'x'), "1") + std::string(last)) ==
        "413 the form has a part with a head of more than 16 KiB");
}

TEST_CASE("a body that cannot be read is no malformed form") {
  DistantBody body(text_part("a", std::string(200'000, 'x')) + std::string(last));
  body.broken_from = 1000;
  const auto parts = read_multipart(body, "b", 10);
  REQUIRE_FALSE(parts);
  CHECK(parts.error().http_status == 500);
}

TEST_CASE("names as browsers, curl and old browsers write them") {
  CHECK(seen(part("name=\"a\\\"b\"", "1") + std::string(last)) == "a\"b=1");
  CHECK(seen(part("name=\"a%22b%0D%0Ac%20%41\"", "1") + std::string(last)) == "a\"b\r\nc%20%41=1");
  CHECK(seen(part("name=bare", "1") + std::string(last)) == "bare=1");
  CHECK(seen(part("NAME=\"N\"; filename*=UTF-8''x", "1") + std::string(last)) == "N=1");
  const auto parts = read_multipart(
      NearBody(file_part("f", "C:\\temp\\\\x;y.txt", "1", "Text/Plain; Charset=ISO-8859-1") + std::string(last)), "b",
      1);
  REQUIRE(parts);
  CHECK(parts->front().file_name == "C:\\temp\\x;y.txt");
  CHECK(parts->front().media_type == "text/plain");
  CHECK(parts->front().charset == "iso-8859-1");
  CHECK(read_multipart(NearBody(file_part("f", "x", "1", "rubbish") + std::string(last)), "b", 1)->front().media_type ==
        "");
}

TEST_CASE("a file's name is a name and nothing else") {
  CHECK(plain_file_name("a.txt") == "a.txt");
  CHECK(plain_file_name("/etc/passwd") == "passwd");
  CHECK(plain_file_name("C:\\dir\\a b.txt") == "a b.txt");
  CHECK(plain_file_name("../..") == "file");
  CHECK(plain_file_name("..\\.") == "file");
  CHECK(plain_file_name("dir/") == "file");
  CHECK(plain_file_name("") == "file");
  CHECK(plain_file_name(" \t") == "file");
  CHECK(plain_file_name("\x01\x7f\xc2\x80") == "file");
  CHECK(plain_file_name("a\r\nb\xc2\x9b.txt") == "ab.txt");
  CHECK(plain_file_name(".\x01.") == "file");
  CHECK(plain_file_name("\xff.txt") == "\xef\xbf\xbd.txt");
  CHECK(plain_file_name("Übung – 1.pdf") == "Übung – 1.pdf");
  const std::string name = plain_file_name(std::string(300, 'x') + ".docx");
  CHECK((name.size() == 255 && name.substr(250) == ".docx"));
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "ä";
  CHECK(plain_file_name(wide).size() == 254);
  CHECK(plain_file_name("a." + std::string(300, 'x')).size() == 255);
}

TEST_CASE("a form against what was declared") {
  const FormSpec spec = convert_form();
  const auto form = read(spec, text_part("output_format", "docx") + text_part("other", "x") +
                                   file_part("file", "../a.pdf", "PDF") + std::string(last));
  REQUIRE(form);
  REQUIRE(form->parts.size() == 2);
  CHECK(form->parts[0].text == "docx");
  CHECK((!form->parts[0].is_file && form->parts[0].media_type == "text/plain"));
  CHECK((form->parts[1].is_file && form->parts[1].file_name == "a.pdf" && form->parts[1].size == 3));
  CHECK(form->parts[1].media_type == "application/pdf");
}

TEST_CASE("all that is wrong with a form is said at once, by field") {
  FormSpec spec = convert_form();
  CHECK(refusal(spec, std::string(last)) == "422 /file is required; /output_format is required");
  CHECK(refusal(spec, "", "") == "422 /file is required; /output_format is required");
  CHECK(refusal(spec, "file=x&output_format=", urlencoded) ==
        "422 /file must be a file; /file is required; /output_format is required");
  const std::string file = file_part("file", "a", "1");
  CHECK(refusal(spec, file + file_part("output_format", "x", "docx") + std::string(last)) ==
        "422 /output_format must be a text, not a file; /output_format is required");
  CHECK(refusal(spec, file + file + text_part("output_format", "x") + std::string(last)) ==
        "422 /file may be given only once");
  CHECK(refusal(spec, file + text_part("output_format", "\xff") + std::string(last)) ==
        "422 /output_format must be text in UTF-8");
  spec.fields[1].choices = {"docx", "pdf", "a\"b"};
  CHECK(refusal(spec, file + text_part("output_format", "x") + std::string(last)) ==
        "422 /output_format must be \"docx\", \"pdf\" or \"a\"b\"");
  spec.refuses_others = true;
  CHECK(refusal(spec, file + text_part("output_format", "pdf") + text_part("a/b", "1") + text_part("a/b", "1") +
                          std::string(last)) == "422 /a~1b is not a field of this form");
}

TEST_CASE("a file is one without a name, and none where nobody chose one") {
  FormSpec spec;
  spec.fields.push_back(field("file", FormField::Kind::file, true));
  CHECK(read(spec, part("name=file\r\nContent-Type: a/b", "1") + std::string(last))->parts[0].file_name == "file");
  CHECK(read(spec, file_part("file", "empty", "") + std::string(last))->parts[0].size == 0);
  CHECK(refusal(spec, file_part("file", "", "") + std::string(last)) == "422 /file is required");
  CHECK(read(spec, file_part("file", "", "1") + std::string(last))->parts[0].file_name == "file");
  CHECK(read(spec, part("name=file; filename=x", "1") + std::string(last))->parts[0].media_type ==
        "application/octet-stream");
}

TEST_CASE("limits of fields") {
  FormSpec spec;
  spec.fields.push_back(field("t", FormField::Kind::text));
  CHECK(read(spec, text_part("t", std::string(65'536, 'x')) + std::string(last))->parts[0].text.size() == 65'536);
  CHECK(refusal(spec, text_part("t", std::string(65'537, 'x')) + std::string(last)) ==
        "413 /t must be at most 65536 bytes");
  CHECK(refusal(spec, "t=" + std::string(65'537, 'x'), urlencoded) == "413 /t must be at most 65536 bytes");
  spec.fields[0].max_bytes = 2;
  CHECK(refusal(spec, text_part("t", "123") + std::string(last)) == "413 /t must be at most 2 bytes");
  CHECK(refusal(spec, text_part("other", std::string(100'000, 'x')) + std::string(last)) == "none");
  spec.fields.push_back(field("f", FormField::Kind::file));
  spec.fields[1].max_bytes = 2;
  spec.fields[1].media_types = {"image/*", "text/plain"};
  CHECK(refusal(spec, file_part("f", "a", "123", "image/png") + std::string(last)) == "413 /f must be at most 2 bytes");
  CHECK(refusal(spec, file_part("f", "a", "12", "image/png") + std::string(last)) == "none");
  CHECK(refusal(spec, file_part("f", "a", "12", "Text/Plain;charset=x") + std::string(last)) == "none");
  CHECK(refusal(spec, file_part("f", "a", "12", "imagex/png") + std::string(last)) ==
        "415 /f must be image/* or text/plain, not imagex/png");
  spec.most_parts = 1;
  CHECK(refusal(spec, "t=1&u=2", urlencoded) == "413 the form has more than 1 fields");
}

TEST_CASE("fields that come more than once, and texts that nobody sent") {
  FormSpec spec;
  spec.fields.push_back(field("t", FormField::Kind::text));
  spec.fields.push_back(field("d", FormField::Kind::text));
  spec.fields[0].multiple = true;
  spec.fields[1].otherwise = "auto";
  const auto texts = [&](const std::string& body) {
    std::string list;
    const auto form = read(spec, body, urlencoded);
    REQUIRE(form);
    for (const FormPart& one : form->parts) list += one.name + "=" + one.text + ";";
    return list;
  };
  CHECK(texts("t=1&t=&t=3") == "t=1;t=;t=3;d=auto;");
  CHECK(texts("d=x&t=2") == "d=x;t=2;");
  CHECK(texts("d=") == "d=auto;");
  CHECK(texts("") == "d=auto;");
}

TEST_CASE("pairs as browsers encode them") {
  const auto pairs = [](const std::string& body) {
    const auto all = [](std::string_view) -> std::uint64_t { return 1'000'000; };
    const auto list = [&](const RequestBody& from) -> std::string {
      const auto fields = read_urlencoded(from, all, 100);
      if (!fields) return std::to_string(fields.error().http_status) + " " + fields.error().detail;
      std::string result;
      for (const UrlEncodedField& one : *fields) {
        CHECK(one.size == one.value.size());
        result += "[" + one.name + "=" + one.value + "]";
      }
      return result;
    };
    const std::string result = list(NearBody(body));
    CHECK(list(DistantBody(body)) == result);
    return result;
  };
  CHECK(pairs("") == "");
  CHECK(pairs("&&") == "");
  CHECK(pairs("a") == "[a=]");
  CHECK(pairs("=") == "[=]");
  CHECK(pairs("a=b=c&d=%26%3d%2B+%C3%A4") == "[a=b=c][d=&=+ ä]");
  CHECK(pairs("%61+b=1&a%3Db") == "[a b=1][a=b=]");
  CHECK(pairs("a=%&b=%4&c=%zz&d=%4x%") == "[a=%][b=%4][c=%zz][d=%4x%]");
  CHECK(pairs("%ff=1") == "400 the form has a field whose name is not UTF-8");
  CHECK(pairs(std::string(256, 'a')) == "413 the form has a field with a name of more than 255 bytes");
  for (std::size_t size = BodyWindow::capacity - 12; size < BodyWindow::capacity + 4; ++size) {
    const std::string value(size, 'x');
    CHECK(pairs("a=" + value + "%41%42%43&b=%44") == "[a=" + value + "ABC][b=D]");
  }
}

TEST_CASE("only forms are forms") {
  const FormSpec spec = convert_form();
  CHECK(refusal(spec, "{}", "application/json") ==
        "415 the body must be multipart/form-data or application/x-www-form-urlencoded, not application/json");
  CHECK(refusal(spec, "x", "") == "415 the body must be multipart/form-data or application/x-www-form-urlencoded");
  CHECK(refusal(spec, "x", "multipart/form-data") ==
        "400 the form has no boundary in its Content-Type, or one that is none (RFC 2046 5.1.1)");
  CHECK(refusal(spec, "x", "multipart/form-data; boundary=\"") ==
        "400 the form has a Content-Type whose parameters are malformed");
  CHECK(refusal(spec, "x", "multipart/mixed; boundary=b").substr(0, 3) == "415");
}

TEST_CASE("any content comes back as it went in") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string content;
    const std::size_t pieces = random() % 40;
    for (std::size_t i = 0; i < pieces; ++i) {
      constexpr std::string_view made_of[] = {"\r", "\n", "\r\n", "-", "--", "--b", "b", "x", "\0", "\r\n--"};
      content += made_of[random() % std::size(made_of)];
    }
    // A boundary is one that no content has (RFC 2046 5.1.1).
    if (content.find("\r\n--b") != std::string::npos || content.substr(0, 3) == "--b") continue;
    CHECK(seen(file_part("f", "n", content) + text_part("t", "end") + std::string(last)) == "f=" + content + ",t=end");
  }
}
