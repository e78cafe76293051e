"""Home Assistant serves probatio under this name; so the types are its own."""

from probatio import *
