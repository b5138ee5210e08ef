// Messages with descriptors between a supervisor and its generations, over a pair of UNIX stream sockets.
// Knows framing; knows nothing of what the messages say. What arrives is not to be trusted: plugin code shares the
// other end.
#pragma once

#include "base/problem.hpp"
#include "os/descriptor.hpp"

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crank {

struct Packet {
  std::string text;
  std::vector<Descriptor> descriptors; // close-on-exec
};

class Channel {
public:
  static constexpr std::size_t longest_text = 256 * 1024;
  static constexpr std::size_t most_descriptors = 8;

  // Both ends, close-on-exec.
  static Result<std::pair<Descriptor, Descriptor>, Failure> pair();

  explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}

  int descriptor() const { return socket_.get(); }
  // Gives the socket away, e.g. across an exec. What was received and not taken is lost.
  Descriptor release() { return std::move(socket_); }

  // False when the peer is gone, or takes nothing for a second, or, without `wait`, does not take it at once; what was
  // sent in part is the last that it gets. The descriptors stay the caller's.
  bool send(std::string_view text, std::span<const int> descriptors = {}, bool wait = true);

  enum class Received { packet, nothing, end, broken };
  // The next message; with `wait` never `nothing`. broken: what came is not a message.
  Received receive(Packet& packet, bool wait);

private:
  // One recvmsg(); what came is in input_ and descriptors_.
  Received read_more(bool wait);
  bool take(Packet& packet, bool& malformed);

  Descriptor socket_;
  std::string input_;
  std::deque<Descriptor> descriptors_;
};

} // namespace crank
