"""The places of the sidebar."""
