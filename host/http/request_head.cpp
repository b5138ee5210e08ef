#include "http/request_head.hpp"

#include <algorithm>
#include <cctype>

namespace crank {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

} // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

bool is_percent_encoded(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0) return false;
  }
  return true;
}

bool is_traceparent(std::string_view text) {
  if (text.size() != 55 || text.substr(0, 3) != "00-" || text[35] != '-' || text[52] != '-') return false;
  const auto hex = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  };
  const auto zero = [](std::string_view part) { return part.find_first_not_of('0') == std::string_view::npos; };
  const auto trace = text.substr(3, 32), parent = text.substr(36, 16);
  return hex(trace) && hex(parent) && hex(text.substr(53)) && !zero(trace) && !zero(parent);
}

void RequestHead::set_start(std::string_view method, std::string_view target, unsigned version) {
  method_ = method;
  target_.clear();
  // Absolute form (RFC 9112 3.2.2) is for proxies, but every server must take it: the path is what counts.
  if (!target.empty() && target.front() != '/') {
    const std::size_t authority = target.find("://");
    if (authority != std::string_view::npos) {
      const std::size_t path = target.find_first_of("/?", authority + 3);
      target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
      if (target.front() == '?') target_ = '/';
    }
  }
  target_ += target;
  path_size_ = std::min(target_.size(), target_.find('?'));
  version_ = version;
}

void RequestHead::add_field(std::string_view name, std::string_view value) {
  if (fields_.empty()) {
    text_.reserve(512);
    fields_.reserve(16);
  }
  const std::size_t offset = text_.size();
  for (const char c : name) text_ += lower(c);
  text_ += value;
  fields_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
}

void RequestHead::add_path_parameter(std::string name, std::string_view raw_segment) {
  path_parameters_.emplace_back(std::move(name), percent_decode(raw_segment, false));
}

std::string_view RequestHead::query() const {
  return path_size_ < target_.size() ? std::string_view(target_).substr(path_size_ + 1) : std::string_view();
}

std::string_view RequestHead::field(std::string_view lower_case_name) const {
  for (const Field& one : fields_) {
    if (name_of(one) == lower_case_name) return value_of(one);
  }
  return {};
}

bool RequestHead::field_has_token(std::string_view lower_case_name, std::string_view token) const {
  for (const Field& one : fields_) {
    if (name_of(one) != lower_case_name) continue;
    std::string_view rest = value_of(one);
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (equal_ignoring_case(trim(rest.substr(0, comma)), token)) return true;
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

std::string RequestHead::media_type() const {
  const std::string_view value = field("content-type");
  std::string type(trim(value.substr(0, value.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

std::optional<std::string_view> RequestHead::query_parameter(std::string_view name) const {
  std::string_view rest = query();
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals), true) == name) {
      decoded_.push_back(equals == std::string_view::npos ? std::string()
                                                          : percent_decode(pair.substr(equals + 1), true));
      return decoded_.back();
    }
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> RequestHead::get(std::string_view key) const {
  const auto unless_empty = [](std::string_view text) { return text.empty() ? std::nullopt : std::optional(text); };
  if (key == "method") return method_;
  if (key == "target") return target_;
  if (key == "path") return path();
  if (key == "identity") return unless_empty(identity);
  if (key == "remote") return unless_empty(remote);
  if (key == "request_id") return request_id;
  if (key == "traceparent") return unless_empty(traceparent);
  if (key == "worker_id") return worker_id;
  if (take_prefix(key, "query.")) return query_parameter(key);
  if (take_prefix(key, "header.")) {
    for (const Field& one : fields_) {
      if (name_of(one) == key) return value_of(one);
    }
    return std::nullopt;
  }
  if (take_prefix(key, "path.")) {
    for (const auto& [name, value] : path_parameters_) {
      if (name == key) return value;
    }
  }
  return std::nullopt;
}

} // namespace crank
