"""Portals invented from a seed: one module for each family of platforms, a hundred sites from each."""
