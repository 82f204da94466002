"""Which values does a JSONPath select, and how would another dialect's spelling be written?"""
