"""What each page of the back office shows: frozen values of plain text, addresses and flags."""
