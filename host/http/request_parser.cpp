#include "http/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <cstring>

namespace crank {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view as_std(string_view text) { return {text.data(), text.size()}; }

BadRequest bad(std::string detail) { return {400, "malformed", std::move(detail)}; }

BadRequest explain(const error_code& ec) {
  if (ec == http::error::header_limit) return {431, "header_too_large", "the request header is too large"};
  if (ec == http::error::bad_version) // a version that cannot be spoken here has been found before
    return bad("the request line must be a method, a target and an HTTP version, with one space between them");
  if (ec == http::error::bad_transfer_encoding) {
    return {400, "smuggling", "Transfer-Encoding must be exactly \"chunked\", given once and without Content-Length"};
  }
  if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length) {
    return {400, "smuggling", "Content-Length must be one number, given once and without Transfer-Encoding"};
  }
  return bad("the request is malformed: " + ec.message());
}

constexpr std::size_t longest_chunk_header = 16 * 1024; // bytes, with extensions; of the trailers, all together

constexpr std::size_t shortest_last_chunk = 5;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// The two digits of the version at the end of a request line (RFC 9112 2.3); 0, 0: there is none.
struct Version {
  char major = 0, minor = 0;
};

Version version_of(std::string_view line) {
  constexpr std::string_view name = " HTTP/";
  constexpr std::size_t size = name.size() + 3;
  if (line.size() < size) return {};
  const std::string_view end = line.substr(line.size() - size);
  const char major = end[name.size()], minor = end[name.size() + 2];
  if (end.substr(0, name.size()) != name || end[name.size() + 1] != '.' || !is_digit(major) || !is_digit(minor))
    return {};
  return {major, minor};
}

// What may stand in a registered name or an IPv4 address (RFC 3986 3.2.2: unreserved, sub-delims; escapes are looked at
// elsewhere).
bool is_name_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool is_registered_name(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_name_character(name[i])) continue;
    if (name[i] != '%' || i + 2 >= name.size() || !is_hex_digit(name[i + 1]) || !is_hex_digit(name[i + 2]))
      return false;
    i += 2;
  }
  return true;
}

// What stands between the brackets of an IP literal: an IPv6 address, with a zone (RFC 6874) or not, or a future
// version's.
bool is_ip_literal(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_name_character(c) || c == ':' || c == '%'; });
}

// RFC 9112 3.2 and RFC 3986 3.2: a host, and a port or none. An empty one is for targets that have no authority.
bool is_host_field(std::string_view value) {
  std::size_t end = value.find(':');
  if (!value.empty() && value.front() == '[') {
    const std::size_t bracket = value.find(']');
    if (bracket == std::string_view::npos || !is_ip_literal(value.substr(1, bracket - 1))) return false;
    end = bracket + 1;
  } else if (!is_registered_name(value.substr(0, end))) {
    return false;
  }
  if (end >= value.size()) return true;
  const std::string_view port = value.substr(end + 1);
  return value[end] == ':' && std::all_of(port.begin(), port.end(), is_digit);
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

} // namespace

// ---- HeaderScanner ----

std::size_t HeaderScanner::scan(std::string_view data) {
  while (!error_) {
    const void* found =
        scanned_ < data.size() ? std::memchr(data.data() + scanned_, '\n', data.size() - scanned_) : nullptr;
    if (!found) {
      scanned_ = data.size();
      return 0;
    }
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - data.data());
    if (end == line_start_ || data[end - 1] != '\r') {
      error_ = BadRequest{400, "smuggling", "a header line ends in a bare line feed; lines end in CR LF"};
      return 0;
    }
    const std::string_view line = data.substr(line_start_, end - 1 - line_start_);
    const bool first = line_start_ == 0;
    line_start_ = scanned_ = end + 1;
    if (line.empty() && !first) return end + 1;
    if (!check_line(line, first)) return 0;
  }
  return 0;
}

bool HeaderScanner::check_line(std::string_view line, bool first) {
  if (std::any_of(line.begin(), line.end(), is_control))
    error_ = bad("the request header holds a control character");
  else if (line.empty() || first)
    return true;
  else if (line.front() == ' ' || line.front() == '\t') {
    error_ = BadRequest{400, "smuggling", "a header line begins with white space (folded lines are obsolete)"};
  } else {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      error_ = bad("a header line has no field name");
    else if (line[colon - 1] == ' ' || line[colon - 1] == '\t') {
      error_ = BadRequest{400, "smuggling", "there is white space between a field name and its colon"};
    }
  }
  return !error_;
}

// ---- RequestParser ----

class RequestParser::Engine : public http::basic_parser<true> {
public:
  RequestHead* head = nullptr;
  BodySink* sink = nullptr;
  unsigned hosts = 0;
  bool host_is_sound = true;
  unsigned lengths = 0;
  unsigned encodings = 0;
  std::uint64_t chunk_left = 0; // bytes of the current chunk that are still to come
  bool in_header = true;

private:
  void on_request_impl(http::verb, string_view method, string_view target, int version, error_code& ec) override {
    head->set_start(as_std(method), as_std(target), static_cast<unsigned>(version));
    if (version < 10) ec = http::error::bad_version;
  }

  void on_response_impl(int, string_view, int, error_code&) override {}

  void on_field_impl(http::field name, string_view name_text, string_view value, error_code& ec) override {
    if (!in_header) return; // trailers are read and forgotten: nothing may be decided by them (RFC 9110 6.5.1)
    if (name == http::field::host) {
      ++hosts;
      host_is_sound = host_is_sound && is_host_field(as_std(value));
    }
    // Beast takes "5, 5" for 5, which RFC 9112 6.3 allows; nobody honest sends it.
    if (name == http::field::content_length &&
        (++lengths > 1 || value.find_first_not_of("0123456789") != string_view::npos)) {
      ec = http::error::multiple_content_length;
    }
    if (name == http::field::transfer_encoding &&
        (++encodings > 1 || !boost::beast::iequals(value, "chunked") || head->version() < 11)) {
      ec = http::error::bad_transfer_encoding;
    }
    if (lengths > 0 && encodings > 0) ec = http::error::bad_transfer_encoding;
    if (!ec) head->add_field(as_std(name_text), as_std(value));
  }

  void on_header_impl(error_code&) override { in_header = false; }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(string_view body, error_code&) override {
    sink->on_body(as_std(body));
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t size, string_view, error_code&) override { chunk_left = size; }

  std::size_t on_chunk_body_impl(std::uint64_t remaining, string_view body, error_code&) override {
    chunk_left = remaining - body.size();
    sink->on_body(as_std(body));
    return body.size();
  }

  void on_finish_impl(error_code&) override {}
};

RequestParser::RequestParser() = default;
RequestParser::~RequestParser() = default;

void RequestParser::reset() { engine_.reset(); }

std::optional<BadRequest> RequestParser::parse_header(std::string_view block, RequestHead& head) {
  const std::size_t line_end = block.find("\r\n");
  const Version version = version_of(block.substr(0, line_end));
  if (version.major != 0 && version.major != '1')
    return BadRequest{505, "version", "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  // A later minor version is understood by whoever understands the highest that is known (RFC 9110 2.5); Beast refuses
  // it.
  if (version.minor > '1') {
    std::string as_1_1(block);
    as_1_1[line_end - 1] = '1';
    return parse_header(as_1_1, head);
  }
  engine_ = std::make_unique<Engine>();
  engine_->head = &head;
  engine_->header_limit(static_cast<std::uint32_t>(block.size() + 1)); // the connection has checked its own
  engine_->body_limit(boost::none);
  error_code ec;
  const std::size_t used = engine_->put(boost::asio::const_buffer(block.data(), block.size()), ec);
  if (ec && ec != http::error::need_more) return explain(ec);
  if (!engine_->is_header_done() || used != block.size()) return bad("the request header is malformed");
  if (head.version() >= 11 && engine_->hosts != 1) return bad("exactly one Host field is required");
  if (engine_->hosts > 1) return bad("there is more than one Host field");
  if (!engine_->host_is_sound) return bad("the Host field is no host name or address with an optional port");
  return std::nullopt;
}

bool RequestParser::keep_alive() const { return engine_->keep_alive(); }
bool RequestParser::upgrade() const { return engine_->upgrade(); }
bool RequestParser::chunked() const { return engine_->chunked(); }

std::optional<std::uint64_t> RequestParser::content_length() const {
  const auto length = engine_->content_length();
  return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

bool RequestParser::has_body() const { return !engine_->is_done(); }

std::size_t RequestParser::parse_body(std::string_view data, BodySink& sink, std::optional<BadRequest>& error) {
  engine_->sink = &sink;
  std::size_t consumed = 0;
  while (consumed < data.size() && !engine_->is_done()) {
    // Shown "0\r\n" and then one byte more, Beast 1.81 fails an assertion; whatever may follow is not shorter than
    // "0\r\n\r\n".
    if (engine_->chunked() && engine_->chunk_left == 0 && data.size() - consumed < shortest_last_chunk) break;
    error_code ec;
    const std::size_t used =
        engine_->put(boost::asio::const_buffer(data.data() + consumed, data.size() - consumed), ec);
    consumed += used;
    if (ec && ec != http::error::need_more) {
      error =
          ec == http::error::bad_chunk ? BadRequest{400, "smuggling", "the chunked body is malformed"} : explain(ec);
      return consumed;
    }
    if (ec == http::error::need_more || used == 0) break;
  }
  // What is left over is an unfinished chunk header or trailer section, to which Beast sets no limit.
  if (!engine_->is_done() && data.size() - consumed > longest_chunk_header) {
    error = BadRequest{431, "header_too_large", "a chunk header or the trailers of the body are too long"};
  }
  return consumed;
}

bool RequestParser::done() const { return engine_->is_done(); }

} // namespace crank
