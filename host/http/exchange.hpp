// One request and its response, as handlers see it; safe to answer from any thread, even after the connection is gone.
// Knows HTTP responses; knows nothing of routes, plugins or the engine.
#pragma once

#include "base/problem.hpp"
#include "http/request_head.hpp"
#include "http/response.hpp"
#include "net/io_thread.hpp"
#include "net/stream.hpp"
#include "os/descriptor.hpp"
#include "os/spool.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace crank {

class Connection;

class Exchange : public std::enable_shared_from_this<Exchange> {
public:
  Exchange(IoThread& io, std::shared_ptr<Connection> connection, RequestHead head, const SpoolLimits& spool_limits);

  const RequestHead& head() const { return head_; }
  // Before anybody else may look at the head.
  void agree_on_subprotocol(std::string name) { head_.subprotocol = std::move(name); }
  // The head as something that lives on by itself.
  std::shared_ptr<const RequestHead> shared_head() { return {shared_from_this(), &head_}; }
  IoThread& io() const { return io_; }

  // Exactly one of respond, fail, begin. Later ones are ignored. [any thread]
  void respond(Response response);
  void fail(const Problem& problem);

  // The same with a part of a file as the body: `length` bytes from `from`, sent as the socket takes them. A file that
  // is shorter than that breaks the response off.
  void respond_file(int status, std::string content_type, std::string extra, Descriptor file, std::uint64_t from,
                    std::uint64_t length);

  // A response of unknown length: begin, write..., then end, or abort when it cannot be completed (the client sees a
  // broken transfer, never a truncated one that looks whole). One thread at a time. [any thread]
  void begin(int status, std::string content_type, std::string extra = {});
  // Queues for the client, in a file where it is slow. CRANK_OK; CRANK_EXHAUSTED over the limit; CRANK_UNAVAILABLE when
  // the disk is full or no descriptor left; CRANK_CANCELLED when the connection is gone.
  crank_status write(std::string_view data);
  void end();
  void abort();

  bool begun() const { return begun_.load(std::memory_order_acquire); }

  // Called once on the I/O thread if the client goes away before the response is complete. Set it inside handle().
  // At once where that has happened already.
  void on_disconnect(std::function<void()> callback);

  // ---- for sessions, on the I/O thread ----
  // The connection ends behind this response. Before it begins.
  void close_behind();
  // Starts a response that the session writes by itself.
  void begin_live(int status, std::string content_type, std::string extra);
  // Formats one piece (framed as the response's head promised) and sends it. True when the socket took everything;
  // otherwise on_drained is called once it has.
  bool write_live(std::string_view data);
  void on_drained(std::function<void()> callback) { on_drained_ = std::move(callback); }
  void end_live();
  // Nobody takes any more: the response is complete or the client gone. Every write may be what finds that out.
  bool over() const { return !connection_; }
  // Takes the socket out of the connection, which ends there.
  struct Detached {
    std::unique_ptr<Stream> stream; // nullptr if the client is gone
    std::string unread;             // what it sent behind its request
    std::shared_ptr<void> slot;     // keeps the connection counted
  };
  Detached detach();

private:
  friend class Connection;

  void notify_pump();
  void pump();

  // Connection's side, on the I/O thread.
  // Each may take the last hold on the connection, and of this away: who calls keeps its own until they return.
  void completed();    // the response is out, or in the connection's hands
  void disconnected(); // the client left before that
  void drained();

  IoThread& io_;
  std::shared_ptr<Connection> connection_; // I/O thread only; reset when the response is complete or the client gone
  RequestHead head_;
  std::function<void()> on_disconnect_;
  std::function<void()> on_drained_;

  std::atomic<bool> begun_{false};
  std::atomic<bool> gone_{false};
  std::mutex mutex_; // guards what follows
  Spool spool_;
  bool ended_ = false;
  bool pump_posted_ = false;
};

} // namespace crank
