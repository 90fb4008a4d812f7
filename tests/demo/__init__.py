"""Tests of the demo and of the loopback servers that other tests use."""
