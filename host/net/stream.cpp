#include "net/stream.hpp"

#include <openssl/err.h>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <climits>
#include <utility>

namespace crank {
namespace {

constexpr int record_header = 5;                    // RFC 8446 5.1
constexpr int largest_record = 16 * 1024 + 256 + 5; // TLSCiphertext with its header
constexpr unsigned char handshake_record = 22;
#if defined(MSG_NOSIGNAL)
constexpr int no_signal = MSG_NOSIGNAL; // a library may have undone what the host does about SIGPIPE
#else
constexpr int no_signal = 0;
#endif

IoStatus status_of_errno(IoStatus would_block) {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? would_block : IoStatus::failed;
}

} // namespace

Stream::Stream(Socket socket, SSL_CTX* context) : socket_(std::move(socket)), context_(context) {
  error_code ignored;
  socket_.native_non_blocking(true, ignored);
}

void Stream::set_low_water_mark(int bytes) {
  setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

// The low-water mark holds back bytes but not the end of them. Linux says when it is the end; elsewhere what wakes
// again and again without bringing any is.
FirstBytes Stream::wait_for_first_bytes([[maybe_unused]] int arrived, int wanted) {
#if defined(POLLRDHUP)
  pollfd one{socket_.native_handle(), POLLRDHUP, 0};
  if (::poll(&one, 1, 0) == 1) return FirstBytes::ended;
#else
  constexpr int most_vain_looks = 3; // one may be owed to readiness that was noted before the first look
  if (arrived > std::exchange(arrived_, arrived))
    vain_looks_ = 0;
  else if (++vain_looks_ == most_vain_looks)
    return FirstBytes::ended;
#endif
  set_low_water_mark(wanted);
  return FirstBytes::incomplete;
}

FirstBytes Stream::look_at_first_bytes() {
  unsigned char head[record_header];
  const ssize_t got = recv(socket_.native_handle(), head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
  if (got == 0) return FirstBytes::ended;
  if (got < 0)
    return status_of_errno(IoStatus::want_read) == IoStatus::failed ? FirstBytes::ended : FirstBytes::incomplete;
  if (head[0] != handshake_record) return std::isalpha(head[0]) ? FirstBytes::plain_text : FirstBytes::garbage;
  if (got < record_header) return wait_for_first_bytes(static_cast<int>(got), record_header);
  const int length = record_header + head[3] * 256 + head[4];
  if (head[1] != 3 || length > largest_record) return FirstBytes::garbage;
  int available = 0;
  if (ioctl(socket_.native_handle(), FIONREAD, &available) == 0 && available < length)
    return wait_for_first_bytes(available, length);
  set_low_water_mark(1);
  return FirstBytes::client_hello;
}

IoStatus Stream::handshake() {
  if (!ssl_) {
    ssl_.reset(SSL_new(context_));
    if (!ssl_ || SSL_set_fd(ssl_.get(), static_cast<int>(socket_.native_handle())) != 1) return IoStatus::failed;
    SSL_set_accept_state(ssl_.get());
  }
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? IoStatus::ok : status_of(result);
}

bool Stream::has_arrived() {
  char byte = 0;
  return recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool Stream::has_failed() {
  pollfd one{socket_.native_handle(), 0, 0};
  return ::poll(&one, 1, 0) == 1 && (one.revents & (POLLERR | POLLHUP)) != 0;
}

// The error queue of OpenSSL is per thread and must be empty before an operation for SSL_get_error to be right; each
// operation below clears it first.
IoStatus Stream::status_of(int ssl_result) {
  switch (SSL_get_error(ssl_.get(), ssl_result)) {
  case SSL_ERROR_WANT_READ: return IoStatus::want_read;
  case SSL_ERROR_WANT_WRITE: return IoStatus::want_write;
  case SSL_ERROR_ZERO_RETURN: return IoStatus::end;
  default: return IoStatus::failed;
  }
}

IoResult Stream::read_some(char* data, std::size_t size) {
  if (!context_) {
    const ssize_t got = recv(socket_.native_handle(), data, size, MSG_DONTWAIT);
    if (got > 0) return {IoStatus::ok, static_cast<std::size_t>(got)};
    return {got == 0 ? IoStatus::end : status_of_errno(IoStatus::want_read)};
  }
  ERR_clear_error();
  const int got = SSL_read(ssl_.get(), data, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (got > 0) return {IoStatus::ok, static_cast<std::size_t>(got)};
  return {status_of(got)};
}

IoResult Stream::write_some(const char* data, std::size_t size) {
  if (size == 0) return {IoStatus::ok, 0};
  if (!context_) {
    const ssize_t put = send(socket_.native_handle(), data, size, MSG_DONTWAIT | no_signal);
    if (put >= 0) return {IoStatus::ok, static_cast<std::size_t>(put)};
    return {status_of_errno(IoStatus::want_write)};
  }
  ERR_clear_error();
  const int put = SSL_write(ssl_.get(), data, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (put > 0) return {IoStatus::ok, static_cast<std::size_t>(put)};
  return {status_of(put)};
}

void Stream::shutdown_write() {
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get()); // one try: a peer that takes nothing any more does not get a close_notify
  }
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() {
  error_code ignored;
  socket_.close(ignored);
}

} // namespace crank
