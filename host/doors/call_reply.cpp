#include "doors/call_reply.hpp"

#include "doors/event_stream.hpp"
#include "http/accept.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

namespace crank {
namespace {

// More often than this nobody can follow, and a plugin may report progress per item.
constexpr std::chrono::milliseconds progress_interval{100};

constexpr std::string_view events_media_type = "text/event-stream";

} // namespace

// Never a 406: who can use nothing of what there is gets it as JSON, and may well cope (RFC 9110 12.5.1).
Representation choose_representation(const OperationSpec& spec, const RequestHead& head) {
  if (!spec.streaming && spec.response_type != "application/json") return Representation::plain;
  const std::string_view accept = head.field("accept");
  Representation chosen = spec.streaming ? Representation::array : Representation::plain;
  unsigned highest = preference_for("application/json", accept).weight;
  // Of what is wanted equally, a stream that is asked for by name: it can carry more than one JSON text.
  const auto consider = [&](std::string_view type, Representation representation) {
    const Preference preference = preference_for(type, accept);
    if (preference.weight == 0 || preference.weight < highest) return;
    if (preference.weight == highest && !preference.by_name) return;
    chosen = representation;
    highest = preference.weight;
  };
  if (spec.streaming) {
    for (const std::string_view type : {"application/jsonl", "application/x-ndjson", "application/json-lines"})
      consider(type, Representation::lines);
  }
  consider(events_media_type, Representation::events);
  return chosen;
}

void CallReply::reply(Reply reply) {
  const std::lock_guard lock(mutex_);
  over_ = true;
  if (representation_ == Representation::events) {
    begin_items();
    write_event("result", reply.body, {});
    return exchange_->end();
  }
  head_ = {reply.status, {}, std::move(reply.fields)};
  exchange_->respond({status(), std::move(reply.content_type), std::move(reply.body), header_lines()});
}

int CallReply::status() const { return head_.status != 0 ? head_.status : spec_.success_status; }

std::string CallReply::header_lines() const {
  std::string lines;
  for (const auto& [name, value] : head_.fields) lines.append(name).append(": ").append(value).append("\r\n");
  return lines;
}

void CallReply::fail(const Problem& problem) {
  const std::lock_guard lock(mutex_);
  over_ = true;
  if (!begun_) return exchange_->fail(problem);
  // The status line is out already. An event stream can say what happened; anything else must not look complete.
  if (representation_ != Representation::events) return exchange_->abort();
  write_event("error", problem_json(problem, exchange_->head().request_id), {});
  exchange_->end();
}

void CallReply::begin(ReplyHead head) {
  const std::lock_guard lock(mutex_);
  if (over_ || begun_) return;
  head_ = std::move(head);
  if (spec_.streaming) return; // the representation decides about the rest, with the first item
  begun_ = true;
  exchange_->begin(status(), head_.media_type, header_lines());
}

crank_status CallReply::data(std::string chunk) {
  const std::lock_guard lock(mutex_);
  return over_ ? CRANK_CANCELLED : exchange_->write(chunk);
}

void CallReply::begin_items() {
  if (std::exchange(begun_, true)) return;
  // How an event stream is cached and buffered is not the plugin's to say: it would not arrive as it is written.
  if (representation_ == Representation::events)
    std::erase_if(head_.fields, [](const auto& field) { return field.first == "cache-control"; });
  const std::string lines = header_lines();
  switch (representation_) {
  case Representation::events:
    return exchange_->begin(status(), std::string(event_stream_type), std::string(event_stream_headers) + lines);
  case Representation::lines: return exchange_->begin(status(), "application/jsonl", lines);
  default: exchange_->begin(status(), "application/json", lines);
  }
}

crank_status CallReply::item(std::string_view json) {
  const std::lock_guard lock(mutex_);
  if (over_) return CRANK_CANCELLED;
  begin_items();
  ++items_;
  if (representation_ == Representation::events) return write_event({}, json, std::to_string(items_));
  std::string text;
  if (representation_ == Representation::array) text = items_ == 1 ? "{\"items\":[" : ",";
  text += json;
  if (representation_ == Representation::lines) text += '\n';
  return exchange_->write(text);
}

void CallReply::end() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(over_, true)) return;
  if (spec_.streaming) begin_items();
  if (representation_ == Representation::array) exchange_->write(items_ == 0 ? "{\"items\":[]}" : "]}");
  exchange_->end();
}

void CallReply::progress(double fraction, std::string_view note) {
  if (representation_ != Representation::events) return;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (over_ || now - last_progress_ < progress_interval) return;
  last_progress_ = now;
  begin_items();
  boost::json::object report;
  if (fraction >= 0 && fraction <= 1) report["fraction"] = fraction;
  if (!note.empty()) report["note"] = note;
  write_event("progress", json_text(report), {});
}

crank_status CallReply::write_event(std::string_view event, std::string_view data, std::string_view id) {
  std::string text;
  append_event(text, data, event, id);
  return exchange_->write(text);
}

} // namespace crank
