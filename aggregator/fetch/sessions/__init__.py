"""Sessions of sites that last from visit to visit: their cookies, how they are kept, and how one logs in."""
