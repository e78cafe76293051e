"""The headless player: a program that is a speaker of Home Assistant, with mpv as its audio output."""
