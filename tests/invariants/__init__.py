"""What must hold of the rows in PostgreSQL, held against the processor's own records.

`rows` reads them as the superuser, `check` gives every violation as one sentence that begins with the
invariant's number in docs/reliability.md. No code of the product takes part in a verdict, save its values.
"""
