// The question who asks, where the connection does not tell. Whoever wires a site answers it.
#pragma once

#include "base/problem.hpp"
#include "http/request_head.hpp"

#include <optional>

namespace crank {

class Authenticator {
public:
  virtual ~Authenticator() = default;
  // Once for each request, when its head is complete and before anything is said about its path or read of its body.
  // Fills in head.from, and takes off the head what is for nobody else to see; or says what the client is told. `open`:
  // its handler serves everybody. [I/O threads, concurrently]
  virtual std::optional<Problem> identify(RequestHead& head, bool open) = 0;
};

} // namespace crank
