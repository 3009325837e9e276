"""What each page shows: frozen values of plain text, addresses and flags. Views fill them, templates print them.

A page gets `shell` (and, within Account Management, `area`) beside its `page`. A dialog `x` is two templates: `x.html`,
the page at its own address, and `x_dialog.html`, the part alone, for requests with the header HX-Request. The same
address answers both; success is a redirect for both, a refusal the same template again with its 4xx status.
"""
