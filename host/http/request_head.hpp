// The head of one HTTP request, owned: method, target, fields, and the attributes a plugin may ask for.
// Knows the syntax of targets and fields; knows nothing of connections or routes.
#pragma once

#include "base/request.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crank {

class RequestHead : public RequestAttributes {
public:
  void set_start(std::string_view method, std::string_view target, unsigned version);
  void add_field(std::string_view name, std::string_view value);
  void add_path_parameter(std::string name, std::string_view raw_segment);
  // Forgets every field of that (lower-case) name, values and all. Before anybody else has looked at the head.
  void remove_fields(std::string_view lower_case_name);

  std::string_view method() const { return method_; }
  std::string_view target() const { return target_; }
  std::string_view path() const { return std::string_view(target_).substr(0, path_size_); }
  std::string_view query() const;
  unsigned version() const { return version_; } // 10 or 11; a later minor version counts as 11

  // The field of that (lower-case) name; empty if absent. Several of one name are one list (RFC 9110 5.3; cookies: RFC
  // 9113 8.2.3): who leaves one out decides by what another reader of the same request does not see.
  std::string_view field(std::string_view lower_case_name) const;
  // Whether a comma-separated field holds the token, compared without case.
  bool field_has_token(std::string_view lower_case_name, std::string_view token) const;
  // All fields in the order they came; names in lower case.
  template <class Visitor>
  void each_field(Visitor&& visit) const {
    for (const Field& one : fields_) visit(name_of(one), value_of(one));
  }

  // The media type of the body, lower case, without parameters.
  std::string media_type() const;

  std::optional<std::string_view> get(std::string_view key) const override;
  bool each(std::string_view prefix, const Visitor& visit) const override;

  const Caller& caller() const override { return from; }

  // Filled in by the connection.
  Caller from;
  std::string request_id;
  std::string traceparent;    // W3C Trace Context, the caller's if it was well-formed
  std::string subprotocol;    // of a WebSocket, where one was agreed on
  std::string_view worker_id; // lives as long as the host

private:
  using Pair = std::pair<std::string, std::string>;
  struct Field {
    std::uint32_t offset, name_size, value_size;
  };
  std::string_view name_of(const Field& one) const { return std::string_view(text_).substr(one.offset, one.name_size); }
  std::string_view value_of(const Field& one) const {
    return std::string_view(text_).substr(one.offset + one.name_size, one.value_size);
  }
  std::optional<std::string_view> combined(std::string_view lower_case_name) const;
  std::optional<std::string_view> query_parameter(std::string_view name) const;
  const std::vector<Pair>& query_parameters() const;

  std::string method_;
  std::string target_;
  std::size_t path_size_ = 0;
  unsigned version_ = 11;
  std::string text_; // names and values, one allocation
  std::vector<Field> fields_;
  std::vector<Pair> path_parameters_;
  mutable std::optional<std::vector<Pair>> parameters_; // of the query, decoded, with their keys; once each() asked
  mutable std::set<std::string> keys_;                  // that each() showed: views of them live on, too
  // What get() had to make, by its key, once for all who ask; a map: views into it must survive growth.
  mutable std::map<std::string, std::string, std::less<>> derived_;
};

// Takes the next member off the front of a list (RFC 9110 5.6.1), without the white space around it; passes over empty
// ones. nullopt at the end. A separator in a quoted string is none.
std::optional<std::string_view> next_list_member(std::string_view& list, char separator = ',');

// Percent-decoding (RFC 3986 2.1); with `plus_is_space` for form-encoded queries. Malformed escapes stay as they are.
std::string percent_decode(std::string_view text, bool plus_is_space);
// Whether two hexadecimal digits follow every % (RFC 3986 2.1).
bool is_percent_encoded(std::string_view text);

// Version 00 of W3C Trace Context: the header's form, no all-zero ids.
bool is_traceparent(std::string_view text);

} // namespace crank
