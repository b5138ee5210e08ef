#include "os/line_writer.hpp"

#include <system_error>
#include <utility>

namespace crank {

LineWriter::LineWriter(ResultOutput& output, std::function<void()> changed)
    : output_(output), changed_(std::move(changed)) {}

LineWriter::~LineWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool LineWriter::start() {
  try {
    thread_ = std::thread([this] { run(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void LineWriter::put(std::string line) {
  line += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    waiting_ += line.size();
    lines_.push_back(std::move(line));
  }
  work_.notify_one();
}

std::size_t LineWriter::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

bool LineWriter::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void LineWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return !lines_.empty() || ending_; });
    if (lines_.empty()) return;
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    const bool last = lines_.empty();
    lock.unlock();
    const bool written = output_.write(line) && (!last || output_.flush());
    lock.lock();
    waiting_ -= line.size();
    if (!written) {
      failed_ = true;
      lines_.clear();
      waiting_ = 0;
    }
    if (!lines_.empty()) continue;
    lock.unlock();
    changed_();
    lock.lock();
  }
}

} // namespace crank
