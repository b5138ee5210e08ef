// What a DOCX says, in the parts that are parsed: a body, styles, numbering and footnotes, with a zero byte between
// them, in a package that is whole. Input that begins with "PK" is a package as it stands, and with "MIME" a page that
// may be inside of one.
#include "../doc_converter/office_fuzz.hpp"
#include "formats/docx/docx.hpp"
#include "formats/docx/web_archive.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.rfind("PK", 0) == 0) {
    doc::test::read_quietly(doc::docx::read, bytes);
    return 0;
  }
  if (bytes.rfind("MIME", 0) == 0) {
    doc::docx::page_of_web_archive(bytes);
    return 0;
  }
  const auto parts = doc::test::split(bytes, 4);
  doc::test::read_quietly(doc::docx::read, doc::test::docx_of(parts[0], parts[1], parts[2], parts[3]));
  return 0;
}
