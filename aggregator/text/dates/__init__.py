"""Dates as people and programs write them, read as moments in UTC."""
