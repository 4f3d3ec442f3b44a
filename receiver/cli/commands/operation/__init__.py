"""Commands that change how a running gateway works, but for its configuration."""
