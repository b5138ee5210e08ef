"""What an independent reader found in a document."""


class Seen:
    def __init__(self):
        self.text = []      # pieces in reading order
        self.headings = []  # (level, text)
        self.tables = []    # lists of the cells' texts
        self.links = []     # addresses, inside ones as "#name"
        self.images = 0     # pictures that the document carries itself
        self.excused = []   # texts that the medium adds, such as numbers of pages

    def words_of(self):
        return "\n".join(self.text)


class Unreadable(Exception):
    """The document does not open."""
