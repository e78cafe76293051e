"""Tests of streams, transcoding and pictures over HTTP."""
