// Listening sockets: making one, or taking one that somebody else made, and accepting on an I/O thread.
// Knows nothing of what is spoken on the connections.
#pragma once

#include "base/problem.hpp"
#include "net/asio.hpp"
#include "net/io_thread.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace crank {

// The numeric addresses that a `host` setting stands for: an address itself, in brackets or not; for `localhost` both
// loopbacks, where the machine has them, for clients differ in which they try (RFC 6761 6.3); else the first IPv4
// address, or the first, that the system's name service has for it, which may take as long as that takes. Never empty;
// exit code 2 when there is none.
[[nodiscard]] Result<std::vector<std::string>, Failure> listen_hosts(const std::string& host);

// An owned listening descriptor. The serving part receives these; it never makes them.
class ListenSocket {
public:
  // Binds and listens on a numeric address; looks nothing up. Port 0 picks a free one. Exit code 2 when the address
  // cannot be had; the message says why. An IPv6 wildcard also takes IPv4 where the system lets it.
  static Result<ListenSocket, Failure> bind(const std::string& host, std::uint16_t port);
  // The same for several, which get one port: with port 0 one that is free on all of them.
  static Result<std::vector<ListenSocket>, Failure> bind_all(const std::vector<std::string>& hosts, std::uint16_t port);
  // Takes over a descriptor that already listens, e.g. from a supervisor.
  static Result<ListenSocket, Failure> adopt(int descriptor);

  ListenSocket(ListenSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), endpoint_(other.endpoint_) {}
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  int descriptor() const { return descriptor_; }
  // A second hold on the same socket.
  ListenSocket duplicate() const;
  // Gives the descriptor away.
  int release() { return std::exchange(descriptor_, -1); }
  // Gives up this process's hold on the socket; when it was the last, new clients are refused.
  void close();
  const asio::ip::tcp::endpoint& endpoint() const { return endpoint_; }
  bool is_loopback() const { return endpoint_.address().is_loopback(); }

private:
  ListenSocket(int descriptor, asio::ip::tcp::endpoint endpoint) : descriptor_(descriptor), endpoint_(endpoint) {}

  int descriptor_;
  asio::ip::tcp::endpoint endpoint_;
};

// Says once when connections cannot be accepted for want of descriptors or memory, and once when that is over. [any
// thread]
class AcceptShortage {
public:
  void failed();
  void accepted() {
    if (failures_.load(std::memory_order_relaxed) != 0) maybe_over();
  }

private:
  void maybe_over();

  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::int64_t> last_ms_{0};
};

// Accepts on one I/O thread. All members on that thread.
class AcceptLoop : public std::enable_shared_from_this<AcceptLoop> {
public:
  // Takes the connection. Returns false when no more may come for now; then resume() goes on.
  using OnAccept = std::function<bool(Socket)>;

  // `shortage` is shared by those that run out together, and outlives them.
  AcceptLoop(IoThread& io, ListenSocket listener, AcceptShortage& shortage, OnAccept on_accept);

  void start();
  void resume();
  // No more connections; what is in the backlog stays there for others that accept from the same socket.
  void stop();

private:
  void accept_next();
  void accept_waiting();
  void retry_later();

  IoThread& io_;
  const asio::ip::tcp protocol_;
  Acceptor acceptor_;
  Timer retry_;
  AcceptShortage& shortage_;
  OnAccept on_accept_;
  bool paused_ = false;
  bool stopped_ = false;
};

} // namespace crank
