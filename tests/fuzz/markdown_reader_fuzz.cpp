// Any bytes as a document of formats/markdown.
#include "doc_fuzz.hpp"
#include "formats/markdown/markdown.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  doc::fuzz::read(doc::markdown::read, data, size);
  return 0;
}
