"""Datasets: what `aep dataset` reads of them."""
