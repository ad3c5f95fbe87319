"""Recordings: requests that the local Platform received, in a form in which they can be replayed on another Platform."""
