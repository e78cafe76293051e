"""Tests of the scanner and of watching folders."""
