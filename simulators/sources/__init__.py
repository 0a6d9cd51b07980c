"""What drives a study from outside: profiles, calendars, weather, prices."""
