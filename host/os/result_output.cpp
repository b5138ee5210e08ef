#include "os/result_output.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace crank {

// Not undone at the end: stdio and iostreams flush what a plugin left in their buffers when the process exits.
ResultOutput::ResultOutput() {
  const int own = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (own < 0) return;
  file_.reset(::fdopen(own, "w"));
  if (file_)
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  else
    ::close(own);
}

bool ResultOutput::write(std::string_view text) {
  return file_ && std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
}

bool ResultOutput::flush() { return file_ && std::fflush(file_.get()) == 0; }

} // namespace crank
