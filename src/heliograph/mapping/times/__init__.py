"""Which moment does a value of a payload name, by a date pattern or by itself?"""
