"""What is allowed: limits as data, one monitor that watches them."""
