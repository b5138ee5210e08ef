// The one error shape of the host (RFC 9457 members), independent of the door it leaves through.
// Knows nothing of HTTP messages, plugins or JSON libraries; doors render it.
#pragma once

#include <crank/crank.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace crank {

// One offending member of the input. `pointer` is a JSON Pointer (RFC 6901) into the body, e.g.
// "/options/exclamations".
struct FieldError {
  std::string pointer;
  std::string message;
};

struct Problem {
  crank_status status = CRANK_INTERNAL;
  int http_status = 500;               // what the HTTP door answers
  std::string code;                    // machine-readable, UPPER_SNAKE_CASE; the capability's own where it declares one
  std::string detail;                  // one sentence for a person
  bool retryable = false;              // whether the same request may succeed later
  std::optional<unsigned> retry_after; // seconds
  std::vector<FieldError> fields;
  std::string details;                                      // a JSON object for programs, or empty
  std::vector<std::pair<std::string, std::string>> headers; // names and values that an HTTP answer needs beside these

  // The problem that belongs to a status code, e.g. CRANK_INVALID -> 422 "INVALID_INPUT".
  static Problem of(crank_status status, std::string detail);
  // A problem of the HTTP door itself, e.g. 405 "METHOD_NOT_ALLOWED".
  static Problem http(int http_status, std::string code, std::string detail);
  // 422 "INVALID_INPUT": these are wrong.
  static Problem of_fields(std::vector<FieldError> fields);
};

// A value or the reason why there is none. std::expected is C++23; this is the part of it the host needs.
template <class T, class E = Problem>
class [[nodiscard]] Result {
public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : held_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return held_.index() == 0; }
  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  E& error() & { return std::get<1>(held_); }
  const E& error() const& { return std::get<1>(held_); }
  E&& error() && { return std::get<1>(std::move(held_)); }

private:
  std::variant<T, E> held_;
};

// A failure that ends a command: one line for a person (what is wrong and what to do) and the exit code.
struct Failure {
  std::string message;
  int exit_code = 1; // 2: usage or configuration, 3: a plugin could not be loaded, 1: anything else
};

} // namespace crank
