#include "supervisor/control_socket.hpp"

#include "log/log.hpp"
#include "os/platform.hpp"
#include "json/json.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace crank {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using Local = asio::local::stream_protocol;

constexpr std::size_t longest_request = 64 * 1024;
constexpr std::chrono::seconds request_time{5}; // for a client to say what it wants
constexpr std::chrono::milliseconds accept_pause{200};
constexpr std::size_t longest_answer = 16 * 1024 * 1024;

bool fits(const std::string& path) { return path.size() < sizeof(sockaddr_un::sun_path); }

bool somebody_listens(const std::string& path) {
  asio::io_context loop;
  asio::basic_stream_socket<Local, IoExecutor> socket(loop.get_executor());
  error_code ec;
  if (fits(path)) socket.connect(Local::endpoint(path), ec);
  return fits(path) && !ec;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Also nobody else may put another socket in its place, where everybody may write.
std::optional<Failure> make_directory(const fs::path& directory) {
  std::error_code ec;
  if (!fs::is_directory(directory, ec)) {
    fs::create_directories(directory.parent_path(), ec);
    if (::mkdir(directory.c_str(), 0700) == 0) return std::nullopt;
    if (errno != EEXIST) return Failure{"cannot make " + directory.string() + ": " + std::strerror(errno)};
  }
  if (!variable("CRANK_RUN_DIR").empty() || directory != control_directory())
    return std::nullopt; // the operator's affair
  struct stat facts {};
  if (::lstat(directory.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) && (facts.st_mode & 0022) == 0 &&
      (facts.st_uid == ::geteuid() || facts.st_uid == 0))
    return std::nullopt;
  return Failure{directory.string() + " is not this user's alone; remove it, or give --control another path", 2};
}

} // namespace

// ---- the supervisor's side ----

class ControlSocket::Client : public std::enable_shared_from_this<Client> {
public:
  using LocalSocket = asio::basic_stream_socket<Local, IoExecutor>;
  Client(LocalSocket socket, const OnRequest& on_request)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), on_request_(on_request) {}

  void start() {
    timer_.expires_after(request_time);
    timer_.async_wait([self = shared_from_this()](error_code ec) {
      if (!ec && !self->served_) self->socket_.close(ec); // one that is served may be a successor's
    });
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, longest_request), '\n',
                           [self = shared_from_this()](error_code ec, std::size_t size) {
                             self->timer_.cancel();
                             if (!ec) self->serve(std::string_view(self->input_).substr(0, size));
                           });
  }

private:
  void serve(std::string_view line) {
    served_ = true;
    auto value = parse_json(line);
    if (!value || !value->is_object()) return answer({{"error", "the request is not a JSON object"}});
    const auto tell = [self = shared_from_this()](const json::object& reply) { self->answer(reply); };
    on_request_(std::move(value->as_object()), {tell, socket_.native_handle()});
  }

  void answer(const json::object& reply) {
    output_ = json_text(reply) + "\n";
    asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](error_code, std::size_t) {});
  }

  LocalSocket socket_;
  Timer timer_;
  const OnRequest& on_request_;
  std::string input_, output_;
  bool served_ = false;
};

Result<std::unique_ptr<ControlSocket>, Failure> ControlSocket::listen(asio::io_context& loop, std::string path,
                                                                      OnRequest on_request) {
  if (!fits(path)) return Failure{"the path of the control socket is too long: " + path, 2};
  if (auto failure = make_directory(fs::path(path).parent_path())) return std::move(*failure);
  if (somebody_listens(path)) return Failure{"another supervisor listens on " + path, 2};
  struct stat present {};
  if (::lstat(path.c_str(), &present) == 0) {
    if (!S_ISSOCK(present.st_mode))
      return Failure{path + " exists and is not a socket; give --control another path", 2};
    ::unlink(path.c_str());
  }
  std::unique_ptr<ControlSocket> made(new ControlSocket(loop, std::move(path), std::move(on_request)));
  error_code ec;
  made->acceptor_.open(Local(), ec);
  if (!ec) ::fcntl(made->acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
  const mode_t former = ::umask(0177); // nobody else may connect, from the first moment on
  if (!ec) made->acceptor_.bind(Local::endpoint(made->path_), ec);
  ::umask(former);
  made->bound_ = !ec;
  if (!ec) made->acceptor_.listen(16, ec);
  if (ec) return Failure{"cannot listen on " + made->path_ + ": " + ec.message()};
  made->accept_next();
  return made;
}

std::unique_ptr<ControlSocket> ControlSocket::adopt(asio::io_context& loop, std::string path, Descriptor socket,
                                                    OnRequest on_request) {
  std::unique_ptr<ControlSocket> made(new ControlSocket(loop, std::move(path), std::move(on_request)));
  error_code ec;
  made->acceptor_.assign(Local(), socket.get(), ec);
  if (ec) return nullptr;
  socket.release();
  made->bound_ = true;
  made->accept_next();
  return made;
}

ControlSocket::~ControlSocket() {
  if (bound_) ::unlink(path_.c_str());
}

void ControlSocket::accept_next() {
  acceptor_.async_accept([this](error_code ec, Client::LocalSocket socket) {
    if (ec == asio::error::operation_aborted) return;
    if (ec) { // no descriptor is left, say: it stays so for a while
      pause_.expires_after(accept_pause);
      return pause_.async_wait([this](error_code aborted) {
        if (!aborted) accept_next();
      });
    }
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    if (peer_may_command(socket.native_handle()))
      std::make_shared<Client>(std::move(socket), on_request_)->start();
    else
      log(LogLevel::warn, "a process of another user tried to use the control socket");
    accept_next();
  });
}

void answer_client(Descriptor client, const json::object& reply) {
  const std::string line = json_text(reply) + "\n";
  // Shorter than any socket's buffer; a supervisor ignores SIGPIPE.
  static_cast<void>(::send(client.get(), line.data(), line.size(), MSG_DONTWAIT));
}

// ---- the command's side ----

std::string control_directory() {
  if (const std::string given = variable("CRANK_RUN_DIR"); !given.empty()) return given;
  if (::geteuid() == 0) return "/run/crank-host";
  if (const std::string runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty()) return runtime + "/crank-host";
  std::error_code ec;
  return (fs::temp_directory_path(ec) / ("crank-host-" + std::to_string(::geteuid()))).string();
}

Result<json::object, Failure> ask_supervisor(const std::string& path, const json::object& request) {
  if (!fits(path)) return Failure{"the path of the control socket is too long: " + path, 2};
  asio::io_context loop;
  asio::basic_stream_socket<Local, IoExecutor> socket(loop.get_executor());
  error_code ec;
  socket.connect(Local::endpoint(path), ec);
  if (ec) return Failure{"nobody answers at " + path + " (" + ec.message() + "); is crank-host running?"};
  const std::string line = json_text(request) + "\n";
  asio::write(socket, asio::buffer(line), ec);
  std::string answer;
  if (!ec) asio::read_until(socket, asio::dynamic_buffer(answer, longest_answer), '\n', ec);
  if (ec) return Failure{"crank-host ended before it answered; its log says why"};
  auto value = parse_json(answer);
  if (!value || !value->is_object()) return Failure{"crank-host's answer is not understood: " + answer.substr(0, 200)};
  return std::move(value->as_object());
}

Result<std::string, Failure> find_control_socket(const std::string& given) {
  if (!given.empty()) return given;
  const fs::path directory = control_directory();
  std::vector<std::string> found;
  std::error_code ec;
  for (auto entry = fs::directory_iterator(directory, ec); !ec && entry != fs::directory_iterator();
       entry.increment(ec)) {
    std::error_code ignored;
    if (entry->path().extension() == ".sock" && entry->is_socket(ignored) && somebody_listens(entry->path().string()))
      found.push_back(entry->path().string());
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return Failure{"no running crank-host of this user was found in " + directory.string() +
                   "; give --control PATH as it was started with"};
  std::string list;
  for (const std::string& one : found) list += "\n  --control " + one;
  return Failure{"several hosts are running; say which:" + list, 2};
}

} // namespace crank
