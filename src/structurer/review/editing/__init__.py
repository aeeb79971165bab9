"""Working on one record, without database or page: state, changes, history, commands, what is doubtful."""
