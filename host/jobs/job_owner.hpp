// A process as the owner of jobs: a file that it holds locked as long as it lives, whatever ends it. Its name is
// random, so that nobody ever takes it for another.
#pragma once

#include "base/problem.hpp"
#include "os/descriptor.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace crank {

class JobOwner {
public:
  // In a directory that the processes of a worker share. What the dead left there goes.
  static Result<JobOwner, Failure> make(const std::filesystem::path& directory);
  JobOwner(JobOwner&&) = default;
  JobOwner& operator=(JobOwner&&) = delete;
  ~JobOwner();

  const std::string& name() const { return name_; }
  // Whether the process that made that name lives. What the dead leave behind is taken away. [any thread]
  static bool is_alive(const std::filesystem::path& directory, std::string_view name);

private:
  JobOwner(std::string name, std::filesystem::path path, Descriptor file)
      : name_(std::move(name)), path_(std::move(path)), file_(std::move(file)) {}

  std::string name_;
  std::filesystem::path path_;
  Descriptor file_;
};

} // namespace crank
