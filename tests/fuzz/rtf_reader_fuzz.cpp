// Any bytes as a document of formats/rtf: it is read or refused, and what is read can be written.
#include "doc_fuzz.hpp"
#include "formats/rtf/rtf.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  doc::fuzz::read(doc::rtf::read, data, size);
  return 0;
}
