// Asks a running worker over HTTP(S), for the commands that do. Knows where a worker listens and what proves who asks;
// knows nothing of what is asked. One thread.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace httplib {
class Client;
}

namespace crank {

enum class WorkerPort { main, management }; // management: where there is one, else main

// Who is asked. Its certificate names `url`'s host, its socket may be elsewhere.
struct WorkerAddress {
  std::string url;       // with a path, perhaps
  std::string localhost; // the address that localhost is
};

// `command.url`, or the address of the worker that was started with the same settings. Exit code 2 (or 3, for a plugin
// that says the port and cannot be loaded): it cannot be told.
Result<WorkerAddress, Failure> worker_address(const CommandLine& command, const Environment& environment,
                                              WorkerPort port);

struct WorkerAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::string link; // the first Link field
};

class WorkerClient {
public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  // With the certificates of --cert-dir that are there, and the token in --token-file. `timeout`: for connecting, and
  // of silence. Exit code 2: one of those is of no use.
  static Result<WorkerClient, Failure> make(const CommandLine& command, WorkerAddress address,
                                            std::chrono::milliseconds timeout);
  WorkerClient(WorkerClient&&) noexcept;
  ~WorkerClient();

  const std::string& url() const { return address_.url; }

  // `path` is put behind that of the URL. Exit code 2: there is no answer.
  Result<WorkerAnswer, Failure> get(const std::string& path, const Fields& fields = {});
  Result<WorkerAnswer, Failure> remove(const std::string& path);
  Result<WorkerAnswer, Failure> post(const std::string& path, const std::string& body, const Fields& fields);
  // Hands over the body of a 200 as it comes; of another answer it is in the answer. A body that breaks off ends as one
  // that is complete.
  using Take = std::function<void(std::string_view piece)>;
  Result<WorkerAnswer, Failure> stream(const std::string& path, const Fields& fields, const Take& take);

private:
  WorkerClient(WorkerAddress address, std::string prefix, Fields fields, std::unique_ptr<httplib::Client> client);

  WorkerAddress address_;
  std::string prefix_; // path of the URL
  Fields fields_;      // of every request
  std::unique_ptr<httplib::Client> client_;
};

// What an answer that is none of the expected says (RFC 9457). Exit code 1.
Failure refusal_of(const WorkerAnswer& answer);

} // namespace crank
