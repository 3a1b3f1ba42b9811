"""Pictures: colour, filters, noise, contrast, quality, and the features made from them."""
