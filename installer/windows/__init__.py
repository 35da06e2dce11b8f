"""Hocba as a Windows program: its interpreter, tests, frozen form, setup file and trial.

On Windows these commands use Windows; on Debian they use Wine, a Windows Python made of packages,
and the lock file's own Windows wheels.
"""
