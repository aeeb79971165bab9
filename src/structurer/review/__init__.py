"""Review: people settle what is doubtful in records; what they decide becomes part of the record."""
