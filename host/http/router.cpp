#include "http/router.hpp"

#include "http/exchange.hpp"

namespace crank {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    segments.emplace_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return segments;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_parameter(pattern[i]) ? segments[i].empty() : pattern[i] != segments[i]) return false;
  }
  return true;
}

} // namespace

void Router::add(std::string_view method, std::string_view path, std::shared_ptr<Handler> handler) {
  if (path.find('{') == std::string_view::npos) {
    literal_[std::string(path)].entries.push_back({std::string(method), std::move(handler)});
    return;
  }
  auto segments = split(path);
  for (Route& route : templates_) {
    if (route.segments == segments) return route.entries.push_back({std::string(method), std::move(handler)});
  }
  templates_.push_back({std::move(segments), {}});
  templates_.back().entries.push_back({std::string(method), std::move(handler)});
}

const Router::Entry* Router::entry_for(const Route& route, std::string_view method, std::string& allow) {
  for (const Entry& entry : route.entries) {
    if (entry.method == method || (entry.method == "GET" && method == "HEAD")) return &entry;
    if (allow.find(entry.method) != std::string::npos) continue;
    allow += allow.empty() ? "" : ", ";
    allow += entry.method == "GET" ? "GET, HEAD" : entry.method;
  }
  return nullptr;
}

// A literal path goes before a template, but only for the methods that it has.
Handler* Router::find(RequestHead& head, std::string& allow) const {
  const std::string_view path = head.path();
  const auto literal = literal_.find(path);
  if (literal != literal_.end()) {
    if (const Entry* entry = entry_for(literal->second, head.method(), allow)) return entry->handler.get();
  }
  if (templates_.empty() || path.empty() || path.front() != '/') return nullptr;
  const auto segments = split(path);
  for (const Route& route : templates_) {
    if (!fits(route.segments, segments)) continue;
    const Entry* entry = entry_for(route, head.method(), allow);
    if (!entry) continue;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const std::string_view pattern = route.segments[i];
      if (is_parameter(pattern))
        head.add_path_parameter(std::string(pattern.substr(1, pattern.size() - 2)), segments[i]);
    }
    return entry->handler.get();
  }
  return nullptr;
}

} // namespace crank
