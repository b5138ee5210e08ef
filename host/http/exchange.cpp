#include "http/exchange.hpp"

#include "http/connection.hpp"

#include <array>
#include <utility>

namespace crank {

Exchange::Exchange(IoThread& io, std::shared_ptr<Connection> connection, RequestHead head,
                   const SpoolLimits& spool_limits)
    : io_(io), connection_(std::move(connection)), head_(std::move(head)), spool_(spool_limits) {}

void Exchange::respond(Response response) {
  if (begun_.exchange(true, std::memory_order_acq_rel)) return;
  if (io_.is_current()) { // the usual case of an inline operation: no closure, no allocation
    if (const auto connection = connection_) connection->send_response(response);
    return;
  }
  io_.post([self = shared_from_this(), response = std::move(response)] {
    if (const auto connection = self->connection_) connection->send_response(response);
  });
}

void Exchange::fail(const Problem& problem) { respond(problem_response(problem, head_.request_id)); }

void Exchange::begin(int status, std::string content_type, std::string extra) {
  if (begun_.exchange(true, std::memory_order_acq_rel)) return;
  io_.dispatch([self = shared_from_this(), status, content_type = std::move(content_type), extra = std::move(extra)] {
    if (const auto connection = self->connection_) connection->send_stream_head(status, content_type, extra);
  });
}

void Exchange::respond_file(int status, std::string content_type, std::string extra, Descriptor file,
                            std::uint64_t from, std::uint64_t length) {
  if (begun_.exchange(true, std::memory_order_acq_rel)) return;
  {
    const std::lock_guard lock(mutex_);
    // The head alone says how long it is.
    spool_.lend(std::move(file), from, head_.method() == "HEAD" ? 0 : length);
    ended_ = true;
  }
  io_.dispatch(
      [self = shared_from_this(), status, length, content_type = std::move(content_type), extra = std::move(extra)] {
        if (const auto connection = self->connection_)
          connection->send_stream_head(status, content_type, extra, length);
        self->pump();
      });
}

crank_status Exchange::write(std::string_view data) {
  if (gone_.load(std::memory_order_acquire)) return CRANK_CANCELLED;
  const std::lock_guard lock(mutex_);
  switch (spool_.append(data)) {
  case Spool::Outcome::ok: break;
  case Spool::Outcome::over_limit: return CRANK_EXHAUSTED;
  case Spool::Outcome::no_space:
  case Spool::Outcome::no_descriptor: return CRANK_UNAVAILABLE;
  }
  notify_pump();
  return CRANK_OK;
}

void Exchange::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  notify_pump();
}

void Exchange::abort() {
  io_.dispatch([self = shared_from_this()] {
    if (const auto connection = self->connection_) connection->break_off();
  });
}

// With mutex_ held: the pump empties the spool as the socket takes it.
void Exchange::notify_pump() {
  if (std::exchange(pump_posted_, true)) return;
  io_.post([self = shared_from_this()] {
    {
      const std::lock_guard lock(self->mutex_);
      self->pump_posted_ = false;
    }
    self->pump();
  });
}

void Exchange::pump() {
  std::array<char, 32 * 1024> piece;
  const auto connection = connection_;
  while (connection_ && !connection->has_unsent()) {
    std::int64_t got = 0;
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      got = spool_.read(piece.data(), piece.size());
      last = ended_ && spool_.unread() == 0;
    }
    if (got < 0) return connection->break_off(); // the spool file cannot be read
    if (got > 0) connection->send_piece({piece.data(), static_cast<std::size_t>(got)});
    if (!connection_) return;
    if (last) return connection->end_stream();
    if (got == 0) return;
  }
}

void Exchange::close_behind() {
  if (connection_) connection_->keep_alive_ = false;
}

void Exchange::begin_live(int status, std::string content_type, std::string extra) {
  begun_ = true;
  if (const auto connection = connection_) connection->send_stream_head(status, content_type, extra);
}

bool Exchange::write_live(std::string_view data) {
  const auto connection = connection_;
  if (!connection) return true;
  connection->send_piece(data);
  return !connection_ || !connection->has_unsent();
}

void Exchange::end_live() {
  if (const auto connection = connection_) connection->end_stream();
}

Exchange::Detached Exchange::detach() {
  begun_ = true;
  on_drained_ = nullptr;
  on_disconnect_ = nullptr; // holds the session, which holds this request: a cycle, once nobody calls it any more
  if (!connection_) return {};
  return std::exchange(connection_, nullptr)->detach();
}

void Exchange::on_disconnect(std::function<void()> callback) {
  if (connection_)
    on_disconnect_ = std::move(callback);
  else if (gone_.load(std::memory_order_acquire))
    callback();
}

void Exchange::disconnected() {
  gone_.store(true, std::memory_order_release);
  connection_.reset();
  on_drained_ = nullptr;
  if (const auto callback = std::exchange(on_disconnect_, nullptr)) callback();
}

void Exchange::completed() {
  connection_.reset();
  on_drained_ = nullptr;
  on_disconnect_ = nullptr;
}

void Exchange::drained() {
  if (const auto callback = std::exchange(on_drained_, nullptr)) // it may ask for the next time, or end it all
    callback();
  else
    pump();
}

} // namespace crank
