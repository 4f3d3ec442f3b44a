"""The pages of the console, one module each; `receiver.console` makes routes of them."""
