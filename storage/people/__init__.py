"""Who signs in, as what; the API tokens that act for people; what an admin does about both."""
