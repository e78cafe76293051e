"""Scanner: walks the library's folders in a process of its own and updates the index."""
