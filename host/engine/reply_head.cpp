#include "engine/reply_head.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <iterator>

namespace crank {
namespace {

constexpr std::size_t most_bytes = 16 * 1024; // of all fields

// Of the framing and the connection (RFC 9110 7.6.1, RFC 9112 6), and what the host writes itself.
constexpr std::string_view not_a_plugins[] = {"connection", "content-encoding", "content-length",    "content-type",
                                              "date",       "keep-alive",       "proxy-connection",  "server",
                                              "te",         "trailer",          "transfer-encoding", "upgrade",
                                              "via",        "x-request-id"};

// RFC 9110 5.6.2, in lower case.
bool is_name(std::string_view name) {
  constexpr std::string_view symbols = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || symbols.find(c) != std::string_view::npos;
  });
}

// RFC 9110 5.5: nothing that could end the line, no white space around it.
bool is_value(std::string_view value) {
  const auto allowed = [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); };
  return std::all_of(value.begin(), value.end(), allowed) && trim(value).size() == value.size();
}

int status_of(std::string_view text) {
  if (text.size() != 3 || (text[0] != '2' && text[0] != '3')) return 0;
  int status = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

// RFC 9110 5.6.2, of any case.
bool is_token(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return is_name(lower);
}

} // namespace

bool is_media_type(std::string_view text) {
  if (text.size() > most_bytes || !is_value(text)) return false;
  const std::string_view essence = trim(text.substr(0, text.find(';')));
  const std::size_t slash = essence.find('/');
  return slash != std::string_view::npos && is_token(essence.substr(0, slash)) && is_token(essence.substr(slash + 1));
}

crank_status ReplyHead::set(std::string_view key, std::string_view value) {
  if (take_prefix(key, "header.")) return set_field(key, value);
  if (key == "media_type") {
    if (value.empty() || !is_value(value) || value.size() > most_bytes) return CRANK_INVALID;
    media_type = value;
    return CRANK_OK;
  }
  if (key != "status") return CRANK_UNSUPPORTED;
  const int given = status_of(value);
  if (given == 0) return CRANK_INVALID;
  status = given;
  return CRANK_OK;
}

crank_status ReplyHead::set_field(std::string_view name, std::string_view value) {
  if (!is_name(name) || !is_value(value)) return CRANK_INVALID;
  const bool sockets = name.substr(0, 14) == "sec-websocket-";
  if (sockets || std::find(std::begin(not_a_plugins), std::end(not_a_plugins), name) != std::end(not_a_plugins))
    return CRANK_UNSUPPORTED;
  std::size_t bytes = name.size() + value.size();
  for (const auto& [other, text] : fields) {
    if (other != name) bytes += other.size() + text.size();
  }
  if (bytes > most_bytes) return CRANK_EXHAUSTED;
  const auto known = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
  if (known != fields.end())
    known->second = value;
  else
    fields.emplace_back(name, value);
  return CRANK_OK;
}

} // namespace crank
