// Lines for a reader who may be slow: a thread of its own writes them, so that nobody else waits. Knows no line's
// meaning.
#pragma once

#include "os/result_output.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace crank {

class LineWriter {
public:
  // `output` must outlive it. `changed`: called on the writer's thread when it has become idle, or has failed.
  LineWriter(ResultOutput& output, std::function<void()> changed);
  // Writes what is left, unless it has failed.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // False: the system has no thread to give.
  [[nodiscard]] bool start();
  // [any thread]
  void put(std::string line);
  // Bytes that wait to be written. [any thread]
  std::size_t waiting() const;
  // The reader is gone, or the disk full: lines are dropped. [any thread]
  bool failed() const;

private:
  void run();

  ResultOutput& output_;
  const std::function<void()> changed_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::string> lines_;
  std::size_t waiting_ = 0;
  bool failed_ = false;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace crank
