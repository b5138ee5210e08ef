// What a document is found to be.
#include "catch.hpp"
#include "conversion.hpp"
#include "image/probe.hpp"
#include "kit.hpp"
#include "model/error.hpp"
#include "text/base64.hpp"
#include "text/utf8.hpp"

using doc::test::input_of;

namespace {

std::string found(std::string_view bytes, std::string name = {}) {
  try {
    return std::string(doc::names(doc::detect(*input_of(bytes, std::move(name)))).name);
  } catch (const doc::ConversionError& error) {
    return std::string(doc::name(error.code()));
  }
}

} // namespace

TEST_CASE("a document is what its content says") {
  CHECK(found("%PDF-1.7\n") == "pdf");
  CHECK(found("leading rubbish\n%PDF-1.4\n", "a.txt") == "pdf");
  CHECK(found("{\\rtf1\\ansi x}", "a.doc") == "rtf");
  CHECK(found("\xef\xbb\xbf<!DOCTYPE html><p>x") == "html");
  CHECK(found("<!-- a comment -->\n<html><p>x", "a.txt") == "html");
  CHECK(found("<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"/>") == "html");
  CHECK(found("Just some words.\n") == "plain");
  CHECK(found("# Words\n", "notes.MD") == "markdown");
  CHECK(found("caf\xe9, in Latin 1\n", "a.txt") == "plain");
}

TEST_CASE("what is none of the formats is refused by what it is") {
  CHECK(found("") == "INVALID_FORMAT");
  CHECK(found("", "empty.txt") == "plain");
  CHECK(found(std::string_view("\x7f"
                               "ELF\0\0\0\0",
                               8)) == "INVALID_FORMAT");
  CHECK(found(std::string_view("\0\1\2\3 garbage", 12), "a.docx") == "CORRUPT_DOCUMENT");
  CHECK(found("<?xml version=\"1.0\"?><svg/>") == "INVALID_FORMAT");
  const std::string compound("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
  std::string wide;
  for (const char letter : std::string("EncryptedPackage")) wide.append({letter, '\0'});
  CHECK(found(compound + std::string(600, '\0') + wide) == "ENCRYPTED_DOCUMENT");
  CHECK(found(compound + std::string(600, '\0')) == "INVALID_FORMAT");
}

TEST_CASE("formats have several names") {
  CHECK(doc::format_by_name("MD") == doc::Format::markdown);
  CHECK(doc::format_by_name("txt") == doc::Format::text);
  CHECK(doc::format_by_name("plain") == doc::Format::text);
  CHECK(doc::format_by_name("htm") == doc::Format::html);
  CHECK(!doc::format_by_name("doc"));
}

TEST_CASE("text is made fit for the model") {
  CHECK(doc::clean_text("a\xff"
                        "b\x01"
                        "c\nd\te") == "a\xef\xbf\xbd"
                                      "bc d\te");
  CHECK(doc::clean_text("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(doc::collapse_blanks("  a \n b\t") == "a b");
}

TEST_CASE("base64 goes both ways") {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("ab"), std::string("abc\0\xff", 5)}) {
    CHECK(doc::from_base64(doc::to_base64(bytes)) == bytes);
  }
  CHECK(!doc::from_base64("a*b"));
  CHECK(doc::parse_data_uri("data:image/svg+xml,%3Csvg/%3E")->bytes == "<svg/>");
  CHECK(doc::parse_data_uri("data:image/png;base64,QUJD")->bytes == "ABC");
}

TEST_CASE("a picture says what it is") {
  const auto info = doc::probe_image(doc::test::sample_png());
  REQUIRE(info);
  CHECK(info->media_type == "image/png");
  CHECK(info->width_px == 8);
  CHECK(doc::probe_image("<svg xmlns='x' width='10' height=\"20px\"><g/></svg>")->height_px == 20);
  CHECK(!doc::probe_image("nothing"));
  CHECK(!doc::probe_image(""));
}
