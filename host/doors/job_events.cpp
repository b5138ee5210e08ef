#include "doors/job_events.hpp"

#include "doors/event_stream.hpp"
#include "http/exchange.hpp"
#include "jobs/job_json.hpp"
#include "json/json.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace crank {
namespace {

// A stream ends for a reason of the host's that is over within moments: a reload, a drain.
constexpr std::string_view reconnection_time = "retry: 1000\n\n";

// The version that the client saw last; 0: none. A browser's EventSource cannot set a header on its first request, so
// the query may say it; the header, which it sets itself when it comes back, is the later one.
std::optional<std::uint64_t> last_seen(const RequestHead& head) {
  std::string_view text = head.field("last-event-id");
  if (text.empty()) text = head.get("query.last_event_id").value_or(std::string_view());
  if (text.empty()) return 0;
  std::uint64_t version = 0;
  const auto [read, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || read != text.data() + text.size()) return std::nullopt;
  return version;
}

} // namespace

// All members on the I/O thread of its exchange, but the constructor.
class JobEvents::Stream : public std::enable_shared_from_this<Stream>, private Expiring {
public:
  Stream(JobEvents& events, std::shared_ptr<Exchange> exchange)
      : events_(events), exchange_(std::move(exchange)), io_(exchange_->io()) {}
  ~Stream() override {
    io_.forget(*this);
    const std::lock_guard lock(events_.mutex_);
    events_.streams_.erase(this);
  }

  IoThread& io() const { return io_; }
  const Caller& caller() const { return exchange_->head().caller(); }

  void open(JobWatch::Subscription subscription, std::optional<Job> job, bool letting_go) {
    subscription_ = std::move(subscription);
    letting_go_ |= letting_go;
    exchange_->on_disconnect([self = shared_from_this()] { self->gone(); });
    if (exchange_->over()) return;
    // A client that comes back over this connection would come back to this process, also where another one serves.
    exchange_->close_behind();
    exchange_->begin_live(200, std::string(event_stream_type), std::string(event_stream_headers));
    if (exchange_->head().method() == "HEAD") return end();
    exchange_->write_live(reconnection_time);
    if (exchange_->over()) return;
    open_ = true;
    io_.set_deadline(*this, events_.keepalive_);
    if (job) changed(*std::move(job));
    if (letting_go_) let_go();
  }

  void changed(Job job) {
    if (latest_ && latest_->version >= job.version) return; // it was there first
    latest_ = std::move(job);
    unsent_ = true;
    send();
  }

  // The client has what there is now, or gets it where it comes back to.
  void let_go() {
    letting_go_ = true;
    if (open_ && !full_) end();
  }

  void close() { exchange_->abort(); }

private:
  // What a slow client has not taken is not queued: it gets the latest once it has room.
  void send() {
    if (!open_ || full_ || !std::exchange(unsent_, false)) return;
    const Job& job = *latest_;
    std::string text;
    append_event(text, json_text(shown(job)), kind_of(job), std::to_string(job.version));
    sent_ = {job.state, job.attempt, job.cancel_requested};
    const bool room = exchange_->write_live(text);
    if (exchange_->over()) return;
    if (is_over(job.state)) return end(); // what is queued in the connection goes out before it closes
    io_.set_deadline(*this, events_.keepalive_);
    if (room) return;
    full_ = true;
    exchange_->on_drained([weak = weak_from_this()] {
      const auto stream = weak.lock();
      if (!stream) return;
      stream->full_ = false;
      stream->send();
      if (stream->letting_go_) stream->let_go();
    });
  }

  struct Shown {
    JobState state;
    unsigned attempt;
    bool cancel_requested;
    bool operator==(const Shown&) const = default;
  };

  std::string_view kind_of(const Job& job) const {
    if (is_over(job.state)) return "end";
    return sent_ == Shown{job.state, job.attempt, job.cancel_requested} ? "progress" : "state";
  }

  void end() {
    const auto self = shared_from_this();
    gone();
    exchange_->end_live();
  }

  void gone() {
    open_ = false;
    subscription_ = {};
    io_.forget(*this);
  }

  void expired() override {
    if (!open_) return;
    const auto self = shared_from_this(); // the write may find the client gone, which held it
    // Behind an event that waits, a comment would only add to what a slow client has to read.
    if (!full_) exchange_->write_live(":\n\n");
    if (open_) io_.set_deadline(*this, events_.keepalive_);
  }

  JobEvents& events_;
  const std::shared_ptr<Exchange> exchange_; // which holds this until the client or the response is gone
  IoThread& io_;
  JobWatch::Subscription subscription_;
  std::optional<Job> latest_;
  std::optional<Shown> sent_; // by this stream
  bool open_ = false;
  bool unsent_ = false; // latest_ is
  bool full_ = false;   // the socket is
  bool letting_go_ = false;
};

class JobEvents::Endpoint : public Handler {
public:
  explicit Endpoint(JobEvents& events) : events_(events) {}
  std::variant<BodyPlan, Problem> plan(const RequestHead&) override { return BodyPlan{false, 64 * 1024}; }
  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody>) override {
    events_.jobs_.submit([&events = events_, exchange = std::move(exchange)] { events.open(exchange); });
  }

private:
  JobEvents& events_;
};

void JobEvents::add_routes(Router& router) {
  router.add("GET", "/v1/jobs/{id}/events", std::make_shared<Endpoint>(*this));
}

void JobEvents::open(std::shared_ptr<Exchange> exchange) {
  const RequestHead& head = exchange->head();
  auto job = jobs_.find(head.get("path.id").value_or(std::string_view()), head.caller());
  if (!job) return exchange->fail(job.error());
  auto seen = last_seen(head);
  if (!seen)
    return exchange->fail(
        Problem::http(400, "BAD_REQUEST", "Last-Event-ID must be the id of an event of this stream, a number"));
  if (*seen > job->version) seen = 0; // of another life of the store
  // What EventSource takes as the word not to come back (WHATWG HTML, "Processing model").
  if (is_over(job->state) && *seen == job->version)
    return exchange->respond({204, {}, {}, "Cache-Control: no-store\r\n"});
  auto stream = std::make_shared<Stream>(*this, exchange);
  IoThread& io = stream->io();
  bool letting_go = false;
  {
    const std::lock_guard lock(mutex_);
    streams_.emplace(stream.get(), stream);
    letting_go = letting_go_;
  }
  JobWatch::Subscription subscription;
  if (!is_over(job->state) && head.method() != "HEAD") {
    // Nobody but its own thread may be the last to hold a stream.
    auto watched = watch_.watch(job->id, job->version, [&io, weak = std::weak_ptr(stream)](const Job& now) {
      io.post([weak, now] {
        if (const auto one = weak.lock()) one->changed(now);
      });
    });
    if (!watched) return exchange->fail(watched.error());
    subscription = *std::move(watched);
  }
  std::optional<Job> unseen;
  if (*seen < job->version) unseen = *std::move(job);
  io.post([stream = std::move(stream), subscription = std::move(subscription), unseen = std::move(unseen),
           letting_go]() mutable { stream->open(std::move(subscription), std::move(unseen), letting_go); });
}

void JobEvents::each(const std::function<void(Stream&)>& visit) {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, weak] : streams_) {
      if (auto stream = weak.lock()) streams.push_back(std::move(stream));
    }
  }
  for (auto& stream : streams) {
    IoThread& io = stream->io();
    io.post([stream = std::move(stream), visit] { visit(*stream); });
  }
}

void JobEvents::let_go() {
  {
    const std::lock_guard lock(mutex_);
    letting_go_ = true;
  }
  each([](Stream& stream) { stream.let_go(); });
}

void JobEvents::close_unwelcome(const Welcome& welcome) {
  each([welcome](Stream& stream) {
    if (!welcome(stream.caller())) stream.close();
  });
}

} // namespace crank
