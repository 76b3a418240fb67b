"""Recurrent layers: whole sequences, and single steps."""
