"""CPU work in processes of its own: each task with limits, and each can be killed alone.

`interface.py` says what callers know; `local.py` does it on this machine. A cluster can stand
behind the same interface: functions go by name, what they are given and return goes by value.
"""
