#include "net/http_post.hpp"

#include "base/text.hpp"
#include "os/descriptor.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // macOS: SIGPIPE is ignored while serving
#endif

namespace crank {
namespace {

using Clock = std::chrono::steady_clock;

std::string system_reason(int code) { return std::system_category().message(code); }

class Connection {
public:
  Connection(Clock::time_point end, int cancel) : end_(end), cancel_(cancel) {}

  bool connect(const asio::ip::tcp::endpoint& to, Clock::time_point until);
  bool handshake(const HttpPost& post);
  bool write(std::string_view data);
  // What came, at most `size` bytes; 0: the peer has ended; -1: error().
  std::ptrdiff_t read(char* to, std::size_t size);
  const std::string& error() const { return error_; }

private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }
  bool wait(short events) { return wait(events, end_); }
  bool wait(short events, Clock::time_point until);
  bool wait_for_tls(int result);
  std::string tls_reason() const;

  const Clock::time_point end_;
  const int cancel_;
  Descriptor socket_;
  std::unique_ptr<SSL, FreeSsl> tls_;
  std::string error_;
};

bool Connection::wait(short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return fail("no answer in time");
    std::array<pollfd, 2> watched{{{socket_.get(), events, 0}, {cancel_, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return fail(system_reason(errno));
    if (ready <= 0) continue;
    if (watched[1].revents != 0) return fail("given up because the host stops");
    if (watched[0].revents != 0) return true;
  }
}

bool Connection::connect(const asio::ip::tcp::endpoint& to, Clock::time_point until) {
  socket_ = Descriptor(::socket(to.protocol().family(), SOCK_STREAM, 0));
  if (!socket_) return fail(system_reason(errno));
  ::fcntl(socket_.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
  if (::connect(socket_.get(), to.data(), static_cast<socklen_t>(to.size())) == 0) return true;
  if (errno != EINPROGRESS) return fail("no connection: " + system_reason(errno));
  if (!wait(POLLOUT, until)) return false;
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  return code == 0 || fail("no connection: " + system_reason(code));
}

std::string Connection::tls_reason() const {
  if (const long fault = SSL_get_verify_result(tls_.get()); fault != X509_V_OK)
    return std::string("its certificate does not hold: ") + X509_verify_cert_error_string(fault);
  const unsigned long code = ERR_peek_last_error();
  const char* const reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason ? std::string("TLS: ") + reason : "the connection was closed";
}

// Whether the same may be tried again now.
bool Connection::wait_for_tls(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
  case SSL_ERROR_WANT_READ: return wait(POLLIN);
  case SSL_ERROR_WANT_WRITE: return wait(POLLOUT);
  default: return fail(tls_reason());
  }
}

bool Connection::handshake(const HttpPost& post) {
  tls_.reset(SSL_new(post.tls));
  if (!tls_ || SSL_set_fd(tls_.get(), socket_.get()) != 1) return fail("TLS cannot be used");
  const char* const name = post.name.c_str();
  // The certificate has to name whom the URL names, whatever address was found for it (RFC 9110 4.3.4).
  const bool named = post.name_is_address
                         ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), name) == 1
                         : SSL_set1_host(tls_.get(), name) == 1 && SSL_set_tlsext_host_name(tls_.get(), name) == 1;
  if (!named) return fail("TLS cannot be used for this name");
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(tls_.get());
    if (result == 1) return true;
    if (!wait_for_tls(result)) return false;
  }
}

bool Connection::write(std::string_view data) {
  while (!data.empty()) {
    std::ptrdiff_t count = 0;
    if (tls_) {
      ERR_clear_error();
      count = SSL_write(tls_.get(), data.data(), static_cast<int>(data.size()));
      if (count <= 0 && !wait_for_tls(static_cast<int>(count))) return false;
    } else {
      count = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
      const int reason = errno;
      if (count < 0 && reason != EAGAIN && reason != EWOULDBLOCK && reason != EINTR) return fail(system_reason(reason));
      if (count < 0 && !wait(POLLOUT)) return false;
    }
    if (count > 0) data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::ptrdiff_t Connection::read(char* to, std::size_t size) {
  while (true) {
    if (Clock::now() >= end_) { // also where there is always something to read
      fail("no answer in time");
      return -1;
    }
    if (tls_) {
      ERR_clear_error();
      const int count = SSL_read(tls_.get(), to, static_cast<int>(size));
      if (count > 0) return count;
      if (SSL_get_error(tls_.get(), count) == SSL_ERROR_ZERO_RETURN) return 0;
      if (!wait_for_tls(count)) return -1;
    } else {
      const std::ptrdiff_t count = ::recv(socket_.get(), to, size, 0);
      if (count >= 0) return count;
      const int reason = errno;
      if (reason != EAGAIN && reason != EWOULDBLOCK && reason != EINTR) {
        fail(system_reason(reason));
        return -1;
      }
      if (!wait(POLLIN)) return -1;
    }
  }
}

// The status of "HTTP/1.1 204 No Content" (RFC 9112 4).
std::optional<int> status_of(std::string_view line) {
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1." || line[8] != ' ') return std::nullopt;
  int status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return std::nullopt;
    status = status * 10 + (c - '0');
  }
  const bool ends = line.size() == 12 || line[12] == ' ';
  return ends && status >= 100 && status <= 599 ? std::optional(status) : std::nullopt;
}

void read_fields(std::string_view head, HttpPostAnswer& answer) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), "retry-after"))
      answer.retry_after = trim(line.substr(colon + 1));
  }
}

// Its body is of no interest, and never read on purpose.
void read_answer(Connection& connection, HttpPostAnswer& answer) {
  std::string text;
  std::array<char, 2048> piece{};
  while (text.size() <= longest_answer_head) {
    if (const std::size_t end = text.find("\r\n\r\n"); end != std::string::npos) {
      const std::string_view head = std::string_view(text).substr(0, end);
      const auto status = status_of(head.substr(0, head.find("\r\n")));
      if (!status) break;
      if (*status >= 200) {
        answer.status = *status;
        return read_fields(head, answer);
      }
      text.erase(0, end + 4); // an interim answer (RFC 9110 15.2)
      if (*status == 101) break;
      continue;
    }
    const std::ptrdiff_t count = connection.read(piece.data(), piece.size());
    if (count < 0) {
      answer.error = connection.error();
      return;
    }
    if (count == 0) {
      answer.error = text.empty() ? "the connection was closed without an answer" : "the answer ends early";
      return;
    }
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  answer.error =
      text.size() > longest_answer_head ? "the head of its answer does not end" : "its answer is no HTTP/1.1";
}

} // namespace

HttpPostAnswer http_post(const HttpPost& post, const asio::ip::address& to, std::uint16_t port, Clock::time_point end,
                         Clock::time_point connected, int cancel) {
  HttpPostAnswer answer;
  Connection connection(end, cancel);
  const auto failed = [&] {
    answer.error = connection.error();
    return answer;
  };
  if (!connection.connect({to, port}, connected)) return failed();
  answer.reached = true;
  if (post.tls && !connection.handshake(post)) return failed();
  std::string message = "POST " + post.target + " HTTP/1.1\r\nHost: " + post.authority + "\r\n" + post.fields;
  message.append("Content-Length: ").append(std::to_string(post.body.size()));
  message.append("\r\nConnection: close\r\n\r\n").append(post.body);
  if (!connection.write(message)) return failed();
  read_answer(connection, answer);
  return answer;
}

} // namespace crank
