"""Odd files as people have them, each with the trick it stands for and what the library shall say of it."""
