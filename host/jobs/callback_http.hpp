// Callbacks over HTTP: where the policy lets them go, signed. The address that was checked is the one that is connected
// to, whatever the name server says a moment later. Knows no store.
#pragma once

#include "jobs/callback_policy.hpp"
#include "jobs/callback_secrets.hpp"
#include "jobs/callback_sender.hpp"
#include "net/http_post.hpp"
#include "net/resolve.hpp"
#include "os/pipe.hpp"
#include "tls/client_context.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace crank {

class HttpCallbackTransport : public CallbackTransport {
public:
  using Resolve = decltype(resolve);
  struct Options {
    std::filesystem::path ca_file;          // empty: the system's authorities
    std::chrono::milliseconds time{15'000}; // for all of an attempt
    std::function<Resolve> resolve = crank::resolve;
  };

  // What is referred to must outlive it. A failure says what is wrong with ca_file.
  [[nodiscard]] static Result<std::unique_ptr<HttpCallbackTransport>, Failure>
  make(CallbackSecrets& secrets, const CallbackPolicy& policy, Options options);

  CallbackAnswer post(const CallbackMessage& message) override;
  void cancel() override;

private:
  HttpCallbackTransport(CallbackSecrets& secrets, const CallbackPolicy& policy, Options options)
      : secrets_(secrets), policy_(policy), options_(std::move(options)) {}

  using End = std::chrono::steady_clock::time_point;
  Result<std::vector<asio::ip::address>, std::string> addresses_of(const CallbackUrl& url, End end) const;
  Result<SSL_CTX*, std::string> tls();
  HttpPostAnswer post_to(const std::vector<asio::ip::address>& addresses, const CallbackUrl& url,
                         const CallbackMessage& message, SSL_CTX* tls, End end);

  CallbackSecrets& secrets_;
  const CallbackPolicy& policy_;
  const Options options_;
  Pipe cancel_; // its writing end is closed by cancel()
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_; // guards what follows
  SslContext tls_;   // made when first needed: the system's authorities are many
};

} // namespace crank
