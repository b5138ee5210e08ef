#include "net/listener.hpp"

#include "log/log.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace crank {
namespace {

// Everything between "localhost" and a listening socket. An IPv6 wildcard also takes IPv4 where the system lets it.
Result<asio::ip::tcp::endpoint, Failure> resolve(const std::string& host, std::uint16_t port) {
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (!ec) return asio::ip::tcp::endpoint(address, port);
  // RFC 6761 6.3: this name means loopback, whatever a hosts file says or does not say.
  if (host == "localhost") return asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port);
  asio::io_context context;
  asio::ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, std::to_string(port), asio::ip::tcp::resolver::passive, ec);
  if (ec || found.empty()) {
    return Failure{"cannot resolve the listen address '" + host + "' (" + ec.message() +
                       "); give --host an address of this machine",
                   2};
  }
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint(); // "localhost" is 127.0.0.1 for every client
  }
  return found.begin()->endpoint();
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

Result<ListenSocket, Failure> ListenSocket::bind(const std::string& host, std::uint16_t port) {
  auto endpoint = resolve(host, port);
  if (!endpoint) return std::move(endpoint).error();
  asio::io_context context;
  Acceptor acceptor(context.get_executor());
  error_code ec;
  acceptor.open(endpoint->protocol(), ec);
  if (!ec) close_on_exec(acceptor.native_handle());
  if (!ec) acceptor.set_option(Acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(*endpoint, ec);
  // The kernel caps the backlog at net.core.somaxconn.
  if (!ec) acceptor.listen(4096, ec);
  if (ec) {
    std::string advice =
        ec == asio::error::address_in_use  ? "; stop what listens there or choose another --port (0 picks a free one)"
        : ec == asio::error::access_denied ? "; ports below 1024 need privileges, choose another --port"
                                           : "; give --host an address of this machine";
    return Failure{"cannot listen on " + describe(*endpoint) + ": " + ec.message() + advice, 2};
  }
  const auto bound = acceptor.local_endpoint();
  return ListenSocket(acceptor.release(), bound);
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

AcceptLoop::AcceptLoop(IoThread& io, ListenSocket listener, OnAccept on_accept)
    : io_(io), protocol_(listener.endpoint().protocol()), acceptor_(io.executor()), retry_(io.executor()),
      on_accept_(std::move(on_accept)) {
  acceptor_.assign(protocol_, listener.release());
  error_code ignored;
  acceptor_.non_blocking(true, ignored);
}

void AcceptLoop::start() { accept_next(); }

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
  log(LogLevel::warn,
      "cannot accept connections for the moment: out of file descriptors or memory (raise `ulimit -n`)");
  retry_.expires_after(std::chrono::milliseconds(100));
  retry_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec && !self->stopped_) self->accept_next();
  });
}

} // namespace crank
