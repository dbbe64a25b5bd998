"""What QA heard and decided, and what to hear next."""
