// Where the programs of a plugin are: beside its file, in a folder of its name. Knows the manifest.
#pragma once

#include "base/problem.hpp"
#include "manifest/manifest.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace crank {

// <directory of the plugin's file>/<plugin id>, absolute and without symbolic links where it is there.
[[nodiscard]] std::filesystem::path program_folder(const std::filesystem::path& plugin, const Manifest& manifest);

// What is wrong with the file of a program, in a sentence that names it; nothing where it can be run.
[[nodiscard]] std::optional<std::string> program_fault(const std::filesystem::path& folder, const ProgramSpec& program);

// The first fault of all programs of a plugin; exit code 3.
[[nodiscard]] std::optional<Failure> missing_program(const std::filesystem::path& plugin, const Manifest& manifest);

} // namespace crank
