// Whether a file is still the same one.
#pragma once

#include <filesystem>
#include <string>

namespace crank {

// Device, inode, size and time of modification, through links; empty: there is no such file. Two equal stamps mean that
// nobody replaced or rewrote the file in between, as far as the file system's clock tells.
[[nodiscard]] std::string file_stamp(const std::filesystem::path& file);

} // namespace crank
