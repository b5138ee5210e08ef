// The one table of settings: key, flag, environment names, type, range and help of each. Sources, flags, --help and
// --print-config are all made from it. Knows Settings; knows nothing of files, command lines or output.
#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace crank {

// Commands a flag is offered with, as bits.
enum : unsigned {
  kServe = 1,
  kInvoke = 2,
  kInspect = 4 /* describe, verify */,
  kHealth = 8,
  kCerts = 16,
  kControl = 32 /* status, reload */,
  kTokens = 64,
  kJobs = 128,
  kMcp = 256
};

enum class Unit { none, bytes, milliseconds };

struct Switch { // a bool; `flag_alone` when --flag without a value means on
  bool Settings::*member;
  bool flag_alone;
};
struct Text {
  std::string Settings::*member;
  std::span<const std::string_view> choices; // empty: any text without control characters
  bool name = false;                         // only what is safe in headers, labels and file names
};
struct TextList {
  std::vector<std::string> Settings::*member;
  char separator;                           // in an environment variable
  bool (*fits)(std::string_view) = nullptr; // nullptr: any text
  std::string_view expected = {};           // of what does not fit
};
struct PortNumber {
  std::optional<std::uint16_t> Settings::*member;
};
struct Count {
  unsigned Settings::*member;
  unsigned highest;
};
struct Quantity {
  std::uint64_t Settings::*member;
  Unit unit;
  std::uint64_t lowest;
};
struct LimitQuantity {
  std::uint64_t Limits::*member;
  Unit unit;
  std::uint64_t lowest;
};
struct ClientAuthMode {
  ClientAuth Settings::*member;
};
struct LogFormatName {
  LogFormat Settings::*member;
};

using SettingType =
    std::variant<Switch, Text, TextList, PortNumber, Count, Quantity, LimitQuantity, ClientAuthMode, LogFormatName>;

struct SettingSpec {
  std::string_view key;          // of the TOML file; "limits.<name>" for a limit
  std::string_view flag;         // "--port"; empty: none
  std::string_view old_variable; // accepted after CRANK_<KEY>; empty: none
  SettingType type;
  unsigned commands;
  std::string_view group;             // heading in --help
  std::string_view value;             // placeholder in --help
  std::string_view help;              // one line
  std::string_view default_text = {}; // in --help, where the default is not a plain value
};

[[nodiscard]] std::span<const SettingSpec> setting_table();
[[nodiscard]] const SettingSpec* find_setting(std::string_view key);
// "CRANK_LIMITS_BODY_BYTES" for "limits.body_bytes".
[[nodiscard]] std::string variable_of(const SettingSpec& setting);

// A value of any source before it is known to fit: text (flag, environment) or typed (file).
// monostate: something that no setting takes, e.g. a table.
using RawValue = std::variant<std::monostate, std::string, bool, std::int64_t, double, std::vector<std::string>>;

// Sets the value or says what was expected, e.g. "expected a port from 0 to 65535".
[[nodiscard]] std::optional<std::string> assign(Settings& settings, const SettingSpec& setting, const RawValue& value);

// The value as TOML text; empty when the setting is absent. `readable` gives 64KiB and 30s instead of numbers.
[[nodiscard]] std::string show_value(const Settings& settings, const SettingSpec& setting, bool readable = false);

} // namespace crank
