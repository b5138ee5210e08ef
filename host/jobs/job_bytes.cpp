#include "jobs/job_bytes.hpp"

#include <utility>

namespace crank {

std::optional<Problem> JobBytesWriter::append(std::string_view data) {
  if (failed_) return failed_;
  size_ += data.size();
  if (!file_ && size_ <= in_memory) {
    text_ += data;
    return std::nullopt;
  }
  if (!file_) {
    auto made = make_file_();
    if (!made) return failed_ = std::move(made).error();
    file_ = *std::move(made);
    digest_.emplace();
    digest_->update(text_);
    failed_ = file_->write(text_);
    std::string().swap(text_);
  }
  digest_->update(data);
  if (!failed_) failed_ = file_->write(data);
  return failed_;
}

Result<JobBytes> JobBytesWriter::finish() {
  if (failed_) return *failed_;
  if (!file_) return JobBytes(std::move(text_));
  if (auto problem = file_->sync()) return *std::move(problem);
  JobBytes bytes;
  bytes.size = size_;
  bytes.sha256 = digest_->hex();
  bytes.file = std::make_shared<ScratchFile>(*std::move(file_));
  return bytes;
}

} // namespace crank
