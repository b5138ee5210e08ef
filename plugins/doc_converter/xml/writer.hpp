// Writes XML as it comes, escaped, in UTF-8, to wherever the bytes go.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace doc::xml {

class Writer {
public:
  using Sink = std::function<void(std::string_view bytes)>;

  // Without a sink everything is kept for taken().
  explicit Writer(Sink sink = {}) : sink_(std::move(sink)) {}

  void declaration();
  // Names are literals: they have to outlive the element.
  void start(std::string_view name);
  void attribute(std::string_view name, std::string_view value);
  void attribute(std::string_view name, std::int64_t value);
  void text(std::string_view text);
  void end();
  // An element without content.
  void element(std::string_view name) {
    start(name);
    end();
  }
  template <typename Value>
  void element(std::string_view name, std::string_view attribute_name, Value value) {
    start(name);
    attribute(attribute_name, value);
    end();
  }
  // What is XML already.
  void raw(std::string_view xml);

  // Hands everything to the sink.
  void flush();
  std::string taken() { return std::move(buffer_); }

private:
  void close_tag();
  void flush_when_full();
  void escape(std::string_view text, bool is_attribute);

  Sink sink_;
  std::string buffer_;
  std::vector<std::string_view> open_;
  bool in_tag_ = false; // "<name" is written, and its ">" is not
};

} // namespace doc::xml
