#include "commands/job_follow.hpp"

#include "commands/event_reader.hpp"
#include "json/json.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include <unistd.h>

namespace crank {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause{300};
constexpr std::chrono::seconds patience{30};

std::array<char, 256> notice{};
std::size_t notice_size = 0;

extern "C" void say_and_end(int) {
  static_cast<void>(::write(STDERR_FILENO, notice.data(), notice_size) < 0);
  _exit(130);
}

std::optional<json::object> object_in(std::string_view text) {
  auto value = parse_json(text);
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

bool may_pass(int status) { return status == 200 || status == 429 || status >= 500; }

} // namespace

Result<json::object, Failure> follow_job(WorkerClient& client, const std::string& id, const JobChanged& changed) {
  const std::string path = "/v1/jobs/" + id;
  std::optional<json::object> over;
  std::string last; // the id of the event that was seen last
  Clock::time_point seen{};
  EventReader reader([&](const ReadEvent& event) {
    auto job = object_in(event.data);
    if (!job) return;
    last = event.id;
    changed(*job);
    if (event.event == "end") over = std::move(job);
  });
  while (true) {
    WorkerClient::Fields fields{{"Accept", "text/event-stream"}};
    if (!last.empty()) fields.emplace_back("Last-Event-ID", last);
    const auto answer = client.stream(path + "/events", fields, [&](std::string_view piece) { reader.add(piece); });
    if (over) return *std::move(over);
    if (answer && answer->status == 204) { // what was seen was the end, said in another life of the store
      const auto shown = client.get(path);
      if (!shown) return shown.error();
      auto job = object_in(shown->body);
      if (shown->status != 200 || !job) return Failure{refusal_of(*shown).message, 2};
      changed(*job);
      return *std::move(job);
    }
    if (answer && !may_pass(answer->status)) return Failure{refusal_of(*answer).message, 2};
    if (answer && answer->status == 200)
      seen = Clock::now();
    else if (Clock::now() - seen > patience) // or nothing was ever seen
      return answer ? Failure{refusal_of(*answer).message, 2} : answer.error();
    reader.reset();
    std::this_thread::sleep_for(pause);
  }
}

void show_job(ProgressBar& bar, const json::object& job) {
  const auto* progress = job.if_contains("progress");
  const auto* shown = progress ? progress->if_object() : nullptr;
  const auto* fraction = shown ? shown->if_contains("fraction") : nullptr;
  std::string note = text_of(job, "state");
  if (shown) note += " " + text_of(*shown, "note");
  bar.show(fraction && fraction->is_number() ? fraction->to_number<double>() : -1, note);
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string outcome_of(const json::object& job) {
  std::string text = text_of(job, "state");
  const auto* error = job.if_contains("error");
  if (!error || !error->is_object()) return text;
  return text + ": " + text_of(error->get_object(), "detail") + " (" + text_of(error->get_object(), "code") + ")";
}

InterruptNotice::InterruptNotice(const std::string& job) {
  const std::string text = std::string(isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "") + "crank-host: job " + job +
                           " goes on; crank-host jobs wait " + job + " waits again, jobs cancel ends it\n";
  notice_size = text.copy(notice.data(), notice.size());
  std::signal(SIGINT, say_and_end);
}

InterruptNotice::~InterruptNotice() { std::signal(SIGINT, SIG_DFL); }

} // namespace crank
