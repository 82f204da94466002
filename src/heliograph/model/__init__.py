"""The words of Heliograph as types: values without behaviour, imported by everyone."""
