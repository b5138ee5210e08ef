#include "abi/process_spec.hpp"

#include "abi/text.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <span>
#include <unistd.h>

namespace crank {
namespace {

constexpr std::uint32_t most_arguments = 1000, most_descriptors = 64;
constexpr std::size_t most_argument_bytes = 64 * 1024;
constexpr std::int32_t highest_number = 255;
constexpr std::uint64_t least_memory = 16ull << 20, default_memory = 1ull << 30, default_file = 1ull << 30;
constexpr std::uint32_t least_files = 16, default_files = 256;
// What is longer than the longest call (a week) is that; the kernel's limits are counted from these.
constexpr std::uint64_t longest_ms = 7ull * 24 * 3600 * 1000, most_bytes = 1ull << 50;

using Fault = std::optional<std::string>;

Fault read_arguments(std::span<const crank_str> given, std::vector<std::string>& arguments) {
  std::size_t total = 0;
  for (const crank_str argument : given) {
    if (!is_readable(argument)) return "an argument is NULL with a length";
    const std::string_view text = from_abi(argument);
    if (text.find('\0') != std::string_view::npos) return "an argument has a byte that is 0";
    total += text.size() + 1;
    if (total > most_argument_bytes) return "the arguments are longer than 64 KiB";
    arguments.emplace_back(text);
  }
  return std::nullopt;
}

Fault read_descriptors(std::span<const crank_process_descriptor> given, std::vector<ChildSetup::Given>& descriptors) {
  std::set<std::int32_t> numbers;
  for (const crank_process_descriptor& one : given) {
    const std::string number = std::to_string(one.number);
    if (one.number != STDIN_FILENO && (one.number < STDERR_FILENO + 1 || one.number > highest_number))
      return "a descriptor is to have the number " + number + "; there are 0, and 3 to 255";
    if (!numbers.insert(one.number).second) return "two descriptors are to have the number " + number;
    if (::fcntl(one.descriptor, F_GETFD) < 0)
      return "the descriptor " + std::to_string(one.descriptor) + " is not open";
    descriptors.push_back({one.descriptor, one.number});
  }
  return std::nullopt;
}

Fault read_limits(const crank_process_spec& spec, ProgramLimits& limits) {
  if (spec.memory_bytes != 0 && spec.memory_bytes < least_memory) return "memory_bytes is less than 16 MiB";
  if (spec.open_files != 0 && spec.open_files < least_files) return "open_files is less than 16";
  const auto either = [](std::uint64_t given, std::uint64_t otherwise, std::uint64_t most) {
    return std::min(given ? given : otherwise, most);
  };
  limits.memory_bytes = either(spec.memory_bytes, default_memory, most_bytes);
  limits.file_bytes = either(spec.file_bytes, default_file, most_bytes);
  limits.cpu_ms = either(spec.cpu_ms, 0, longest_ms);
  limits.wall_ms = either(spec.wall_ms, 0, longest_ms);
  limits.descriptors = spec.open_files ? spec.open_files : default_files;
  return std::nullopt;
}

Fault read_rest(const crank_process_spec& spec, ProgramOrder& order) {
  if (spec.argument_count > most_arguments) return "it has more than 1,000 arguments";
  if (spec.descriptor_count > most_descriptors) return "it hands over more than 64 descriptors";
  if ((spec.argument_count > 0 && !spec.arguments) || (spec.descriptor_count > 0 && !spec.descriptors))
    return "a list is NULL with a count";
  if (auto fault = read_arguments({spec.arguments, spec.argument_count}, order.arguments)) return fault;
  if (auto fault = read_descriptors({spec.descriptors, spec.descriptor_count}, order.descriptors)) return fault;
  return read_limits(spec, order.limits);
}

// As much of a result as its maker has room for.
void give(crank_process_result* out, crank_process_result full) noexcept {
  if (!out) return;
  full.size = out->size;
  if (out->size > sizeof full.size) std::memcpy(out, &full, std::min(out->size, sizeof full));
}

} // namespace

Result<ProgramOrder, ProcessSpecFault> program_order(const crank_process_spec* spec, const Manifest& manifest,
                                                     const std::filesystem::path& folder) {
  if (!spec || !CRANK_HAS_FIELD(crank_process_spec, spec, user))
    return ProcessSpecFault{CRANK_INVALID, "there is no spec of its size"};
  if (!is_readable(spec->program)) return ProcessSpecFault{CRANK_INVALID, "the program's name is NULL with a length"};
  const std::string_view name = from_abi(spec->program);
  const auto found = std::find_if(manifest.programs.begin(), manifest.programs.end(),
                                  [name](const ProgramSpec& program) { return program.name == name; });
  if (found == manifest.programs.end())
    return ProcessSpecFault{CRANK_NOT_FOUND, "the manifest has no program \"" + as_utf8(shortened(name, 100)) + "\""};
  ProgramOrder order;
  order.path = (folder / found->name).string();
  order.children = found->children;
  order.listens = spec->line != nullptr;
  if (auto fault = read_rest(*spec, order)) return ProcessSpecFault{CRANK_INVALID, *std::move(fault)};
  return order;
}

crank_status status_of(const ProgramEnd& end) noexcept {
  using By = ProgramEnd::By;
  switch (end.by) {
  case By::itself:
  case By::line: return CRANK_OK;
  case By::cancelled: return CRANK_CANCELLED;
  case By::memory:
  case By::cpu:
  case By::wall:
  case By::file:
  case By::output: break;
  }
  return CRANK_EXHAUSTED;
}

void clear_result(crank_process_result* out) noexcept { give(out, {}); }

void fill_result(crank_process_result* out, const ProgramEnd& end, const std::string& errors) noexcept {
  crank_process_result full{};
  full.exit_code = end.exit_code;
  full.signal = end.signal;
  full.ended_by = static_cast<std::int32_t>(end.by);
  full.peak_memory_bytes = end.peak_memory_bytes;
  full.cpu_ms = end.cpu_ms;
  full.wall_ms = end.wall_ms;
  full.errors = to_abi(errors);
  give(out, full);
}

} // namespace crank
