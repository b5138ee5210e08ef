#include "doors/mcp_exchange.hpp"

#include "doors/event_stream.hpp"
#include "http/accept.hpp"

#include <utility>

namespace crank {
namespace {

bool takes_events(const RequestHead& head) {
  const Preference preference = preference_for("text/event-stream", head.field("accept"));
  return preference.by_name && preference.weight > 0;
}

} // namespace

McpExchange::McpExchange(std::shared_ptr<Exchange> exchange, std::chrono::milliseconds keepalive)
    : exchange_(std::move(exchange)), keepalive_(keepalive), takes_events_(takes_events(exchange_->head())) {}

void McpExchange::keep_alive() {
  if (over_ || !takes_events_) return;
  self_ = shared_from_this();
  exchange_->io().set_deadline(*this, keepalive_);
}

void McpExchange::expired() {
  write(":\n\n");
  exchange_->io().set_deadline(*this, keepalive_);
}

// A client that has gone is found out by who looks for it, or not at all.
void McpExchange::write(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(streams_, true))
    exchange_->begin(200, std::string(event_stream_type), std::string(event_stream_headers));
  static_cast<void>(exchange_->write(text));
}

void McpExchange::notify(std::string message) {
  std::string event;
  append_event(event, message, "message", {});
  write(event);
}

void McpExchange::finish(std::function<void()> last) {
  exchange_->io().dispatch([self = shared_from_this(), last = std::move(last)] {
    self->over_ = true;
    if (std::exchange(self->self_, nullptr)) self->exchange_->io().forget(*self);
    last();
  });
}

void McpExchange::answer(McpAnswer answer) {
  finish([this, answer = std::move(answer)]() mutable {
    if (streams_) {
      std::string event;
      append_event(event, answer.text, "message", {});
      write(event);
      return exchange_->end();
    }
    std::string lines = "Cache-Control: no-store\r\n";
    for (const auto& [name, value] : answer.fields) lines.append(name).append(": ").append(value).append("\r\n");
    exchange_->respond({answer.http_status, "application/json", std::move(answer.text), std::move(lines)});
  });
}

void McpExchange::acknowledge() {
  finish([this] { exchange_->respond({202, {}, {}, {}}); });
}

void McpExchange::abandon() {
  finish([this] {
    if (!streams_) return exchange_->respond({202, {}, {}, {}});
    exchange_->end();
  });
}

void McpExchange::on_gone(std::function<void()> stop) {
  exchange_->io().dispatch([self = shared_from_this(), stop = std::move(stop)]() mutable {
    if (self->over_) return;
    self->exchange_->on_disconnect([self, stop = std::move(stop)] {
      stop();
      if (std::exchange(self->self_, nullptr)) self->exchange_->io().forget(*self);
    });
  });
}

} // namespace crank
