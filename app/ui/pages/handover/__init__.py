"""Bàn giao: work goes to a colleague's machine and comes back."""
