// One operation of one plugin at run time: what it declared, its compiled schema, and who may run it now.
#pragma once

#include "manifest/manifest.hpp"
#include "metrics/metrics.hpp"
#include "schema/schema.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace crank {

class Invocation;
class PluginInstance;

class Operation {
public:
  enum class Admission { run, wait, refuse };

  // Throws std::logic_error if the schema does not compile: the manifest's check let it through.
  Operation(const OperationSpec& spec, PluginInstance& plugin, OperationMetrics& metrics, bool run_inline);

  const OperationSpec& spec() const { return spec_; }
  PluginInstance& plugin() const { return plugin_; }
  OperationMetrics& metrics() const { return metrics_; }
  const Schema* schema() const { return schema_ ? &*schema_ : nullptr; }
  bool run_inline() const { return run_inline_; }

  // `media_type`: lower case, without parameters.
  bool takes(std::string_view media_type) const;
  // The declared error of that code, or nullptr.
  const DeclaredError* declared_error(std::string_view code) const;

  // An inline call begins; false when max_concurrency of them are still PENDING. leave_inline() when it is over. [any
  // thread]
  bool enter_inline();
  void leave_inline() { running_inline_.fetch_sub(1, std::memory_order_acq_rel); }

  // Takes a slot, a place in the queue, or neither. [any thread]
  Admission admit(const std::shared_ptr<Invocation>& invocation);
  // Takes a slot, or a place behind all who wait that way or the other; never refuses. [any thread]
  Admission admit_patiently(const std::shared_ptr<Invocation>& invocation);
  // Gives a slot back; returns who gets it next, if anybody waits: patient ones when no other does. [any thread]
  std::shared_ptr<Invocation> release();
  // Takes a waiting invocation out of the queue; false if it is not there (any more). [any thread]
  bool withdraw(const Invocation& invocation);
  // Seconds after which a refused caller should try again.
  unsigned retry_after() const { return 1; }

private:
  const OperationSpec spec_;
  PluginInstance& plugin_;
  OperationMetrics& metrics_;
  std::optional<Schema> schema_;
  bool run_inline_;

  std::atomic<unsigned> running_inline_{0};
  std::mutex mutex_;
  unsigned running_ = 0;
  std::deque<std::shared_ptr<Invocation>> waiting_; // for an answer soon; as many as limits.queue
  std::deque<std::shared_ptr<Invocation>> patient_; // as many as whoever submits them allows
};

} // namespace crank
