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

std::string natural_name(const ToolId& id) { return id.wanted.empty() ? plain_name(id.capability) : id.wanted; }

bool is_reserved(std::string_view name) {
  return name == wait_job_tool || name == get_job_tool || name == cancel_job_tool;
}

} // namespace

std::vector<std::string> tool_names(const std::vector<ToolId>& ids) {
  std::map<std::string, unsigned> count;
  for (const ToolId& id : ids) ++count[natural_name(id)];
  std::vector<std::string> names;
  for (const ToolId& id : ids) {
    std::string name = natural_name(id);
    const bool is_plain_id = id.wanted.empty() && id.capability.find('.') == std::string::npos;
    const bool taken = (count[name] > 1 && !is_plain_id) || is_reserved(name) || name.size() > longest_tool_name;
    names.push_back(taken ? name_with_digest(id.capability) : std::move(name));
  }
  return names;
}

} // namespace crank
