"""Data in, characters out: text for terminals and pipes. A view adds nothing up, opens nothing and decides nothing."""
