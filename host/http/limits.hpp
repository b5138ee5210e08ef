// What a client may take of an HTTP server. Sizes in bytes, times in milliseconds.
#pragma once

#include <cstdint>

namespace crank {

struct HttpLimits {
  std::uint64_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = 64 * 1024 * 1024;
  std::uint64_t response_bytes = 1024ull * 1024 * 1024; // of one response that wait for the client, in memory and spool
  std::uint64_t spool_threshold_bytes = 1024 * 1024;    // above it a body or response goes to a file
  std::uint64_t handshake_timeout_ms = 10'000;          // TLS
  std::uint64_t header_timeout_ms = 10'000;             // for a request's header, see config/setting_table.cpp
  std::uint64_t body_timeout_ms = 30'000;               // grace before body_min_rate applies
  std::uint64_t body_min_rate = 1024;                   // bytes per second, averaged over the whole body
  std::uint64_t idle_timeout_ms = 75'000;               // keep-alive, and a peer that takes nothing of its response
  std::uint64_t max_connections = 20'000;
  std::uint64_t max_handshakes = 256; // concurrent, per I/O thread
};

} // namespace crank
