// The pages of a document, drawn by threads of their own and handed out in order.
#pragma once

#include "../../io/input.hpp"
#include "../../model/context.hpp"
#include "reader_document.hpp"
#include "reader_layout.hpp"

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace doc::pdf {

class LaidOutPages {
public:
  // `document` serves the first thread. A second one opens the file again, unless there are so many pages that
  // poppler's notes of them would take too much memory twice: then the first only draws, and next() lays out. All
  // outlive this.
  LaidOutPages(const Input& input, const Limits& limits, Document& document, int count,
               const Document::Destinations& destinations);
  ~LaidOutPages();
  LaidOutPages(const LaidOutPages&) = delete;
  LaidOutPages& operator=(const LaidOutPages&) = delete;

  bool more() const { return next_ <= count_; }
  // Throws what a thread has thrown.
  PageLayout next();

private:
  void work(Document& document);
  void fail(std::exception_ptr error);

  const int count_;
  int next_ = 1;

  std::mutex mutex_;
  std::condition_variable changed_;
  int taken_ = 1; // the next page that a thread begins with
  bool stop_ = false;
  std::exception_ptr error_;
  struct Ready {
    std::unique_ptr<Page> page; // not laid out yet
    PageLayout layout;
  };
  std::map<int, Ready> ready_;
  const bool lay_out_apart_; // by the threads rather than by who takes the pages
  std::vector<std::thread> threads_;
};

} // namespace doc::pdf
