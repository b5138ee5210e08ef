// What a client has declared that it can be asked. In the modern era it says so with each request; in the legacy one
// once, at initialize, and over HTTP its session's id carries it, so that the worker keeps nothing of a session:
// whoever changes an id is asked what it asks for, and nobody else is.
#pragma once

#include "engine/question.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace crank {

// Aligned as a word, so that an atomic of it is one for every compiler: clang asks its library where it is aligned as a
// byte.
struct alignas(4) ClientAbilities {
  bool form = false, url = false, sampling = false, roots = false;

  bool covers(QuestionKind kind) const;
  std::vector<QuestionKind> kinds() const;
};

// `capabilities`: as a client declares them.
[[nodiscard]] ClientAbilities abilities_of(const boost::json::object& capabilities);
// What is missing for such a question, in the same form.
[[nodiscard]] boost::json::object capability_for(QuestionKind kind);

// The end of a session's id, and what such an end says; nothing where it is not of that form.
[[nodiscard]] std::string session_mark(ClientAbilities abilities);
[[nodiscard]] ClientAbilities abilities_of_session(std::string_view id);

} // namespace crank
