#include "plugin/file_digest.hpp"

#include "base/digest.hpp"

#include <array>
#include <fstream>

namespace crank {

std::string sha256_of_file(const std::filesystem::path& file) {
  Sha256 digest;
  std::ifstream in(file, std::ios::binary);
  std::array<char, 64 * 1024> piece;
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0)
    digest.update({piece.data(), static_cast<std::size_t>(in.gcount())});
  return in.eof() ? digest.hex() : std::string();
}

} // namespace crank
