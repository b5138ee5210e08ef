// Holds many WebSockets (RFC 6455) over TLS with one thread and measures how long one broadcast takes to reach all.
// usage: ws_swarm CLIENTS PORT CA_FILE PATH
//   prints {"connected":N,"seconds":S} when every client is connected and welcomed, then obeys lines on stdin:
//   broadcast   the first client sends a message; prints {"received":N,"milliseconds":M} when all have got it
//   quit
#include "tls_client.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using bench::fail;

constexpr int concurrent_handshakes = 200; // more only makes the server queue them
constexpr std::uint8_t text_opcode = 1, close_opcode = 8, ping_opcode = 9, pong_opcode = 10;

enum class State { handshake, upgrading, open };

struct Client {
  bench::Descriptor fd;
  bench::Connection tls;
  State state = State::handshake;
  bool welcomed = false;
  bool got_broadcast = false;
  std::string input;  // not yet parsed
  std::string output; // not yet written
};

double seconds_since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

// A client's frame with a mask of zeros, which changes nothing. `payload` is shorter than 126 bytes.
std::string make_frame(std::uint8_t opcode, std::string_view payload) {
  std::string frame{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size()), 0, 0, 0, 0};
  return frame.append(payload);
}

struct Frame {
  std::uint8_t opcode = 0;
  std::string_view payload;
  std::size_t size = 0; // header and payload; 0: incomplete
};

Frame parse_frame(std::string_view input) {
  if (input.size() < 2) return {};
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(input[i]); };
  std::size_t length = byte(1) & 0x7f, header = 2;
  const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (input.size() < header + extended) return {};
  if (extended) length = 0;
  for (std::size_t i = 0; i < extended; ++i) length = length << 8 | byte(header + i);
  header += extended;
  if (input.size() < header + length) return {};
  return {static_cast<std::uint8_t>(byte(0) & 0x0f), input.substr(header, length), header + length};
}

class Swarm {
public:
  Swarm(std::size_t size, std::uint16_t port, const std::string& ca_file, std::string path)
      : context_(bench::make_context(ca_file)), port_(port), path_(std::move(path)),
        poll_(epoll_create1(EPOLL_CLOEXEC)) {
    clients_.resize(size);
    watch(STDIN_FILENO, size, EPOLL_CTL_ADD, EPOLLIN);
  }

  void connect_all() {
    const auto begun = Clock::now();
    while (welcomed_ < clients_.size()) {
      while (started_ < clients_.size() && started_ - welcomed_ < concurrent_handshakes) start_one();
      turn();
    }
    std::printf("{\"connected\":%zu,\"seconds\":%.3f}\n", clients_.size(), seconds_since(begun));
    std::fflush(stdout);
  }

  void obey() {
    while (!quit_) turn();
  }

private:
  void watch(int fd, std::size_t index, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = index;
    if (epoll_ctl(poll_.get(), operation, fd, &event) != 0) fail("epoll_ctl");
  }

  void start_one() {
    const std::size_t index = started_++;
    Client& client = clients_[index];
    client.fd = bench::Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (client.fd.get() < 0) fail("no more sockets: raise ulimit -n");
    if (!bench::connect_to(client.fd.get(), port_) && errno != EINPROGRESS) fail("cannot connect");
    client.tls = bench::make_connection(context_.get(), client.fd.get());
    watch(client.fd.get(), index, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT | EPOLLET);
  }

  void turn() {
    epoll_event events[256];
    const int count = epoll_wait(poll_.get(), events, 256, 60'000);
    if (count == 0)
      fail("nothing happened for a minute; " + std::to_string(welcomed_) + " are connected, " +
           std::to_string(reached_) + " got the broadcast");
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::size_t>(events[i].data.u64);
      if (index == clients_.size())
        read_command();
      else
        advance(clients_[index]);
    }
  }

  void read_command() {
    char line[64];
    const ssize_t count = ::read(STDIN_FILENO, line, sizeof line);
    const std::string_view command(line, count > 0 ? static_cast<std::size_t>(count) : 0);
    if (command != "broadcast\n") {
      quit_ = true;
      return;
    }
    reached_ = 0;
    for (Client& client : clients_) client.got_broadcast = false;
    sent_ = Clock::now();
    clients_.front().output += make_frame(text_opcode, "{\"content\":\"to all\"}");
    write(clients_.front());
  }

  void advance(Client& client) {
    if (client.state == State::handshake) {
      if (!handshake(client)) return;
      client.state = State::upgrading;
      client.output = "GET " + path_ +
                      " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }
    write(client);
    read(client);
  }

  static bool handshake(Client& client) {
    ERR_clear_error();
    const int result = SSL_connect(client.tls.get());
    if (result == 1) return true;
    if (!would_block(client, result)) fail("a handshake failed");
    return false;
  }

  static bool would_block(const Client& client, int result) {
    const int error = SSL_get_error(client.tls.get(), result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }

  static void write(Client& client) {
    while (!client.output.empty()) {
      ERR_clear_error();
      const int count = SSL_write(client.tls.get(), client.output.data(), static_cast<int>(client.output.size()));
      if (count <= 0) {
        if (would_block(client, count)) return;
        fail("a connection broke while writing");
      }
      client.output.erase(0, static_cast<std::size_t>(count));
    }
  }

  void read(Client& client) {
    char buffer[16384];
    for (;;) {
      ERR_clear_error();
      const int count = SSL_read(client.tls.get(), buffer, sizeof buffer);
      if (count <= 0) {
        if (!would_block(client, count)) fail("a connection was closed");
        break;
      }
      client.input.append(buffer, static_cast<std::size_t>(count));
      parse(client);
    }
    if (client.input.empty()) std::string().swap(client.input);
  }

  void parse(Client& client) {
    if (client.state == State::upgrading) {
      const std::size_t end = client.input.find("\r\n\r\n");
      if (end == std::string::npos) return;
      if (!client.input.starts_with("HTTP/1.1 101 "))
        fail("refused: " + client.input.substr(0, client.input.find('\r')));
      client.input.erase(0, end + 4);
      client.state = State::open;
    }
    for (Frame frame = parse_frame(client.input); frame.size != 0; frame = parse_frame(client.input)) {
      take(client, frame);
      client.input.erase(0, frame.size);
    }
  }

  void take(Client& client, const Frame& frame) {
    if (frame.opcode == close_opcode) fail("the server closed a WebSocket");
    if (frame.opcode == ping_opcode) {
      client.output += make_frame(pong_opcode, frame.payload);
      write(client);
    }
    if (frame.opcode != text_opcode) return;
    if (!std::exchange(client.welcomed, true)) ++welcomed_;
    if (frame.payload.find("\"broadcast\"") == std::string_view::npos || std::exchange(client.got_broadcast, true))
      return;
    if (++reached_ < clients_.size()) return;
    std::printf("{\"received\":%zu,\"milliseconds\":%.3f}\n", reached_, seconds_since(sent_) * 1000);
    std::fflush(stdout);
  }

  bench::Context context_;
  std::uint16_t port_;
  std::string path_;
  bench::Descriptor poll_;
  std::vector<Client> clients_;
  std::size_t started_ = 0;
  std::size_t welcomed_ = 0;
  std::size_t reached_ = 0; // clients that got the broadcast
  Clock::time_point sent_;
  bool quit_ = false;
};

void raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) fail("usage: ws_swarm CLIENTS PORT CA_FILE PATH");
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  Swarm swarm(static_cast<std::size_t>(std::atoi(argv[1])), static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3],
              argv[4]);
  swarm.connect_all();
  swarm.obey();
}
