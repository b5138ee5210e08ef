// Measures the time from exec of a server to its first 200 over TLS, several times; prints one JSON array of
// milliseconds. usage: first_response RUNS PORT CA_FILE PATH COMMAND [ARGUMENTS...]
#include "tls_client.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using bench::fail;

pid_t start(char** command) {
  const pid_t child = fork();
  if (child < 0) fail("cannot fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // it must not outlive a failed measurement
    execv(command[0], command);
    std::_Exit(127);
  }
  return child;
}

// The first connection that the server takes; tries every 50 microseconds, and gives up when the server has ended or
// after 30 s.
bench::Descriptor first_connection(std::uint16_t port, pid_t server) {
  const auto give_up = Clock::now() + std::chrono::seconds(30);
  while (Clock::now() < give_up) {
    bench::Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (bench::connect_to(fd.get(), port)) return fd;
    if (waitpid(server, nullptr, WNOHANG) != 0) fail("the server ended before it answered");
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  fail("the server did not listen");
}

bool answers_200(SSL* connection, const std::string& path) {
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (SSL_connect(connection) != 1) fail("the handshake failed");
  if (SSL_write(connection, request.data(), static_cast<int>(request.size())) <= 0) fail("cannot send the request");
  std::string answer(4096, '\0');
  const int count = SSL_read(connection, answer.data(), static_cast<int>(answer.size()));
  return count > 0 && std::string_view(answer).starts_with("HTTP/1.1 200");
}

double milliseconds_to_first_response(SSL_CTX* context, std::uint16_t port, const std::string& path, char** command) {
  const auto begun = Clock::now();
  const pid_t server = start(command);
  bench::Descriptor fd = first_connection(port, server);
  const bench::Connection connection = bench::make_connection(context, fd.get());
  const bool good = answers_200(connection.get(), path);
  const std::chrono::duration<double, std::milli> taken = Clock::now() - begun;
  kill(server, SIGTERM);
  waitpid(server, nullptr, 0);
  if (!good) fail("the first answer was no 200");
  return taken.count();
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 6) fail("usage: first_response RUNS PORT CA_FILE PATH COMMAND [ARGUMENTS...]");
  std::signal(SIGPIPE, SIG_IGN);
  const bench::Context context = bench::make_context(argv[3]);
  std::string out = "[";
  for (int run = 0; run < std::atoi(argv[1]); ++run) {
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    const double taken = milliseconds_to_first_response(context.get(), port, argv[4], argv + 5);
    out += (run ? "," : "") + std::to_string(taken);
  }
  std::printf("%s]\n", out.c_str());
}
