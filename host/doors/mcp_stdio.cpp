#include "doors/mcp_stdio.hpp"

#include "base/refusal.hpp"
#include "log/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace crank {

class McpStdio::Peer : public McpPeer {
public:
  explicit Peer(McpStdio& stdio) : stdio_(stdio) { ++stdio_.open_; }
  ~Peer() override { finish(); }

  bool listens() const override { return stdio_.writer_.waiting() < most_waiting_progress; }
  bool takes_requests() const override { return stdio_.hears_; }
  void notify(std::string message) override { stdio_.writer_.put(std::move(message)); }
  void answer(McpAnswer answer) override {
    stdio_.writer_.put(std::move(answer.text));
    finish();
  }
  void acknowledge() override { finish(); }
  void abandon() override { finish(); }
  void on_gone(std::function<void()>) override {} // all its calls end together

private:
  void finish() {
    if (std::exchange(finished_, true)) return;
    if (--stdio_.open_ == 0) stdio_.signals_.wake();
  }

  McpStdio& stdio_;
  bool finished_ = false;
};

McpStdio::McpStdio(McpServer& server, Engine& engine, ResultOutput& output,
                   std::shared_ptr<const RequestAttributes> attributes, Options options)
    : server_(server), engine_(engine), attributes_(std::move(attributes)), options_(options), parent_(::getppid()),
      writer_(output, [this] { signals_.wake(); }) {}

std::optional<Failure> McpStdio::run() {
  if (!signals_) return Failure{"no more descriptors; raise the limit of open files (ulimit -n)", 1};
  if (!writer_.start()) return no_thread();
  while (!is_over()) {
    wait();
    look_around();
    if (readable_ && reading_) read_some();
  }
  return std::nullopt;
}

bool McpStdio::is_over() {
  return late_ || (!reading_ && (writer_.failed() || (open_ == 0 && writer_.waiting() == 0)));
}

// The parent is asked for every second: its end of the pipe may be held open by somebody else. (Linux could send a
// signal instead, but does so when the parent's thread ends that started us.)
void McpStdio::wait() {
  const bool takes = reading_ && writer_.waiting() < most_waiting;
  pollfd what[] = {{signals_.descriptor(), POLLIN, 0}, {options_.input, POLLIN, 0}};
  auto time = std::chrono::milliseconds(1000);
  if (end_ != Clock::time_point::max())
    time =
        std::min(time, std::chrono::ceil<std::chrono::milliseconds>(std::max(end_ - Clock::now(), Clock::duration(0))));
  ::poll(what, takes ? 2 : 1, static_cast<int>(time.count()));
  readable_ = takes && (what[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

void McpStdio::look_around() {
  const unsigned signals = signals_.take();
  const bool orphaned = ::getppid() != parent_;
  if ((signals > 0 || orphaned || writer_.failed()) && !cancelled_) {
    log(LogLevel::info, signals > 0 ? "a signal: ending" : "the client is gone: ending");
    return cancel();
  }
  if (signals > 0) late_ = true; // a second one
  if (Clock::now() < end_) return;
  if (cancelled_)
    late_ = true;
  else
    cancel();
}

// Calls may have their end yet, but no answer to what they ask.
void McpStdio::stop_reading(std::chrono::milliseconds time) {
  reading_ = false;
  hears_ = false;
  server_.stop_asking();
  end_ = Clock::now() + time;
}

void McpStdio::cancel() {
  cancelled_ = true;
  stop_reading(cancel_grace);
  engine_.set_state(EngineState::draining);
  server_.let_go(); // who waits for a job that ends with this process shall hear of it as it was
  engine_.cancel_all();
}

void McpStdio::read_some() {
  const std::size_t before = pending_.size();
  constexpr std::size_t piece = 64 * 1024;
  pending_.resize(before + piece);
  const ssize_t got = ::read(options_.input, pending_.data() + before, piece);
  pending_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got > 0) return take_lines(before);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  stop_reading(options_.last_calls);
  if (!skipping_ && !pending_.empty()) receive(std::exchange(pending_, {})); // a last line without its end
}

void McpStdio::take_lines(std::size_t from) {
  std::size_t begin = 0;
  for (std::size_t end = pending_.find('\n', from); end != std::string::npos; end = pending_.find('\n', begin)) {
    if (!std::exchange(skipping_, false)) receive(pending_.substr(begin, end - begin));
    begin = end + 1;
  }
  pending_.erase(0, begin);
  if (pending_.size() <= longest_line) return;
  if (!std::exchange(skipping_, true))
    writer_.put(rpc_error("null", {RpcCode::invalid_request, "a message may be 80 MiB long", {}, 413}));
  pending_ = {};
}

void McpStdio::receive(std::string line) {
  if (line.find_first_not_of(" \t\r") == std::string::npos) return;
  McpArrival arrival;
  arrival.text = std::make_shared<const std::string>(std::move(line));
  arrival.attributes = attributes_;
  arrival.request_id = "mcp-" + std::to_string(++requests_);
  arrival.connection = "stdio";
  arrival.has_room = open_ < most_requests;
  arrival.abilities = abilities_;
  arrival.declared = &abilities_;
  server_.receive(std::move(arrival), std::make_shared<Peer>(*this));
}

} // namespace crank
