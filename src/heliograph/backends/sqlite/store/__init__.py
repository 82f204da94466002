"""The store's file: everything derived or configured, one repository a module."""
