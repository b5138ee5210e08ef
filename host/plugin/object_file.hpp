// What a file says about itself as a shared object, read without loading it: no instruction of it runs.
// Knows ELF (System V gABI) and the first bytes of Mach-O; knows nothing of plugins beyond bytes at a symbol.
#pragma once

#include "base/problem.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

struct ObjectSymbol {
  std::string name;
  std::string bytes; // the first of its contents in the file, at most 64; empty for code and zero-filled data
};

struct ObjectFile {
  std::string machine; // "x86_64", "aarch64", ...; "several" for a universal Mach-O
  // The symbols the file defines for others; absent where this reader cannot tell (Mach-O, or no section table).
  std::optional<std::vector<ObjectSymbol>> exports;

  [[nodiscard]] const ObjectSymbol* exported(std::string_view name) const;
};

// The machine this host was compiled for, by the names above.
[[nodiscard]] std::string_view host_machine();

// The error is a sentence fragment about the file, such as "is not a shared library" or "is for aarch64, this host is
// x86_64".
[[nodiscard]] Result<ObjectFile, std::string> inspect_object_file(const std::filesystem::path& path);

} // namespace crank
