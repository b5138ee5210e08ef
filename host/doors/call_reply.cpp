#include "doors/call_reply.hpp"

#include "base/text.hpp"
#include "doors/content_response.hpp"
#include "doors/event_stream.hpp"
#include "http/accept.hpp"
#include "jobs/job_json.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <fcntl.h>

namespace crank {
namespace {

// More often than this nobody can follow, and a plugin may report progress per item.
constexpr std::chrono::milliseconds progress_interval{100};

constexpr std::string_view events_media_type = "text/event-stream";

std::string artifact_list(const Job& job) {
  return json_text(boost::json::object{{"artifacts", shown_artifacts(job)}});
}

// Whether the client would have a list in JSON rather than the artefact itself.
bool wants_list(const RequestHead& head, const ArtifactFacts& artifact) {
  const std::string_view accept = head.field("accept");
  const std::string_view essence = trim(std::string_view(artifact.media_type).substr(0, artifact.media_type.find(';')));
  const Preference list = preference_for("application/json", accept);
  return list.by_name && list.weight > preference_for(essence, accept).weight;
}

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
    if (const auto problem = begin_items()) return exchange_->fail(*problem);
    if (kept_ && reply.body.empty()) reply.body = artifact_list(*kept_);
    write_event("result", reply.body, {});
    return exchange_->end();
  }
  head_ = {reply.status, {}, std::move(reply.fields)};
  // Without a body the artefacts are the answer: the one there is, or a list of them.
  if (reply.body.empty() && artifacts_.size() == 1 && !wants_list(exchange_->head(), artifacts_.front().facts))
    return send_alone();
  if (const auto problem = announce()) return exchange_->fail(*problem);
  if (kept_ && reply.body.empty()) {
    reply.content_type = "application/json";
    reply.body = artifact_list(*kept_);
  }
  exchange_->respond({status(), std::move(reply.content_type), std::move(reply.body), header_lines()});
}

Result<ScratchFile> CallReply::make_file() { return places_.make_file(); }

void CallReply::artifact(Artifact artifact) {
  const std::lock_guard lock(mutex_);
  artifacts_.push_back(std::move(artifact));
}

void CallReply::send_alone() {
  const ArtifactFacts& facts = artifacts_.front().facts;
  Content content;
  content.media_type = facts.media_type;
  content.sha256 = facts.sha256;
  content.bytes = facts.bytes;
  content.file = Descriptor(::fcntl(artifacts_.front().file->descriptor(), F_DUPFD_CLOEXEC, 0));
  if (!content.file) return exchange_->fail(Problem::of(CRANK_UNAVAILABLE, "the host has no file descriptor left"));
  content.file_name = facts.name;
  content.extra = header_lines();
  respond_content(*exchange_, std::move(content), status());
}

// On the call's thread, which waits for the disk: who gets an address must find the file there, whatever happens.
std::optional<Problem> CallReply::announce() {
  if (artifacts_.empty() || kept_) return std::nullopt;
  if (!places_.jobs)
    return Problem::http(501, "NOT_KEPT",
                         "the answer has artefacts, which have an address only where the host keeps jobs: it needs "
                         "jobs_dir");
  const RequestHead& head = exchange_->head();
  NewJob call;
  call.operation = spec_.name;
  call.caller = head.caller();
  call.request_id = head.request_id;
  call.traceparent = head.traceparent;
  auto kept = places_.jobs->keep(call, std::move(artifacts_));
  if (!kept) return std::move(kept).error();
  kept_ = std::make_unique<Job>(*std::move(kept));
  return std::nullopt;
}

int CallReply::status() const { return head_.status != 0 ? head_.status : spec_.success_status; }

std::string CallReply::header_lines() const {
  std::string lines;
  for (const auto& [name, value] : head_.fields) lines.append(name).append(": ").append(value).append("\r\n");
  if (!kept_) return lines;
  for (const ArtifactFacts& artifact : kept_->artifacts) { // RFC 8288
    lines.append("Link: <").append(address_of(*kept_, artifact)).append(">; rel=\"item\"; type=\"");
    lines.append(trim(std::string_view(artifact.media_type).substr(0, artifact.media_type.find(';')))).append("\"\r\n");
  }
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
  if (const auto problem = announce()) {
    over_ = true;
    return exchange_->fail(*problem);
  }
  begun_ = true;
  exchange_->begin(status(), head_.media_type, header_lines());
}

crank_status CallReply::data(std::string chunk) {
  const std::lock_guard lock(mutex_);
  return over_ ? CRANK_CANCELLED : exchange_->write(chunk);
}

std::optional<Problem> CallReply::begin_items() {
  if (begun_) return std::nullopt;
  if (auto problem = announce()) return problem;
  begun_ = true;
  // How an event stream is cached and buffered is not the plugin's to say: it would not arrive as it is written.
  if (representation_ == Representation::events)
    std::erase_if(head_.fields, [](const auto& field) { return field.first == "cache-control"; });
  const std::string lines = header_lines();
  switch (representation_) {
  case Representation::events:
    exchange_->begin(status(), std::string(event_stream_type), std::string(event_stream_headers) + lines);
    if (kept_) write_event("artifacts", artifact_list(*kept_), {});
    break;
  case Representation::lines: exchange_->begin(status(), "application/jsonl", lines); break;
  default: exchange_->begin(status(), "application/json", lines);
  }
  return std::nullopt;
}

crank_status CallReply::item(std::string_view json) {
  const std::lock_guard lock(mutex_);
  if (over_) return CRANK_CANCELLED;
  if (const auto problem = begin_items()) {
    over_ = true;
    exchange_->fail(*problem);
    return CRANK_UNAVAILABLE;
  }
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
  if (spec_.streaming) {
    if (const auto problem = begin_items()) return exchange_->fail(*problem);
  }
  if (representation_ == Representation::array) exchange_->write(items_ == 0 ? "{\"items\":[]}" : "]}");
  exchange_->end();
}

void CallReply::progress(double fraction, std::string_view note) {
  if (representation_ != Representation::events) return;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (over_ || now - last_progress_ < progress_interval) return;
  last_progress_ = now;
  if (begin_items()) return; // the answer will say so
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
