#include "reader_rules.hpp"

#include <algorithm>
#include <utility>

namespace doc::pdf {
namespace {

std::vector<Edge> joined(std::vector<Edge> edges) {
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return a.at != b.at ? a.at < b.at : a.from < b.from; });
  std::vector<Edge> result;
  for (const Edge& edge : edges) {
    bool merged = false;
    for (std::size_t i = result.size(); i-- > 0 && edge.at - result[i].at <= 1.5f && result.size() - i < 40;) {
      if (edge.from > result[i].to + rule_touch || edge.to < result[i].from - rule_touch) continue;
      result[i].from = std::min(result[i].from, edge.from);
      result[i].to = std::max(result[i].to, edge.to);
      merged = true;
      break;
    }
    if (!merged) result.push_back(edge);
  }
  return result;
}

} // namespace

Edges edges_of(const Page& page) {
  std::vector<Edge> across, upright;
  for (const RuleLine& rule : page.rules) {
    const Box& box = rule.box;
    if (box.width() >= box.height())
      across.push_back({box.y0, box.x0, box.x1});
    else
      upright.push_back({box.x0, box.y0, box.y1});
  }
  return {joined(std::move(across)), joined(std::move(upright))};
}

} // namespace doc::pdf
