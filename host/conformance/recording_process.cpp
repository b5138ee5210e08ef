#include "conformance/recording_process.hpp"

#include "abi/process_spec.hpp"
#include "abi/text.hpp"
#include "conformance/recording_call.hpp"
#include "programs/program_files.hpp"

namespace crank {
namespace {

class Listener : public ProgramListener {
public:
  explicit Listener(const crank_process_spec& spec) : spec_(spec) {}
  bool line(std::string_view text) override { return spec_.line(spec_.user, to_abi(text)) == 0; }
  void error_line(std::string_view) override {}
  bool cancelled() override { return false; } // who verifies kills this process, and the program goes with it

private:
  const crank_process_spec& spec_;
};

} // namespace

const crank_processes* recording_processes() {
  static const crank_processes table{
      sizeof(crank_processes),
      [](crank_call* call, const crank_process_spec* spec, crank_process_result* out) noexcept -> crank_status {
        clear_result(out);
        return call ? RecordingCall::of_table(call).run_process(spec, out) : CRANK_INVALID;
      }};
  return &table;
}

crank_status run_recorded_process(CheckReport& report, const std::string& operation, const PluginLibrary& library,
                                  const crank_process_spec* spec, crank_process_result* out, std::string& errors) {
  const auto order = program_order(spec, library.manifest, program_folder(library.path, library.manifest));
  if (!order) {
    report.fail(operation + ": run(): " + order.error().sentence);
    return order.error().status;
  }
  if (spec->reserved != 0) report.fail(operation + ": run() with a spec whose reserved member is not 0");
  Listener listener(*spec);
  const auto end = run_program(*order, listener);
  if (!end) {
    report.info(operation + ": run(): " + end.error().message);
    return CRANK_UNAVAILABLE;
  }
  errors = end->errors;
  fill_result(out, *end, errors);
  return status_of(*end);
}

} // namespace crank
