"""The pages and the JSON API of review, as one FastAPI application."""
