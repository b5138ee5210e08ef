// Any bytes as a document of formats/text.
#include "doc_fuzz.hpp"
#include "formats/text/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  doc::fuzz::read(doc::text::read, data, size);
  return 0;
}
