#include "base/digest.hpp"

#include "base/text.hpp"

#include <openssl/evp.h>

#include <new>

namespace crank {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}

Sha256& Sha256::update(std::string_view data) {
  EVP_DigestUpdate(context_.get(), data.data(), data.size());
  return *this;
}

std::array<unsigned char, Sha256::bytes> Sha256::raw() const {
  const std::unique_ptr<evp_md_ctx_st, Free> copy(EVP_MD_CTX_new());
  std::array<unsigned char, bytes> digest{};
  if (!copy || EVP_MD_CTX_copy_ex(copy.get(), context_.get()) != 1) throw std::bad_alloc();
  EVP_DigestFinal_ex(copy.get(), digest.data(), nullptr);
  return digest;
}

std::string Sha256::hex() const {
  const auto digest = raw();
  return hex_text({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string digest_field(std::string_view hex) {
  const std::string raw = text_of_hex(hex.substr(0, 2 * Sha256::bytes));
  std::array<unsigned char, 4 * ((Sha256::bytes + 2) / 3) + 1> text{};
  const int size =
      EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(raw.data()), static_cast<int>(raw.size()));
  std::string field = "sha-256=:";
  field.append(text.begin(), text.begin() + size);
  return field += ':';
}

} // namespace crank
