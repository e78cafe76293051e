"""Voice: sentences of Assist, and requests for music, in English and German.

The package is imported once Home Assistant's `conversation` is set up, which installs the recogniser of sentences.
"""
