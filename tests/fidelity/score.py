"""How much of a truth a result holds."""
import collections
import re
import urllib.parse

import words

# recall, precision, order
LIMITS = {"pdf": (0.90, 0.85, 0.85)}
USUAL = (0.97, 0.93, 0.93)
KEPT = 0.8
# What a target cannot say does not count. A PDF's tables are lines and words.
SAYS = {"plain": set(), "pdf": {"headings", "images", "links"}}
# 1.2, § 3, 1.2 § 3
NUMBER = re.compile(r"^(\d+(\.\d+)*\.?\s+)?(§\s*)?(\d+(\.\d+)*\.?\s+)?(?=\S)")
ALL = {"headings", "tables", "images", "links"}


def score(truth, seen, source, target):
    optional = collections.Counter(words.words(" ".join(truth["optional"] + seen.excused)))
    body, rest = words.words("\n".join(truth["body"])), words.words("\n".join(truth["notes"]))
    result = words.compare(body, rest, optional, words.words(seen.words_of()))
    says = SAYS.get(target, ALL)
    if "headings" in says and truth["headings"]:
        result["headings"], result["lost_headings"] = headings(truth["headings"], seen.headings, source == "pdf")
    if "tables" in says and truth["tables"]:
        result["tables"], result["lost_cells"] = tables(truth["tables"], seen.tables)
    if "images" in says and truth["images"]:
        result["images"] = min(1.0, seen.images / truth["images"])
    wanted = collections.Counter(address(link) for link in truth["links"])
    if "links" in says and wanted:
        lost = wanted.keys() - {address(link) for link in seen.links}
        result["links"], result["lost_links"] = 1 - len(lost) / len(wanted), sorted(lost)
    limits = LIMITS.get(source, USUAL)
    result["failed"] = [name for name, limit in zip(("recall", "precision", "order"), limits) if result[name] < limit]
    result["failed"] += [name for name in sorted(ALL) if result.get(name, 1) < KEPT]
    return result


def address(link):
    return urllib.parse.unquote(link).strip().rstrip("/").casefold()


def headings(wanted, got, any_level):
    """A heading is kept if a heading of the result says the same; half of it, if its level is not that of the others.

    On the pages of a PDF there may be a number before it, which the program that made them has given it."""
    best = -1.0, []
    for shift in (0, 1, -1, 2):
        left = collections.defaultdict(list)
        for level, text in got:
            left[words.key(NUMBER.sub("", text) if any_level else text)].append(level)
        value, lost = 0.0, []
        for level, text in wanted:
            levels = left[words.key(NUMBER.sub("", text) if any_level else text)]
            if not levels:
                lost.append(text)
                continue
            right = level + shift in levels
            levels.remove(level + shift if right else levels[0])
            value += 1 if right or any_level else 0.5
        if value > best[0]:
            best = value, lost
    return best[0] / len(wanted), best[1]


def tables(wanted, got):
    """The share of the cells that stand in tables of the result, too. A table that a page cut in two counts as one."""
    keys = collections.Counter(key for cells in wanted for key in map(words.key, cells) if key)
    missing = keys - collections.Counter(words.key(cell) for cells in got for cell in cells)
    return (1 - sum(missing.values()) / sum(keys.values()) if keys else 1.0), list(missing)[:8]
