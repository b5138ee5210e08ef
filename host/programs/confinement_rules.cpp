#include "programs/confinement_rules.hpp"

#include <filesystem>
#include <fstream>

namespace crank {
namespace {

constexpr const char* libraries_and_data[] = {"/usr", "/lib", "/lib64", "/bin"};
constexpr const char* to_read[] = {
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",     "/etc/fonts",
    "/etc/localtime",   "/etc/mime.types", "/var/cache/fontconfig", "/sys/devices/system/cpu",
    "/proc/cpuinfo",    "/proc/meminfo",   "/dev/urandom",          "/dev/random",
    "/dev/zero"};

template <class Number>
Number number_at(const std::string& bytes, std::size_t place) {
  Number number = 0;
  if (place + sizeof number <= bytes.size()) bytes.copy(reinterpret_cast<char*>(&number), sizeof number, place);
  return number;
}

} // namespace

// 64 bits, and of this machine's order; the header of a program that is anything else is not understood.
std::string program_loader(const std::string& program) {
  std::ifstream file(program, std::ios::binary);
  std::string head(4096, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  if (head.compare(0, 5,
                   "\x7f"
                   "ELF\2") != 0)
    return {};
  const auto table = number_at<std::uint64_t>(head, 32);
  const auto entry_size = number_at<std::uint16_t>(head, 54), entries = number_at<std::uint16_t>(head, 56);
  for (std::size_t i = 0; i < entries && table < head.size(); ++i) {
    const std::size_t entry = table + i * entry_size;
    if (number_at<std::uint32_t>(head, entry) != 3) continue; // PT_INTERP
    const auto offset = number_at<std::uint64_t>(head, entry + 8), size = number_at<std::uint64_t>(head, entry + 32);
    if (offset >= head.size() || size == 0 || size > head.size() - offset) return {};
    return head.substr(offset, size - 1);
  }
  return {};
}

ConfinementRules confinement_rules(const std::string& program, const std::vector<std::string>& readable,
                                   bool children) {
  ConfinementRules rules;
  rules.children = children;
  // Who may have no children has nothing to execute but itself and, with it, its loader.
  for (const char* path : libraries_and_data) rules.paths.push_back({path, children, false});
  for (const char* path : to_read) rules.paths.push_back({path, false, false});
  rules.paths.push_back({"/dev/null", false, true});
  for (const std::string& path : readable) rules.paths.push_back({path, false, false});
  rules.paths.push_back({std::filesystem::path(program).parent_path(), true, false});
  if (const std::string loader = program_loader(program); !loader.empty()) rules.paths.push_back({loader, true, false});
  return rules;
}

} // namespace crank
