// Where `crank-host status`, `reload` and the like reach a running supervisor: a UNIX socket for its own user and root.
// One JSON object per connection and direction, each one line. Knows sockets; knows nothing of what is asked.
#pragma once

#include "base/problem.hpp"
#include "net/asio.hpp"
#include "os/descriptor.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <string>

namespace crank {

// Answers one request, now or later, once. May outlive the client. Empty: nobody asked.
struct ControlAnswer {
  std::function<void(const boost::json::object&)> tell;
  int client = -1; // the connection, the answer's while it lives, for a successor that tells it by answer_client()

  explicit operator bool() const { return tell != nullptr; }
  void operator()(const boost::json::object& reply) const {
    if (tell) tell(reply);
  }
};

// Answers on a connection that a supervisor before this one left, and closes it.
void answer_client(Descriptor client, const boost::json::object& reply);

class ControlSocket {
public:
  using OnRequest = std::function<void(boost::json::object request, ControlAnswer answer)>;

  // Listens at `path`, whose directory is made (0700) if it is missing. A socket that nobody listens on any more is
  // replaced.
  static Result<std::unique_ptr<ControlSocket>, Failure> listen(asio::io_context& loop, std::string path,
                                                                OnRequest on_request);
  // Goes on with a socket that already listens at `path`.
  static std::unique_ptr<ControlSocket> adopt(asio::io_context& loop, std::string path, Descriptor socket,
                                              OnRequest on_request);
  // Takes the file away.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  int descriptor() { return acceptor_.native_handle(); }

private:
  using Local = asio::local::stream_protocol;
  using LocalAcceptor = asio::basic_socket_acceptor<Local, IoExecutor>;
  class Client;

  ControlSocket(asio::io_context& loop, std::string path, OnRequest on_request)
      : acceptor_(loop.get_executor()), pause_(loop.get_executor()), path_(std::move(path)),
        on_request_(std::move(on_request)) {}
  void accept_next();

  LocalAcceptor acceptor_;
  Timer pause_;
  const std::string path_;
  const OnRequest on_request_;
  bool bound_ = false;
};

// The directory of a user's control sockets: CRANK_RUN_DIR, else /run/crank-host for root, else
// $XDG_RUNTIME_DIR/crank-host, else <temporary directory>/crank-host-<uid>.
[[nodiscard]] std::string control_directory();

// Asks the supervisor at `path` and waits for its answer for as long as it takes, or until it is gone.
[[nodiscard]] Result<boost::json::object, Failure> ask_supervisor(const std::string& path,
                                                                  const boost::json::object& request);

// The socket to ask: `given` if not empty, else the only one in control_directory() on which somebody listens.
[[nodiscard]] Result<std::string, Failure> find_control_socket(const std::string& given);

} // namespace crank
