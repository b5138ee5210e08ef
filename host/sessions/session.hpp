// A session as the core sees it: a queue towards the client, callbacks towards the plugin, topics between sessions.
// Knows neither WebSocket nor event-stream framing (SessionTransport) nor the ABI's structs (SessionCallbacks).
#pragma once

#include "base/problem.hpp"
#include "base/request.hpp"
#include "engine/call_observer.hpp"
#include "engine/operation.hpp"
#include "engine/reply_head.hpp"
#include "engine/thread_pool.hpp"
#include "log/log.hpp"
#include "net/io_thread.hpp"

#include <crank/ext/session.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace crank {

class Session;
class SessionRegistry;

struct Message {
  std::int32_t kind; // CRANK_TEXT or CRANK_BINARY
  std::string data;
  std::string event;
  std::string id;
  std::size_t bytes() const { return data.size() + event.size() + id.size(); }
};
using SharedMessage = std::shared_ptr<const Message>; // one copy for all receivers of a publication

// What the plugin has a say in when it accepts.
struct SessionAcceptance {
  std::optional<std::string> subprotocol; // in place of the one the door chose; empty: none
  ReplyHead head;                         // fields alone
};

// The door's end. All on the session's I/O thread where nothing else is said. wake() may come while the transport is
// inside Session::sent, and a transport may call Session::disconnected between next() and sent().
class SessionTransport {
public:
  virtual ~SessionTransport() = default;
  virtual void accept(const SessionAcceptance&) = 0;    // the plugin said yes: send the response head
  virtual void refuse(const Problem&) = 0;              // it said no; the session is over
  virtual void wake() = 0;                              // Session::next has something
  virtual void close(int code, std::string reason) = 0; // after what is queued; then call Session::disconnected
  // Whether the client offers this subprotocol. [any thread]
  virtual bool offers(std::string_view subprotocol) const = 0;
};

// The plugin's end. For one session these never overlap; on a pool thread or, for inline operations, on its I/O thread.
class SessionCallbacks {
public:
  virtual ~SessionCallbacks() = default;
  virtual std::optional<Problem> opened(Session&) = 0; // nullopt accepts
  virtual void message(Session&, const Message&) = 0;
  virtual void writable(Session&) = 0;
  virtual void wake(Session&) = 0;
  virtual void closed(Session&, int code, std::string_view reason) = 0;
};

class Session : public std::enable_shared_from_this<Session> {
public:
  struct Request {
    std::shared_ptr<const RequestAttributes> attributes;
    std::unique_ptr<RequestBody> body;
    std::string request_id;
    std::string traceparent;
  };

  Session(SessionRegistry& registry, IoThread& io, Operation& operation, SessionMetrics metrics, Request request);
  ~Session();

  Operation& operation() const { return operation_; }
  const Request& request() const { return request_; }
  LogContext log_context() const;
  // The plugin side's companion object; set in opened(), destroyed with the session.
  std::shared_ptr<void> companion;

  // Door's side, on the I/O thread.
  void open(std::shared_ptr<SessionTransport> transport);
  // `taken` runs on the I/O thread once the plugin has dealt with the message: until then it takes memory here.
  void received(Message message, std::function<void()> taken = {});
  // The oldest message that waits, or nullptr. It stays queued until sent().
  SharedMessage next() const;
  void sent();
  // The connection is over. The last thing a transport says; the reason is the client's.
  void disconnected(int code, std::string reason = {});

  // Plugin's side, inside opened().
  SessionAcceptance acceptance;
  bool offers(std::string_view subprotocol) const { return transport_->offers(subprotocol); }

  // Plugin's side, any thread.
  crank_status send(Message message);
  crank_status join(std::string topic);
  crank_status leave(std::string topic);
  crank_status wake_after(std::uint64_t delay_ms);
  void close(int code, std::string reason);

private:
  friend class SessionRegistry;
  enum class State { opening, open, closing, closed };

  void enqueue(SharedMessage message);
  void receive_publication(const SharedMessage& message);
  void callback(std::function<void()> task);
  void callback_inline(const std::function<void()>& task);
  void callback_pooled(std::function<void()> task);
  CallFacts facts() const;
  void finish_open(const std::optional<Problem>& problem);
  void finish_close(int code, std::string reason);
  void leave_everything();

  SessionRegistry& registry_;
  IoThread& io_;
  Operation& operation_;
  SessionMetrics metrics_;
  Request request_;
  std::shared_ptr<SessionTransport> transport_;

  // I/O thread only.
  State state_ = State::opening;
  std::chrono::steady_clock::time_point opened_at_{};
  std::vector<SharedMessage> queue_;
  std::size_t queue_head_ = 0;
  std::vector<std::string> topics_;
  std::unique_ptr<Timer> wake_timer_;
  bool gone_while_opening_ = false;
  std::optional<std::pair<int, std::string>> close_when_open_; // the plugin asked inside opened()
  bool in_callback_ = false; // inline operations: a callback must not run inside another one
  std::vector<std::function<void()>> deferred_;

  std::atomic<bool> ended_{false};
  std::atomic<bool> wants_writable_{false};
  std::atomic<std::uint64_t> queued_bytes_{0};

  // Callbacks of sessions that are not inline wait here for their turn on the pool.
  std::mutex callbacks_mutex_;
  std::vector<std::function<void()>> callbacks_;
  bool callbacks_running_ = false;
};

// All sessions of the host, in one shard per I/O thread, so that publishing takes no locks.
class SessionRegistry {
public:
  SessionRegistry(std::vector<IoThread*> threads, ThreadPool& pool, std::uint64_t queue_bytes);

  std::uint64_t queue_bytes() const { return queue_bytes_; }
  // Hears of sessions from now on, or nullptr. It must outlive them. Before there are any.
  void set_observer(CallObserver* observer) { observer_ = observer; }

  // To every session of that plugin that joined the topic. [any thread]
  void publish(const PluginInstance& plugin, const std::string& topic, Message message);
  // Open sessions of a plugin, of one of its operations or, for an empty name, of all. [any thread]
  std::uint64_t count(const PluginInstance& plugin, std::string_view operation) const;
  std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }

  // Ends what close_all() did not, because its client does not answer: closed() with 1001, and nothing more is sent.
  // [any thread]
  void end_all();

  // Closes with 1008 those whose caller is no longer welcome. `welcome` is asked on I/O threads, concurrently. [any
  // thread]
  using Welcome = std::function<bool(const Caller&)>;
  void close_unwelcome(const Welcome& welcome, const std::string& reason);

  // Closes with 1001: those whose route says so, or all. [any thread]
  void close_all(bool also_those_that_may_finish);

private:
  friend class Session;
  using TopicKey = std::string; // plugin id, NUL, topic

  // Touched by its I/O thread only.
  struct Shard {
    IoThread* io;
    std::unordered_map<TopicKey, std::unordered_set<Session*>> topics;
    std::unordered_set<Session*> sessions;
  };

  Shard& shard_of(const IoThread& io) { return *shards_[io.number()]; }
  static TopicKey key_of(const PluginInstance& plugin, std::string_view topic);
  void opened(const Operation& operation);
  void closed(const Operation& operation);

  std::vector<std::unique_ptr<Shard>> shards_; // index: IoThread::number()
  ThreadPool& pool_;
  const std::uint64_t queue_bytes_;
  CallObserver* observer_ = nullptr;
  std::atomic<std::uint64_t> total_{0};
  mutable std::mutex counts_mutex_;
  std::unordered_map<const Operation*, std::uint64_t> counts_;
};

} // namespace crank
