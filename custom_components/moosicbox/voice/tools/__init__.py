"""Tools for language models that control Home Assistant."""
