"""Independent readers. Of a format with two, the second is asked where the first does not find enough."""
from readers import docx, html, odt, other, pdf

READERS = {
    "docx": [docx.read],
    "odt": [odt.read],
    "rtf": [other.rtf, other.office],
    "html": [html.read],
    "markdown": [other.markdown],
    "plain": [other.text],
    "pdf": [pdf.read, pdf.read_raw],
}
EXTENSIONS = {"docx": "docx", "odt": "odt", "rtf": "rtf", "html": "html", "markdown": "md", "plain": "txt", "pdf": "pdf"}
FORMATS = {extension: name for name, extension in EXTENSIONS.items()}

# Of documents that others wrote less is asked than of results: any encoding, a DTD that is named.
LENIENT = {**READERS, "plain": [other.any_text], "odt": [odt.read_leniently]}
