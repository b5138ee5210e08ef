// What an OpenDocument text says: its text and its automatic styles, with a zero byte between them, in a package that
// is whole. Input that begins with "PK" is a package as it stands.
#include "../doc_converter/office_fuzz.hpp"
#include "formats/odt/odt.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.rfind("PK", 0) == 0) {
    doc::test::read_quietly(doc::odt::read, bytes);
    return 0;
  }
  const auto parts = doc::test::split(bytes, 2);
  doc::test::read_quietly(doc::odt::read, doc::test::odt_of(parts[0], parts[1]));
  return 0;
}
