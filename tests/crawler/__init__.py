"""Tests of the crawler: real child processes against loopback servers."""
