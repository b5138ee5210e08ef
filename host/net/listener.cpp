#include "net/listener.hpp"

#include "base/refusal.hpp"
#include "base/text.hpp"
#include "log/log.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

namespace crank {
namespace {

std::string without_brackets(const std::string& host) {
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return brackets ? host.substr(1, host.size() - 2) : host;
}

// Machines without IPv6 are many, containers with nothing else a few. Whether there is no such address here, for good.
bool is_absent(const asio::ip::address& address) {
  asio::io_context context;
  Acceptor acceptor(context.get_executor());
  const asio::ip::tcp::endpoint endpoint(address, 0);
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  return ec == std::errc::address_family_not_supported || ec == std::errc::address_not_available ||
         ec == std::errc::protocol_not_supported;
}

// A child process that a plugin starts must not keep clients' connections open.
void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

// -1 with errno; blocking or not is Asio's affair.
int accept_descriptor(int listener) {
#if defined(SOCK_CLOEXEC)
  return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
#else
  const int descriptor = ::accept(listener, nullptr, nullptr);
  if (descriptor >= 0) close_on_exec(descriptor);
  return descriptor;
#endif
}

std::string describe(const asio::ip::tcp::endpoint& endpoint) {
  return endpoint.address().to_string() + " port " + std::to_string(endpoint.port());
}

} // namespace

Result<std::vector<std::string>, Failure> listen_hosts(const std::string& host) {
  error_code ec;
  const auto address = asio::ip::make_address(without_brackets(host), ec);
  if (!ec) return std::vector<std::string>{address.to_string()};
  if (equal_ignoring_case(host, "localhost")) { // whatever a hosts file says or does not say
    std::vector<std::string> loopbacks;
    for (const asio::ip::address& one :
         {asio::ip::address(asio::ip::address_v4::loopback()), asio::ip::address(asio::ip::address_v6::loopback())}) {
      if (!is_absent(one)) loopbacks.push_back(one.to_string());
    }
    return loopbacks.empty() ? std::vector<std::string>{"127.0.0.1"} : loopbacks;
  }
  asio::io_context context;
  asio::ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, "0", asio::ip::tcp::resolver::passive, ec);
  if (ec || found.empty()) {
    return Failure{"cannot resolve the listen address '" + host + "' (" + ec.message() +
                       "); give --host an address of this machine",
                   2};
  }
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return std::vector<std::string>{entry.endpoint().address().to_string()};
  }
  return std::vector<std::string>{found.begin()->endpoint().address().to_string()};
}

Result<ListenSocket, Failure> ListenSocket::bind(const std::string& host, std::uint16_t port) {
  error_code ec;
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(host, ec), port);
  if (ec) return Failure{"'" + host + "' is no address to listen on", 2};
  asio::io_context context;
  Acceptor acceptor(context.get_executor());
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) close_on_exec(acceptor.native_handle());
  if (!ec) acceptor.set_option(Acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  // The kernel caps the backlog at net.core.somaxconn.
  if (!ec) acceptor.listen(4096, ec);
  if (ec) {
    std::string advice(advice_on(ec));
    if (ec == asio::error::address_in_use)
      advice = "; stop what listens there or choose another --port (0 picks a free one)";
    else if (ec == asio::error::access_denied)
      advice = "; ports below 1024 need privileges, choose another --port";
    else if (advice.empty())
      advice = "; give --host an address of this machine";
    return Failure{"cannot listen on " + describe(endpoint) + ": " + ec.message() + advice, 2};
  }
  const auto bound = acceptor.local_endpoint();
  return ListenSocket(acceptor.release(), bound);
}

Result<std::vector<ListenSocket>, Failure> ListenSocket::bind_all(const std::vector<std::string>& hosts,
                                                                  std::uint16_t port) {
  constexpr int tries = 16; // that others have the port which was free on the first address
  for (int left = port == 0 && hosts.size() > 1 ? tries : 1;;) {
    std::vector<ListenSocket> sockets;
    std::optional<Failure> failure;
    for (const std::string& host : hosts) {
      auto one = bind(host, sockets.empty() ? port : sockets.front().endpoint().port());
      if (!one) {
        failure = std::move(one).error();
        break;
      }
      sockets.push_back(*std::move(one));
    }
    if (!failure) return sockets;
    if (--left == 0) return *std::move(failure);
  }
}

Result<ListenSocket, Failure> ListenSocket::adopt(int descriptor) {
  asio::ip::tcp::endpoint endpoint;
  socklen_t size = static_cast<socklen_t>(endpoint.capacity());
  int listening = 0;
  socklen_t listening_size = sizeof listening;
  if (getsockname(descriptor, endpoint.data(), &size) != 0 ||
      getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_size) != 0 || listening == 0) {
    return Failure{"descriptor " + std::to_string(descriptor) + " is not a listening TCP socket", 2};
  }
  endpoint.resize(size);
  return ListenSocket(descriptor, endpoint);
}

ListenSocket ListenSocket::duplicate() const { return ListenSocket(fcntl(descriptor_, F_DUPFD_CLOEXEC, 0), endpoint_); }

ListenSocket::~ListenSocket() { close(); }

void ListenSocket::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

namespace {

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace

void AcceptShortage::failed() {
  last_ms_.store(now_ms(), std::memory_order_relaxed);
  if (failures_.fetch_add(1, std::memory_order_relaxed) != 0) return;
  log(LogLevel::warn,
      "cannot accept connections for the moment: out of file descriptors or memory (raise `ulimit -n`)");
}

// One descriptor that comes free and is taken at once does not end it.
void AcceptShortage::maybe_over() {
  constexpr std::int64_t calm_ms = 1000;
  if (now_ms() - last_ms_.load(std::memory_order_relaxed) < calm_ms) return;
  const std::uint64_t failures = failures_.exchange(0, std::memory_order_relaxed);
  if (failures != 0)
    log(LogLevel::info, "accepting connections again; " + std::to_string(failures) + " attempt(s) had failed");
}

AcceptLoop::AcceptLoop(IoThread& io, ListenSocket listener, AcceptShortage& shortage, OnAccept on_accept)
    : io_(io), protocol_(listener.endpoint().protocol()), acceptor_(io.executor()), retry_(io.executor()),
      shortage_(shortage), on_accept_(std::move(on_accept)) {
  error_code ec;
  acceptor_.assign(protocol_, listener.descriptor(), ec);
  if (ec) { // it could not be duplicated or watched; other threads may accept
    log(LogLevel::error, "an I/O thread cannot accept connections: " + ec.message());
    stopped_ = true;
    return;
  }
  listener.release();
  acceptor_.non_blocking(true, ec);
}

void AcceptLoop::start() {
  if (!stopped_) accept_next();
}

void AcceptLoop::resume() {
  if (!std::exchange(paused_, false) || stopped_) return;
  accept_next();
}

void AcceptLoop::stop() {
  stopped_ = true;
  error_code ignored;
  retry_.cancel();
  acceptor_.close(ignored);
}

// Several at a time, but not so many that the connections at hand have to wait for long.
void AcceptLoop::accept_next() {
  acceptor_.async_wait(Acceptor::wait_read, [self = shared_from_this()](error_code ec) {
    if (ec || self->stopped_) return;
    self->accept_waiting();
  });
}

void AcceptLoop::accept_waiting() {
  constexpr int most_at_a_time = 16;
  for (int i = 0; i < most_at_a_time && !stopped_; ++i) {
    const int descriptor = accept_descriptor(acceptor_.native_handle());
    if (descriptor >= 0) {
      Socket socket(io_.executor());
      error_code ec;
      socket.assign(protocol_, descriptor, ec);
      if (ec) { // the kernel watches no more of them
        ::close(descriptor);
        return retry_later();
      }
      shortage_.accepted();
      if (!on_accept_(std::move(socket))) {
        paused_ = true;
        return;
      }
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break; // another thread or process took it
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO || errno == ENETDOWN)
      continue;           // accept(2): that one client's error
    return retry_later(); // out of descriptors or memory: the backlog holds the rest; trying again at once would spin
  }
  if (!stopped_) accept_next();
}

void AcceptLoop::retry_later() {
  shortage_.failed();
  retry_.expires_after(std::chrono::milliseconds(100));
  retry_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && !self->stopped_) self->accept_next();
  });
}

} // namespace crank
