"""The past that a watch learns from: which windows of it, and how far figures went in it."""
