"""What the record page shows, made ready for its templates: no web, no database."""
