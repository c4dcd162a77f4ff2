"""The participant's wing: an anonymous web survey that keeps nothing before Send and cannot read it after."""
