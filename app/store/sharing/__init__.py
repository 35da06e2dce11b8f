"""One school on several machines: the log of operations, who may write, and what others hold."""
