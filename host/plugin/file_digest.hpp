// Which file it is, whatever its name: for status pages and audits. Knows files and SHA-256.
#pragma once

#include <filesystem>
#include <string>

namespace crank {

// SHA-256 (FIPS 180-4) of the file's content in hexadecimal; empty when it cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& file);

} // namespace crank
