#include "jobs/job_owner.hpp"

#include "base/refusal.hpp"
#include "jobs/job.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace crank {

namespace {

constexpr std::string_view prefix = "owner-";

std::filesystem::path file_of(const std::filesystem::path& directory, std::string_view name) {
  return directory / (std::string(prefix) + std::string(name));
}

void sweep(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(directory, ignored)) {
    std::string name = file.path().filename().string();
    if (name.rfind(prefix, 0) == 0) names.push_back(name.substr(prefix.size()));
  }
  for (const std::string& name : names) static_cast<void>(JobOwner::is_alive(directory, name));
}

} // namespace

Result<JobOwner, Failure> JobOwner::make(const std::filesystem::path& directory) {
  sweep(directory);
  std::string name = new_job_id(); // as hard to guess, and as long
  const auto file = file_of(directory, name);
  // Locked under another name first: nobody may find it and think that it is dead.
  const std::filesystem::path unready = file.string() + ".new";
  Descriptor descriptor(::open(unready.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!descriptor || ::flock(descriptor.get(), LOCK_EX) != 0 || ::rename(unready.c_str(), file.c_str()) != 0) {
    const std::error_code error(errno, std::system_category());
    ::unlink(unready.c_str());
    return Failure{"cannot write to the job store's directory " + directory.string() + ": " + error.message() +
                       std::string(advice_on(error)),
                   2};
  }
  return JobOwner(std::move(name), file, std::move(descriptor));
}

JobOwner::~JobOwner() {
  if (file_) ::unlink(path_.c_str());
}

bool JobOwner::is_alive(const std::filesystem::path& directory, std::string_view name) {
  if (!is_job_id(name)) return false;
  const auto file = file_of(directory, name);
  const Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!descriptor) return errno != ENOENT; // who cannot be asked is let be
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) return true;
  ::unlink(file.c_str());
  return false;
}

} // namespace crank
