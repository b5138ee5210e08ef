#include "audit/reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace crank {

Result<AuditReader, Failure> AuditReader::open(const std::filesystem::path& directory, std::size_t lines) {
  const auto files = list_audit_files(directory);
  if (!files) return files.error();
  AuditReader reader(directory);
  if (files->empty()) return reader;
  reader.first_ = files->back().first;
  reader.file_ = Descriptor(::open(files->back().path.c_str(), O_RDONLY | O_CLOEXEC));
  while (reader.read_more()) {
  }
  std::size_t begin = reader.text_.size();
  const std::size_t end = reader.text_.rfind('\n');
  if (end != std::string::npos) {
    begin = end + 1;
    for (std::size_t left = lines; left > 0 && begin > 0; --left) {
      const std::size_t before = begin >= 2 ? reader.text_.rfind('\n', begin - 2) : std::string::npos;
      begin = before == std::string::npos ? 0 : before + 1;
    }
  } else {
    begin = 0;
  }
  reader.text_.erase(0, begin);
  return reader;
}

bool AuditReader::read_more() {
  std::array<char, 64 * 1024> data;
  ssize_t count = 0;
  do count = file_ ? ::read(file_.get(), data.data(), data.size()) : 0;
  while (count < 0 && errno == EINTR);
  if (count > 0) text_.append(data.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::optional<std::string> AuditReader::next() {
  for (;;) {
    if (const std::size_t end = text_.find('\n'); end != std::string::npos) {
      std::string line = text_.substr(0, end);
      text_.erase(0, end + 1);
      return line;
    }
    if (read_more()) continue;
    const auto files = list_audit_files(directory_);
    if (!files) return std::nullopt;
    const auto later =
        std::find_if(files->begin(), files->end(), [this](const AuditFile& f) { return f.first > first_; });
    if (later == files->end()) return std::nullopt;
    if (read_more()) continue; // it came between the two looks; now the file is complete
    first_ = later->first;
    file_ = Descriptor(::open(later->path.c_str(), O_RDONLY | O_CLOEXEC));
    text_.clear();
  }
}

} // namespace crank
