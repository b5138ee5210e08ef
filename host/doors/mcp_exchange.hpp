// One exchange of HTTP as the way back to an MCP client: a JSON answer, or an event stream once something has to be
// said before it, be it only that somebody is still there.
#pragma once

#include "http/exchange.hpp"
#include "mcp/peer.hpp"
#include "net/deadline_wheel.hpp"

#include <chrono>
#include <memory>
#include <mutex>

namespace crank {

class McpExchange : public McpPeer, public std::enable_shared_from_this<McpExchange>, private Expiring {
public:
  // `keepalive`: time without a word after which a comment line is sent.
  McpExchange(std::shared_ptr<Exchange> exchange, std::chrono::milliseconds keepalive);

  // From now on it is, until there is an answer. On the I/O thread, once.
  void keep_alive();

  bool listens() const override { return takes_events_; }
  bool takes_requests() const override { return takes_events_; }
  void notify(std::string message) override;
  void answer(McpAnswer answer) override;
  void acknowledge() override;
  void abandon() override;
  void on_gone(std::function<void()> stop) override;

private:
  void expired() override;
  void write(std::string_view text);
  void finish(std::function<void()> last);

  const std::shared_ptr<Exchange> exchange_;
  const std::chrono::milliseconds keepalive_;
  const bool takes_events_;
  std::mutex mutex_; // an event and a sign of life may come from two threads
  bool streams_ = false;

  // On the I/O thread.
  bool over_ = false;
  std::shared_ptr<McpExchange> self_; // while it has a deadline
};

} // namespace crank
