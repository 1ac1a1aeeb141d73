"""Where settings live and what they say: paths, environment and TOML files."""
