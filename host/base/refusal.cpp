#include "base/refusal.hpp"

#include <boost/system/system_error.hpp>

#include <new>

namespace crank {

std::string_view advice_on(const std::error_code& refusal) {
  if (refusal == std::errc::too_many_files_open) return "; raise the limit of open files (ulimit -n)";
  if (refusal == std::errc::too_many_files_open_in_system)
    return "; the whole system has no file descriptor left (fs.file-max)";
  if (refusal == std::errc::not_enough_memory || refusal == std::errc::no_buffer_space)
    return "; free memory, or allow this process more";
  if (refusal == std::errc::no_space_on_device) return "; free space there";
  return {};
}

Failure no_thread() {
  return {"the system refuses to start a thread; raise its limit of processes (ulimit -u, pids.max) or free memory", 1};
}

Failure failure_of(std::string_view what, const std::exception& problem) {
  std::string line = std::string(what) + ": ";
  line += problem.what(); // with the path or the call that it is about
  const auto of_system = [&line](const std::error_code& refusal) { line += advice_on(refusal); };
  if (const auto* refusal = dynamic_cast<const std::system_error*>(&problem))
    of_system(refusal->code());
  else if (const auto* boosts = dynamic_cast<const boost::system::system_error*>(&problem))
    of_system(boosts->code());
  else if (dynamic_cast<const std::bad_alloc*>(&problem) != nullptr)
    line += advice_on(std::make_error_code(std::errc::not_enough_memory));
  return {line, 1};
}

} // namespace crank
