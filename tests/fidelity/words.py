"""Words of a text, and how two sequences of them compare. Knows no format."""
import collections
import re
import unicodedata

# Scripts that are written without blanks: each sign is a word, for a line may end anywhere in them.
SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
WORD = re.compile(f"[{SIGNS}]|[^\\W_{SIGNS}]+")
# What a reader does not see: soft hyphen, joiners, direction marks, byte order mark; and apostrophes inside words.
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff'\u2019\u02bc"))


def words(text):
    plain = unicodedata.normalize("NFKC", text).translate(INVISIBLE)
    if not plain.isascii():
        plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
    return WORD.findall(plain.casefold())


def key(text):
    """What two texts have in common that say the same."""
    return " ".join(words(text))


def longest_common(a, b):
    """The length of the longest common subsequence: bit-parallel (Hyyrö 2004), one big integer for all of a."""
    places = collections.defaultdict(int)
    for i, word in enumerate(a):
        places[word] |= 1 << i
    mask = (1 << len(a)) - 1
    row = mask
    for word in b:
        found = row & places.get(word, 0)
        row = ((row + found) | (row - found)) & mask
    return len(a) - bin(row).count("1")


def compare(body, rest, optional, seen):
    """recall, precision, order and the differences. body: in order; rest: anywhere (notes); optional: may be there."""
    wanted = collections.Counter(body) + collections.Counter(rest)
    got = collections.Counter(seen)
    common = wanted & got
    extra = got - wanted
    excused = sum((extra & optional).values())
    found = sum(common.values())
    in_body = sum((collections.Counter(body) & got).values())
    counted = sum(got.values()) - excused
    return {
        "recall": found / sum(wanted.values()) if wanted else 1.0,
        "precision": found / counted if counted else (1.0 if not wanted else 0.0),
        "order": longest_common(body, seen) / in_body if in_body else (1.0 if not body else 0.0),
        "missing": first(body + rest, wanted - got),
        "extra": first(seen, extra - optional),
    }


def first(sequence, which, limit=25):
    """The first words of the sequence that are among `which`, each as often as it is there; from the end backwards they
    are counted, since what is missing of a word that is repeated is most often the last one."""
    left = collections.Counter(which)
    found = []
    for word in reversed(sequence):
        if left[word] > 0:
            left[word] -= 1
            found.append(word)
    return found[::-1][:limit]
