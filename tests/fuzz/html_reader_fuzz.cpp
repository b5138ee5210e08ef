// Any bytes as a document of formats/html: it is read or refused, and what is read can be written.
#include "doc_fuzz.hpp"
#include "formats/html/html.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  doc::fuzz::read(doc::html::read, data, size);
  return 0;
}
