"""The spiders that run in the child process."""
