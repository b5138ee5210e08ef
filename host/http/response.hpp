// Formats HTTP/1.1 response heads and problem bodies, once, into the buffer that is written.
// Knows nothing of connections.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

// A complete response. `extra` holds further header lines, each ended by CR LF.
struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string extra;
};

enum class Framing { length, chunked, until_close, none };

struct ResponseHead {
  int status = 200;
  std::string_view content_type; // empty: none
  Framing framing = Framing::length;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool http_1_0 = false;
  std::string_view request_id;
  std::string_view date;
  std::string_view extra;
};

void append_head(std::string& out, const ResponseHead& head);

// The bytes around one chunk of `size` > 0 bytes (RFC 9112 7.1).
void append_chunk_start(std::string& out, std::size_t size);

// RFC 9457: type, title, status, detail; beside them code, retryable, request_id and, where fields are to blame,
// errors; details, where a plugin gave some.
Response problem_response(const Problem& problem, std::string_view request_id);
std::string problem_json(const Problem& problem, std::string_view request_id);

// "Not Found"; "Unknown" for a status nobody registered.
std::string_view reason_phrase(int status);

} // namespace crank
