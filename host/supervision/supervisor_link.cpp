#include "supervision/supervisor_link.hpp"

#include "log/log.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <utility>

namespace crank {
namespace {

Failure lost() { return {"the supervisor is gone", 1}; }

// The descriptor the variable names, if it is one.
int channel_of(const char* text) {
  int descriptor = -1;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), descriptor);
  if (error != std::errc() || *end != '\0' || descriptor < 3 || ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
    return -1;
  return descriptor;
}

} // namespace

Result<std::unique_ptr<SupervisorLink>, Failure> SupervisorLink::from_environment() {
  const char* text = std::getenv(generation_variable);
  if (!text) return std::unique_ptr<SupervisorLink>();
  const int descriptor = channel_of(text);
  ::unsetenv(generation_variable);
  if (descriptor < 0) return Failure{std::string(generation_variable) + " is for the supervisor alone: unset it", 2};
  return over(Channel(Descriptor(descriptor)));
}

Result<std::unique_ptr<SupervisorLink>, Failure> SupervisorLink::over(Channel channel) {
  Packet packet;
  if (channel.receive(packet, true) != Channel::Received::packet) return lost();
  Order order;
  if (const auto fault = decode_order(packet.text, order))
    return Failure{"the supervisor's order is not understood: " + *fault};
  const auto* start = std::get_if<StartOrder>(&order);
  if (!start || packet.descriptors.size() != (start->audit.empty() ? 1u : 2u))
    return Failure{"the supervisor's first order is not to start"};
  auto scoreboard = Scoreboard::adopt(std::move(packet.descriptors.front()));
  if (!scoreboard) return std::move(scoreboard).error();
  Descriptor audit = start->audit.empty() ? Descriptor() : std::move(packet.descriptors.back());
  return std::unique_ptr<SupervisorLink>(
      new SupervisorLink(std::move(channel), *start, *std::move(scoreboard), std::move(audit)));
}

Result<SupervisorLink::Listeners, Failure> SupervisorLink::listeners(const ListenRequest& request) {
  report(request);
  Packet packet;
  if (channel_.receive(packet, true) != Channel::Received::packet) return lost();
  Order order;
  if (const auto fault = decode_order(packet.text, order))
    return Failure{"the supervisor's order is not understood: " + *fault};
  while (
      std::holds_alternative<GoOrder>(order)) { // nobody else serves, and this one is slow: once it can, it may accept
    go_came_ = true;
    if (channel_.receive(packet, true) != Channel::Received::packet) return lost();
    if (const auto fault = decode_order(packet.text, order))
      return Failure{"the supervisor's order is not understood: " + *fault};
  }
  if (std::holds_alternative<DrainOrder>(order)) return Failure{"the host is shutting down", 0};
  if (const auto* refuse = std::get_if<RefuseOrder>(&order))
    return Failure{refuse->message, static_cast<int>(refuse->exit_code)};
  const auto* given = std::get_if<ListenersOrder>(&order);
  if (!given || packet.descriptors.size() < given->main + (request.management ? 1 : 0))
    return Failure{"the supervisor did not answer with listeners"};
  Listeners listeners;
  for (std::size_t i = 0; i < packet.descriptors.size(); ++i) {
    auto socket = ListenSocket::adopt(packet.descriptors[i].get());
    if (!socket) return std::move(socket).error();
    packet.descriptors[i].release();
    (i < given->main ? listeners.main : listeners.management).push_back(*std::move(socket));
  }
  return listeners;
}

void SupervisorLink::report(const Report& report) {
  const std::lock_guard lock(sending_);
  static_cast<void>(channel_.send(encode(report))); // a supervisor that is gone is noticed by watch()
}

void SupervisorLink::watch(asio::io_context& loop, Handlers handlers) {
  handlers_ = std::move(handlers);
  watch_.emplace(loop, channel_.descriptor());
  if (std::exchange(go_came_, false)) handlers_.go();
  take_orders(); // what came before
}

void SupervisorLink::unwatch() { watch_.reset(); }

void SupervisorLink::take_orders() {
  for (;;) {
    Packet packet;
    switch (channel_.receive(packet, false)) {
    case Channel::Received::nothing:
      if (watch_) watch_->wait([this] { take_orders(); });
      return;
    case Channel::Received::end:
    case Channel::Received::broken: unwatch(); return handlers_.lost();
    case Channel::Received::packet: break;
    }
    Order order;
    if (const auto fault = decode_order(packet.text, order))
      log(LogLevel::error, "an order of the supervisor is not understood: " + *fault);
    else
      obey(std::move(order), std::move(packet.descriptors));
    if (!watch_) return;
  }
}

void SupervisorLink::obey(Order order, std::vector<Descriptor> descriptors) {
  if (std::holds_alternative<GoOrder>(order)) return handlers_.go();
  if (const auto* drain = std::get_if<DrainOrder>(&order)) return handlers_.drain(*drain);
  if (const auto* canary = std::get_if<CanaryOrder>(&order))
    return handlers_.canary(canary->per_mille, descriptors.empty() ? Descriptor() : std::move(descriptors.front()));
  if (const auto* lead = std::get_if<LeadOrder>(&order)) return handlers_.lead(*lead);
  if (std::holds_alternative<FollowOrder>(order)) return handlers_.follow();
  if (std::holds_alternative<AdoptOrder>(order) && !descriptors.empty())
    return handlers_.adopt(std::move(descriptors.front()));
}

} // namespace crank
