// The HTTP server: takes listeners, spreads connections over I/O threads, drains.
// Receives its listeners, so that a supervisor can own them. Knows nothing of what the routes do.
#pragma once

#include "http/limits.hpp"
#include "http/router.hpp"
#include "http/site_policy.hpp"
#include "metrics/metrics.hpp"
#include "net/io_thread.hpp"
#include "net/listener.hpp"
#include "os/descriptor.hpp"
#include "os/spool.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

namespace crank {

class Authenticator;
class Connection;
class Server;

// What listens where: routes, TLS or not, and who may ask.
struct Site {
  const Router* router;
  SSL_CTX* tls;                        // nullptr: plain
  std::vector<ListenSocket> listeners; // once it is a server's: a hold on each for each I/O thread, until they accept
  SitePolicy policy;
  Authenticator* authenticator = nullptr; // nullptr: nobody is asked who they are. It outlives the server
  bool management = false; // answers to the end: a drain leaves it alone, and its connections do not count
};

// The server's part on one I/O thread. All members on that thread, but the constructor.
class ServerThread {
public:
  ServerThread(Server& server, IoThread& io) : server_(server), io_(io) {}

  Server& server() { return server_; }
  IoThread& io() { return io_; }

  void listen(const Site& site, ListenSocket listener);
  // A connection that somebody else accepted.
  void adopt(const Site& site, Socket socket);
  void resume_accepting();
  // Stops accepting; with `management`, there too.
  void stop_accepting(bool management);
  void drain();
  void retire();
  void abandon_all();

  void opened(Connection& connection) { connections_.insert(&connection); }
  void closed(Connection& connection) { connections_.erase(&connection); }
  // At most max_handshakes at a time: true if this one may begin, else it is told later.
  bool may_handshake(const std::shared_ptr<Connection>& connection);
  void handshake_over();

private:
  bool accepted(const Site& site, Socket socket, bool adopted = false);
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

// Somebody who was turned away for who they are, before any handler had a say.
struct Rejection {
  std::string_view what; // "page" (Host, Origin), "certificate" or "credentials"
  const Caller& caller;
  std::string_view request_id, traceparent; // empty: there was no request yet
  std::string_view code, reason;            // for programs, for people
  int status = 0;                           // HTTP; 0: none was answered
};

class Server {
public:
  struct Options {
    HttpLimits limits;
    std::string spool_dir;
    std::string worker_id;
    std::function<void(const Rejection&)> on_rejection = {}; // empty: nobody wants to know. [I/O threads]
  };

  // `threads` and `metrics` must outlive the server; the threads may run already.
  Server(std::vector<IoThread*> threads, Metrics& metrics, Options options);
  ~Server();

  // The router and the TLS context must outlive the server. Nothing is accepted yet. Before listen() and adopt(). A
  // failure (exit code 1): there are not enough descriptors for every I/O thread to accept.
  Result<Site*, Failure> add(Site site);
  // Starts accepting on every I/O thread, for a site of this server. Once; nothing happens after drain() or retire().
  void listen(Site& site);

  // Takes over a connection that another process accepted from this site's listener, and read nothing from. It counts
  // at once: whoever retires must not find no connections while one is on its way to its thread. [any thread]
  void adopt(const Site& site, Descriptor connection);
  // Offers every connection that is accepted, before anything is read from it: true when it was given away (the
  // descriptor is closed here then). Empty: no more. [any thread]; the function is called on I/O threads, one at a
  // time.
  using Divert = std::function<bool(int descriptor)>;
  void divert(Divert divert);

  // For a server that another one replaces: accepts no more, management included, and serves everybody it has to the
  // end of their connection, which is announced with the next response.
  void retire();
  // Refuses new clients, lets requests in progress finish, closes idle connections. Management sites go on.
  void drain();
  // Closes what is left, management sites included.
  void abandon_all();
  // Open connections, those to management sites too.
  std::uint64_t all_connections() const {
    return connections() + management_connections_.load(std::memory_order_acquire);
  }
  // Open connections but those to management sites.
  std::uint64_t connections() const { return connections_.load(std::memory_order_acquire); }
  // Waits until all connections, management ones too, are closed; false at the deadline.
  bool wait_until_idle(std::chrono::steady_clock::time_point deadline) const;

  const HttpLimits& limits() const { return options_.limits; }
  const SpoolLimits& body_spool() const { return body_spool_; }
  const SpoolLimits& response_spool() const { return response_spool_; }
  const std::string& worker_id() const { return options_.worker_id; }
  Metrics& metrics() { return metrics_; }
  void rejected(const Rejection& rejection) const {
    if (options_.on_rejection) options_.on_rejection(rejection);
  }
  // Unique within this process and, very likely, beyond: 16 hexadecimal digits. [any thread]
  std::string make_request_id();

private:
  friend class ServerThread;

  // False when max_connections are open; then every thread is told to resume once one of them has gone. [I/O threads]
  bool has_room();
  bool give_away(int descriptor);
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
  std::atomic<bool> diverting_{false};
  std::mutex divert_mutex_; // guards divert_; taken for an accepted connection while diverting_
  Divert divert_;
  std::atomic<bool> retiring_{false};
  AcceptShortage accept_shortage_;
  std::atomic<unsigned> next_adopter_{0};
  std::atomic<std::uint64_t> next_request_;
};

} // namespace crank
