// The body of a call that was deferred, from its beginning again, for the job that it becomes.
#pragma once

#include "engine/invocation.hpp"

namespace crank {

class DeferredBody : public RequestBody {
public:
  // The plugin has returned from the call.
  explicit DeferredBody(std::shared_ptr<Invocation> call) : call_(std::move(call)) {}

  // Whether a body can be had again: one that streamed to the plugin cannot.
  static bool is_possible(const RequestBody& body) { return body.whole() || body.descriptor() >= 0; }

  std::uint64_t size() const override { return call_->body().size(); }
  std::optional<std::string_view> whole() const override { return call_->body().whole(); }
  std::int64_t read(void* buffer, std::size_t capacity) override;
  int descriptor() const override { return call_->body().descriptor(); }
  void abort(std::int32_t) override {} // it is all there

private:
  const std::shared_ptr<Invocation> call_;
  std::uint64_t position_ = 0;
};

} // namespace crank
