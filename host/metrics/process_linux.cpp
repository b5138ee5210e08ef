// Linux: from /proc/self.
#include "metrics/process.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace crank {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily family(const char* name, const char* help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return {name, help, type, {metric}};
}

std::optional<double> resident_bytes() {
  std::ifstream in("/proc/self/statm");
  double total = 0, resident = 0;
  if (!(in >> total >> resident)) return std::nullopt;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

struct Times {
  double cpu_seconds = 0;
  double start_after_boot = 0; // seconds
};

// proc_pid_stat(5). The second field is the name in parentheses and may hold anything: count from its end.
std::optional<Times> times() {
  std::ifstream in("/proc/self/stat");
  std::string text;
  std::getline(in, text);
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  constexpr int state = 3, user = 14, system = 15,
                start = 22; // field numbers; the state is the first one after the name
  double ticks[start + 1] = {};
  std::string ignored;
  for (int field = state; field <= start; ++field) {
    if (field == state ? !(rest >> ignored) : !(rest >> ticks[field])) return std::nullopt;
  }
  const auto per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return Times{(ticks[user] + ticks[system]) / per_second, ticks[start] / per_second};
}

std::optional<double> boot_time() {
  std::ifstream in("/proc/stat");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  double count = -1; // the one that reads the directory
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) ++count;
  return error ? std::nullopt : std::optional(count);
}

} // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  std::vector<prometheus::MetricFamily> families;
  if (const auto bytes = resident_bytes()) {
    families.push_back(
        family("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge, *bytes));
  }
  if (const auto found = times()) {
    families.push_back(family("process_cpu_seconds_total", "User and system CPU time in seconds.", MetricType::Counter,
                              found->cpu_seconds));
    if (const auto boot = boot_time()) {
      families.push_back(family("process_start_time_seconds", "Start time since the epoch in seconds.",
                                MetricType::Gauge, *boot + found->start_after_boot));
    }
  }
  if (const auto count = open_descriptors()) {
    families.push_back(family("process_open_fds", "Open file descriptors.", MetricType::Gauge, *count));
  }
  return families;
}

} // namespace crank
