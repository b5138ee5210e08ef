#include "jobs/callback_http.hpp"

#include "net/http_post.hpp"
#include "version.hpp"

#include <algorithm>
#include <utility>

namespace crank {
namespace {

constexpr std::size_t most_addresses = 4; // that are tried one after the other

// The time goes along with every attempt: a receiver refuses what was signed long ago.
std::string fields_of(const std::vector<CallbackSecret>& secrets, const CallbackMessage& message) {
  const std::int64_t timestamp =
      std::chrono::duration_cast<std::chrono::seconds>(job_clock().time_since_epoch()).count();
  return "Content-Type: application/json\r\nUser-Agent: crank-host/" + std::string(host_version) +
         "\r\nWebhook-Id: " + message.id + "\r\nWebhook-Timestamp: " + std::to_string(timestamp) +
         "\r\nWebhook-Signature: " + callback_signature(secrets, message.id, timestamp, message.body) + "\r\n";
}

CallbackAnswer without(std::string error) { return {0, std::move(error), std::nullopt, false}; }

} // namespace

Result<std::unique_ptr<HttpCallbackTransport>, Failure>
HttpCallbackTransport::make(CallbackSecrets& secrets, const CallbackPolicy& policy, Options options) {
  std::unique_ptr<HttpCallbackTransport> transport(new HttpCallbackTransport(secrets, policy, std::move(options)));
  transport->cancel_ = Pipe::make();
  if (!transport->cancel_) return Failure{"callbacks cannot be sent: the system has no more descriptors"};
  if (transport->options_.ca_file.empty()) return transport;
  auto context = make_client_context(transport->options_.ca_file);
  if (!context) return std::move(context).error();
  transport->tls_ = *std::move(context);
  return transport;
}

void HttpCallbackTransport::cancel() {
  if (!cancelled_.exchange(true)) cancel_.writing.reset();
}

// Those that one may connect to. One that is forbidden does not make the others so.
Result<std::vector<asio::ip::address>, std::string> HttpCallbackTransport::addresses_of(const CallbackUrl& url,
                                                                                        End end) const {
  std::vector<asio::ip::address> found;
  if (url.address) {
    found.push_back(*url.address);
  } else {
    auto resolved = options_.resolve(url.host, end, [this] { return cancelled_.load(); });
    if (!resolved) return url.host + ": " + resolved.error();
    found = *std::move(resolved);
  }
  std::string refusal;
  std::vector<asio::ip::address> allowed;
  for (const asio::ip::address& one : found) {
    auto refused = policy_.refusal(url, one);
    if (!refused)
      allowed.push_back(one);
    else if (refusal.empty())
      refusal = *std::move(refused);
  }
  if (allowed.empty()) return "the URL " + refusal;
  if (allowed.size() > most_addresses) allowed.resize(most_addresses);
  return allowed;
}

Result<SSL_CTX*, std::string> HttpCallbackTransport::tls() {
  const std::lock_guard lock(mutex_);
  if (!tls_) {
    auto context = make_client_context({});
    if (!context) return context.error().message;
    tls_ = *std::move(context);
  }
  return tls_.get();
}

HttpPostAnswer HttpCallbackTransport::post_to(const std::vector<asio::ip::address>& addresses, const CallbackUrl& url,
                                              const CallbackMessage& message, SSL_CTX* tls, End end) {
  HttpPost post{url.authority(),        url.target, fields_of(secrets_.current(), message), message.body, tls, url.host,
                url.address.has_value()};
  HttpPostAnswer answer;
  for (std::size_t i = 0; i < addresses.size() && !answer.reached && !cancelled_; ++i) {
    const auto now = std::chrono::steady_clock::now();
    // The first that takes no connection leaves time for the others.
    const auto left = static_cast<std::int64_t>(addresses.size() - i);
    answer = http_post(post, addresses[i], url.port, end, now + (end - now) / left, cancel_.reading.get());
  }
  return answer;
}

CallbackAnswer HttpCallbackTransport::post(const CallbackMessage& message) {
  const auto end = std::chrono::steady_clock::now() + options_.time;
  const auto url = parse_callback_url(message.url);
  if (!url) return without("the URL " + url.error());
  if (const auto refused = policy_.refusal(*url)) return without("the URL " + *refused);
  const auto addresses = addresses_of(*url, end);
  CallbackAnswer answer;
  if (addresses) {
    const auto context = url->tls ? tls() : Result<SSL_CTX*, std::string>(nullptr);
    if (!context) return without(context.error());
    const HttpPostAnswer posted = post_to(*addresses, *url, message, *context, end);
    answer.status = posted.status;
    answer.error = posted.error;
    answer.retry_after = parse_retry_after(posted.retry_after, job_clock());
  } else {
    answer.error = addresses.error();
  }
  answer.given_up = cancelled_ && answer.status == 0;
  return answer;
}

} // namespace crank
