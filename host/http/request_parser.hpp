// One HTTP/1.1 request off the wire (RFC 9112), with Beast's parser but without its containers, and stricter than it.
// Knows nothing of connections, routes or limits other than the header's.
#pragma once

#include "http/request_head.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

// Why a request cannot be served: the HTTP status and one sentence. `reason` is one of a few fixed words, for the
// metric.
struct BadRequest {
  int http_status;
  std::string_view reason;
  std::string detail;
};

// Finds the end of a header block in what has arrived so far, and refuses at once what no later byte can mend: a line
// that ends in a bare LF, a line that begins with white space (obs-fold), white space before a colon, control bytes.
class HeaderScanner {
public:
  // Scans `data`, which begins where the block begins and grows from call to call. The size of the block including its
  // empty line; 0 while it is not complete.
  std::size_t scan(std::string_view data);
  const std::optional<BadRequest>& error() const { return error_; }

private:
  bool check_line(std::string_view line, bool first);

  std::size_t line_start_ = 0;
  std::size_t scanned_ = 0;
  std::optional<BadRequest> error_;
};

class RequestParser {
public:
  // Where the parts of the body go.
  class BodySink {
  public:
    virtual void on_body(std::string_view part) = 0;

  protected:
    ~BodySink() = default;
  };

  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Ready for the next request.
  void reset();

  // Parses a complete header block (as found by HeaderScanner).
  std::optional<BadRequest> parse_header(std::string_view block, RequestHead& head);

  // After parse_header:
  bool keep_alive() const;
  bool upgrade() const; // "Connection: upgrade" and an Upgrade field
  bool chunked() const;
  std::optional<std::uint64_t> content_length() const; // absent: chunked, or no body at all
  bool has_body() const;                               // whether bytes of a body are to come

  // Parses body bytes; returns how many were consumed; the rest (part of a chunk header) must be given again with more.
  std::size_t parse_body(std::string_view data, BodySink& sink, std::optional<BadRequest>& error);
  bool done() const;

private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

} // namespace crank
