// Listening sockets: making one, or taking one that somebody else made, and accepting on an I/O thread.
// Knows nothing of what is spoken on the connections.
#pragma once

#include "error/problem.hpp"
#include "net/asio.hpp"
#include "net/io_thread.hpp"

#include <functional>
#include <memory>
#include <string>

namespace crank {

// An owned listening descriptor. The serving part receives these; it never makes them.
class ListenSocket {
public:
  // Binds and listens. Port 0 picks a free one. Exit code 2 when the address cannot be had; the message says why.
  static Result<ListenSocket, Failure> bind(const std::string& host, std::uint16_t port);
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

// Accepts on one I/O thread. All members on that thread.
class AcceptLoop : public std::enable_shared_from_this<AcceptLoop> {
public:
  // Takes the connection. Returns false when no more may come for now; then resume() goes on.
  using OnAccept = std::function<bool(Socket)>;

  AcceptLoop(IoThread& io, ListenSocket listener, OnAccept on_accept);

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
  OnAccept on_accept_;
  bool paused_ = false;
  bool stopped_ = false;
};

} // namespace crank
