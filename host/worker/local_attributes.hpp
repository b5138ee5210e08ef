// What a plugin can ask about a call that comes through no door: from a terminal, or from the host itself.
#pragma once

#include "base/request.hpp"

#include <string>
#include <utility>

namespace crank {

class LocalAttributes : public RequestAttributes {
public:
  // `method`: stands where a request has its method; a literal.
  LocalAttributes(std::string_view method, std::string worker_id) : method_(method), worker_id_(std::move(worker_id)) {}

  std::optional<std::string_view> get(std::string_view key) const override {
    if (key == "method") return method_;
    if (key == "worker_id") return worker_id_;
    return std::nullopt;
  }
  // A local call has neither fields nor parameters.
  bool each(std::string_view prefix, const Visitor&) const override {
    return prefix.substr(0, 7) == "header." || prefix.substr(0, 6) == "query." || prefix.substr(0, 5) == "path.";
  }
  const Caller& caller() const override { return caller_; }

private:
  const std::string_view method_;
  const std::string worker_id_;
  const Caller caller_{CallerKind::local, {}, {}, {}};
};

} // namespace crank
