"""Which expression does a value of a mapper document stand for: `$first`, `$map`, `$template` or another?"""
