#include "lengths.hpp"

#include <cctype>
#include <cmath>
#include <cstdlib>

namespace doc::odt {

double points_of(std::string_view length) {
  const std::string copy(length);
  char* unit = nullptr;
  const double value = std::strtod(copy.c_str(), &unit);
  if (!std::isfinite(value) || value <= 0 || value > 1e5) return 0;
  const std::string_view rest(unit);
  if (rest == "cm") return value * 72 / 2.54;
  if (rest == "mm") return value * 72 / 25.4;
  if (rest == "in") return value * 72;
  if (rest == "pt") return value;
  if (rest == "pc") return value * 12;
  if (rest == "px") return value * 0.75;
  return 0;
}

std::string package_path(std::string_view reference) {
  if (reference.find("://") != std::string_view::npos || reference.substr(0, 1) == "/" ||
      reference.substr(0, 3) == "../")
    return {};
  if (reference.substr(0, 2) == "./") reference.remove_prefix(2);
  std::string path;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const bool is_escape = reference[i] == '%' && i + 2 < reference.size() &&
                           std::isxdigit(static_cast<unsigned char>(reference[i + 1])) &&
                           std::isxdigit(static_cast<unsigned char>(reference[i + 2]));
    if (is_escape) {
      path.push_back(static_cast<char>(std::strtol(std::string(reference.substr(i + 1, 2)).c_str(), nullptr, 16)));
      i += 2;
    } else {
      path.push_back(reference[i]);
    }
  }
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

} // namespace doc::odt
