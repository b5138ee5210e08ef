#include "commands/mcp_entries.hpp"

#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::string_view path_flags[] = {"--config", "--jobs-dir", "--plugin", "--plugin-path", "--spool-dir"};

bool is_path_flag(std::string_view word) {
  return std::find(std::begin(path_flags), std::end(path_flags), word) != std::end(path_flags);
}

// A plugin without a '/' is a name.
std::string absolute(std::string_view flag, const std::string& value) {
  if (flag == "--plugin" && value.find('/') == std::string::npos) return value;
  std::error_code ec;
  const auto path = std::filesystem::absolute(value, ec);
  return ec ? value : path.lexically_normal().string();
}

json::object with_type(std::string_view type, const json::object& members) {
  json::object typed{{"type", type}};
  for (const auto& member : members) typed[member.key()] = member.value();
  return typed;
}

std::string part(std::string_view heading, std::string_view member, const McpEntry& entry, json::object server) {
  const json::object whole{{member, json::object{{entry.name, std::move(server)}}}};
  return std::string(heading) + "\n\n" + pretty_json(whole) + "\n\n";
}

} // namespace

std::string mcp_entries(const McpEntry& entry) {
  json::array arguments;
  for (const std::string& word : entry.arguments) arguments.emplace_back(word);
  const json::object command{{"command", entry.program}, {"args", std::move(arguments)}};
  const json::object remote{{"url", entry.url},
                            {"headers", json::object{{"Authorization", "Bearer TOKEN, of crank-host tokens add"}}}};
  return part("The client starts it: Claude Desktop (claude_desktop_config.json), Claude Code (.mcp.json), Cursor "
              "(.cursor/mcp.json)",
              "mcpServers", entry, command) +
         part("The same for VS Code (.vscode/mcp.json)", "servers", entry, with_type("stdio", command)) +
         part("A worker that runs: Claude Code; without \"type\" for Cursor; without \"headers\" where no tokens are "
              "asked for",
              "mcpServers", entry, with_type("http", remote)) +
         part("The same for VS Code", "servers", entry, with_type("http", remote));
}

std::vector<std::string> portable_arguments(const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--print-config") continue;
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos && is_path_flag(word.substr(0, equals))) {
      result.push_back(word.substr(0, equals + 1) + absolute(word.substr(0, equals), word.substr(equals + 1)));
      continue;
    }
    result.push_back(word);
    if (is_path_flag(word) && i + 1 < arguments.size()) result.push_back(absolute(word, arguments[++i]));
  }
  return result;
}

} // namespace crank
