// Any bytes as a PDF: they are read or refused. Slow, and faults inside poppler are found too: those are why a
// conversion runs in a process of its own.
#include "formats/pdf/pdf.hpp"
#include "model/error.hpp"

#include <cstdint>
#include <sys/mman.h>
#include <unistd.h>

namespace {

struct Nowhere : doc::BlockSink {
  void begin(const doc::Metadata&) override {}
  void block(doc::Block) override {}
  void end() override {}
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = memfd_create("pdf", MFD_CLOEXEC);
  if (file < 0) return 0;
  if (size > 0 && ::write(file, data, size) != static_cast<ssize_t>(size)) {
    ::close(file);
    return 0;
  }
  doc::Limits limits;
  limits.pages = 50;
  limits.image_pixels = 1'000'000;
  limits.unpacked_bytes = 16u << 20;
  doc::Context context(limits);
  try {
    const doc::Input input(file);
    Nowhere sink;
    doc::pdf::read(input, sink, context);
  } catch (const doc::ConversionError&) {
  }
  return 0;
}
