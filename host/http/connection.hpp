// One client connection: TLS handshake, requests in, responses out, timeouts, the end. One I/O thread.
// Knows HTTP/1.1 framing; knows handlers only through Router and Exchange.
//
//   handshake ──► header ──► body ──► handling ──► header ... (keep-alive)
//                   │          │          │
//                   │          │          ├──► (detached: a WebSocket has the socket)
//                   └──────────┴──────────┴──► lingering ──► closed
//
// Without TLS it begins with header. lingering: the last answer is written or on its way, and what still comes is read
// and thrown away, because closing a socket with unread bytes would reset the connection, and with it that answer.
// Reading and writing are apart from the phase: a client may pipeline while it is handled, and a streamed body arrives
// while phase is handling. abandon(), a time-out and a dead peer lead from everywhere to closed.
#pragma once

#include "http/exchange.hpp"
#include "http/request_body.hpp"
#include "http/request_parser.hpp"
#include "http/router.hpp"
#include "net/deadline_wheel.hpp"
#include "net/stream.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

class ServerThread;
struct Site;

class Connection : public std::enable_shared_from_this<Connection>, private Expiring, private RequestParser::BodySink {
public:
  // `slot` is let go of when the connection is over.
  Connection(ServerThread& owner, const Site& site, Stream stream, std::string remote, std::shared_ptr<void> slot);
  ~Connection();

  void start();
  // No further request after the one being served; an idle connection closes at once.
  void drain();
  // Announces the end with the next response, and closes behind it; an idle connection stays until it is used or times
  // out.
  void retire();
  // Closes whatever is going on.
  void abandon();
  // The owner lets a connection that waited go on with its TLS handshake.
  void begin_handshake();

private:
  friend class Exchange;
  enum class Phase { handshake, header, body, handling, lingering, closed };

  static std::chrono::milliseconds time_of(std::uint64_t milliseconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
  }

  // Exchange's side (connection_output.cpp).
  void send_response(const Response& response);
  // `length`: of all the pieces together, where it is known.
  void send_stream_head(int status, std::string_view content_type, std::string_view extra,
                        std::optional<std::uint64_t> length = std::nullopt);
  void send_piece(std::string_view data);
  void end_stream();
  void break_off();
  bool has_unsent() const { return unsent_ < out_.size(); }
  // The client does not read what it asked for: nothing more is done for it until it does.
  bool backed_up() const;
  Exchange::Detached detach();

  // Handshake (connection_handshake.cpp).
  void look_at_first_bytes();
  void step_handshake();
  void answer_plain_text();

  // Input (connection_input.cpp).
  // `starved`: the last read said that more has to come from the socket.
  void arm_read(bool starved = false);
  // Whether what would be read has somewhere to go.
  bool may_read() const;
  void on_readable();
  void take_input(std::string_view data);
  void process(std::string_view data);
  bool step(std::string_view& data);
  bool step_header(std::string_view& data);
  bool step_body(std::string_view& data);
  void begin_request(std::string_view block);
  void answer_other_form();
  void choose_handler();
  void begin_body(const BodyPlan& plan);
  void on_body(std::string_view part) override;
  void body_complete();
  void dispatch(std::unique_ptr<RequestBody> body);
  void complete_head(RequestHead& head);
  void input_ended(bool in_order);
  void finish_input();
  bool has_more_input() const { return input_ ? !input_->empty() : !in_.empty(); }
  void watch_for_reset();
  void resume_body();
  void use_held_input();
  void forgive_body_time();

  // Output (connection_output.cpp).
  void reject(const BadRequest& bad);
  void refuse(const Problem& problem);
  void answer(const Response& response);
  void queue_head(int status, std::string_view content_type, Framing framing, std::uint64_t length,
                  std::string_view extra);
  void response_complete();
  bool flush();
  void arm_write(IoStatus wanted);
  void on_writable();
  void wait_for_request();

  // End (connection.cpp).
  void expired() override;
  void linger();
  void linger_on();
  void close();

  // The client reads nothing of what is there for it. Apart from the connection's own deadline, which is about what it
  // sends.
  struct OutputDeadline : Expiring {
    explicit OutputDeadline(Connection& one) : connection(one) {}
    void expired() override { connection.shared_from_this()->close(); }
    Connection& connection;
  };

  ServerThread& owner_;
  const Site& site_;
  Stream stream_;
  std::shared_ptr<void> slot_;
  Caller caller_;

  Phase phase_ = Phase::header;
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool watching_ = false;      // for a reset, while nothing is read
  bool peer_ended_ = false;    // in order: it sends nothing more, and may well read
  bool output_stalls_ = false; // nothing was taken since output_deadline_ was set
  bool keep_alive_ = true;
  bool draining_ = false;
  bool retiring_ = false;
  bool head_sent_ = false;     // of the response to the request at hand: what it said of keep-alive holds
  bool input_paused_ = false;  // the plugin does not keep up with a streamed body
  bool body_arriving_ = false; // of a streamed body, while phase_ is handling
  bool header_begun_ = false;  // part of a request header is there
  bool in_handshake_ = false;  // counted by the owner
  Framing framing_ = Framing::length;

  std::string in_;                    // bytes that wait for more, or for the response before them
  std::string_view* input_ = nullptr; // inside process(): what it has still to look at
  std::string out_;
  std::size_t unsent_ = 0; // offset into out_
  OutputDeadline output_deadline_{*this};

  HeaderScanner scanner_;
  RequestParser parser_;
  RequestHead head_;
  Handler* handler_ = nullptr;
  std::shared_ptr<Exchange> exchange_;
  std::unique_ptr<RequestBody> held_body_; // of a request that waits for the answers before it to be written
  std::optional<Spool> body_;
  std::shared_ptr<StreamedBody> streamed_body_;
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_received_ = 0;
  std::optional<Problem> body_problem_;
  std::chrono::steady_clock::time_point body_started_;
  std::chrono::steady_clock::time_point linger_end_;
};

} // namespace crank
