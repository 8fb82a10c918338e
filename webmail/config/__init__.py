"""Parameters: each declared once, kept in one file, set with `configutil`, read once into a frozen Config."""

from webmail.config.check import idle_lacking, notes, problems
from webmail.config.configuration import Config, load, of
from webmail.config.errors import ConfigError

__all__ = ["Config", "ConfigError", "idle_lacking", "load", "notes", "of", "problems"]
