// parse_manifest, and with it parse_json, the schema dialect and the compiled schemas, on any bytes.
#include "manifest/manifest.hpp"
#include "openapi/openapi.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto age = size % 2 == 0 ? crank::ManifestAge::known : crank::ManifestAge::younger;
  const auto manifest = crank::parse_manifest({reinterpret_cast<const char*>(data), size}, age);
  if (!manifest) {
    if (manifest.error().empty()) std::abort(); // a refusal says why
    return 0;
  }
  // What was accepted can be described, and reading it once more gives the same.
  const crank::Manifest* const one[] = {&*manifest};
  if (crank::make_openapi(one, {"t", "1", "", false}).empty()) std::abort();
  return 0;
}
