"""How much of a PDF is read; `drawing` has the limits of any page. What passes a limit is refused."""

MAX_DECODED = 64 * 1024 * 1024  # bytes that all streams of a document may decode to
MAX_CONTENT = 32 * 1024 * 1024  # bytes of operators that a page may have, forms each time they are drawn
FORM_COST = 4096  # bytes that a form counts for besides its own
MAX_NESTING = 24  # forms within forms
MAX_SLOW = 4 * 1024 * 1024  # bytes that may go through a decoder written in Python
MAX_TOKENS = 1_000_000  # of a document's objects
MAX_HOPS = 32  # references from one object to the next
MAX_NODES = 20_000  # of the page tree
MAX_LISTED = 100_000  # objects looked at where the page tree leads to no page
