// What tests of the engine share: a door that records its answer, a worker made of a function, something to wait for.
// No test waits for time to pass; `patience` only bounds how long a broken one may hang.
#pragma once

#include "engine/engine.hpp"

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace crank::test {

inline constexpr std::chrono::seconds patience{60};

// A value that other threads change and a test waits for.
template <class T>
class Watched {
public:
  template <class Change>
  void change(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(value_);
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return condition(value_); });
  }
  T get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};
};

// Closed at first; wait() returns once it is open.
class Gate {
public:
  void open() {
    open_.change([](bool& open) { open = true; });
  }
  bool wait() {
    return open_.wait([](bool open) { return open; });
  }

private:
  Watched<bool> open_;
};

class Attributes : public RequestAttributes {
public:
  explicit Attributes(std::map<std::string, std::string, std::less<>> values = {}, Caller caller = {})
      : values_(std::move(values)), caller_(std::move(caller)) {}
  std::optional<std::string_view> get(std::string_view key) const override {
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }
  bool each(std::string_view prefix, const Visitor& visit) const override {
    for (const auto& [key, value] : values_) {
      if (std::string_view(key).substr(0, prefix.size()) == prefix && !visit(key, value)) break;
    }
    return true;
  }
  const Caller& caller() const override { return caller_; }

private:
  const std::map<std::string, std::string, std::less<>> values_;
  const Caller caller_;
};

class Body : public RequestBody {
public:
  // `aborted` learns the status of abort(), if given.
  explicit Body(std::string text, bool in_memory = true, std::shared_ptr<Watched<std::int32_t>> aborted = nullptr)
      : text_(std::move(text)), in_memory_(in_memory), aborted_(std::move(aborted)) {}
  std::uint64_t size() const override { return text_.size(); }
  std::optional<std::string_view> whole() const override {
    return in_memory_ ? std::optional<std::string_view>(text_) : std::nullopt;
  }
  std::int64_t read(void* buffer, std::size_t capacity) override {
    const std::size_t count = text_.copy(static_cast<char*>(buffer), capacity, read_);
    read_ += count;
    return static_cast<std::int64_t>(count);
  }
  void abort(std::int32_t status) override {
    if (aborted_) aborted_->change([&](std::int32_t& seen) { seen = status; });
  }

private:
  const std::string text_;
  const bool in_memory_;
  const std::shared_ptr<Watched<std::int32_t>> aborted_;
  std::size_t read_ = 0;
};

struct Ending {
  unsigned terminals = 0; // replies, failures and ends: there must be one
  std::optional<Reply> reply;
  std::optional<Problem> problem;
  bool ended = false;
  std::optional<std::string> begun; // media type
  ReplyHead head;                   // of begin
  std::string data;
  std::vector<std::string> items;
  std::vector<std::string> notes;
};

class RecordingSink : public ReplySink {
public:
  void reply(Reply reply) override {
    answer.change([&](Ending& a) { ++a.terminals, a.reply = std::move(reply); });
  }
  void fail(const Problem& problem) override {
    answer.change([&](Ending& a) { ++a.terminals, a.problem = problem; });
  }
  void begin(ReplyHead head) override {
    answer.change([&](Ending& a) { a.begun = std::move(head.media_type), a.head = std::move(head); });
  }
  crank_status data(std::string chunk) override {
    if (data_status != CRANK_OK) return data_status;
    answer.change([&](Ending& a) { a.data += chunk; });
    return CRANK_OK;
  }
  crank_status item(std::string_view json) override {
    if (data_status != CRANK_OK) return data_status;
    answer.change([&](Ending& a) { a.items.emplace_back(json); });
    return CRANK_OK;
  }
  void end() override {
    answer.change([&](Ending& a) { ++a.terminals, a.ended = true; });
  }
  void progress(double, std::string_view note) override {
    answer.change([&](Ending& a) { a.notes.emplace_back(note); });
  }

  Ending wait() {
    static_cast<void>(answer.wait([](const Ending& a) { return a.terminals > 0; }));
    return answer.get();
  }
  bool answered() const { return answer.get().terminals > 0; }

  Watched<Ending> answer;
  crank_status data_status = CRANK_OK; // what data() and item() say; set before the call
};

class FakePlugin : public PluginInstance {
public:
  const std::string& id() const override { return id_; }
  void call(const std::shared_ptr<Invocation>& invocation) override { on_call(invocation); }
  SessionCallbacks& sessions() override { return *callbacks; }

  std::function<void(const std::shared_ptr<Invocation>&)> on_call;
  SessionCallbacks* callbacks = nullptr;

private:
  const std::string id_ = "w";
};

inline OperationSpec spec_of(std::string name) {
  OperationSpec spec;
  spec.name = std::move(name);
  spec.limits.timeout_ms = 3'600'000;
  return spec;
}

// An engine with one worker. `gate` opens at the latest when the test is over, so that nothing waits behind it for
// ever.
class World {
public:
  explicit World(unsigned threads = 2) : engine(threads) { engine.set_state(EngineState::ready); }
  ~World() { gate.open(); }

  Operation& operation(const OperationSpec& spec, bool run_inline = false) {
    return operations.emplace_back(spec, fake_plugin, metrics.operation(spec.name), run_inline);
  }

  struct Call {
    std::shared_ptr<Invocation> invocation;
    std::shared_ptr<RecordingSink> sink;
    std::shared_ptr<Watched<std::int32_t>> aborted;
  };
  Call prepare(Operation& operation, std::string body = "", std::string content_type = "", bool in_memory = true) {
    auto sink = std::make_shared<RecordingSink>();
    auto aborted = std::make_shared<Watched<std::int32_t>>();
    auto attributes = std::make_shared<Attributes>(
        std::map<std::string, std::string, std::less<>>{{"path", "/p"}, {"query.a", "1"}}, caller);
    auto invocation =
        std::make_shared<Invocation>(operation, attributes, std::make_unique<Body>(std::move(body), in_memory, aborted),
                                     std::move(content_type), "request-1", "", sink);
    return {std::move(invocation), std::move(sink), std::move(aborted)};
  }
  Call invoke(Operation& operation, std::string body = "", std::string content_type = "", bool in_memory = true) {
    Call call = prepare(operation, std::move(body), std::move(content_type), in_memory);
    engine.invoke(call.invocation);
    return call;
  }
  // Until the worker is done with everything.
  bool wait_idle() {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (engine.in_flight() != 0) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Gate gate;
  Metrics metrics{"w", "1"};
  FakePlugin fake_plugin;
  Caller caller; // of the calls that are prepared from now on
  std::list<Operation> operations;
  Engine engine; // last: its threads use all of the above
};

} // namespace crank::test
