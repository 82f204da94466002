"""Which JSON value does the body of a request hold, however it is packed and labelled?"""
