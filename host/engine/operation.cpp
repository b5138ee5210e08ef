#include "engine/operation.hpp"

#include "engine/invocation.hpp"

#include <algorithm>
#include <stdexcept>

namespace crank {

Operation::Operation(const OperationSpec& spec, PluginInstance& plugin, OperationMetrics& metrics, bool run_inline)
    : spec_(spec), plugin_(plugin), metrics_(metrics), run_inline_(run_inline) {
  if (!spec_.input_schema) return;
  auto schema = Schema::compile(*spec_.input_schema);
  if (!schema) throw std::logic_error(spec_.name + ": " + schema.error());
  schema_.emplace(*std::move(schema));
}

bool Operation::takes(std::string_view media_type) const {
  return spec_.content_types.empty() ||
         std::find(spec_.content_types.begin(), spec_.content_types.end(), media_type) != spec_.content_types.end();
}

const DeclaredError* Operation::declared_error(std::string_view code) const {
  for (const DeclaredError& error : spec_.errors) {
    if (error.code == code) return &error;
  }
  return nullptr;
}

bool Operation::enter_inline() {
  if (running_inline_.fetch_add(1, std::memory_order_acq_rel) < spec_.limits.max_concurrency) return true;
  leave_inline();
  return false;
}

Operation::Admission Operation::admit(const std::shared_ptr<Invocation>& invocation) {
  const std::lock_guard lock(mutex_);
  if (running_ < spec_.limits.max_concurrency) {
    ++running_;
    return Admission::run;
  }
  if (waiting_.size() >= spec_.limits.queue) return Admission::refuse;
  waiting_.push_back(invocation);
  metrics_.queued();
  return Admission::wait;
}

Operation::Admission Operation::admit_patiently(const std::shared_ptr<Invocation>& invocation) {
  const std::lock_guard lock(mutex_);
  if (running_ < spec_.limits.max_concurrency) {
    ++running_;
    return Admission::run;
  }
  patient_.push_back(invocation);
  return Admission::wait;
}

std::shared_ptr<Invocation> Operation::release() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty() && patient_.empty()) {
    --running_;
    return nullptr;
  }
  if (waiting_.empty()) {
    auto next = std::move(patient_.front());
    patient_.pop_front();
    return next;
  }
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  metrics_.dequeued();
  return next; // the slot passes on
}

bool Operation::withdraw(const Invocation& invocation) {
  const std::lock_guard lock(mutex_);
  const auto is_it = [&](const auto& one) { return one.get() == &invocation; };
  if (const auto found = std::find_if(waiting_.begin(), waiting_.end(), is_it); found != waiting_.end()) {
    waiting_.erase(found);
    metrics_.dequeued();
    return true;
  }
  const auto found = std::find_if(patient_.begin(), patient_.end(), is_it);
  if (found == patient_.end()) return false;
  patient_.erase(found);
  return true;
}

} // namespace crank
