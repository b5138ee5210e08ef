// One POST to receivers that nobody trusts, and the address that is connected to.
#include "catch.hpp"

#include "jobs/callback_http.hpp"
#include "net/http_post.hpp"
#include "scratch.hpp"

#include <atomic>
#include <csignal>
#include <fstream>
#include <sys/socket.h>
#include <thread>

using namespace crank;
using namespace crank::test;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

namespace {

const auto loopback = asio::ip::make_address("127.0.0.1");

// Answers each connection with what `serve` does with it.
class Receiver {
public:
  explicit Receiver(std::function<void(int)> serve) : serve_(std::move(serve)) {
    std::signal(SIGPIPE, SIG_IGN);
    listener_ = Descriptor(::socket(AF_INET, SOCK_STREAM, 0));
    const asio::ip::tcp::endpoint any_port(loopback, 0);
    REQUIRE(::bind(listener_.get(), any_port.data(), static_cast<socklen_t>(any_port.size())) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    asio::ip::tcp::endpoint bound(loopback, 0);
    socklen_t size = sizeof(sockaddr_in);
    REQUIRE(::getsockname(listener_.get(), bound.data(), &size) == 0);
    port = bound.port();
    thread_ = std::thread([this] {
      while (true) {
        const Descriptor client(::accept(listener_.get(), nullptr, nullptr));
        if (!client) return;
        ++connections;
        serve_(client.get());
      }
    });
  }
  ~Receiver() {
    over = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::uint16_t port = 0;
  std::atomic<bool> over{false};
  std::atomic<int> connections{0};

private:
  const std::function<void(int)> serve_;
  Descriptor listener_;
  std::thread thread_;
};

void send_text(int to, std::string_view text) {
  static_cast<void>(!::send(to, text.data(), text.size(), MSG_NOSIGNAL));
}

std::string request_of(int from) {
  std::string text;
  char piece[4096];
  while (text.find("\r\n\r\n") == std::string::npos || text.find("end") == std::string::npos) {
    const auto count = ::recv(from, piece, sizeof piece, 0);
    if (count <= 0) break;
    text.append(piece, static_cast<std::size_t>(count));
  }
  return text;
}

HttpPostAnswer post_to(std::uint16_t port, milliseconds time = seconds(60), int cancel = -1) {
  HttpPost post;
  post.authority = "a.example";
  post.target = "/hook?x";
  post.fields = "Webhook-Id: m\r\n";
  post.body = "the end";
  const auto end = Clock::now() + time;
  return http_post(post, loopback, port, end, end, cancel);
}

HttpPostAnswer answered(const std::string& text) {
  Receiver receiver([&](int client) {
    request_of(client);
    send_text(client, text);
  });
  return post_to(receiver.port);
}

} // namespace

TEST_CASE("http post: sends one request and reads the head of its answer") {
  std::string seen;
  Receiver receiver([&](int client) {
    seen = request_of(client);
    send_text(client, "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 503 Busy\r\nRETRY-After:  7 \r\n\r\nbody");
  });
  const auto answer = post_to(receiver.port);
  CHECK(answer.status == 503);
  CHECK(answer.retry_after == "7");
  CHECK(seen ==
        "POST /hook?x HTTP/1.1\r\nHost: a.example\r\nWebhook-Id: m\r\nContent-Length: 7\r\nConnection: close\r\n"
        "\r\nthe end");
}

TEST_CASE("http post: what is no answer is none") {
  CHECK(answered("HTTP/1.1 204 No Content\r\n\r\n").status == 204);
  CHECK(answered("HTTP/1.0 200\r\n\r\n").status == 200);
  for (const char* text : {"", "HTTP/1.1 200 OK\r\n", "hello\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                           "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n",
                           "HTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "SSH-2.0-x\r\n\r\n"}) {
    INFO(text);
    const auto answer = answered(text);
    CHECK(answer.status == 0);
    CHECK_FALSE(answer.error.empty());
  }
}

TEST_CASE("http post: a receiver that sends for ever is not listened to for ever") {
  Receiver* running = nullptr;
  const auto endless = [&](int client, std::string_view first, std::string_view piece) {
    request_of(client);
    send_text(client, first);
    while (!running->over && ::send(client, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
    }
  };
  {
    Receiver receiver([&](int client) { endless(client, "HTTP/1.1 200 OK\r\n", "X-Header: value\r\n"); });
    running = &receiver;
    CHECK(post_to(receiver.port).error == "the head of its answer does not end");
  }
  {
    Receiver receiver([&](int client) { endless(client, "HTTP/1.1 200 OK\r\n\r\n", "body without end "); });
    running = &receiver;
    CHECK(post_to(receiver.port).status == 200); // the body is not even read
  }
  {
    Receiver receiver([&](int client) { endless(client, "", "HTTP/1.1 100 Continue\r\n\r\n"); });
    running = &receiver;
    CHECK(post_to(receiver.port, milliseconds(200)).error == "no answer in time");
  }
}

TEST_CASE("http post: the time is for all of it, however the receiver drips") {
  Receiver* running = nullptr;
  const auto drips = [&](int client) {
    while (!running->over) {
      if (::send(client, "H", 1, MSG_NOSIGNAL) < 0) return;
      std::this_thread::sleep_for(milliseconds(5));
    }
  };
  Receiver receiver(drips);
  running = &receiver;
  const auto answer = post_to(receiver.port, milliseconds(300));
  CHECK(answer.status == 0);
  CHECK(answer.error == "no answer in time");
  CHECK(answer.reached);
}

TEST_CASE("http post: a TLS handshake that drips ends, too") {
  Receiver* running = nullptr;
  Receiver receiver([&](int client) {
    // A record of 16 KiB that comes byte by byte: the handshake goes on all the time.
    send_text(client, std::string("\x16\x03\x03\x40\x00", 5));
    while (!running->over) {
      if (::send(client, "\2", 1, MSG_NOSIGNAL) < 0) return;
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  running = &receiver;
  const auto context = make_client_context({});
  REQUIRE(context);
  HttpPost post;
  post.tls = context->get();
  post.name = "a.example";
  const auto end = Clock::now() + milliseconds(300);
  CHECK(http_post(post, loopback, receiver.port, end, end).error == "no answer in time");
}

TEST_CASE("http post: can be given up") {
  Receiver* running = nullptr;
  Pipe pipe = Pipe::make();
  Receiver receiver([&](int client) {
    request_of(client);
    pipe.writing.reset(); // now that it waits
    while (!running->over) std::this_thread::sleep_for(milliseconds(1));
  });
  running = &receiver;
  const auto answer = post_to(receiver.port, std::chrono::minutes(10), pipe.reading.get());
  CHECK(answer.error == "given up because the host stops");
}

TEST_CASE("http post: nobody listens") {
  std::uint16_t port = 0;
  {
    port = Receiver([](int) {}).port;
  }
  const auto answer = post_to(port);
  CHECK_FALSE(answer.reached);
  CHECK(answer.error.find("no connection: ") == 0);
}

namespace {

// A transport whose names are the test's.
struct TransportWorld {
  explicit TransportWorld(std::vector<std::string> allow, std::function<HttpCallbackTransport::Resolve> resolve)
      : policy(allow) {
    const auto file = scratch.path() / "secrets";
    secret = parse_callback_secret(*add_callback_secret(file));
    secrets = *CallbackSecrets::open(file);
    HttpCallbackTransport::Options options;
    options.time = seconds(30);
    options.resolve = std::move(resolve);
    transport = *HttpCallbackTransport::make(*secrets, policy, std::move(options));
  }
  CallbackAnswer post(const std::string& url) { return transport->post({url, "msg_1", "the end"}); }

  ScratchDirectory scratch;
  CallbackPolicy policy;
  std::string secret;
  std::unique_ptr<CallbackSecrets> secrets;
  std::unique_ptr<HttpCallbackTransport> transport;
};

} // namespace

TEST_CASE("callbacks over HTTP: a name is resolved once, and the address that was checked is the one connected to") {
  Receiver receiver([](int client) {
    request_of(client);
    send_text(client, "HTTP/1.1 200 OK\r\n\r\n");
  });
  const std::string port = std::to_string(receiver.port);
  int asked = 0;
  // Says something else from the second time on, as who rebinds a name does between the check and the connection.
  const auto rebinding = [&](const char* first, const char* then) {
    return [&asked, first, then](const std::string&, Clock::time_point, const std::function<bool()>&) {
      return std::vector{asio::ip::make_address(asked++ == 0 ? first : then)};
    };
  };
  {
    TransportWorld world({"127.0.0.1"}, rebinding("127.0.0.1", "10.0.0.1"));
    CHECK(world.post("http://rebound.example:" + port + "/").status == 200);
    CHECK(asked == 1);
    CHECK(receiver.connections == 1);
  }
  asked = 0;
  TransportWorld world({}, rebinding("127.0.0.1", "8.8.8.8"));
  const auto answer = world.post("https://rebound.example:" + port + "/");
  CHECK(answer.status == 0);
  CHECK(answer.error.find("rebound.example is at 127.0.0.1, which is loopback (RFC 1122)") != std::string::npos);
  CHECK(asked == 1);
  CHECK(receiver.connections == 1);
}

TEST_CASE("callbacks over HTTP: of several addresses those that are allowed are tried, one after the other") {
  std::string seen;
  Receiver receiver([&](int client) {
    seen = request_of(client);
    send_text(client, "HTTP/1.1 503 Busy\r\nRetry-After: 9\r\n\r\n");
  });
  TransportWorld world({"127.0.0.0/8"}, [&](const std::string&, Clock::time_point, const std::function<bool()>&) {
    // Nobody listens at the second; the first may not be connected to.
    return std::vector{asio::ip::make_address("10.0.0.1"), asio::ip::make_address("127.0.0.2"), loopback};
  });
  const auto answer = world.post("http://receiver.example:" + std::to_string(receiver.port) + "/x?y");
  CHECK(answer.status == 503);
  CHECK(answer.retry_after == seconds(9));
  CHECK(seen.find("POST /x?y HTTP/1.1\r\nHost: receiver.example:") == 0);
  const auto field = [&](const std::string& name) {
    const std::size_t begin = seen.find("\r\n" + name + ": ") + name.size() + 4;
    return seen.substr(begin, seen.find("\r\n", begin) - begin);
  };
  CHECK(field("Webhook-Id") == "msg_1");
  CHECK(field("Content-Type") == "application/json");
  CHECK(field("Webhook-Signature") ==
        callback_signature({world.secret}, "msg_1", std::stoll(field("Webhook-Timestamp")), "the end"));
}

TEST_CASE("callbacks over HTTP: a name that cannot be resolved is an error like another") {
  TransportWorld world({}, [](const std::string&, Clock::time_point, const std::function<bool()>&) {
    return Result<std::vector<asio::ip::address>, std::string>(std::string("Name or service not known"));
  });
  CHECK(world.post("https://missing.example/").error == "missing.example: Name or service not known");
  world.transport->cancel();
  CHECK(world.post("https://missing.example/").given_up);
}

TEST_CASE("names: localhost is found, and a time that is over is one") {
  const auto never = [] { return false; };
  const auto found = resolve("localhost", Clock::now() + seconds(60), never);
  if (found) CHECK(found->front().is_loopback()); // a minimal system may not know it
  CHECK(resolve("localhost", Clock::now() - seconds(1), never).error() == "the name servers do not answer in time");
}
