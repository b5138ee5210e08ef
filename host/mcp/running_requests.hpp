// The requests of all connections that run now, so that a client can end one by its id. Knows no message.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace crank {

class RunningRequests {
public:
  using Stop = std::function<void()>;

  // `key` names connection and request. False: one of that name runs already. [any thread]
  [[nodiscard]] bool add(const std::string& key);
  // How it is stopped; before it can be over.
  void set(const std::string& key, Stop stop);
  void remove(const std::string& key);
  // Calls what was given for it, if it still runs. [any thread]
  void stop(const std::string& key);

private:
  std::mutex mutex_;
  std::map<std::string, Stop> running_;
};

} // namespace crank
