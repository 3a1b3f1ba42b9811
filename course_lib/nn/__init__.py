"""Neural networks. Only this part of the library needs torch."""
