"""Implementations of the storage protocols, one package per engine; only `app` names one of them."""
