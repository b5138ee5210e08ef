#include "audit/signer.hpp"

#include "base/text.hpp"
#include "tls/secure_files.hpp"

#include <openssl/pem.h>

#include <array>

namespace crank {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, OpenSslFree<EVP_MD_CTX_free>>;
constexpr std::size_t signature_size = 64;

std::string message(SignedFor what, const ChainPoint& point, std::string_view time) {
  const char* const name = what == SignedFor::checkpoint ? "checkpoint" : what == SignedFor::head ? "head" : "removed";
  std::string text = std::string("crank-host audit ") + name + "\n" + point_text(point) + "\n";
  return text.append(time);
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string content_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Failure no_ed25519(const std::filesystem::path& path) { return {path.string() + ": is not an Ed25519 key", 2}; }

std::optional<Failure> make_key(const std::filesystem::path& path) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Bio memory(BIO_new(BIO_s_secmem()));
  if (!key || !memory || PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Failure{"a key for the audit log cannot be made: " + openssl_error(), 2};
  auto failure = write_file_atomically(path, content_of(memory.get()), 0600);
  if (failure) failure->exit_code = 2;
  return failure;
}

} // namespace

Result<AuditKey, Failure> AuditKey::open(const std::filesystem::path& path, bool may_make) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (!may_make)
      return Failure{path.string() + ": the key of the audit log is missing although the log has lines: put it back, "
                                     "or move the log away to begin another",
                     2};
    if (auto failure = make_key(path)) return std::move(*failure);
  }
  auto key = read_key(path);
  if (!key) return std::move(key).error();
  if (EVP_PKEY_get_base_id(key->get()) != EVP_PKEY_ED25519) return no_ed25519(path);
  return AuditKey(*std::move(key));
}

Result<AuditKey, Failure> AuditKey::open_public(const std::filesystem::path& path) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  if (!file) return Failure{path.string() + ": the public key cannot be read: " + openssl_error(), 2};
  Key key(PEM_read_bio_PUBKEY(file.get(), nullptr, nullptr, nullptr));
  if (!key) return Failure{path.string() + ": is not a public key in PEM: " + openssl_error(), 2};
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) return no_ed25519(path);
  return AuditKey(std::move(key));
}

std::string AuditKey::sign(SignedFor what, const ChainPoint& point, std::string_view time) const {
  const std::string text = message(what, point, time);
  std::array<unsigned char, signature_size> signature{};
  std::size_t size = signature.size();
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes(text), text.size()) != 1)
    return {};
  return hex_text({reinterpret_cast<const char*>(signature.data()), size});
}

bool AuditKey::verifies(SignedFor what, const ChainPoint& point, std::string_view time,
                        std::string_view signature) const {
  const std::string text = message(what, point, time);
  const std::string raw = text_of_hex(signature);
  const DigestContext context(EVP_MD_CTX_new());
  return signature.size() == 2 * signature_size && raw.size() == signature_size && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes(raw), raw.size(), bytes(text), text.size()) == 1;
}

std::string AuditKey::public_pem() const {
  const Bio memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_PUBKEY(memory.get(), key_.get()) != 1) return {};
  return content_of(memory.get());
}

} // namespace crank
