"""Rules a network must keep before anybody solves it."""
