#include "doors/event_stream.hpp"

#include <utility>

namespace crank {
namespace {

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  for (const char c : value) {
    if (c != '\n' && c != '\r' && c != '\0') out += c;
  }
  out += '\n';
}

} // namespace

void append_event(std::string& out, std::string_view data, std::string_view event, std::string_view id) {
  if (!event.empty()) append_line(out, "event: ", event);
  if (!id.empty()) append_line(out, "id: ", id);
  // A line ends with LF, CR LF or CR for the reader, so all three have to end one here.
  while (true) {
    const std::size_t end = data.find_first_of("\r\n");
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + (data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n' ? 2 : 1));
  }
  out += '\n';
}

EventStream::EventStream(std::shared_ptr<Exchange> exchange, std::shared_ptr<Session> session,
                         std::chrono::milliseconds keepalive)
    : exchange_(std::move(exchange)), session_(std::move(session)), keepalive_(keepalive) {}

EventStream::~EventStream() { exchange_->io().forget(*this); }

void EventStream::accept(const SessionAcceptance& acceptance) {
  accepted_ = true;
  std::string lines(event_stream_headers);
  for (const auto& [name, value] : acceptance.head.fields) {
    if (name != "cache-control") lines.append(name).append(": ").append(value).append("\r\n"); // ours is stricter
  }
  exchange_->begin_live(200, std::string(event_stream_type), std::move(lines));
  if (exchange_->over()) return;
  exchange_->io().set_deadline(*this, keepalive_);
}

void EventStream::refuse(const Problem& problem) {
  session_.reset();
  exchange_->fail(problem);
}

void EventStream::wake() {
  if (!accepted_ || sending_ || !session_) return;
  const auto self = shared_from_this();
  sending_ = true;
  while (session_) {
    const SharedMessage message = session_->next();
    if (!message) break;
    std::string text;
    text.reserve(message->bytes() + 32);
    append_event(text, message->data, message->event, message->id);
    const bool room = exchange_->write_live(text);
    if (session_) session_->sent();
    if (exchange_->over()) break; // the write found the client gone
    exchange_->io().set_deadline(*this, keepalive_);
    if (room) continue;
    exchange_->on_drained([weak = weak_from_this()] {
      const auto stream = weak.lock();
      if (!stream) return;
      stream->sending_ = false;
      stream->wake();
    });
    return; // sending_ stays set until the socket has room
  }
  sending_ = false;
  if (closing_ != 0) end();
}

void EventStream::close(int code, std::string) {
  closing_ = code;
  // What a slow client has not taken it will not take now.
  if (code == CRANK_CLOSE_TRY_AGAIN && sending_) return exchange_->abort();
  if (!sending_ && session_ && !session_->next()) end();
}

void EventStream::end() {
  const auto self = shared_from_this();
  const auto session = std::exchange(session_, nullptr);
  if (!session) return;
  exchange_->io().forget(*this);
  exchange_->end_live();
  session->disconnected(closing_);
}

void EventStream::expired() {
  if (!session_) return;
  // Behind events that wait, a comment would only add to what a slow client has to read.
  if (!sending_) exchange_->write_live(":\n\n");
  if (exchange_->over()) return;
  exchange_->io().set_deadline(*this, keepalive_);
}

} // namespace crank
