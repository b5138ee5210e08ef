#include "http/request_head.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cctype>

namespace crank {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

} // namespace

std::optional<std::string_view> next_list_member(std::string_view& list, char separator) {
  while (!list.empty()) {
    std::size_t end = 0;
    for (bool quoted = false; end < list.size() && (quoted || list[end] != separator); ++end) {
      if (list[end] == '"') quoted = !quoted;
      if (quoted && list[end] == '\\' && end + 1 < list.size()) ++end;
    }
    const std::string_view member = trim(list.substr(0, end));
    list.remove_prefix(std::min(list.size(), end + 1));
    if (!member.empty()) return member;
  }
  return std::nullopt;
}

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

void RequestHead::remove_fields(std::string_view lower_case_name) {
  const auto of_name = [&](const Field& one) { return name_of(one) == lower_case_name; };
  for (const Field& one : fields_) {
    if (of_name(one)) text_.replace(one.offset + one.name_size, one.value_size, one.value_size, '\0');
  }
  fields_.erase(std::remove_if(fields_.begin(), fields_.end(), of_name), fields_.end());
  derived_.erase("header." + std::string(lower_case_name));
}

std::string_view RequestHead::query() const {
  return path_size_ < target_.size() ? std::string_view(target_).substr(path_size_ + 1) : std::string_view();
}

std::optional<std::string_view> RequestHead::combined(std::string_view name) const {
  const auto of_name = [&](const Field& one) { return name_of(one) == name; };
  const auto first = std::find_if(fields_.begin(), fields_.end(), of_name);
  if (first == fields_.end()) return std::nullopt;
  if (std::none_of(first + 1, fields_.end(), of_name)) return value_of(*first);
  const auto [made, is_new] = derived_.try_emplace("header." + std::string(name));
  std::string& joined = made->second;
  if (!is_new) return joined;
  joined = value_of(*first);
  for (auto one = first + 1; one != fields_.end(); ++one) {
    if (of_name(*one)) joined.append(name == "cookie" ? "; " : ", ").append(value_of(*one));
  }
  return joined;
}

std::string_view RequestHead::field(std::string_view lower_case_name) const {
  return combined(lower_case_name).value_or(std::string_view());
}

bool RequestHead::field_has_token(std::string_view lower_case_name, std::string_view token) const {
  std::string_view rest = field(lower_case_name);
  while (const auto member = next_list_member(rest)) {
    if (equal_ignoring_case(*member, token)) return true;
  }
  return false;
}

std::string RequestHead::media_type() const {
  const std::string_view value = field("content-type");
  std::string type(trim(value.substr(0, value.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

namespace {

// Calls visit(name, raw value) for each parameter of a query, names decoded, until it says false.
template <class Visitor>
void each_parameter(std::string_view query, Visitor&& visit) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (!pair.empty() && !visit(percent_decode(pair.substr(0, equals), true), value)) return;
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
}

} // namespace

std::optional<std::string_view> RequestHead::query_parameter(std::string_view name) const {
  const std::string key = "query." + std::string(name);
  if (const auto known = derived_.find(key); known != derived_.end()) return known->second;
  std::optional<std::string_view> found;
  each_parameter(query(), [&](const std::string& one, std::string_view value) {
    if (one != name) return true;
    found = derived_[key] = percent_decode(value, true);
    return false;
  });
  return found;
}

const std::vector<RequestHead::Pair>& RequestHead::query_parameters() const {
  if (!parameters_) {
    parameters_.emplace();
    each_parameter(query(), [&](const std::string& name, std::string_view value) {
      parameters_->emplace_back("query." + name, percent_decode(value, true));
      return true;
    });
  }
  return *parameters_;
}

bool RequestHead::each(std::string_view prefix, const Visitor& visit) const {
  const auto begins_so = [prefix](std::string_view key) { return key.substr(0, prefix.size()) == prefix; };
  if (prefix.substr(0, 6) == "query.") {
    for (const auto& [key, value] : query_parameters()) {
      if (begins_so(key) && !visit(key, value)) break;
    }
    return true;
  }
  const bool fields = prefix.substr(0, 7) == "header.";
  if (!fields && prefix.substr(0, 5) != "path.") return false;
  const auto keyed = [&](std::string_view name, std::string_view value) {
    const std::string& key = *keys_.insert(std::string(fields ? "header." : "path.").append(name)).first;
    return !begins_so(key) || visit(key, value);
  };
  if (fields) {
    for (const Field& one : fields_) {
      if (!keyed(name_of(one), value_of(one))) break;
    }
  } else {
    for (const auto& [name, value] : path_parameters_) {
      if (!keyed(name, value)) break;
    }
  }
  return true;
}

std::optional<std::string_view> RequestHead::get(std::string_view key) const {
  const auto unless_empty = [](std::string_view text) { return text.empty() ? std::nullopt : std::optional(text); };
  if (key == "method") return method_;
  if (key == "target") return target_;
  if (key == "path") return path();
  if (key == "idempotency_key") return combined("idempotency-key");
  if (key == "request_id") return request_id;
  if (key == "traceparent") return unless_empty(traceparent);
  if (key == "worker_id") return worker_id;
  if (key == "subprotocol") return unless_empty(subprotocol);
  if (take_prefix(key, "query.")) return query_parameter(key);
  if (take_prefix(key, "header.")) return combined(key);
  if (take_prefix(key, "path.")) {
    for (const auto& [name, value] : path_parameters_) {
      if (name == key) return value;
    }
  }
  return std::nullopt;
}

} // namespace crank
