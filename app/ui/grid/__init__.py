"""The marks grid: plain data in, edits out; knows neither the store nor the rules.

columns -> model (+ commands: undo) -> view (+ delegate, editors, find) -> side (cards).
"""
