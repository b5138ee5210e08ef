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

// Clients take so many fields of one name: http.client of Python a hundred in all.
constexpr std::size_t most_links = 16;

std::string artifact_list(const Job& job) {
  return json_text(boost::json::object{{"artifacts", shown_artifacts(job)}});
}

// A part of an event's data: a line break begins another line of it, and a carriage return means nothing in JSON.
std::string as_event_data(std::string_view text) {
  std::string data;
  data.reserve(text.size());
  for (const char character : text) {
    if (character == '\n') data += "\ndata: ";
    if (character != '\n' && character != '\r') data += character;
  }
  return data;
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
  // Without a body the artefacts are the answer: the one there is, or a list of them.
  const bool alone = representation_ != Representation::events && reply.body.empty() && artifacts_.size() == 1 &&
                     !wants_list(exchange_->head(), artifacts_.front().facts);
  const auto problem = alone ? std::nullopt : announce();
  const std::lock_guard lock(mutex_);
  over_ = true;
  if (problem) return refuse(*problem);
  if (kept_ && reply.body.empty()) {
    reply.content_type = "application/json";
    reply.body = artifact_list(*kept_);
  }
  if (representation_ == Representation::events) {
    begin_items();
    tell_artifacts();
    write_event("result", reply.body, {});
    return exchange_->end();
  }
  head_ = {reply.status, {}, std::move(reply.fields)};
  if (alone) return send_alone();
  exchange_->respond({status(), std::move(reply.content_type), std::move(reply.body), header_lines()});
}

void CallReply::deferred(std::shared_ptr<Invocation> call) {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    drop_kept();
    if (begun_) return refuse(Problem::of(CRANK_INTERNAL, "the answer has begun: it cannot become a job any more"));
  }
  become_job_(std::move(call));
}

Result<ScratchFile> CallReply::make_file() { return places_.make_file(); }

void CallReply::artifact(Artifact artifact) { artifacts_.push_back(std::move(artifact)); }

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
// Nobody else waits with it: not who gives the call up meanwhile.
std::optional<Problem> CallReply::announce() {
  if (artifacts_.empty()) return not_kept_;
  const std::vector<Artifact> artifacts = std::exchange(artifacts_, {});
  if (!places_.jobs)
    return not_kept_ = Problem::http(501, "NOT_KEPT",
                                     "the answer has artefacts, which have an address only where the host keeps jobs: "
                                     "it needs jobs_dir");
  const RequestHead& head = exchange_->head();
  NewJob call;
  call.operation = spec_.name;
  call.caller = head.caller();
  call.request_id = head.request_id;
  call.traceparent = head.traceparent;
  auto kept = places_.jobs->keep(call, artifacts);
  if (!kept) return not_kept_ = std::move(kept).error();
  const std::lock_guard lock(mutex_);
  kept_ = std::make_unique<Job>(*std::move(kept));
  if (over_) drop_kept();
  return std::nullopt;
}

// What a call that failed has made goes with it.
void CallReply::drop_kept() {
  if (!kept_) return;
  places_.jobs->submit([jobs = places_.jobs, id = kept_->id] { jobs->drop(id); });
  kept_.reset();
}

int CallReply::status() const { return head_.status != 0 ? head_.status : spec_.success_status; }

std::string CallReply::header_lines() const {
  std::string lines;
  for (const auto& [name, value] : head_.fields) lines.append(name).append(": ").append(value).append("\r\n");
  if (!kept_) return lines;
  if (kept_->artifacts.size() > most_links) { // a head has its limits: they are in what this leads to
    lines.append("Link: <").append(address_of(*kept_)).append(">; rel=\"collection\"; type=\"application/json\"\r\n");
    return lines;
  }
  for (const ArtifactFacts& artifact : kept_->artifacts) { // RFC 8288
    lines.append("Link: <").append(address_of(*kept_, artifact)).append(">; rel=\"item\"; type=\"");
    lines.append(trim(std::string_view(artifact.media_type).substr(0, artifact.media_type.find(';')))).append("\"\r\n");
  }
  return lines;
}

void CallReply::fail(const Problem& problem) {
  const std::lock_guard lock(mutex_);
  over_ = true;
  drop_kept();
  refuse(problem);
}

void CallReply::refuse(const Problem& problem) {
  if (!begun_) return exchange_->fail(problem);
  // The status line is out already. An event stream can say what happened; anything else must not look complete.
  if (representation_ != Representation::events || in_result_) return exchange_->abort();
  write_event("error", problem_json(problem, exchange_->head().request_id), {});
  exchange_->end();
}

void CallReply::begin(ReplyHead head) {
  const auto problem = spec_.streaming ? std::nullopt : announce();
  const std::lock_guard lock(mutex_);
  const bool as_event = representation_ == Representation::events && !spec_.streaming;
  if (over_ || (begun_ && !as_event)) return;
  if (!begun_) head_ = std::move(head);
  if (spec_.streaming) return; // the representation decides about the rest, with the first item
  if (problem) {
    over_ = true;
    return refuse(*problem);
  }
  if (as_event) return begin_result();
  begun_ = true;
  exchange_->begin(status(), head_.media_type, header_lines());
}

crank_status CallReply::data(std::string chunk) {
  const std::lock_guard lock(mutex_);
  if (over_) return CRANK_CANCELLED;
  return exchange_->write(in_result_ ? as_event_data(chunk) : chunk);
}

// The last event, of a result that is longer than one holds: its data come as they are written, and an empty line ends
// it. One that is cut off has none, and no reader takes it for an event.
void CallReply::begin_result() {
  begin_items();
  tell_artifacts();
  in_result_ = true;
  exchange_->write("event: result\ndata: ");
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

// The stream may have begun before there were any.
void CallReply::tell_artifacts() {
  if (!kept_ || representation_ != Representation::events || std::exchange(told_, true)) return;
  write_event("artifacts", artifact_list(*kept_), {});
}

crank_status CallReply::item(std::string_view json) {
  const auto problem = announce();
  const std::lock_guard lock(mutex_);
  if (over_) return CRANK_CANCELLED;
  if (problem) {
    over_ = true;
    refuse(*problem);
    return CRANK_UNAVAILABLE;
  }
  begin_items();
  tell_artifacts();
  ++items_;
  if (representation_ == Representation::events) return write_event({}, json, std::to_string(items_));
  std::string text;
  if (representation_ == Representation::array) text = items_ == 1 ? "{\"items\":[" : ",";
  text += json;
  if (representation_ == Representation::lines) text += '\n';
  return exchange_->write(text);
}

void CallReply::end() {
  const auto problem = announce();
  const std::lock_guard lock(mutex_);
  if (std::exchange(over_, true)) return;
  if (problem) return refuse(*problem);
  if (spec_.streaming) begin_items();
  if (spec_.streaming) tell_artifacts();
  if (in_result_) exchange_->write("\n\n");
  if (representation_ == Representation::array) exchange_->write(items_ == 0 ? "{\"items\":[]}" : "]}");
  exchange_->end();
}

void CallReply::progress(double fraction, std::string_view note) {
  if (representation_ != Representation::events) return;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (over_ || in_result_ || now - last_progress_ < progress_interval) return;
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
