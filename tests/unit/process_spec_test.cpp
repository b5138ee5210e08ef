// What plugins ask of crank.process/1: the sentence for each way to get it wrong, and what becomes of the rest.
#include "catch.hpp"

#include "abi/process_spec.hpp"

#include <cstring>

using namespace crank;

namespace {

Manifest manifest() {
  Manifest made;
  made.programs = {{"convert", "", false}, {"render", "", true}};
  return made;
}

crank_process_spec spec(const char* program = "convert") {
  crank_process_spec made{};
  made.size = sizeof made;
  made.program = {program, std::strlen(program)};
  return made;
}

std::string fault_of(const crank_process_spec& spec) {
  const auto order = program_order(&spec, manifest(), "/opt/p");
  return order ? "none" : order.error().sentence;
}

} // namespace

TEST_CASE("a program's order has the host's defaults, and its file is in the plugin's folder") {
  const crank_process_spec asked = spec();
  const auto order = program_order(&asked, manifest(), "/opt/p");
  REQUIRE(order);
  CHECK(order->path == "/opt/p/convert");
  CHECK_FALSE(order->children);
  CHECK_FALSE(order->listens);
  CHECK(order->limits.memory_bytes == 1u << 30);
  CHECK(order->limits.file_bytes == 1u << 30);
  CHECK(order->limits.descriptors == 256);
  CHECK(order->limits.cpu_ms == 0);
  CHECK(order->limits.wall_ms == 0);
  const crank_process_spec other = spec("render");
  CHECK(program_order(&other, manifest(), "/opt/p")->children);
}

TEST_CASE("a program's limits are those that are asked for, as far as a kernel can count") {
  crank_process_spec asked = spec();
  asked.memory_bytes = 16u << 20;
  asked.cpu_ms = UINT64_MAX;
  asked.wall_ms = 1;
  asked.file_bytes = UINT64_MAX;
  asked.open_files = 16;
  asked.line = [](void*, crank_str) noexcept -> std::int32_t { return 0; };
  const auto order = program_order(&asked, manifest(), "/opt/p");
  REQUIRE(order);
  CHECK(order->listens);
  CHECK(order->limits.memory_bytes == 16u << 20);
  CHECK(order->limits.cpu_ms == 604'800'000);
  CHECK(order->limits.wall_ms == 1);
  CHECK(order->limits.file_bytes == std::uint64_t(1) << 50);
  CHECK(order->limits.descriptors == 16);
}

TEST_CASE("a program that the manifest does not name is not found") {
  const crank_process_spec asked = spec("sh");
  const auto order = program_order(&asked, manifest(), "/opt/p");
  REQUIRE_FALSE(order);
  CHECK(order.error().status == CRANK_NOT_FOUND);
  CHECK(order.error().sentence == "the manifest has no program \"sh\"");
}

TEST_CASE("a spec that is wrong is told in a sentence") {
  CHECK(program_order(nullptr, manifest(), "/").error().sentence == "there is no spec of its size");
  crank_process_spec asked = spec();
  asked.size = offsetof(crank_process_spec, user);
  CHECK(fault_of(asked) == "there is no spec of its size");
  asked = spec();
  asked.program = {nullptr, 3};
  CHECK(fault_of(asked) == "the program's name is NULL with a length");

  asked = spec();
  asked.argument_count = 1;
  CHECK(fault_of(asked) == "a list is NULL with a count");
  const crank_str with_zero{"a\0b", 3}, nothing{nullptr, 1};
  asked.arguments = &with_zero;
  CHECK(fault_of(asked) == "an argument has a byte that is 0");
  asked.arguments = &nothing;
  CHECK(fault_of(asked) == "an argument is NULL with a length");
  const std::string text(65536, 'x');
  const crank_str too_long{text.data(), text.size()};
  asked.arguments = &too_long;
  CHECK(fault_of(asked) == "the arguments are longer than 64 KiB");
  asked.argument_count = 1001;
  CHECK(fault_of(asked) == "it has more than 1,000 arguments");

  asked = spec();
  asked.descriptor_count = 65;
  CHECK(fault_of(asked) == "it hands over more than 64 descriptors");
  asked.memory_bytes = 1;
  asked.descriptor_count = 0;
  CHECK(fault_of(asked) == "memory_bytes is less than 16 MiB");
  asked.memory_bytes = 0;
  asked.open_files = 15;
  CHECK(fault_of(asked) == "open_files is less than 16");
}

TEST_CASE("descriptors that a program is handed have numbers of their own") {
  const auto fault = [](std::vector<crank_process_descriptor> list) {
    crank_process_spec asked = spec();
    asked.descriptors = list.data();
    asked.descriptor_count = static_cast<std::uint32_t>(list.size());
    return fault_of(asked);
  };
  CHECK(fault({{0, 0}, {1, 3}, {2, 255}}) == "none");
  for (const int number : {-1, 1, 2, 256})
    CHECK(fault({{0, number}}) ==
          "a descriptor is to have the number " + std::to_string(number) + "; there are 0, and 3 to 255");
  CHECK(fault({{0, 3}, {1, 3}}) == "two descriptors are to have the number 3");
  CHECK(fault({{-1, 3}}) == "the descriptor -1 is not open");
}

TEST_CASE("a result is given as far as its maker has room") {
  ProgramEnd end;
  end.by = ProgramEnd::By::memory;
  end.signal = 9;
  end.peak_memory_bytes = 7;
  const std::string errors = "oh";
  crank_process_result full{};
  full.size = sizeof full;
  fill_result(&full, end, errors);
  CHECK(full.size == sizeof full);
  CHECK(full.exit_code == -1);
  CHECK(full.signal == 9);
  CHECK(full.ended_by == CRANK_PROCESS_MEMORY);
  CHECK(full.peak_memory_bytes == 7);
  CHECK(std::string(full.errors.ptr, full.errors.len) == "oh");
  crank_process_result shorter{};
  shorter.size = offsetof(crank_process_result, peak_memory_bytes);
  fill_result(&shorter, end, errors);
  CHECK(shorter.signal == 9);
  CHECK(shorter.peak_memory_bytes == 0);
  clear_result(&full);
  CHECK(full.size == sizeof full);
  CHECK(full.signal == 0);
  fill_result(nullptr, end, errors);
  CHECK(status_of(end) == CRANK_EXHAUSTED);
}
