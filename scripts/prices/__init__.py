"""The parts of `build_prices.py`: reading the two packages, settling what they disagree on, writing the snapshot."""
