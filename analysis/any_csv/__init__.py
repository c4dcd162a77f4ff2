"""`compare` and `table`: our statistics on any CSV, to be held against any other tool."""
