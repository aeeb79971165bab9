"""The JSON API: what pages can do, for programs."""
