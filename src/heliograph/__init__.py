"""Heliograph: a self-hosted hub for behavioural events."""

__version__ = "0.1.0"
