#include "doors/websocket.hpp"

#include "log/log.hpp"

#include <boost/asio/compose.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

namespace crank {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

namespace {

constexpr const char* websocket_version = "13";

// Our Stream as Asio's AsyncStream, which is what Beast wants below it.
class StreamAdapter {
public:
  using executor_type = IoExecutor;

  StreamAdapter(std::unique_ptr<Stream> stream, std::string unread)
      : stream_(std::move(stream)), unread_(std::move(unread)) {}

  executor_type get_executor() { return stream_->socket().get_executor(); }
  Stream& stream() { return *stream_; }
  // Bytes wait for the socket.
  bool is_writing() const { return !gathered_.empty(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    const asio::mutable_buffer buffer = first<asio::mutable_buffer>(buffers);
    return transfer([this, buffer] { return read(static_cast<char*>(buffer.data()), buffer.size()); },
                    buffer.size() == 0, std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    // Header and payload of a frame come as two buffers: one TLS record and one system call are better than two.
    gather(buffers);
    return transfer([this] { return write(); }, gathered_.empty(), std::forward<Token>(token));
  }

private:
  template <class Buffer, class Buffers>
  static Buffer first(const Buffers& buffers) {
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      if (Buffer(*it).size() > 0) return *it;
    }
    return {};
  }

  template <class Buffers>
  void gather(const Buffers& buffers) {
    constexpr std::size_t enough = 16 * 1024; // one TLS record
    gathered_.clear();
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      const asio::const_buffer one(*it);
      gathered_.append(static_cast<const char*>(one.data()), std::min(one.size(), enough - gathered_.size()));
      if (gathered_.size() == enough) break;
    }
  }

  IoResult read(char* data, std::size_t size) {
    if (unread_.empty()) return stream_->read_some(data, size);
    const std::size_t count = std::min(size, unread_.size());
    std::memcpy(data, unread_.data(), count);
    unread_.erase(0, count);
    return {IoStatus::ok, count};
  }

  IoResult write() {
    const IoResult put = stream_->write_some(gathered_.data(), gathered_.size());
    if (put.status != IoStatus::want_write && put.status != IoStatus::want_read) std::string().swap(gathered_);
    return put;
  }

  // Tries, waits for the socket while it would block, completes with the count. Never from inside the initiating
  // function.
  template <class Try, class Token>
  auto transfer(Try attempt, bool nothing_to_do, Token&& token) {
    return asio::async_compose<Token, void(error_code, std::size_t)>(
        [this, attempt, nothing_to_do, first_time = true, result = IoResult{IoStatus::ok, 0},
         finished = false](auto& self, error_code ec = {}) mutable {
          if (ec) return self.complete(ec, 0);
          if (!finished) {
            if (!nothing_to_do) result = attempt();
            if (result.status == IoStatus::want_read) {
              first_time = false;
              return stream_->wait_readable(std::move(self));
            }
            if (result.status == IoStatus::want_write) {
              first_time = false;
              return stream_->wait_writable(std::move(self));
            }
            finished = true;
            if (std::exchange(first_time, false)) return asio::post(get_executor(), std::move(self));
          }
          if (result.status == IoStatus::end) return self.complete(asio::error::eof, 0);
          if (result.status == IoStatus::failed) return self.complete(asio::error::connection_reset, 0);
          self.complete({}, result.bytes);
        },
        token, stream_->socket());
  }

  std::unique_ptr<Stream> stream_;
  std::string unread_;
  std::string gathered_;
};

// How long to linger. The timer may have expired, with its handler under way, when lingering ends for another reason:
// the adapter may be gone by the time that handler runs.
struct LingerLimit {
  Timer timer;
  StreamAdapter* adapter; // null once lingering is over
};

// Reads what still comes until the peer has seen our end, for at most two seconds: closing a socket that holds unread
// bytes would reset the connection, and the reset could overtake the close frame.
template <class Handler>
struct LingerOperation {
  StreamAdapter& adapter;
  Handler handler;
  std::shared_ptr<LingerLimit> limit;

  void operator()(error_code ec = {}) {
    constexpr int most_reads = 16; // then others on this thread have their turn
    char discarded[4096];
    for (int reads = 0; !ec && std::chrono::steady_clock::now() < limit->timer.expiry(); ++reads) {
      if (reads == most_reads) return asio::post(adapter.get_executor(), std::move(*this));
      const IoResult got = adapter.stream().read_some(discarded, sizeof discarded);
      if (got.status == IoStatus::want_read) return adapter.stream().wait_readable(std::move(*this));
      if (got.status != IoStatus::ok) break;
    }
    limit->adapter = nullptr;
    limit->timer.cancel();
    handler(error_code());
  }
};

// Beast's customisation points for ending the transport below a WebSocket.
template <class Handler>
void async_teardown(beast::role_type, StreamAdapter& adapter, Handler&& handler) {
  adapter.stream().shutdown_write();
  auto limit =
      std::make_shared<LingerLimit>(LingerLimit{Timer(adapter.get_executor(), std::chrono::seconds(2)), &adapter});
  limit->timer.async_wait([limit](error_code ec) {
    error_code ignored;
    if (!ec && limit->adapter) limit->adapter->stream().socket().cancel(ignored);
  });
  asio::post(adapter.get_executor(),
             LingerOperation<std::decay_t<Handler>>{adapter, std::forward<Handler>(handler), limit});
}

// Beast calls this when its idle time-out strikes.
void beast_close_socket(StreamAdapter& adapter) { adapter.stream().close(); }

using Handshake = http::request<http::empty_body>;

boost::core::string_view as_boost(std::string_view text) { return {text.data(), text.size()}; }

// What Beast needs of a request that check_websocket_request() let pass, and nothing else: it looks at the first field
// of a name only, and answers what it does not like by itself, when the plugin has long accepted.
std::shared_ptr<Handshake> handshake_of(const RequestHead& head) {
  auto handshake = std::make_shared<Handshake>(http::verb::get, "/", 11);
  handshake->set(http::field::host, as_boost(head.field("host")));
  handshake->set(http::field::connection, "Upgrade");
  handshake->set(http::field::upgrade, "websocket");
  handshake->set(http::field::sec_websocket_version, websocket_version);
  handshake->set(http::field::sec_websocket_key, as_boost(head.field("sec-websocket-key")));
  const std::string_view extensions = head.field("sec-websocket-extensions");
  if (!extensions.empty()) handshake->set(http::field::sec_websocket_extensions, as_boost(extensions));
  return handshake;
}

// 16 bytes in base64 (RFC 6455 4.2.1); several keys make a list, which is none.
bool is_websocket_key(std::string_view key) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.find_first_not_of(digits) == 22 && key.substr(22) == "==";
}

// RFC 9110 15.5.22 and RFC 6455 4.4: it says what to upgrade to.
Problem upgrade_required(std::string detail) {
  Problem problem = Problem::http(426, "UPGRADE_REQUIRED", std::move(detail));
  problem.headers = {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", websocket_version}};
  return problem;
}

// Of the inflater. Beast's takes a deflate block that is marked as the last for the end of the whole stream; RFC
// 7692 7.2.3.4 has it end a message at most.
bool is_inflate_error(error_code ec) {
  return ec.category() == make_error_code(beast::zlib::error::end_of_stream).category();
}

// Messages a client may be ahead of the plugin, each up to the limit of a message.
constexpr unsigned most_untaken = 16;

// For a client to take what is said of its broken message.
constexpr std::chrono::seconds refusal_limit{2};

class WebSocket : public SessionTransport, public std::enable_shared_from_this<WebSocket> {
public:
  WebSocket(std::shared_ptr<Exchange> exchange, std::shared_ptr<Session> session, const WebSocketOptions& options)
      : exchange_(std::move(exchange)), session_(std::move(session)), options_(options),
        handshake_(handshake_of(exchange_->head())), offers_(exchange_->head().field("sec-websocket-protocol")) {}

  void accept(const SessionAcceptance& acceptance) override;
  void refuse(const Problem& problem) override;
  void wake() override;
  void close(int code, std::string reason) override;
  bool offers(std::string_view subprotocol) const override;

private:
  using Socket = websocket::stream<StreamAdapter, true>;

  void configure(const SessionAcceptance& acceptance);
  void read();
  void hand_over(Message message);
  void write();
  void send_close();
  void refuse_payload();
  void over(int code, std::string reason = {});

  std::shared_ptr<Exchange> exchange_; // until the socket is ours
  std::shared_ptr<Session> session_;   // until it is over
  const WebSocketOptions options_;
  std::shared_ptr<const Handshake> handshake_; // until it is accepted; made before the plugin may look at the head, too
  const std::string offers_;                   // of subprotocols, a list
  std::shared_ptr<void> slot_;                 // the server counts us while we hold it
  std::optional<Socket> socket_;
  beast::flat_buffer input_;
  bool open_ = false;
  bool writing_ = false;
  bool broken_ = false; // a message came that cannot be inflated
  std::optional<Timer> refusal_time_;
  unsigned untaken_ = 0; // messages the plugin has not dealt with
  bool read_paused_ = false;
  bool closing_handshake_ = false;
  int closing_ = 0; // the code, once close() was called
  std::string close_reason_;
};

void WebSocket::refuse(const Problem& problem) {
  session_.reset();
  std::exchange(exchange_, nullptr)->fail(problem);
}

bool WebSocket::offers(std::string_view subprotocol) const {
  std::string_view offers = offers_;
  while (const auto offer = next_list_member(offers)) {
    if (*offer == subprotocol) return true;
  }
  return false;
}

void WebSocket::accept(const SessionAcceptance& acceptance) {
  auto detached = exchange_->detach();
  if (!detached.stream) return over(CRANK_CLOSE_ABNORMAL);
  slot_ = std::move(detached.slot);
  socket_.emplace(std::move(detached.stream), std::move(detached.unread));
  configure(acceptance);
  exchange_.reset();
  socket_->async_accept(*handshake_, [self = shared_from_this()](error_code ec) {
    self->handshake_.reset();
    if (ec) return self->over(CRANK_CLOSE_ABNORMAL);
    self->open_ = true;
    self->read();
    self->wake();
  });
}

void WebSocket::configure(const SessionAcceptance& acceptance) {
  websocket::stream_base::timeout timeout;
  timeout.handshake_timeout = std::chrono::seconds(10);
  timeout.idle_timeout = options_.ping_interval * 2;
  timeout.keep_alive_pings = true; // Beast pings at half the idle time
  socket_->set_option(timeout);
  const RequestHead& head = exchange_->head();
  socket_->set_option(websocket::stream_base::decorator(
      [id = head.request_id, subprotocol = acceptance.subprotocol.value_or(head.subprotocol),
       fields = acceptance.head.fields](websocket::response_type& response) {
        for (const auto& [name, value] : fields) response.set(name, value);
        response.set(http::field::server, "crank-host");
        response.set("X-Request-Id", id);
        if (!subprotocol.empty()) response.set(http::field::sec_websocket_protocol, subprotocol);
      }));
  if (options_.deflate) {
    websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    deflate.msg_size_threshold = 256; // shorter messages grow rather than shrink
    deflate.server_no_context_takeover = deflate.client_no_context_takeover = true; // memory per idle client
    socket_->set_option(deflate);
  }
  socket_->read_message_max(options_.message_bytes);
  socket_->auto_fragment(false); // a message is one frame: no 4 KiB buffer per connection
}

void WebSocket::read() {
  socket_->async_read(input_, [self = shared_from_this()](error_code ec, std::size_t) {
    if (ec) {
      if (is_inflate_error(ec)) return self->refuse_payload();
      // Beast has answered other errors of the protocol by itself (1002, 1007, 1009) and completed the peer's close.
      const int code = ec == websocket::error::closed ? self->socket_->reason().code : 0;
      if (code == websocket::close_code::none && ec == websocket::error::closed) return self->over(1005);
      const auto& said = self->socket_->reason().reason;
      return self->over(code != 0 ? code : CRANK_CLOSE_ABNORMAL,
                        code != 0 ? std::string(said.data(), said.size()) : std::string());
    }
    const auto data = self->input_.data();
    Message message{self->socket_->got_text() ? CRANK_TEXT : CRANK_BINARY,
                    std::string(static_cast<const char*>(data.data()), data.size()),
                    {},
                    {}};
    self->input_.consume(self->input_.size());
    if (self->input_.capacity() > 4096) self->input_.shrink_to_fit();
    if (self->session_) self->hand_over(std::move(message));
    if (self->untaken_ < most_untaken)
      self->read();
    else
      self->read_paused_ = true;
  });
}

// A plugin that is slower than its client makes the client wait, not the host's memory grow.
void WebSocket::hand_over(Message message) {
  ++untaken_;
  session_->received(std::move(message), [self = shared_from_this()] {
    --self->untaken_;
    if (std::exchange(self->read_paused_, false)) self->read();
  });
}

void WebSocket::wake() {
  if (open_ && !writing_ && session_) write();
}

void WebSocket::write() {
  const SharedMessage message = session_->next();
  if (!message) {
    if (closing_ != 0) send_close();
    return;
  }
  writing_ = true;
  socket_->text(message->kind == CRANK_TEXT);
  socket_->async_write(asio::buffer(message->data), [self = shared_from_this(), message](error_code ec, std::size_t) {
    self->writing_ = false;
    if (self->broken_) return self->refuse_payload();
    // Beast has given up because of what it read: the read is about to say why, and a close frame may be on its way.
    if (ec == asio::error::operation_aborted && !self->read_paused_) return;
    if (ec) return self->over(CRANK_CLOSE_ABNORMAL);
    if (!self->session_) return;
    self->writing_ = true; // sent() may call wake()
    self->session_->sent();
    self->writing_ = false;
    if (self->session_) self->write();
  });
}

void WebSocket::close(int code, std::string reason) {
  closing_ = code;
  close_reason_ = std::move(reason);
  if (broken_) return over(code);
  if (!open_ || !session_) return;
  // What a slow client has not taken it will not take now; for others the queue goes first.
  if (code == CRANK_CLOSE_TRY_AGAIN) return writing_ ? over(code) : send_close();
  if (!writing_) write();
}

void WebSocket::send_close() {
  writing_ = closing_handshake_ = true; // no more messages
  websocket::close_reason reason(static_cast<websocket::close_code>(closing_));
  close_reason_.resize(std::min<std::size_t>(close_reason_.size(), 123));
  reason.reason.assign(close_reason_.data(), close_reason_.size());
  socket_->async_close(reason, [self = shared_from_this()](error_code) { self->over(self->closing_); });
}

// Beast does nothing more with a stream whose inflater has failed, its time-outs included, so the close frame is
// written past it, once its own write is over, and a client that does not read has a time limit of ours.
void WebSocket::refuse_payload() {
  static constexpr unsigned char close_frame[] = {0x88, 2, websocket::close_code::bad_payload >> 8,
                                                  websocket::close_code::bad_payload & 0xff};
  if (closing_handshake_ || !session_) return over(websocket::close_code::bad_payload);
  open_ = false;
  if (!std::exchange(broken_, true)) {
    refusal_time_.emplace(socket_->get_executor());
    refusal_time_->expires_after(refusal_limit);
    refusal_time_->async_wait([weak = weak_from_this()](error_code ec) {
      const auto self = weak.lock();
      if (!ec && self) self->over(websocket::close_code::bad_payload);
    });
  }
  if (writing_) return;
  StreamAdapter& adapter = socket_->next_layer();
  if (adapter.is_writing()) return over(websocket::close_code::bad_payload); // one of Beast's pings is stuck
  asio::async_write(adapter, asio::buffer(close_frame), [self = shared_from_this()](error_code ec, std::size_t) {
    if (ec) return self->over(websocket::close_code::bad_payload);
    async_teardown(beast::role_type::server, self->socket_->next_layer(),
                   [self](error_code) { self->over(websocket::close_code::bad_payload); });
  });
}

void WebSocket::over(int code, std::string reason) {
  const auto session = std::exchange(session_, nullptr);
  if (!session) return;
  open_ = false;
  refusal_time_.reset();
  // Ends a read that is pending, and with it the last reference to this object. A closing handshake in progress shut
  // its side down already; the peer's FIN is not waited for.
  if (socket_) socket_->next_layer().stream().close();
  session->disconnected(closing_ != 0 ? closing_ : code, std::move(reason));
}

} // namespace

std::optional<Problem> check_websocket_request(const RequestHead& head) {
  // HTTP/1.0 knows no upgrade (RFC 9110 7.8), and only a GET opens a WebSocket, whatever may stand for a GET otherwise.
  if (head.method() != "GET" || head.version() < 11 || !head.field_has_token("upgrade", "websocket") ||
      !head.field_has_token("connection", "upgrade")) {
    return upgrade_required("this address speaks WebSocket: connect with a WebSocket client");
  }
  if (head.field("sec-websocket-version") != websocket_version) // several make a list, which is none
    return upgrade_required("only WebSocket version 13 is spoken here");
  if (!is_websocket_key(head.field("sec-websocket-key")))
    return Problem::http(400, "BAD_REQUEST", "Sec-WebSocket-Key must be 16 bytes in base64, given once");
  return std::nullopt;
}

std::string choose_subprotocol(const RequestHead& head, const std::vector<std::string>& spoken) {
  std::string_view offers = head.field("sec-websocket-protocol");
  while (const auto offer = next_list_member(offers)) {
    if (std::find(spoken.begin(), spoken.end(), *offer) != spoken.end()) return std::string(*offer);
  }
  return {};
}

std::shared_ptr<SessionTransport> make_websocket(std::shared_ptr<Exchange> exchange, std::shared_ptr<Session> session,
                                                 const WebSocketOptions& options) {
  return std::make_shared<WebSocket>(std::move(exchange), std::move(session), options);
}

} // namespace crank
