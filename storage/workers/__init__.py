"""CPU work in processes that can be limited and killed one by one."""
