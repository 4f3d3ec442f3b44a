"""Tests of a running gateway and its configuration."""
