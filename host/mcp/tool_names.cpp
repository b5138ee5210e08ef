#include "mcp/tool_names.hpp"

#include "base/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <map>

namespace crank {
namespace {

constexpr std::size_t digest_digits = 8;

std::string plain_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::string name_with_digest(const std::string& id) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(id.data(), id.size(), digest, &size, EVP_sha256(), nullptr);
  const std::string digits = hex_text({reinterpret_cast<const char*>(digest), digest_digits / 2});
  return plain_name(id.substr(0, longest_tool_name - 1 - digest_digits)).append("_").append(digits);
}

bool is_reserved(std::string_view name) {
  return name == wait_job_tool || name == get_job_tool || name == cancel_job_tool;
}

} // namespace

std::vector<std::string> tool_names(const std::vector<std::string>& capability_ids) {
  std::map<std::string, unsigned> count;
  for (const std::string& id : capability_ids) ++count[plain_name(id)];
  std::vector<std::string> names;
  for (const std::string& id : capability_ids) {
    std::string name = plain_name(id);
    const bool unclear = count[name] > 1 && id.find('.') != std::string::npos;
    const bool taken = unclear || is_reserved(name) || name.size() > longest_tool_name;
    names.push_back(taken ? name_with_digest(id) : std::move(name));
  }
  return names;
}

} // namespace crank
