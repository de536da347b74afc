"""Results as tables for people and as JSON for programs, and progress bars, each loaded when asked for."""
