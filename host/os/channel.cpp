#include "os/channel.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace crank {
namespace {

#if !defined(MSG_CMSG_CLOEXEC)
#define MSG_CMSG_CLOEXEC 0 // macOS: set right after instead
#endif
#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0 // macOS: SO_NOSIGPIPE instead
#endif

struct Header {
  std::uint32_t length;
  std::uint32_t descriptors;
};

void prepare(int socket) {
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
#if defined(SO_NOSIGPIPE)
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

} // namespace

Result<std::pair<Descriptor, Descriptor>, Failure> Channel::pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    return Failure{std::string("cannot make a socket pair: ") + std::strerror(errno)};
  prepare(ends[0]);
  prepare(ends[1]);
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

bool Channel::send(std::string_view text, std::span<const int> descriptors, bool wait) {
  if (text.size() > longest_text || descriptors.size() > most_descriptors) return false;
  Header header{static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(descriptors.size())};
  std::string frame(reinterpret_cast<const char*>(&header), sizeof header);
  frame += text;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
  for (std::size_t sent = 0; sent < frame.size();) {
    iovec part{frame.data() + sent, frame.size() - sent};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (sent == 0 && !descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = static_cast<decltype(message.msg_controllen)>(CMSG_SPACE(descriptors.size_bytes()));
      cmsghdr* const first = CMSG_FIRSTHDR(&message);
      first->cmsg_level = SOL_SOCKET;
      first->cmsg_type = SCM_RIGHTS;
      first->cmsg_len = static_cast<decltype(first->cmsg_len)>(CMSG_LEN(descriptors.size_bytes()));
      std::memcpy(CMSG_DATA(first), descriptors.data(), descriptors.size_bytes());
    }
    const ssize_t count = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
    pollfd writable{socket_.get(), POLLOUT, 0};
    if (wait && ::poll(&writable, 1, 1000) != 0) continue;
    if (sent > 0) ::shutdown(socket_.get(), SHUT_RDWR); // another message now would be read as the rest of this one
    return false;
  }
  return true;
}

Channel::Received Channel::receive(Packet& packet, bool wait) {
  for (;;) {
    bool malformed = false;
    if (take(packet, malformed)) return Received::packet;
    if (malformed) return Received::broken;
    const Received more = read_more(wait);
    if (more != Received::packet) return more;
  }
}

Channel::Received Channel::read_more(bool wait) {
  std::array<char, 16 * 1024> data;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
  iovec part{data.data(), data.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  if (count < 0 && errno == EINTR) return Received::packet;
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Received::nothing : Received::end;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t sent = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < sent; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(one) + i * sizeof(int), sizeof descriptor);
      if (MSG_CMSG_CLOEXEC == 0) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
      descriptors_.emplace_back(descriptor);
    }
  }
  if (count == 0) return Received::end;
  if ((message.msg_flags & MSG_CTRUNC) != 0 || descriptors_.size() > most_descriptors) return Received::broken;
  input_.append(data.data(), static_cast<std::size_t>(count));
  return Received::packet;
}

bool Channel::take(Packet& packet, bool& malformed) {
  Header header{};
  if (input_.size() < sizeof header) return false;
  std::memcpy(&header, input_.data(), sizeof header);
  malformed = header.length > longest_text || header.descriptors > most_descriptors;
  if (malformed || input_.size() - sizeof header < header.length) return false;
  malformed = header.descriptors > descriptors_.size(); // they come with the first byte of their message
  if (malformed) return false;
  packet.text = input_.substr(sizeof header, header.length);
  input_.erase(0, sizeof header + header.length);
  packet.descriptors.clear();
  for (std::uint32_t i = 0; i < header.descriptors; ++i) {
    packet.descriptors.push_back(std::move(descriptors_.front()));
    descriptors_.pop_front();
  }
  return true;
}

} // namespace crank
