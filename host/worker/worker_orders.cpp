#include "worker/worker.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <utility>

namespace crank {

void Worker::follow_supervisor() {
  ScoreboardPage& page = link_->page();
  metrics_.set_supervision([&page]() -> Metrics::Supervision {
    return {page.generation, page.crashes, page.swaps, page.failed_swaps, page.recycled};
  });
  page.pool_threads = engine_.pool().most_threads();
  page.threads = static_cast<std::uint32_t>(std::min(io_threads_.size(), ScoreboardPage::most_threads));
  beat_timer_.emplace(control_.get_executor());
  beat();
  SupervisorLink::Handlers handlers;
  handlers.go = [this] {
    accept_clients();
    accept_management();
  };
  handlers.drain = [this](const DrainOrder& order) {
    const auto time = std::chrono::milliseconds(order.grace_ms);
    if (order.retire) return retire(time);
    drain();
  };
  handlers.canary = [this](std::uint64_t per_mille, Descriptor to) {
    if (per_mille == 0 || !to) return server_->divert({});
    const auto channel = std::make_shared<Channel>(std::move(to));
    // Evenly spread, and exactly this share. What cannot be passed on is served here.
    server_->divert([channel, per_mille, count = std::uint64_t{0}](int descriptor) mutable {
      ++count;
      if (count * per_mille / 1000 == (count - 1) * per_mille / 1000) return false;
      const int passed[] = {descriptor};
      return channel->send("connection", passed);
    });
    link_->report(DivertingReport{});
  };
  handlers.adopt = [this](Descriptor from) {
    adoption_.emplace(std::move(from));
    adoption_watch_.emplace(control_, adoption_->descriptor());
    adopt_connections();
  };
  handlers.lead = [this](const LeadOrder& order) { lead(order.term); };
  handlers.follow = [this] { follow(); };
  handlers.lost = [this] {
    if (drain_->begun()) return;
    log(LogLevel::error, "the supervisor is gone: draining");
    drain();
  };
  link_->watch(control_, std::move(handlers));
}

void Worker::adopt_connections() {
  for (;;) {
    Packet packet;
    switch (adoption_->receive(packet, false)) {
    case Channel::Received::nothing: return adoption_watch_->wait([this] { adopt_connections(); });
    case Channel::Received::end:
    case Channel::Received::broken:
      adoption_watch_.reset();
      adoption_.reset();
      return;
    case Channel::Received::packet: break;
    }
    for (Descriptor& connection : packet.descriptors) server_->adopt(*main_site_, std::move(connection));
  }
}

void Worker::beat() {
  ScoreboardPage& page = link_->page();
  const std::size_t count =
      std::min(io_threads_.size(), ScoreboardPage::most_threads); // the page's may be scribbled over
  for (std::size_t i = 0; i < count; ++i)
    io_threads_[i]->post([&page, i] { page.beat_ms[i].store(steady_ms(), std::memory_order_relaxed); });
  page.connections = server_->all_connections();
  page.sessions = sessions_->total();
  beat_timer_->expires_after(std::chrono::milliseconds(500));
  beat_timer_->async_wait([this](error_code ec) {
    if (!ec) beat();
  });
}

} // namespace crank
