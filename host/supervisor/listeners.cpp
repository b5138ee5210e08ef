// The sockets that all generations share: bound once, handed to each, kept while anybody serves on them.
#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace crank {

void Supervisor::give_listeners(GenerationProcess& generation, const ListenRequest& request) {
  const Lifecycle::Generation* const known = lifecycle_.find(generation.number);
  if (lifecycle_.stopping()) return; // it has the order to end
  if (!known || known->state != GenerationState::loading || !generation.addresses.empty()) {
    return perform(lifecycle_.condemn(generation.number,
                                      "it asked for listeners when no worker would (plugin code does that)", now()));
  }
  std::vector<int> descriptors;
  std::vector<Address> addresses;
  auto failure = find_listeners(request.main, false, addresses, descriptors);
  const std::size_t main = descriptors.size();
  if (!failure && request.management) failure = find_listeners(*request.management, true, addresses, descriptors);
  if (failure) {
    generation.send(RefuseOrder{failure->message, failure->exit_code});
    return;
  }
  generation.addresses = std::move(addresses);
  generation.send(ListenersOrder{main}, descriptors);
}

// Adds those of the place, and binds what is not bound yet.
std::optional<Failure> Supervisor::find_listeners(const Place& place, bool management, std::vector<Address>& addresses,
                                                  std::vector<int>& descriptors) {
  const Address first{place.hosts.front(), place.port, management && place.port == 0};
  if (place.port == 0 && !bound(first)) { // any that is free on all of them
    auto made = ListenSocket::bind_all(place.hosts, 0);
    if (!made) return std::move(made).error();
    const std::uint16_t picked = made->front().endpoint().port();
    for (std::size_t i = 0; i < made->size(); ++i)
      listeners_.push_back({i == 0 ? first : Address{place.hosts[i], picked}, std::move((*made)[i])});
  }
  Address address = first;
  for (const std::string& host : place.hosts) {
    address.host = host;
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end())
      return Failure{"the management port must be another than the port, or on another address", 2};
    if (!bound(address)) {
      auto made = ListenSocket::bind(host, address.port);
      if (!made) return std::move(made).error();
      listeners_.push_back({address, *std::move(made)});
    }
    const ListenSocket& socket = *bound(address);
    addresses.push_back(address);
    descriptors.push_back(socket.descriptor());
    address = {{}, socket.endpoint().port()}; // the others have what the first one got
  }
  return std::nullopt;
}

const ListenSocket* Supervisor::bound(const Address& address) const {
  for (const Listener& listener : listeners_) {
    if (listener.address == address) return &listener.socket;
  }
  return nullptr;
}

// Those of a configuration that is gone would take connections that nobody accepts.
void Supervisor::forget_unused_listeners() {
  std::vector<Listener> kept;
  for (Listener& listener : listeners_) {
    const bool used = std::any_of(processes_.begin(), processes_.end(), [&](const auto& entry) {
      const Lifecycle::Generation* const generation = lifecycle_.find(entry.first);
      const std::vector<Address>& addresses = entry.second->addresses;
      return generation && generation->state != GenerationState::retiring &&
             std::find(addresses.begin(), addresses.end(), listener.address) != addresses.end();
    });
    if (used) kept.push_back(std::move(listener));
  }
  listeners_.swap(kept);
}

// Before a generation reads it: what changes after that is a change.

} // namespace crank
