#include "programs/program_files.hpp"

#include <unistd.h>

namespace crank {

namespace fs = std::filesystem;

fs::path program_folder(const fs::path& plugin, const Manifest& manifest) {
  std::error_code error;
  const fs::path folder = fs::absolute(plugin, error).parent_path() / manifest.id;
  const fs::path real = fs::canonical(folder, error);
  return error ? folder : real;
}

std::optional<std::string> program_fault(const fs::path& folder, const ProgramSpec& program) {
  const fs::path file = folder / program.name;
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found)
    return "its program " + file.string() + " is missing: install it together with the plugin";
  if (status.type() != fs::file_type::regular || ::access(file.c_str(), X_OK) != 0)
    return "its program " + file.string() + " cannot be executed: give it the mode 755";
  return std::nullopt;
}

std::optional<Failure> missing_program(const fs::path& plugin, const Manifest& manifest) {
  const fs::path folder = program_folder(plugin, manifest);
  for (const ProgramSpec& program : manifest.programs) {
    if (auto fault = program_fault(folder, program)) return Failure{"plugin " + manifest.id + ": " + *fault, 3};
  }
  return std::nullopt;
}

} // namespace crank
