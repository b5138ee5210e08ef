#include "http/server.hpp"

#include "base/refusal.hpp"
#include "http/connection.hpp"
#include "log/log.hpp"

#include <openssl/rand.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace crank {

// ---- ServerThread ----

void ServerThread::listen(const Site& site, ListenSocket listener) {
  auto loop = std::make_shared<AcceptLoop>(io_, std::move(listener), server_.accept_shortage_,
                                           [this, &site](Socket socket) { return accepted(site, std::move(socket)); });
  loops_.push_back({loop, site.management});
  loop->start();
}

void ServerThread::adopt(const Site& site, Socket socket) {
  static_cast<void>(accepted(site, std::move(socket), true)); // over max_connections, too: it has been accepted
}

bool ServerThread::accepted(const Site& site, Socket socket, bool adopted) {
  if (!site.management && !adopted) {
    if (server_.give_away(socket.native_handle())) return true;
  }
  error_code ec;
  const auto peer = socket.remote_endpoint(ec);
  if (ec) return true; // it left before we looked
  socket.set_option(asio::ip::tcp::no_delay(true), ec);
  auto connection = std::make_shared<Connection>(*this, site, Stream(std::move(socket), site.tls),
                                                 peer.address().to_string(), take_slot(site.management));
  server_.metrics_.connections_accepted.Increment();
  connection->start();
  if (server_.retiring_.load(std::memory_order_acquire)) connection->retire();
  if (site.management || server_.has_room()) return true;
  // The rest waits in the kernel's backlog until somebody leaves.
  log(LogLevel::warn, "max_connections reached (" + std::to_string(server_.limits().max_connections) +
                          "): new clients wait until others leave");
  server_.metrics_.connections_refused.Increment();
  return false;
}

std::shared_ptr<void> ServerThread::take_slot(bool management) {
  (management ? server_.management_connections_ : server_.connections_).fetch_add(1, std::memory_order_acq_rel);
  server_.metrics_.connections_open.Increment();
  return {this, [management](ServerThread* owner) { owner->slot_free(management); }};
}

void ServerThread::slot_free(bool management) {
  (management ? server_.management_connections_ : server_.connections_).fetch_sub(1, std::memory_order_acq_rel);
  server_.metrics_.connections_open.Decrement();
  if (!management) server_.room_made();
}

void ServerThread::resume_accepting() {
  for (const Loop& loop : loops_) loop.accepting->resume();
}

bool ServerThread::may_handshake(const std::shared_ptr<Connection>& connection) {
  if (handshakes_ < server_.limits().max_handshakes) {
    ++handshakes_;
    return true;
  }
  waiting_for_handshake_.push_back(connection);
  return false;
}

void ServerThread::handshake_over() {
  --handshakes_;
  if (waiting_for_handshake_.empty()) return;
  ++handshakes_;
  io_.post([next = std::move(waiting_for_handshake_.front())] { next->begin_handshake(); });
  waiting_for_handshake_.pop_front();
}

void ServerThread::stop_accepting(bool management) {
  for (const Loop& loop : loops_) {
    if (management || !loop.management) loop.accepting->stop();
  }
}

void ServerThread::drain() {
  stop_accepting(false);
  const auto all = connections_; // drain() may close
  for (Connection* connection : all) connection->shared_from_this()->drain();
}

void ServerThread::retire() {
  stop_accepting(true);
  for (Connection* connection : connections_) connection->retire();
}

void ServerThread::abandon_all() {
  stop_accepting(true);
  const auto all = connections_;
  for (Connection* connection : all) connection->shared_from_this()->abandon();
}

// ---- Server ----

// Looks twice: the last one to leave may have looked for somebody to tell between the first look and the note.
bool Server::has_room() {
  if (connections() < limits().max_connections) return true;
  full_.store(true);
  return connections() < limits().max_connections && full_.exchange(false);
}

// The thread that has room now need not be one of those that wait for it.
void Server::room_made() {
  if (!full_.exchange(false)) return;
  for (const auto& thread : threads_) thread->io().post([thread = thread.get()] { thread->resume_accepting(); });
}

Server::Server(std::vector<IoThread*> threads, Metrics& metrics, Options options)
    : metrics_(metrics),
      options_(std::move(options)), body_spool_{options_.spool_dir, options_.limits.spool_threshold_bytes, UINT64_MAX},
      response_spool_{options_.spool_dir, options_.limits.spool_threshold_bytes, options_.limits.response_bytes} {
  std::uint64_t seed = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&seed), sizeof seed);
  next_request_ = seed;
  for (IoThread* io : threads) threads_.push_back(std::make_unique<ServerThread>(*this, *io));
}

Server::~Server() = default;

Result<Site*, Failure> Server::add(Site site) {
  const std::size_t addresses = site.listeners.size();
  while (site.listeners.size() < addresses * threads_.size()) {
    ListenSocket hold = site.listeners[site.listeners.size() % addresses].duplicate();
    if (hold.descriptor() < 0)
      return failure_of("cannot accept on every I/O thread", std::system_error(errno, std::generic_category()));
    site.listeners.push_back(std::move(hold));
  }
  sites_.push_back(std::make_unique<Site>(std::move(site)));
  return sites_.back().get();
}

void Server::listen(Site& site) {
  const std::size_t addresses = site.listeners.size() / threads_.size();
  for (std::size_t i = 0; i < site.listeners.size(); ++i) {
    ServerThread* const thread = threads_[i / addresses].get();
    thread->io().post([thread, &site, listener = std::move(site.listeners[i])]() mutable {
      thread->listen(site, std::move(listener));
    });
  }
  site.listeners.clear();
}

void Server::adopt(const Site& site, Descriptor connection) {
  ServerThread* const thread = threads_[next_adopter_.fetch_add(1, std::memory_order_relaxed) % threads_.size()].get();
  Socket socket(thread->io().executor());
  error_code ec;
  asio::ip::tcp::endpoint here;
  socklen_t size = static_cast<socklen_t>(here.capacity());
  if (getsockname(connection.get(), here.data(), &size) != 0) return;
  socket.assign(here.protocol(), connection.get(), ec);
  if (ec) return;
  connection.release();
  std::atomic<std::uint64_t>& count = site.management ? management_connections_ : connections_;
  count.fetch_add(1, std::memory_order_acq_rel);
  thread->io().post([this, thread, &site, &count, socket = std::move(socket)]() mutable {
    thread->adopt(site, std::move(socket));
    count.fetch_sub(1, std::memory_order_acq_rel);
    room_made(); // it counted twice for a moment
  });
}

void Server::divert(Divert divert) {
  const std::lock_guard lock(divert_mutex_);
  divert_ = std::move(divert);
  diverting_.store(divert_ != nullptr, std::memory_order_release);
}

bool Server::give_away(int descriptor) {
  if (!diverting_.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock(divert_mutex_);
  return divert_ && divert_(descriptor);
}

void Server::retire() {
  retiring_.store(true, std::memory_order_release);
  for (const auto& site : sites_) site->listeners.clear();
  for (const auto& thread : threads_) thread->io().post([thread = thread.get()] { thread->retire(); });
}

void Server::drain() {
  for (const auto& site : sites_) {
    if (!site->management) site->listeners.clear();
  }
  for (const auto& thread : threads_) thread->io().post([thread = thread.get()] { thread->drain(); });
}

void Server::abandon_all() {
  for (const auto& thread : threads_) thread->io().post([thread = thread.get()] { thread->abandon_all(); });
}

bool Server::wait_until_idle(std::chrono::steady_clock::time_point deadline) const {
  while (connections() + management_connections_.load(std::memory_order_acquire) > 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2)); // only while shutting down
  }
  return true;
}

std::string Server::make_request_id() {
  // An odd multiplier is a bijection: no two requests of a process share an id, and neighbours do not look alike.
  const std::uint64_t number = next_request_.fetch_add(1, std::memory_order_relaxed) * 0x9e3779b97f4a7c15ull;
  std::string id(16, '0');
  for (std::size_t i = 0; i < 16; ++i) id[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
  return id;
}

} // namespace crank
