"""Courses: their codes and languages, and the registry of their welcomes; pure."""
