"""What operators did, for the admin API."""
