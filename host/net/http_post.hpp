// One POST to one address, and the head of its answer, within a time for all of it. For receivers that nobody here
// trusts: what they send is read up to a limit and no further, and no redirect is followed. Knows nothing of what is
// posted.
//
// By hand, on OpenSSL and poll: cpp-httplib's client bounds each read and not all of them (a peer that drips bytes has
// it for ever), reads as many header fields as come, and holds its lock during a handshake, so that nobody can stop it.
#pragma once

#include "net/asio.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <string>
#include <string_view>

struct ssl_ctx_st;

namespace crank {

struct HttpPost {
  std::string authority;     // of Host
  std::string target;        // of the request line
  std::string fields;        // "Name: value\r\n" each, but for Host, Content-Length and Connection
  std::string_view body;     //
  ssl_ctx_st* tls = nullptr; // nullptr: unencrypted
  std::string name;          // with tls: what the peer's certificate has to name
  bool name_is_address = false;
};

struct HttpPostAnswer {
  int status = 0;          // 0: there was none
  std::string error;       // why
  std::string retry_after; // the field's value
  bool reached = false;    // a connection was made: another address would be another attempt
};

// The longest head of an answer that is looked at, with interim ones.
inline constexpr std::size_t longest_answer_head = 16 * 1024;

// `connected`: until when there has to be a connection; `end`: all of it. `cancel`: a descriptor, the attempt ends when
// it becomes readable or its other end is closed; -1: none. A write to a connection that the peer has closed raises
// SIGPIPE, which a host ignores. [any thread]
[[nodiscard]] HttpPostAnswer http_post(const HttpPost& post, const asio::ip::address& to, std::uint16_t port,
                                       std::chrono::steady_clock::time_point end,
                                       std::chrono::steady_clock::time_point connected, int cancel = -1);

} // namespace crank
