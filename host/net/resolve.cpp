#include "net/resolve.hpp"

#include "os/thread.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>

namespace crank {
namespace {

using Addresses = std::vector<asio::ip::address>;

constexpr int most_waiting = 32;
constexpr std::chrono::milliseconds look_interval{50};

std::atomic<int> waiting{0}; // threads

struct Question {
  std::mutex mutex;
  std::condition_variable answered;
  bool over = false;
  Addresses addresses;
  std::string fault;
};

std::optional<asio::ip::address> address_of(const sockaddr* given) {
  if (given->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, given, sizeof v4);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (given->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, given, sizeof v6);
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

void answer(Question& question, const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(code == 0 ? found : nullptr, &::freeaddrinfo);
  const std::lock_guard lock(question.mutex);
  for (const addrinfo* one = owned.get(); one; one = one->ai_next) {
    const auto address = address_of(one->ai_addr);
    auto& all = question.addresses;
    if (address && std::find(all.begin(), all.end(), *address) == all.end()) all.push_back(*address);
  }
  if (question.addresses.empty()) question.fault = code == 0 ? "it has no address" : ::gai_strerror(code);
  question.over = true;
  question.answered.notify_one();
}

} // namespace

Result<Addresses, std::string> resolve(const std::string& host, std::chrono::steady_clock::time_point end,
                                       const std::function<bool()>& given_up) {
  const auto question = std::make_shared<Question>();
  if (waiting.fetch_add(1) >= most_waiting) {
    --waiting;
    return std::string("too many names are being asked for: the name servers do not answer");
  }
  try {
    start_thread([question, host] {
      answer(*question, host);
      --waiting;
    }).detach();
  } catch (const std::system_error&) {
    --waiting;
    return std::string("the system has no thread to ask for its address");
  }
  std::unique_lock lock(question->mutex);
  while (!question->over) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) return std::string("the name servers do not answer in time");
    if (given_up()) return std::string("given up");
    question->answered.wait_until(lock, std::min(end, now + look_interval));
  }
  if (question->addresses.empty()) return question->fault;
  return question->addresses;
}

} // namespace crank
