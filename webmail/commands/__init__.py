"""The groups of commands of `webmail`: each module adds its own to the parser."""
