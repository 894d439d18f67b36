"""The checks of the contract, by what they look at."""
