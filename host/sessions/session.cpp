#include "sessions/session.hpp"

#include "engine/engine.hpp"

#include <algorithm>
#include <utility>

namespace crank {

Session::Session(SessionRegistry& registry, IoThread& io, Operation& operation, SessionMetrics metrics, Request request)
    : registry_(registry), io_(io), operation_(operation), metrics_(metrics), request_(std::move(request)) {}

Session::~Session() = default;

LogContext Session::log_context() const {
  return LogContext{operation_.plugin().id(), request_.request_id, request_.traceparent,
                    request_.attributes->caller().subject};
}

CallFacts Session::facts() const {
  return {operation_, request_.attributes->caller(), request_.request_id, request_.traceparent};
}

// ---- door's side ----

void Session::open(std::shared_ptr<SessionTransport> transport) {
  transport_ = std::move(transport);
  callback([self = shared_from_this()] {
    std::optional<Problem> problem = self->operation_.plugin().sessions().opened(*self);
    if (problem) self->ended_ = true; // before a wake() that came due meanwhile gets its turn
    self->io_.dispatch([self, problem = std::move(problem)] { self->finish_open(problem); });
  });
}

void Session::finish_open(const std::optional<Problem>& problem) {
  if (problem) {
    state_ = State::closed;
    ended_ = true;
    leave_everything();
    const bool may_not = problem->http_status == 401 || problem->http_status == 403;
    if (may_not && registry_.observer_) registry_.observer_->denied(facts(), *problem);
    wake_timer_.reset(); // here and not with the session, whose last holder may be a pool thread
    if (!gone_while_opening_) transport_->refuse(*problem);
    transport_.reset();
    return;
  }
  registry_.opened(operation_);
  registry_.shard_of(io_).sessions.insert(this);
  metrics_.open.Increment();
  state_ = State::open;
  opened_at_ = std::chrono::steady_clock::now();
  if (registry_.observer_) registry_.observer_->session_opened(facts());
  if (gone_while_opening_) return finish_close(CRANK_CLOSE_ABNORMAL, {});
  transport_->accept(acceptance);
  acceptance = {};
  if (state_ == State::open && queue_head_ < queue_.size()) transport_->wake();
  if (close_when_open_) close(close_when_open_->first, std::move(close_when_open_->second));
}

void Session::received(Message message, std::function<void()> taken) {
  if (state_ != State::open) {
    if (taken) taken();
    return;
  }
  metrics_.received.Increment();
  // Also when the client has gone meanwhile: it sent this before, and closed() comes behind it.
  callback([self = shared_from_this(), message = std::move(message), taken = std::move(taken)] {
    self->operation_.plugin().sessions().message(*self, message);
    if (taken) self->io_.dispatch(taken);
  });
}

SharedMessage Session::next() const { return queue_head_ < queue_.size() ? queue_[queue_head_] : nullptr; }

void Session::sent() {
  if (state_ == State::closed) return; // the write that sent it found the client gone, and the queue went with it
  const std::uint64_t bytes = queue_[queue_head_]->bytes();
  queue_[queue_head_++].reset();
  if (queue_head_ == queue_.size()) {
    queue_.clear();
    if (queue_.capacity() > 64) queue_.shrink_to_fit(); // ten thousand of them are idle most of the time
    queue_head_ = 0;
  } else if (queue_head_ > 1024) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_head_));
    queue_head_ = 0;
  }
  metrics_.sent.Increment();
  const std::uint64_t left = queued_bytes_.fetch_sub(bytes, std::memory_order_acq_rel) - bytes;
  if (left > registry_.queue_bytes() / 2 || !wants_writable_.exchange(false)) return;
  callback([self = shared_from_this()] {
    if (!self->ended_) self->operation_.plugin().sessions().writable(*self);
  });
}

void Session::disconnected(int code, std::string reason) {
  if (state_ == State::opening) {
    gone_while_opening_ = true;
    return;
  }
  if (state_ != State::closed) finish_close(code, std::move(reason));
}

void Session::finish_close(int code, std::string reason) {
  state_ = State::closed;
  ended_ = true;
  leave_everything();
  registry_.shard_of(io_).sessions.erase(this);
  registry_.closed(operation_);
  metrics_.open.Decrement();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - opened_at_).count();
  if (registry_.observer_) registry_.observer_->session_closed(facts(), code, seconds);
  queue_.clear();
  queue_head_ = 0;
  wake_timer_.reset();
  callback([self = shared_from_this(), code, reason = std::move(reason)] {
    self->operation_.plugin().sessions().closed(*self, code, reason);
  });
  // The transport may be the caller; it goes once it has returned.
  io_.post([self = shared_from_this()] { self->transport_.reset(); });
}

void Session::leave_everything() {
  auto& topics = registry_.shard_of(io_).topics;
  for (const std::string& key : std::exchange(topics_, {})) {
    const auto found = topics.find(key);
    if (found == topics.end()) continue;
    found->second.erase(this);
    if (found->second.empty()) topics.erase(found);
  }
}

// ---- plugin's side ----

crank_status Session::send(Message message) {
  if (ended_) return CRANK_CANCELLED;
  const std::uint64_t bytes = message.bytes();
  if (bytes > registry_.queue_bytes()) return CRANK_EXHAUSTED;
  if (queued_bytes_.fetch_add(bytes, std::memory_order_acq_rel) + bytes > registry_.queue_bytes()) {
    // First the wish, then the taking back: sent() looks at them in the other order and so cannot miss it.
    wants_writable_ = true;
    const std::uint64_t left = queued_bytes_.fetch_sub(bytes, std::memory_order_acq_rel) - bytes;
    if (left > registry_.queue_bytes() / 2 || !wants_writable_.exchange(false)) return CRANK_BUSY;
    io_.post([self = shared_from_this()] { // it drained between the two
      self->callback([self] {
        if (!self->ended_) self->operation_.plugin().sessions().writable(*self);
      });
    });
    return CRANK_BUSY;
  }
  auto shared = std::make_shared<const Message>(std::move(message));
  io_.dispatch([self = shared_from_this(), shared = std::move(shared)]() mutable { self->enqueue(std::move(shared)); });
  return CRANK_OK;
}

void Session::enqueue(SharedMessage message) {
  if (state_ == State::closed || state_ == State::closing) {
    queued_bytes_.fetch_sub(message->bytes(), std::memory_order_acq_rel);
    return;
  }
  queue_.push_back(std::move(message));
  if (state_ == State::open && queue_.size() - queue_head_ == 1) transport_->wake();
}

void Session::receive_publication(const SharedMessage& message) {
  if (state_ != State::open) return;
  const std::uint64_t bytes = message->bytes();
  if (queued_bytes_.fetch_add(bytes, std::memory_order_acq_rel) + bytes <= registry_.queue_bytes()) {
    return enqueue(message);
  }
  queued_bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  if (operation_.spec().slow_client == SlowClient::drop) {
    metrics_.dropped.Increment();
    return;
  }
  metrics_.closed_slow.Increment();
  log(LogLevel::info, log_context(), "session closed: the client reads too slowly");
  state_ = State::closing; // at once, so that the next publication does not close it again
  io_.post([self = shared_from_this()] {
    if (self->state_ == State::closing) self->transport_->close(CRANK_CLOSE_TRY_AGAIN, "reads too slowly");
  });
}

crank_status Session::join(std::string topic) {
  if (ended_) return CRANK_CANCELLED;
  io_.dispatch([self = shared_from_this(), topic = std::move(topic)] {
    if (self->state_ == State::closed) return;
    auto key = SessionRegistry::key_of(self->operation_.plugin(), topic);
    if (!self->registry_.shard_of(self->io_).topics[key].insert(self.get()).second) return;
    self->topics_.push_back(std::move(key));
  });
  return CRANK_OK;
}

crank_status Session::leave(std::string topic) {
  if (ended_) return CRANK_CANCELLED;
  io_.dispatch([self = shared_from_this(), topic = std::move(topic)] {
    const auto key = SessionRegistry::key_of(self->operation_.plugin(), topic);
    auto& topics = self->registry_.shard_of(self->io_).topics;
    const auto found = topics.find(key);
    if (found == topics.end() || found->second.erase(self.get()) == 0) return;
    if (found->second.empty()) topics.erase(found);
    std::erase(self->topics_, key);
  });
  return CRANK_OK;
}

crank_status Session::wake_after(std::uint64_t delay_ms) {
  if (ended_) return CRANK_CANCELLED;
  io_.dispatch([self = shared_from_this(), delay_ms] {
    if (self->state_ == State::closed) return;
    if (!self->wake_timer_) self->wake_timer_ = std::make_unique<Timer>(self->io_.executor());
    // A year is long enough, and keeps the sum of clock and delay in range.
    self->wake_timer_->expires_after(std::chrono::milliseconds(std::min<std::uint64_t>(delay_ms, 31'536'000'000ull)));
    self->wake_timer_->async_wait([weak = std::weak_ptr(self)](error_code ec) {
      const auto session = weak.lock();
      if (ec || !session || session->ended_) return;
      session->callback([session] {
        if (!session->ended_) session->operation_.plugin().sessions().wake(*session);
      });
    });
  });
  return CRANK_OK;
}

void Session::close(int code, std::string reason) {
  // Always posted: closed() must not run inside another callback of the same session.
  io_.post([self = shared_from_this(), code, reason = std::move(reason)] {
    if (self->state_ == State::opening) self->close_when_open_.emplace(code, reason);
    if (self->state_ != State::open) return;
    self->state_ = State::closing;
    self->transport_->close(code, reason);
  });
}

// ---- callbacks ----

void Session::callback(std::function<void()> task) {
  // Every path of an inline operation starts on its I/O thread.
  if (operation_.run_inline())
    callback_inline(task);
  else
    callback_pooled(std::move(task));
}

void Session::callback_inline(const std::function<void()>& task) {
  if (in_callback_) {
    deferred_.push_back(task);
    return;
  }
  const auto self = shared_from_this();
  in_callback_ = true;
  task();
  while (!deferred_.empty()) {
    for (const auto& one : std::exchange(deferred_, {})) one();
  }
  in_callback_ = false;
}

void Session::callback_pooled(std::function<void()> task) {
  {
    const std::lock_guard lock(callbacks_mutex_);
    callbacks_.push_back(std::move(task));
    if (std::exchange(callbacks_running_, true)) return;
  }
  registry_.pool_.submit([self = shared_from_this()] {
    std::unique_lock lock(self->callbacks_mutex_);
    while (!self->callbacks_.empty()) {
      auto batch = std::exchange(self->callbacks_, {});
      lock.unlock();
      for (auto& one : batch) one();
      lock.lock();
    }
    self->callbacks_running_ = false;
  });
}

// ---- registry ----

SessionRegistry::SessionRegistry(std::vector<IoThread*> threads, ThreadPool& pool, std::uint64_t queue_bytes)
    : pool_(pool), queue_bytes_(queue_bytes) {
  for (IoThread* io : threads) {
    shards_.push_back(std::make_unique<Shard>());
    shards_.back()->io = io;
  }
}

SessionRegistry::TopicKey SessionRegistry::key_of(const PluginInstance& plugin, std::string_view topic) {
  TopicKey key = plugin.id();
  key += '\0';
  key += topic;
  return key;
}

void SessionRegistry::publish(const PluginInstance& plugin, const std::string& topic, Message message) {
  const auto shared = std::make_shared<const Message>(std::move(message));
  const auto key = key_of(plugin, topic);
  for (const auto& shard : shards_) {
    shard->io->dispatch([shard = shard.get(), key, shared] {
      const auto found = shard->topics.find(key);
      if (found == shard->topics.end()) return;
      // A copy: what a session does about it (a broken socket, a plugin that leaves or joins) changes the topic. All of
      // them live until the loop comes round again.
      const std::vector<Session*> receivers(found->second.begin(), found->second.end());
      for (Session* session : receivers) session->receive_publication(shared);
    });
  }
}

std::uint64_t SessionRegistry::count(const PluginInstance& plugin, std::string_view operation) const {
  const std::lock_guard lock(counts_mutex_);
  std::uint64_t sum = 0;
  for (const auto& [one, open] : counts_) {
    if (&one->plugin() == &plugin && (operation.empty() || one->spec().name == operation)) sum += open;
  }
  return sum;
}

void SessionRegistry::opened(const Operation& operation) {
  total_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(counts_mutex_);
  ++counts_[&operation];
}

void SessionRegistry::closed(const Operation& operation) {
  total_.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(counts_mutex_);
  --counts_[&operation];
}

void SessionRegistry::end_all() {
  for (const auto& shard : shards_) {
    shard->io->post([shard = shard.get()] {
      std::vector<std::shared_ptr<Session>> all; // disconnected() takes them out
      for (Session* session : shard->sessions) all.push_back(session->shared_from_this());
      for (const auto& session : all) session->disconnected(CRANK_CLOSE_GOING_AWAY);
    });
  }
}

void SessionRegistry::close_unwelcome(const Welcome& welcome, const std::string& reason) {
  for (const auto& shard : shards_) {
    shard->io->post([shard = shard.get(), welcome, reason] {
      for (Session* session : shard->sessions) {
        if (!welcome(session->request().attributes->caller())) session->close(CRANK_CLOSE_POLICY, reason);
      }
    });
  }
}

void SessionRegistry::close_all(bool also_those_that_may_finish) {
  for (const auto& shard : shards_) {
    shard->io->post([shard = shard.get(), also_those_that_may_finish] {
      for (Session* session : shard->sessions) {
        if (also_those_that_may_finish || session->operation().spec().drain == DrainMode::close) {
          session->close(CRANK_CLOSE_GOING_AWAY, "the worker is shutting down");
        }
      }
    });
  }
}

} // namespace crank
