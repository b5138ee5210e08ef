// The addresses of a name, within a time. Knows nothing of who connects there.
#pragma once

#include "base/problem.hpp"
#include "net/asio.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace crank {

// As the system finds them (getaddrinfo): in its order, at least one. Or why there are none. The system cannot be told
// to stop: a thread goes on to wait for it where the time is over, or `given_up` says so (asked often), and there are
// few such threads at a time. [any thread]
[[nodiscard]] Result<std::vector<asio::ip::address>, std::string>
resolve(const std::string& host, std::chrono::steady_clock::time_point end, const std::function<bool()>& given_up);

} // namespace crank
