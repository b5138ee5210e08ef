// A connected TCP socket, with or without TLS, for one thread and without blocking.
// OpenSSL works on the descriptor itself and releases its buffers when idle, so an idle TLS connection costs about 15
// KiB where asio::ssl::stream keeps 75. Knows nothing of HTTP.
#pragma once

#include "net/asio.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string_view>

namespace crank {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

enum class IoStatus {
  ok,
  want_read,  // wait until readable, then call again
  want_write, // wait until writable, then call again
  end,        // the peer ended its side in order
  failed      // reset, protocol error; the connection is of no use any more
};

struct IoResult {
  IoStatus status;
  std::size_t bytes = 0;
};

// What the first bytes of a connection look like, before TLS memory is spent on it.
enum class FirstBytes { incomplete, client_hello, plain_text, garbage, ended };

class Stream {
public:
  // `context` is nullptr for plain TCP; it must outlive the stream.
  // Makes the socket non-blocking: Asio does that only when it first has to wait, and OpenSSL reads before.
  Stream(Socket socket, SSL_CTX* context);
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept = default;

  bool encrypted() const { return context_ != nullptr; }
  SSL* ssl() const { return ssl_.get(); }
  Socket& socket() { return socket_; }

  // Looks at what has arrived without consuming it; at first and then whenever wait_readable() completes. While it says
  // incomplete, wait_readable() completes only once more of the first TLS record is there: a client that sends half a
  // ClientHello costs no TLS memory and no wake-ups.
  FirstBytes look_at_first_bytes();

  // Does the next step of the TLS handshake.
  IoStatus handshake();

  IoResult read_some(char* data, std::size_t size);
  IoResult write_some(const char* data, std::size_t size);

  // Bytes that were received but not handed out, so that no readiness event will announce them.
  bool has_pending() const { return ssl_ && SSL_has_pending(ssl_.get()); }
  // Whether the socket holds bytes that nobody has read yet.
  bool has_arrived();

  // Says goodbye: close_notify, then FIN. The peer's answer may still be read.
  void shutdown_write();
  void close();

  template <class Handler>
  void wait_readable(Handler&& handler) {
    socket_.async_wait(Socket::wait_read, std::forward<Handler>(handler));
  }
  template <class Handler>
  void wait_writable(Handler&& handler) {
    socket_.async_wait(Socket::wait_write, std::forward<Handler>(handler));
  }

  // Completes once the connection has failed, if nobody reads or writes meanwhile; urgent data completes it, too.
  template <class Handler>
  void wait_failed(Handler&& handler) {
    socket_.async_wait(Socket::wait_error, std::forward<Handler>(handler));
  }
  // Whether the connection was reset. That the peer ended its side in order is none of that.
  bool has_failed();

private:
  IoStatus status_of(int ssl_result);
  void set_low_water_mark(int bytes);
  FirstBytes wait_for_first_bytes(int arrived, int wanted);

  Socket socket_;
  SSL_CTX* context_;
  std::unique_ptr<SSL, SslFree> ssl_;
  [[maybe_unused]] int arrived_ = 0;    // bytes at the last look at the first ones
  [[maybe_unused]] int vain_looks_ = 0; // without more of them
};

} // namespace crank
