// Bytes that have a digest as a response: whole, or the part that is asked for; again only where they are not known.
// Knows Exchange; knows nothing of where the bytes come from.
#pragma once

#include "http/exchange.hpp"
#include "os/descriptor.hpp"

#include <cstdint>
#include <string>

namespace crank {

struct Content {
  std::string media_type;
  std::string sha256; // 64 hexadecimal digits
  std::uint64_t bytes = 0;
  std::string text;      // them, where there is no file
  Descriptor file;       // or where they are
  std::string file_name; // what a browser is to save it as; empty: it is shown
  std::string extra;     // further header lines
};

// `status`, 206, 304 or 416, with Repr-Digest (RFC 9530), ETag, Accept-Ranges and, for a file name, Content-Disposition
// (RFC 6266). [any thread]
void respond_content(Exchange& exchange, Content content, int status = 200);

// attachment; with the name as RFC 6266 and RFC 8187 want it.
[[nodiscard]] std::string content_disposition(std::string_view file_name);

} // namespace crank
