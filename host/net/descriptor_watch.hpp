// Tells a loop when somebody else's descriptor can be read. Does not own it; the descriptor must outlive the watch.
#pragma once

#include "net/asio.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <utility>

namespace crank {

class DescriptorWatch {
public:
  DescriptorWatch(asio::io_context& loop, int descriptor) : watched_(loop.get_executor(), descriptor) {}
  ~DescriptorWatch() { watched_.release(); }
  DescriptorWatch(const DescriptorWatch&) = delete;
  DescriptorWatch& operator=(const DescriptorWatch&) = delete;

  // Calls `then` once, when there is something to read or the other end is gone; not when the watch is destroyed
  // before.
  template <class Then>
  void wait(Then then) {
    watched_.async_wait(Watched::wait_read, [then = std::move(then)](error_code ec) mutable {
      if (!ec) then();
    });
  }

private:
  using Watched = asio::posix::basic_stream_descriptor<IoExecutor>;
  Watched watched_;
};

} // namespace crank
