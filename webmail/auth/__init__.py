"""Whether people are who they say they are."""
