// Reads a TOML file into plain entries with line numbers. The only place that knows toml++.
#pragma once

#include "base/problem.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace crank {

struct TomlEntry {
  std::string key;
  boost::json::value value; // dates and times as text; a table as an object
  std::uint32_t line = 0;   // counted from 1
};

struct TomlSection {
  std::string name;
  std::uint32_t line = 0;
  std::vector<TomlEntry> entries;
};

struct TomlFile {
  std::vector<TomlEntry> entries;    // top-level keys that are not tables
  std::vector<TomlSection> sections; // top-level tables
};

// A failure (exit code 2) names the file, the line and what is wrong with it.
[[nodiscard]] Result<TomlFile, Failure> read_toml_file(const std::string& path);

} // namespace crank
