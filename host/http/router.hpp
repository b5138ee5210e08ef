// Which handler serves a method and path. Knows path templates; knows nothing of what handlers do.
#pragma once

#include "base/problem.hpp"
#include "http/request_head.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace crank {

class Exchange;
class RequestBody;

struct BodyPlan {
  bool stream = false;         // start before the body is complete
  std::uint64_t max_bytes = 0; // longer ones get 413
};

// Serves the requests of a route. All members on I/O threads, concurrently.
class Handler {
public:
  virtual ~Handler() = default;
  // Whether it serves those, too, of whom nothing is known although the site asks who they are.
  virtual bool open_to_all() const { return false; }
  // Looks at the head before any of the body is read: a problem refuses the request, and an Expect: 100-continue with
  // it.
  virtual std::variant<BodyPlan, Problem> plan(const RequestHead& head) = 0;
  // Answers through the exchange, now or later. `body` is complete unless the plan said stream.
  virtual void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> body) = 0;
};

class Router {
public:
  // `path` may hold {name} segments. A GET handler serves HEAD too. The router keeps the handler alive.
  void add(std::string_view method, std::string_view path, std::shared_ptr<Handler> handler);

  // The handler, with path parameters added to `head`; or a 404, or a 405 whose methods are in `allow`.
  Handler* find(RequestHead& head, std::string& allow) const;

private:
  struct Entry {
    std::string method;
    std::shared_ptr<Handler> handler;
  };
  struct Route {
    std::vector<std::string> segments; // a template's, "{name}" ones as they are
    std::vector<Entry> entries;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  static const Entry* entry_for(const Route& route, std::string_view method, std::string& allow);

  std::unordered_map<std::string, Route, Hash, std::equal_to<>> literal_;
  std::vector<Route> templates_;
};

} // namespace crank
