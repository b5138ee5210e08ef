#include "audit/chain.hpp"

#include "base/text.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <memory>

namespace crank {
namespace {

constexpr std::string_view hash_member = ",\"hash\":\"";
constexpr std::size_t digest_digits = 64;
constexpr std::size_t tail_size = hash_member.size() + digest_digits + 2; // up to `"}`

bool is_digest(std::string_view text) {
  return text.size() == digest_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string text_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains({name.data(), name.size()});
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

} // namespace

std::string sha256_hex(std::string_view data) {
  // Both are dear to make, and there is one digest for every line.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!context || EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), data.data(), data.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1)
    size = 0;
  return hex_text({reinterpret_cast<const char*>(digest.data()), size});
}

std::string point_text(const ChainPoint& point) { return std::to_string(point.sequence) + ":" + point.hash; }

std::optional<ChainPoint> parse_point(std::string_view text) {
  ChainPoint point;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), point.sequence);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || rest.empty() || rest.front() != ':' || !is_digest(rest.substr(1))) return std::nullopt;
  point.hash = rest.substr(1);
  return point;
}

std::string chained_line(const AuditRecord& record, ChainPoint& last) {
  std::string line = audit_line_start(record, last.sequence + 1);
  line.append(",\"prev\":\"").append(last.hash).append("\"");
  last.hash = sha256_hex(line);
  ++last.sequence;
  return line.append(hash_member).append(last.hash).append("\"}\n");
}

Result<ChainLine, std::string> read_chain_line(std::string_view line) {
  if (line.size() < tail_size || line.substr(line.size() - tail_size, hash_member.size()) != hash_member)
    return std::string("it is no line of an audit log");
  const std::string_view content = line.substr(0, line.size() - tail_size);
  ChainLine read;
  read.point.hash = line.substr(line.size() - digest_digits - 2, digest_digits);
  if (line.substr(line.size() - 2) != "\"}" || sha256_hex(content) != read.point.hash)
    return std::string("its content does not have the digest that it says");
  const auto value = parse_json(line);
  if (!value || !value->is_object()) return std::string("it is no JSON object");
  const boost::json::object& object = value->get_object();
  const boost::json::value* sequence = object.if_contains("seq");
  if (!sequence || !sequence->is_int64() || sequence->get_int64() < 1) return std::string("it has no number");
  read.point.sequence = static_cast<std::uint64_t>(sequence->get_int64());
  read.previous = text_of(object, "prev");
  read.kind = text_of(object, "kind");
  read.time = text_of(object, "time");
  read.signature = text_of(object, "signature");
  if (!is_digest(read.previous)) return std::string("it does not say which line it follows");
  return read;
}

} // namespace crank
