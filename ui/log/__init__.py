"""The table of the activity log: `log.log_table`."""
