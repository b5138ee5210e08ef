// The way back to a client for one message of it. Transports implement it; the protocol knows no more of them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace crank {

struct McpAnswer {
  std::string text;                                        // one JSON-RPC message, on one line
  int http_status = 200;                                   // for a transport that has one
  std::vector<std::pair<std::string, std::string>> fields; // as above
};

// All of it from any thread, one at a time for one peer.
class McpPeer {
public:
  virtual ~McpPeer() = default;
  // Whether notify() may reach anybody; that may come or go.
  virtual bool listens() const = 0;
  // Whether notify() carries requests to a client that may answer them.
  virtual bool takes_requests() const = 0;
  // A message before the answer; may be lost where the client is slow.
  virtual void notify(std::string message) = 0;

  // Exactly one of these three.
  virtual void answer(McpAnswer answer) = 0;
  // What came asks for no answer, and was taken.
  virtual void acknowledge() = 0;
  // It was cancelled: there is no answer any more.
  virtual void abandon() = 0;

  // Calls `stop` when the client is gone, at once if it is already; not after one of the three. Once.
  virtual void on_gone(std::function<void()> stop) = 0;
};

} // namespace crank
