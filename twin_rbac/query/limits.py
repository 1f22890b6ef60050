"""How much a query may hold."""

MAX_CHARACTERS = 8_000
"""Of a query's text. This limit and the next two: fact sheet adt-query-language, section 8."""
MAX_CONNECTIVES = 50
"""AND and OR in a query, together."""
MAX_LIST_ITEMS = 50
"""Literals in one IN or NIN list."""
MAX_DEPTH = 100
"""Parentheses and NOT inside each other. Not the service's limit but ours: it keeps recursion over a tree safe."""
MAX_COLUMNS = 50
"""Columns of a scoped SELECT. Ours too: each may hold a whole twin, so that a short text asks for a huge answer."""
MAX_TOP = 2_147_483_647
"""Rows that TOP may ask for. Ours too: the service documents none."""
