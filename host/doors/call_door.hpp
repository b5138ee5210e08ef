// The HTTP door to operations that are calls: capabilities and routes of a plugin.
// Knows Exchange and Engine; knows nothing of sockets or of the plugin ABI.
#pragma once

#include "doors/call_reply.hpp"
#include "engine/engine.hpp"
#include "http/limits.hpp"
#include "http/router.hpp"

#include <memory>

namespace crank {

class JobDesk;

// A handler for `operation`; all arguments must outlive it. `jobs`: where its calls can become jobs; nullptr: they
// cannot.
std::shared_ptr<Handler> make_call_door(Engine& engine, Operation& operation, const HttpLimits& limits,
                                        AnswerFiles places, JobDesk* jobs = nullptr);

// Why `head` is refused before its body is read: its caller may not, the engine takes nothing now, or the operation
// does not take that media type, or the body is encoded.
std::optional<Problem> check_head(const Engine& engine, const Operation& operation, const RequestHead& head);

// What an invocation of `operation` is told of the type of its body: a form's parameters belong to it.
std::string content_type(const Operation& operation, const RequestHead& head);

} // namespace crank
