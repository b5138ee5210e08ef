// The HTTP server: takes listeners, spreads connections over I/O threads, drains.
// Receives its listeners, so that a supervisor can own them. Knows nothing of what the routes do.
#pragma once

#include "config/settings.hpp"
#include "http/router.hpp"
#include "metrics/metrics.hpp"
#include "net/io_thread.hpp"
#include "net/listener.hpp"
#include "spool/spool.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace crank {

class Connection;
class Server;

// What listens where: routes, and TLS or not.
struct Site {
  const Router* router;
  SSL_CTX* tls; // nullptr: plain
  ListenSocket listener;
  bool management = false; // answers to the end: a drain leaves it alone, and its connections do not count
};

// The server's part on one I/O thread. All members on that thread, but the constructor.
class ServerThread {
public:
  ServerThread(Server& server, IoThread& io) : server_(server), io_(io) {}

  Server& server() { return server_; }
  IoThread& io() { return io_; }

  void listen(const Site& site, ListenSocket listener);
  void resume_accepting();
  // Stops accepting; with `management`, there too.
  void stop_accepting(bool management);
  void drain();
  void abandon_all();

  void opened(Connection& connection) { connections_.insert(&connection); }
  void closed(Connection& connection) { connections_.erase(&connection); }
  // At most max_handshakes at a time: true if this one may begin, else it is told later.
  bool may_handshake(const std::shared_ptr<Connection>& connection);
  void handshake_over();

private:
  bool accepted(const Site& site, Socket socket);
  // One connection of max_connections, from accept to the end of it, whatever it turned into.
  std::shared_ptr<void> take_slot(bool management);
  void slot_free(bool management);

  Server& server_;
  IoThread& io_;
  struct Loop {
    std::shared_ptr<AcceptLoop> accepting;
    bool management;
  };
  std::vector<Loop> loops_;
  std::unordered_set<Connection*> connections_;
  std::uint64_t handshakes_ = 0;
  std::deque<std::shared_ptr<Connection>> waiting_for_handshake_;
};

class Server {
public:
  struct Options {
    Limits limits;
    std::string spool_dir;
    std::string worker_id;
  };

  // `threads` and `metrics` must outlive the server; the threads may run already.
  Server(std::vector<IoThread*> threads, Metrics& metrics, Options options);
  ~Server();

  // Starts accepting on every I/O thread. The router and the TLS context must outlive the server.
  void listen(Site site);

  // Refuses new clients, lets requests in progress finish, closes idle connections. Management sites go on.
  void drain();
  // Closes what is left, management sites included.
  void abandon_all();
  // Open connections but those to management sites.
  std::uint64_t connections() const { return connections_.load(std::memory_order_acquire); }
  // Waits until all connections, management ones too, are closed; false at the deadline.
  bool wait_until_idle(std::chrono::steady_clock::time_point deadline) const;

  const Limits& limits() const { return options_.limits; }
  const SpoolLimits& body_spool() const { return body_spool_; }
  const SpoolLimits& response_spool() const { return response_spool_; }
  const std::string& worker_id() const { return options_.worker_id; }
  Metrics& metrics() { return metrics_; }
  // Unique within this process and, very likely, beyond: 16 hexadecimal digits. [any thread]
  std::string make_request_id();

private:
  friend class ServerThread;

  // False when max_connections are open; then every thread is told to resume once one of them has gone. [I/O threads]
  bool has_room();
  void room_made();

  Metrics& metrics_;
  const Options options_;
  const SpoolLimits body_spool_;
  const SpoolLimits response_spool_;
  std::vector<std::unique_ptr<ServerThread>> threads_;
  std::vector<std::unique_ptr<Site>> sites_;
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> management_connections_{0};
  std::atomic<bool> full_{false}; // somebody waits for room
  std::atomic<std::uint64_t> next_request_;
};

} // namespace crank
