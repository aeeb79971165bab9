"""How good review is: second looks, planted values, and what they show."""
