"""What in a mapper works, but perhaps not as meant, at the platform it delivers to?"""
