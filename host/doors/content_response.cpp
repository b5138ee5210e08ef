#include "doors/content_response.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "http/accept.hpp"
#include "http/byte_range.hpp"

#include <utility>

namespace crank {
namespace {

// RFC 9110 13.1.2: "*", or a list of tags of which one is ours, weak or not.
bool names_tag(std::string_view field, std::string_view tag) {
  while (auto member = next_list_member(field)) {
    std::string_view named = *member;
    if (named.substr(0, 2) == "W/") named.remove_prefix(2);
    if (named == tag || named == "*") return true;
  }
  return false;
}

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%'; }

} // namespace

std::string content_disposition(std::string_view file_name) {
  std::string plain;
  bool all_plain = true;
  for (const char character : file_name) {
    const bool is = is_plain(static_cast<unsigned char>(character));
    all_plain = all_plain && is;
    plain += is ? character : '_';
  }
  std::string value = "attachment; filename=\"" + plain + "\"";
  if (!all_plain) value.append("; filename*=UTF-8''").append(percent_encode(file_name));
  return value;
}

void respond_content(Exchange& exchange, Content content, int status) {
  const RequestHead& head = exchange.head();
  const std::string tag = "\"" + content.sha256 + "\"";
  std::string lines = std::move(content.extra);
  lines.append("ETag: ").append(tag).append("\r\nAccept-Ranges: bytes\r\n");
  lines.append("Repr-Digest: ").append(digest_field(content.sha256)).append("\r\n");
  const bool asks = head.method() == "GET" || head.method() == "HEAD";
  if (asks && names_tag(head.field("if-none-match"), tag)) return exchange.respond({304, {}, {}, std::move(lines)});
  if (!content.file_name.empty()) {
    // What a plugin made is for saving: opened in place it must not act with the host's origin.
    lines.append("Content-Disposition: ").append(content_disposition(content.file_name));
    lines.append("\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: sandbox\r\n");
  }
  ByteRange range{ByteRange::Kind::whole, 0, content.bytes};
  const std::string_view condition = head.field("if-range");
  if (head.method() == "GET" && (condition.empty() || condition == tag))
    range = byte_range(head.field("range"), content.bytes);
  const std::string size = std::to_string(content.bytes);
  if (range.kind == ByteRange::Kind::none) {
    Problem problem = Problem::http(416, "RANGE_NOT_SATISFIABLE", "there are only " + size + " bytes");
    problem.headers.emplace_back("Content-Range", "bytes */" + size);
    return exchange.fail(problem);
  }
  if (range.kind == ByteRange::Kind::part) {
    status = 206;
    lines.append("Content-Range: bytes ").append(std::to_string(range.from)).append("-");
    lines.append(std::to_string(range.from + range.length - 1)).append("/").append(size).append("\r\n");
  }
  if (content.file)
    return exchange.respond_file(status, std::move(content.media_type), std::move(lines), std::move(content.file),
                                 range.from, range.length);
  if (status == 206) content.text = content.text.substr(range.from, range.length);
  exchange.respond({status, std::move(content.media_type), std::move(content.text), std::move(lines)});
}

} // namespace crank
