// A compiled JSON Schema (draft 7) and the check of a value against it.
// Wraps Valijson, so that its headers stay in one translation unit. Knows nothing of manifests or doors.
#pragma once

#include "base/problem.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <vector>

namespace crank {

class Schema {
public:
  // Fails with one sentence when `schema` is not a usable JSON Schema.
  static Result<Schema, std::string> compile(const boost::json::value& schema);

  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  // True when `value` conforms. Thread-safe; allocates as little as the validator allows.
  [[nodiscard]] bool accepts(const boost::json::value& value) const;
  // Empty when `value` conforms, else at most `most` findings, the most specific member first. Thread-safe.
  [[nodiscard]] std::vector<FieldError> check(const boost::json::value& value, std::size_t most = 8) const;

private:
  struct Compiled;
  explicit Schema(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

} // namespace crank
