// ListenSocket, AcceptLoop and Stream over real loopback sockets, on ports the kernel picks.
#include "catch.hpp"

#include "engine_fixture.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "metrics/metrics.hpp"
#include "net/io_thread.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"

#include <boost/asio/read.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <future>

using namespace crank;
using namespace crank::test;

namespace {

ListenSocket listen() {
  auto bound = ListenSocket::bind("127.0.0.1", 0);
  if (!bound) FAIL(bound.error().message);
  return *std::move(bound);
}

Socket connect(asio::io_context& context, const ListenSocket& listener) {
  Socket socket(context.get_executor());
  error_code ec;
  socket.connect(listener.endpoint(), ec);
  if (ec) FAIL(ec.message());
  return socket;
}

// A connected pair: the client's raw socket and the server's stream.
struct Pair {
  Pair() : listener(listen()), client(connect(context, listener)), server(accept(), nullptr) {}
  Socket accept() {
    Socket socket(context.get_executor());
    const int descriptor = ::accept(listener.descriptor(), nullptr, nullptr);
    socket.assign(asio::ip::tcp::v4(), descriptor);
    return socket;
  }
  void send(std::string_view data) {
    const ssize_t put = ::send(client.native_handle(), data.data(), data.size(), MSG_NOSIGNAL);
    REQUIRE(put == static_cast<ssize_t>(data.size()));
  }
  // Whether the kernel calls the server's side readable, given time if `expected`.
  bool readable(bool expected = true) {
    pollfd one{server.socket().native_handle(), POLLIN, 0};
    const int wait = expected ? static_cast<int>(std::chrono::milliseconds(patience).count()) : 0;
    return ::poll(&one, 1, wait) == 1;
  }

  asio::io_context context;
  ListenSocket listener;
  Socket client;
  Stream server;
};

// The first record of a handshake, as far as its length says; what is in it does not matter here.
std::string client_hello(std::size_t length) {
  std::string record = {'\x16', '\x03', '\x01', static_cast<char>(length / 256), static_cast<char>(length % 256)};
  return record + std::string(length, 'x');
}

} // namespace

TEST_CASE("port 0 picks a free port, and a port is taken once") {
  const ListenSocket first = listen();
  CHECK(first.endpoint().port() != 0);
  CHECK(first.is_loopback());
  CHECK(first.descriptor() >= 0);
  const auto second = ListenSocket::bind("127.0.0.1", first.endpoint().port());
  REQUIRE_FALSE(second);
  CHECK(second.error().exit_code == 2);
  CHECK(second.error().message.find("port " + std::to_string(first.endpoint().port())) != std::string::npos);
  CHECK(second.error().message.find("--port") != std::string::npos);
}

TEST_CASE("an address of another machine cannot be listened on") {
  const auto bound = ListenSocket::bind("192.0.2.1", 0); // TEST-NET-1, RFC 5737
  REQUIRE_FALSE(bound);
  CHECK(bound.error().exit_code == 2);
  CHECK(bound.error().message.find("--host") != std::string::npos);
}

TEST_CASE("localhost is both loopbacks, as far as the machine has them, on one port") {
  const auto hosts = listen_hosts("LocalHost");
  REQUIRE(hosts);
  REQUIRE(hosts->front() == "127.0.0.1");
  if (hosts->size() == 1) {
    CHECK_FALSE(ListenSocket::bind("::1", 0));
  } else {
    CHECK(*hosts == std::vector<std::string>{"127.0.0.1", "::1"});
  }
  const auto bound = ListenSocket::bind_all(*hosts, 0);
  REQUIRE(bound);
  REQUIRE(bound->size() == hosts->size());
  for (const ListenSocket& socket : *bound) {
    CHECK(socket.is_loopback());
    CHECK(socket.endpoint().port() == bound->front().endpoint().port());
  }
  CHECK_FALSE(ListenSocket::bind_all(*hosts, bound->front().endpoint().port()));
}

TEST_CASE("an address to listen on is itself, in brackets or not") {
  CHECK(*listen_hosts("192.0.2.1") == std::vector<std::string>{"192.0.2.1"});
  CHECK(*listen_hosts("::1") == std::vector<std::string>{"::1"});
  CHECK(*listen_hosts("[::1]") == std::vector<std::string>{"::1"});
  const auto name = listen_hosts("no-such-host.invalid"); // RFC 6761 6.4
  REQUIRE_FALSE(name);
  CHECK(name.error().exit_code == 2);
  CHECK_FALSE(ListenSocket::bind("localhost", 0)); // nothing is looked up there
}

TEST_CASE("a socket that somebody else made is adopted if it listens") {
  const ListenSocket original = listen();
  const auto adopted = ListenSocket::adopt(::dup(original.descriptor()));
  REQUIRE(adopted);
  CHECK(adopted->endpoint() == original.endpoint());
  Pair pair;
  CHECK_FALSE(ListenSocket::adopt(pair.client.native_handle()));
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const auto pipe = ListenSocket::adopt(ends[0]);
  REQUIRE_FALSE(pipe);
  CHECK(pipe.error().exit_code == 2);
  CHECK_FALSE(ListenSocket::adopt(-1));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a stream never blocks, whatever its socket was before") {
  // OpenSSL reads with read(2): on a blocking socket one silent client would hold its I/O thread.
  Pair pair;
  const int flags = ::fcntl(pair.server.socket().native_handle(), F_GETFL);
  CHECK((flags & O_NONBLOCK) != 0);
}

TEST_CASE("a loop accepts until it is told to wait, goes on, and stops") {
  const ListenSocket listener = listen();
  asio::io_context context;
  std::vector<Socket> accepted;
  Watched<int> count;
  IoThread io(0);
  AcceptShortage shortage;
  const auto loop = std::make_shared<AcceptLoop>(io, listener.duplicate(), shortage, [&](Socket socket) {
    accepted.push_back(std::move(socket));
    count.change([](int& n) { ++n; });
    return accepted.size() != 2; // the second is the last for now
  });
  io.start();
  io.post([&] { loop->start(); });
  std::vector<Socket> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(connect(context, listener));
  REQUIRE(count.wait([](int n) { return n == 2; }));
  std::promise<std::size_t> before;
  io.post([&] { before.set_value(accepted.size()); });
  CHECK(before.get_future().get() == 2);
  io.post([&] { loop->resume(); });
  REQUIRE(count.wait([](int n) { return n == 4; }));
  std::promise<void> stopped;
  io.post([&] {
    loop->stop();
    loop->resume(); // changes nothing any more
    accepted.clear();
    stopped.set_value();
  });
  stopped.get_future().wait();
  io.finish(false);
  io.join();
  // Others that share the socket still get what is in the backlog.
  clients.push_back(connect(context, listener));
  const int left = ::accept(listener.descriptor(), nullptr, nullptr);
  CHECK(left >= 0);
  ::close(left);
}

TEST_CASE("a socket lives as long as somebody holds it") {
  ListenSocket first = listen();
  const auto endpoint = first.endpoint();
  ListenSocket second = first.duplicate();
  CHECK(second.endpoint() == endpoint);
  asio::io_context context;
  const auto connects = [&] {
    Socket socket(context.get_executor());
    error_code ec;
    socket.connect(endpoint, ec);
    return !ec;
  };
  first.close();
  CHECK(connects());
  second.close();
  CHECK_FALSE(connects());
}

TEST_CASE("the first bytes tell what a connection is, without being taken") {
  Pair pair;
  CHECK(pair.server.look_at_first_bytes() == FirstBytes::incomplete);
  SECTION("plain HTTP") {
    pair.send("GET / HTTP/1.1\r\n");
    REQUIRE(pair.readable());
    CHECK(pair.server.look_at_first_bytes() == FirstBytes::plain_text);
    char text[4];
    const IoResult got = pair.server.read_some(text, 3);
    CHECK(got.status == IoStatus::ok);
    CHECK(std::string_view(text, got.bytes) == "GET");
  }
  SECTION("neither") {
    pair.send(std::string_view("\0\1\2", 3));
    REQUIRE(pair.readable());
    CHECK(pair.server.look_at_first_bytes() == FirstBytes::garbage);
  }
  SECTION("a handshake of another version") {
    pair.send(std::string_view("\x16\x02\x01\x00\x10", 5));
    REQUIRE(pair.readable());
    CHECK(pair.server.look_at_first_bytes() == FirstBytes::garbage);
  }
  SECTION("a record longer than there can be") {
    pair.send("\x16\x03\x01\xff\xff");
    REQUIRE(pair.readable());
    CHECK(pair.server.look_at_first_bytes() == FirstBytes::garbage);
  }
  SECTION("a client that goes at once") {
    pair.client.close();
    REQUIRE(pair.readable());
    CHECK(pair.server.look_at_first_bytes() == FirstBytes::ended);
  }
}

TEST_CASE("half a ClientHello wakes nobody until it is whole") {
  Pair pair;
  const std::string hello = client_hello(300);
  pair.send(hello.substr(0, 3));
  REQUIRE(pair.readable());
  CHECK(pair.server.look_at_first_bytes() == FirstBytes::incomplete);
  CHECK_FALSE(pair.readable(false));
  pair.send(hello.substr(3, 100));
  REQUIRE(pair.readable());
  CHECK(pair.server.look_at_first_bytes() == FirstBytes::incomplete);
  CHECK_FALSE(pair.readable(false));
  pair.send(hello.substr(103));
  REQUIRE(pair.readable());
  CHECK(pair.server.look_at_first_bytes() == FirstBytes::client_hello);
  // One byte wakes again from here on.
  std::string taken(hello.size(), '\0');
  CHECK(pair.server.read_some(taken.data(), taken.size()).bytes == hello.size());
  pair.send("x");
  CHECK(pair.readable());
}

TEST_CASE("half a ClientHello that nothing follows is the end, not something to wait for") {
  Pair pair;
  const std::size_t sent = GENERATE(1u, 3u, 5u, 100u);
  pair.send(client_hello(300).substr(0, sent));
  error_code ec;
  pair.client.shutdown(Socket::shutdown_send, ec);
  int looks = 0;
  FirstBytes seen = FirstBytes::incomplete;
  while (seen == FirstBytes::incomplete && ++looks < 20) {
    REQUIRE(pair.readable());
    seen = pair.server.look_at_first_bytes();
  }
  CHECK(seen == FirstBytes::ended);
}

TEST_CASE("a stream without TLS reads, writes and ends without blocking") {
  Pair pair;
  CHECK_FALSE(pair.server.encrypted());
  CHECK_FALSE(pair.server.has_pending());
  char buffer[16];
  CHECK(pair.server.read_some(buffer, sizeof buffer).status == IoStatus::want_read);
  CHECK(pair.server.write_some("hello", 5).bytes == 5);
  CHECK(pair.server.write_some("", 0).status == IoStatus::ok);
  error_code ec;
  CHECK(asio::read(pair.client, asio::buffer(buffer, 5), ec) == 5);
  CHECK(std::string_view(buffer, 5) == "hello");
  // A client that does not read fills the buffers at some point.
  const std::string much(1 << 20, 'x');
  IoResult put{IoStatus::ok, 0};
  for (int i = 0; i < 1000 && put.status == IoStatus::ok; ++i) put = pair.server.write_some(much.data(), much.size());
  CHECK(put.status == IoStatus::want_write);
  pair.client.shutdown(Socket::shutdown_send, ec);
  REQUIRE(pair.readable());
  CHECK(pair.server.read_some(buffer, sizeof buffer).status == IoStatus::end);
}

TEST_CASE("a reset is a failure") {
  // Whatever the process does about SIGPIPE: a library may have changed that.
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  Pair pair;
  asio::socket_base::linger reset(true, 0);
  pair.client.set_option(reset);
  pair.client.close();
  REQUIRE(pair.readable());
  char buffer[16];
  CHECK(pair.server.read_some(buffer, sizeof buffer).status == IoStatus::failed);
  CHECK(pair.server.write_some("x", 1).status == IoStatus::failed);
  CHECK(pair.server.write_some("x", 1).status == IoStatus::failed);
  std::signal(SIGPIPE, before);
}

TEST_CASE("a connection counts from the moment it is taken over, not once its thread has come to it") {
  Pair pair;
  IoThread io(0);
  Metrics metrics("w", "0");
  Router router;
  Server server({&io}, metrics, {});
  const auto site = server.add({&router, nullptr, {}, {}});
  REQUIRE(site);
  server.adopt(**site, Descriptor(::fcntl(pair.server.socket().native_handle(), F_DUPFD_CLOEXEC, 0)));
  CHECK(server.all_connections() == 1);
  CHECK(server.connections() == 1);
  io.start();
  std::promise<void> looked;
  io.post([&] {
    CHECK(server.connections() == 1);
    server.abandon_all();
    io.post([&] { looked.set_value(); });
  });
  looked.get_future().wait();
  CHECK(server.all_connections() == 0);
  io.finish(false);
  io.join();
}

TEST_CASE("a loop whose socket could not be duplicated accepts nothing and throws nothing") {
  ListenSocket closed = listen();
  closed.close();
  IoThread io(0);
  AcceptShortage shortage;
  const auto loop = std::make_shared<AcceptLoop>(io, std::move(closed), shortage, [](Socket) { return true; });
  loop->start();
  loop->stop();
}
