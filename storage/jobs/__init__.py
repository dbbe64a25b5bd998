"""Long work: started once, seen from everywhere, cancelled, and resumed after a restart.

`work.py` says what a feature writes (`Work`) and is given (`Running`); `service.py` has `Jobs`.
"""
